//! A model of ECS and of what is around it, for [`stateright`]: every order in which things can happen to the deployer's own
//! protocol, up to a number of mishaps.
//!
//! [`world`] is ECS, its tasks and the site; [`calls`] is what a call does to it and how it can fail; [`mishaps`] is what
//! happens by itself. [`model`] puts them around [`deploy::protocol`], and [`properties`] is what must hold.
//!
//! What serves is right or wrong here: a wrong digest, too few tasks, a wrong or silent site are one thing to the protocol,
//! and `verification` in the deployer tells each of them from what AWS answers.

pub mod calls;
pub mod mishaps;
pub mod model;
pub mod properties;
pub mod world;
