//! Why a command ended before there was a result.

use std::io;

use thiserror::Error;

use crate::cloud::CloudError;
use crate::environment::EnvironmentError;
use crate::http::NoRoots;
use crate::infrastructure::MissingOutput;
use crate::observation::Unusable;
use crate::release::ImageReference;
use crate::render::RenderError;
use crate::report::{LEFT_AS_IT_IS, Outcome};
use crate::revision::RevisionError;
use crate::site::SiteError;

/// Why a command ended before there was a result. Of all of these the service was left as it was.
#[derive(Debug, Error)]
pub enum CommandError {
    /// A call to AWS failed.
    #[error("{LEFT_AS_IT_IS}{0}")]
    Aws(#[from] CloudError),
    /// A call to AWS was not waited for, since a signal came.
    #[error("interrupted before the service was changed: {0}")]
    Interrupted(#[source] CloudError),
    /// The system gives the program no runtime.
    #[error("the program can't be started: {0}")]
    Runtime(#[source] io::Error),
    /// The system gives the program no signals.
    #[error("signals can't be heard: {0}")]
    Signals(#[source] io::Error),
    /// The environment's description can't be used.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A document can't be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The stack is of another commit.
    #[error(transparent)]
    Output(#[from] MissingOutput),
    /// `--to` names no revision of the service.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// No HTTPS server could be trusted.
    #[error("{url}: {source}")]
    NoRoots {
        /// The public address.
        url: String,
        /// Where root certificates were looked for.
        source: NoRoots,
    },
    /// The stack is not there.
    #[error(
        "there is no stack {stack:?} in {region}: create it from stacks/environment.yaml, or fix `stack` in \
         environments/{environment}.toml"
    )]
    NoStack {
        /// The stack.
        stack: String,
        /// The region it was looked for in.
        region: String,
        /// The environment.
        environment: String,
    },
    /// Nothing can be deployed on the stack.
    #[error("the stack {stack} is {status}: {remedy}")]
    UnusableStack {
        /// The stack.
        stack: String,
        /// CloudFormation's word for it.
        status: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The registry has no such image.
    #[error("{0} is not in the registry: push it first, or fix --image")]
    NoImage(ImageReference),
    /// The tasks could pull the image from another region alone.
    #[error("{image} is in {found}, and the tasks of {environment} are in {region}: push it there, or fix --image")]
    ImageRegion {
        /// The image.
        image: ImageReference,
        /// The registry's region.
        found: String,
        /// The environment.
        environment: String,
        /// The environment's region.
        region: String,
    },
    /// The tasks have other processors than the image is for.
    #[error(
        "{image} is for {}, and the tasks of {environment} are {needed}: build it for {needed}, or fix \
         task.architecture in environments/{environment}.toml",
        if found.is_empty() { "no known architecture".to_owned() } else { found.join(", ") }
    )]
    ImageArchitecture {
        /// The image.
        image: ImageReference,
        /// What it is for, as OCI names it.
        found: Vec<String>,
        /// The environment.
        environment: String,
        /// What it ought to be for.
        needed: &'static str,
    },
    /// The public address can't work.
    #[error(
        "{source}; fix `url` in environments/{environment}.toml, its record in the DNS or its certificate, or name \
         the authority by SSL_CERT_FILE"
    )]
    Site {
        /// Why.
        source: SiteError,
        /// The environment.
        environment: String,
    },
    /// The service can't be deployed to.
    #[error("the service {service} {reason}")]
    UnusableService {
        /// The service.
        service: String,
        /// Why.
        reason: Unusable,
    },
    /// There is nothing to roll back.
    #[error("there is no service {service} in cluster {cluster}: nothing to roll back")]
    NoService {
        /// The service.
        service: String,
        /// The cluster it was looked for in.
        cluster: String,
    },
    /// There is nothing to roll back to.
    #[error(
        "ECS remembers no earlier revision that was deployed successfully and can still be started: name one with --to"
    )]
    NoEarlierRevision,
    /// ECS starts no task of the revision.
    #[error(
        "{revision} is {status}: ECS starts nothing of a revision that was deregistered, so name another one with --to"
    )]
    Deregistered {
        /// `family:revision`.
        revision: String,
        /// ECS's word for it.
        status: String,
    },
    /// ECS has no such revision.
    #[error("there is no task definition {0}")]
    NoTaskDefinition(String),
    /// The deployment ended before it began.
    #[error("{summary}")]
    NotBegun {
        /// How.
        outcome: Outcome,
        /// The same in words.
        summary: String,
    },
}

impl CommandError {
    /// The outcome that goes with it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Aws(_) => Outcome::AwsCallFailed,
            Self::Interrupted(_) => Outcome::Interrupted,
            Self::UnusableService { .. } => Outcome::Busy,
            Self::NotBegun { outcome, .. } => *outcome,
            _ => Outcome::BadInput,
        }
    }
}
