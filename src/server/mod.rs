//! What answers: routes, health, failures, headers, telemetry, and the port with its connections.
//!
//! It may know the pages, the facts and the configuration; none of them may know it: neither a request's address nor a
//! connection is a page's business.

pub mod balancer;
pub(crate) mod connections;
pub mod errors;
pub(crate) mod front;
pub mod headers;
pub mod health;
pub mod healthcheck;
mod link;
pub(crate) mod listener;
pub(crate) mod memory;
mod process;
pub mod routes;
pub mod shutdown;
pub mod start;
pub mod telemetry;
