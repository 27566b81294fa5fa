//! What the tests in a browser share: [`Browser`], a Chromium by its driver; [`Site`], the service as a process of its own,
//! with the facts of a [`Deployment`]; and [`StandIn`], a server that says what a test wants.
//!
//! The tests need Chromium, chromedriver and the service with its list of crates, so `cargo test` lists them as ignored.
//! `.ci/browser` has what they need, and runs them.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test whose tool fails must fail, as it does")]

mod browser;
mod deployment;
mod site;
mod stand_in;

pub use browser::Browser;
pub use deployment::{COMMIT, DIGEST, Deployment, SHORT};
pub use site::Site;
pub use stand_in::{Answer, StandIn};
