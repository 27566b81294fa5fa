//! What can be found that is not as expected.

use thiserror::Error;

use crate::observation::Unusable;

/// One thing that is not as it ought to be. Task definitions are named `family:revision`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Discrepancy {
    /// No service of that name is there.
    #[error("there is no service")]
    NoService,
    /// The service is there, and of no use.
    #[error("the service {0}")]
    Unusable(Unusable),
    /// The service moves to nothing.
    #[error("the service has no primary deployment")]
    NoPrimary,
    /// The service moves to another task definition.
    #[error("the service's primary deployment is of {found}, not of {expected}")]
    Primary {
        /// The task definition of the primary deployment.
        found: String,
        /// The one that ought to be.
        expected: String,
    },
    /// The service is not there yet, or never will be.
    #[error(
        "the primary deployment's rollout is {}, not COMPLETED{}",
        state.as_deref().unwrap_or("not told"),
        reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    Rollout {
        /// What ECS calls it, if it says.
        state: Option<String>,
        /// ECS's own words for it, if it has any.
        reason: Option<String>,
    },
    /// Somebody wants no task.
    #[error("the service is scaled to zero: nothing runs")]
    ScaledToZero,
    /// Nothing runs.
    #[error("no task runs")]
    NoTask,
    /// Fewer tasks are healthy than have to be.
    #[error("{healthy} tasks are healthy, of at least {minimum}")]
    FewHealthy {
        /// How many are.
        healthy: usize,
        /// How many have to be.
        minimum: u32,
    },
    /// A task runs another task definition.
    #[error("task {task} runs {found}, not {expected}")]
    TaskDefinition {
        /// The task's id.
        task: String,
        /// The task definition that it runs.
        found: String,
        /// The one that it ought to.
        expected: String,
    },
    /// A task runs another image.
    #[error("task {task} runs the image {}, not {expected}", found.as_deref().unwrap_or("of no known digest"))]
    Image {
        /// The task's id.
        task: String,
        /// The digest of the image that it runs, if that is known.
        found: Option<String>,
        /// The one that it ought to.
        expected: String,
    },
    /// What the public address says is not known, and why.
    #[error("{0}")]
    Site(String),
    /// The public address names another release.
    #[error(
        "the public address names {}, not {expected}",
        found.as_ref().map_or_else(|| format!("no {fact}"), |found| format!("the {fact} {found}"))
    )]
    Named {
        /// Of what: `commit` or `image digest`.
        fact: &'static str,
        /// What it names.
        found: Option<String>,
        /// What it ought to.
        expected: String,
    },
}
