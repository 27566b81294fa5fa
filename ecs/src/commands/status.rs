//! `status`: what runs and what goes on. It reads, and changes nothing.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cloud::{Cloud, TaskFilter};
use crate::context::Context;
use crate::error::CommandError;
use crate::interrupt::LOOKING;
use crate::observation::{Status, last_part};
use crate::release::Release;
use crate::report::{Outcome, Report};
use crate::service::SERVICE;
use crate::site::SiteError;

/// The last events: what an evening's work is told by.
const EVENTS: usize = 10;

pub(super) async fn status<C: Cloud>(context: &Context<C>) -> Result<Report, CommandError> {
    let environment = &context.environment;
    let Some(service) = context.cloud.service().await? else {
        return Ok(
            context.report(Outcome::Done, format!("nothing is deployed: there is no service {}", environment.service))
        );
    };
    let described = context.cloud.task_definition(&service.task_definition).await?;
    let release = described.as_ref().and_then(Release::of);
    let under_way = context.cloud.service_deployments(&Status::UNDER_WAY).await?;
    let tasks = context.cloud.tasks(TaskFilter::Running).await?;

    let summary = format!(
        "{} of {} tasks run, of {}",
        service.running_count,
        service.desired_count,
        last_part(&service.task_definition)
    );
    let summary = match service.unusable() {
        Some(why) => format!("the service {} {why}; {summary}", environment.service),
        None => summary,
    };
    let mut report = context.report(Outcome::Done, summary);
    if let Some(release) = &release {
        report = report.of(release);
    }
    report = report.with("task-definition", &service.task_definition).with("url", &environment.url);
    let state = service.primary().and_then(|primary| primary.rollout_state.clone());
    report = report.with("rollout", state.as_deref().unwrap_or("not told"));
    let since = service.primary().and_then(|primary| primary.created_at);
    report = report.with("since", since.map_or_else(|| "not told".to_owned(), rfc3339));
    let asked = context.interrupt.cut(LOOKING, context.site.release()).await;
    let answer = match asked.unwrap_or(Err(SiteError::Interrupted)) {
        Ok(answer) => {
            let or = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
            format!("commit {}, image {}", or(answer.commit), or(answer.image_digest))
        }
        Err(error) => error.to_string(),
    };
    let deployments =
        under_way.iter().map(|one| format!("{}, {}", last_part(&one.service_deployment_arn), one.status.words()));
    let tasks = tasks.iter().map(|task| {
        let container = task.containers.iter().find(|container| container.name == SERVICE.name);
        let digest = container.and_then(|container| container.image_digest.as_deref()).unwrap_or("no digest yet");
        format!("{} {} {digest} {}", task.id(), last_part(&task.task_definition_arn), task.last_status)
    });
    let events = service.events.iter().take(EVENTS);
    let events = events.map(|event| format!("{} {}", rfc3339(event.created_at), event.message));
    Ok(report
        .with("site", answer)
        .listing("under way", deployments.collect())
        .listing("task", tasks.collect())
        .listing("event", events.collect()))
}

/// Seconds since 1970 as RFC 3339 in UTC, to the second.
#[allow(clippy::cast_possible_truncation, reason = "the fraction is not shown")]
fn rfc3339(seconds: f64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64).ok();
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "at no known time".to_owned())
}
