//! The commands: each one from what was asked to a report.

pub(crate) mod apply;
pub(crate) mod plan;
pub(crate) mod rollback;
mod status;
mod verify;

use std::path::PathBuf;

use crate::arguments::Command;
use crate::cloud::Cloud;
use crate::driver::Obstacle;
use crate::environment::{self, Environment};
use crate::infrastructure::{self, Infrastructure};
use crate::interrupt::Interrupt;
use crate::narrator::Narrator;
use crate::observation::Service;
use crate::release::Release;
use crate::report::{Report, Stop};
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
    /// Whom to tell.
    pub narrator: Narrator,
    /// Whether to leave.
    pub interrupt: Interrupt,
}

impl<C: Cloud> Context<C> {
    /// Does what was asked.
    pub async fn run(&self, command: Command) -> Result<Report, Stop> {
        match command {
            Command::Plan(wanted) => plan::plan(self, &wanted.into()).await,
            Command::Apply { wanted, force } => apply::apply(self, &wanted.into(), force).await,
            Command::Status { .. } => status::status(self).await,
            Command::Verify { image, commit, .. } => verify::verify(self, image, commit).await,
            Command::Rollback { to, dry_run, .. } => rollback::rollback(self, to, dry_run).await,
        }
    }

    /// The service, if there is one. One that is being deleted takes nothing any more.
    async fn service(&self) -> Result<Option<Service>, Stop> {
        let service = self.cloud.service().await?;
        match service.as_ref().and_then(Service::unusable) {
            Some(why) => Err(Stop::busy(format!("the service {} {why}", self.environment.service))),
            None => Ok(service),
        }
    }

    /// What the environment's stack made.
    async fn infrastructure(&self) -> Result<Infrastructure, Obstacle> {
        let name = &self.environment.stack;
        let Some(stack) = self.cloud.stack(name).await? else {
            return Err(Stop::bad_input(format!(
                "there is no stack {name:?} in {}: create it from stacks/environment.yaml, or fix `stack` in environments/{}.toml",
                self.environment.region, self.environment.name
            ))
            .into());
        };
        if let Some(remedy) = infrastructure::unusable(&stack.status) {
            return Err(Stop::bad_input(format!("the stack {name} is {}: {remedy}", stack.status)).into());
        }
        Ok(Infrastructure::from_outputs(name, &stack.outputs)?)
    }

    fn peers(&self) -> Result<Vec<(String, String)>, Stop> {
        Ok(environment::peers(&self.directory)?)
    }

    fn report(&self, outcome: crate::report::Outcome, summary: impl Into<String>) -> Report {
        Report::new(outcome, &self.environment.name, summary)
    }
}

impl From<crate::arguments::Wanted> for Release {
    fn from(wanted: crate::arguments::Wanted) -> Self {
        Self { image: wanted.image, commit: wanted.commit, run_url: wanted.run_url }
    }
}

impl Report {
    /// The same, with the release's facts under the names that pipelines read.
    fn of(self, release: &Release) -> Self {
        self.with("image", &release.image).with("digest", &release.image.digest).with("commit", &release.commit)
    }
}
