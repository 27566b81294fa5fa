//! The few AWS calls that a deployment makes, answered on this machine: CloudFormation, ECR and ECS, in their own
//! protocols, with a fast clock and a small state machine of ECS's rolling deployment.
//!
//! A [`Script`] says what will happen; [`StandIn`] is the server. [`world`] is what AWS would know, [`rolling`] how it
//! moves, [`tasks`] the one place that knows what a task is, and `ecs`, `ecr` and `cloudformation` turn calls into
//! questions to the world.
//!
//! Tasks are scripted, as the tests have it, or they really run ([`containers`], of [`images`] that were pushed to a
//! registry): that is what a rehearsal is made of, by the program `aws-stand-in`.
//!
//! It is not linked into the deployer: the two meet over the network alone.

mod clock;
mod cloudformation;
pub mod containers;
mod defaults;
mod ecr;
mod ecs;
mod faults;
mod identity;
pub mod images;
mod logs;
mod metadata;
mod record;
pub mod rolling;
pub mod script;
mod server;
mod site;
pub mod tasks;
pub mod world;

pub use script::{CallFault, Fate, Image, Script};
pub use server::StandIn;

/// The account that everything belongs to.
pub const ACCOUNT: &str = "123456789012";
/// The region that everything is in.
pub const REGION: &str = "eu-central-1";
