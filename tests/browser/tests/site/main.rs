//! What the site promises in a browser: a file a promise.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

mod access;
mod clipboard;
mod keyboard;
mod layout;
mod links;
mod media;
mod peers;
mod pictures;
