//! `apply`: the whole way of a release into one environment.

use crate::cloud::Cloud;
use crate::commands::plan::{NOT_DESCRIBED, prepare};
use crate::context::Context;
use crate::driver::{Driver, Request};
use crate::error::CommandError;
use crate::protocol::Job;
use crate::release::Release;
use crate::report::Report;
use crate::verification::Expected;

pub(super) async fn apply<C: Cloud>(
    context: &Context<C>,
    release: &Release,
    force: bool,
) -> Result<Report, CommandError> {
    let planned = prepare(context, release).await?;
    let previous = planned.service.as_ref().map(|service| {
        let release = planned.current.as_ref().and_then(Release::of);
        Expected::of(&service.task_definition, release.as_ref())
    });
    let minimum = context.environment.count.minimum;
    let job = Job::Apply {
        planned_from: planned.service.as_ref().map(|service| service.task_definition.clone()),
        is_wanted: force || !planned.changes.is_empty(),
        is_scaled_down: planned.service.as_ref().is_some_and(|service| service.desired_count < minimum),
    };
    let driver = Driver::new(context, Request::Apply(&planned, release), previous);
    let ended = driver.run(job).await?;
    let mut report = context.report(ended.outcome(), ended.summary).because(ended.reasons);
    report = report.listing(NOT_DESCRIBED, planned.besides);
    // Of a service that was not there everything is new: `plan` lists that, and here it would bury the result.
    if planned.service.is_some() {
        report = report.changing(planned.changes);
    }
    let definition = ended.subject.map(|subject| subject.definition).unwrap_or_default();
    Ok(report.of(release).with("task-definition", definition).with("url", &context.environment.url))
}
