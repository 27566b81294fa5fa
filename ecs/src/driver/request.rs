//! What is deployed, and what it takes to do so: what the two commands do not have in common.

use serde_json::Value;

use crate::infrastructure::Infrastructure;
use crate::observation::Service;
use crate::plan::Change;
use crate::release::Release;
use crate::revision::Revision;

/// What is there, what is wanted, and the difference.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) service: Option<Service>,
    /// The task definition that the service runs, as described.
    pub(crate) current: Option<Value>,
    /// `RegisterTaskDefinition`'s input.
    pub(crate) task_definition: Value,
    pub(crate) infrastructure: Infrastructure,
    pub(crate) changes: Vec<Change>,
    /// What is there that nobody described.
    pub(crate) besides: Vec<String>,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Request<'a> {
    /// A release, as it was planned.
    Apply(&'a Planned, &'a Release),
    /// What ran before, or that revision.
    Rollback(&'a Service, Option<&'a Revision>),
    /// Nothing but a look.
    Verify,
}

/// What a deployment is started with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Start {
    /// The input of `CreateService`.
    Create(Value),
    /// The input of `UpdateService`.
    Update(Value),
}

/// A task definition, and what release it is.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) definition: String,
    pub(crate) release: Option<Release>,
}
