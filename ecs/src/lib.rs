//! The deployer: what is described under `ecs/` is put into Amazon ECS, watched, verified, and taken back.
//!
//! [`environment`], [`infrastructure`] and [`release`] are what is wanted; [`render`] makes AWS's own documents of
//! them and [`plan`] compares. [`cloud`] is what is asked of AWS, [`aws`] how, [`observation`] what the answers
//! are. [`rollout`] and [`verification`] judge observations, and [`protocol`] decides what is done about them, with
//! no call of their own. `driver` does it, [`commands`] is what a person or a pipeline starts, [`report`] what it hears.

pub mod arguments;
pub mod aws;
mod causes;
pub mod cloud;
pub mod commands;
pub mod context;
pub mod discrepancy;
mod driver;
pub mod environment;
pub mod error;
mod failure;
// The service's own: what the one takes, the other takes.
#[path = "../../src/config/grammar.rs"]
pub mod grammar;
pub mod http;
pub mod infrastructure;
pub mod interrupt;
pub mod log;
pub mod observation;
pub mod plan;
pub mod progress;
pub mod prompt;
pub mod protocol;
mod proxy;
pub mod release;
pub mod render;
pub mod report;
pub mod revision;
pub mod rollout;
pub mod service;
pub mod site;
pub mod verification;
mod wire;
