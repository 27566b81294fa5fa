//! The scenarios of a deployment, seen from outside: the program as a process, beside a stand-in for AWS.
//!
//! Each test tells a story, and holds three things against it: the exit code, what was said, and what AWS
//! was left with.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

mod apply;
mod contract;
mod credentials;
mod failure;
mod interruption;
mod machine;
mod network;
mod reading;
mod refusal;
mod report;
mod rollback;
mod somebody_else;
mod story;
mod trouble;
