//! The scenarios of the service, seen from outside: one file for each promise.
//!
//! One program, so that it is linked once. Everything is asked of the same builder that launches,
//! within the test where that is enough and as a process of its own where it isn't.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

mod bill;
mod caching;
mod connections;
mod contract;
mod errors;
mod headers;
mod health;
mod launch;
mod links;
mod lists;
mod pages;
mod platform;
mod preview;
mod reload;
mod service;
mod telemetry;
mod visits;
