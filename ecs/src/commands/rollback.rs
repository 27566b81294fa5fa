//! `rollback`: to the last earlier revision that was deployed successfully, by a deployment like any other.

use crate::cloud::Cloud;
use crate::context::Context;
use crate::driver::{Driver, Request};
use crate::error::CommandError;
use crate::protocol::Job;
use crate::report::Report;
use crate::revision::Revision;

pub(super) async fn rollback<C: Cloud>(
    context: &Context<C>,
    to: Option<Revision>,
    is_dry_run: bool,
) -> Result<Report, CommandError> {
    let environment = &context.environment;
    let Some(service) = context.service().await? else {
        let (service, cluster) = (environment.service.clone(), environment.cluster.clone());
        return Err(CommandError::NoService { service, cluster });
    };
    let job = Job::Rollback { from: service.task_definition.clone(), is_named: to.is_some(), is_dry_run };
    let ended = Driver::new(context, Request::Rollback(&service, to.as_ref()), []).run(job).await?;
    let report = context.report(ended.outcome(), ended.summary).because(ended.reasons);
    let (definition, release) = match ended.subject {
        Some(subject) => (subject.definition, subject.release),
        None => (String::new(), None),
    };
    let report = release.iter().fold(report, Report::of).with("task-definition", definition);
    Ok(if is_dry_run { report } else { report.with("url", &environment.url) })
}
