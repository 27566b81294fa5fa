//! What is deployed, and what it takes to do so: what the two commands do not have in common.

use serde_json::Value;

use crate::cloud::CloudError;
use crate::commands::plan::Planned;
use crate::environment::Invalid;
use crate::observation::Service;
use crate::release::Release;
use crate::report::Stop;
use crate::revision::Revision;

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

/// What stands in the way of an action.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// A call that AWS did not answer, or refused.
    Cloud(CloudError),
    /// Something else.
    Stop(Stop),
}

impl From<CloudError> for Obstacle {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

impl From<Stop> for Obstacle {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Invalid> for Obstacle {
    fn from(invalid: Invalid) -> Self {
        Self::Stop(invalid.into())
    }
}

impl From<Obstacle> for Stop {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Cloud(error) => error.into(),
            Obstacle::Stop(stop) => stop,
        }
    }
}
