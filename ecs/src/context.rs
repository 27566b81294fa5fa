//! What every command works with, and what it looks up in it.

use std::path::PathBuf;

use crate::cloud::Cloud;
use crate::environment::{self, Environment};
use crate::error::CommandError;
use crate::infrastructure::{self, Infrastructure};
use crate::interrupt::Interrupt;
use crate::observation::Service;
use crate::progress::Progress;
use crate::report::{Outcome, Report};
use crate::site::Site;

/// What every command works with.
#[derive(Debug)]
pub struct Context<C> {
    /// Where the descriptions are.
    pub directory: PathBuf,
    /// What is described.
    pub environment: Environment,
    /// AWS.
    pub cloud: C,
    /// The public address.
    pub site: Site,
    /// Where progress is shown.
    pub progress: Progress,
    /// Whether to leave.
    pub interrupt: Interrupt,
}

impl<C: Cloud> Context<C> {
    /// The service, if there is one. One that is being deleted takes nothing any more.
    pub(crate) async fn service(&self) -> Result<Option<Service>, CommandError> {
        let service = self.cloud.service().await?;
        match service.as_ref().and_then(Service::unusable) {
            Some(reason) => Err(CommandError::UnusableService { service: self.environment.service.clone(), reason }),
            None => Ok(service),
        }
    }

    /// What the environment's stack made.
    pub(crate) async fn infrastructure(&self) -> Result<Infrastructure, CommandError> {
        let Environment { stack: name, region, name: environment, .. } = &self.environment;
        let Some(stack) = self.cloud.stack(name).await? else {
            return Err(CommandError::NoStack {
                stack: name.clone(),
                region: region.clone(),
                environment: environment.clone(),
            });
        };
        if let Some(remedy) = infrastructure::unusable(&stack.status) {
            return Err(CommandError::UnusableStack { stack: name.clone(), status: stack.status, remedy });
        }
        Ok(Infrastructure::from_outputs(name, &stack.outputs)?)
    }

    pub(crate) fn peers(&self) -> Result<Vec<(String, String)>, CommandError> {
        Ok(environment::peers(&self.directory)?)
    }

    pub(crate) fn report(&self, outcome: Outcome, summary: impl Into<String>) -> Report {
        Report::new(outcome, &self.environment.name, summary)
    }
}
