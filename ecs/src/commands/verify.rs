//! `verify`: what runs, held against what is expected. It reads, and changes nothing.

use crate::cloud::Cloud;
use crate::context::Context;
use crate::driver::{Driver, Request};
use crate::error::CommandError;
use crate::protocol::Job;
use crate::release::{Commit, ImageReference, Release};
use crate::report::{Outcome, Report};
use crate::verification::Expected;

pub(super) async fn verify<C: Cloud>(
    context: &Context<C>,
    image: Option<ImageReference>,
    commit: Option<Commit>,
) -> Result<Report, CommandError> {
    let Some(service) = context.service().await? else {
        let summary = format!("there is no service {}", context.environment.service);
        return Ok(context.report(Outcome::Differs, summary));
    };
    let described = context.cloud.task_definition(&service.task_definition).await?;
    let described = Expected::of(&service.task_definition, described.as_ref().and_then(Release::of).as_ref());
    let expected = Expected {
        digest: image.map(|image| image.digest).or(described.digest),
        commit: commit.map(|commit| commit.to_string()).or(described.commit),
        ..described
    };

    let job = Job::Verify { definition: service.task_definition.clone() };
    let ended = Driver::new(context, Request::Verify, [expected.clone()]).run(job).await?;
    let report = context.report(ended.outcome(), ended.summary).because(ended.reasons);
    let known =
        [("digest", expected.digest), ("commit", expected.commit), ("task-definition", expected.task_definition)];
    let report = known.into_iter().fold(report, |report, (name, value)| match value {
        Some(value) => report.with(name, value),
        None => report,
    });
    Ok(report.with("url", &context.environment.url))
}
