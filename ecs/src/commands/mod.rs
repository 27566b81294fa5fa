//! The commands: each one from what was asked to a report.

mod apply;
mod plan;
mod rollback;
mod status;
mod verify;

use crate::arguments::{Command, Wanted};
use crate::cloud::Cloud;
use crate::context::Context;
use crate::error::CommandError;
use crate::release::Release;
use crate::report::Report;

impl<C: Cloud> Context<C> {
    /// Does what was asked.
    pub async fn run(&self, command: Command) -> Result<Report, CommandError> {
        match command {
            Command::Plan(wanted) => plan::plan(self, &wanted.into()).await,
            Command::Apply { wanted, force } => apply::apply(self, &wanted.into(), force).await,
            Command::Status { .. } => status::status(self).await,
            Command::Verify { image, commit, .. } => verify::verify(self, image, commit).await,
            Command::Rollback { to, dry_run, .. } => rollback::rollback(self, to, dry_run).await,
        }
    }
}

impl From<Wanted> for Release {
    fn from(wanted: Wanted) -> Self {
        Self { image: wanted.image, commit: wanted.commit, run_url: wanted.run_url }
    }
}

impl Report {
    /// The same, with the release's facts under the names that pipelines read.
    fn of(self, release: &Release) -> Self {
        self.with("image", &release.image).with("digest", &release.image.digest).with("commit", &release.commit)
    }
}
