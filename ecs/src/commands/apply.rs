//! `apply`: the whole way of a release into one environment.

use crate::cloud::Cloud;
use crate::commands::Context;
use crate::commands::plan::{NOT_DESCRIBED, prepare};
use crate::deployment::{Start, Way, unused};
use crate::observation::{Service, Status, last_part};
use crate::release::{Release, can_run};
use crate::render;
use crate::report::{Outcome, Report, Stop};
use crate::verification::Expected;

pub(super) async fn apply<C: Cloud>(context: &Context<C>, release: &Release, force: bool) -> Result<Report, Stop> {
    let environment = &context.environment;
    let planned = prepare(context, release).await?;
    // What is there is remembered before it is looked whether something goes on: what begins later is then new.
    let mut deployer = context.deployer(Way::Forward).await?;
    let planned_from = planned.service.as_ref().map(|service| service.task_definition.as_str());
    if deployer.task_definition_before() != planned_from {
        return Err(Stop::busy("the service changed while this was planned; nothing was changed, so do it again"));
    }
    if let Some(service) = &planned.service {
        free(context).await?;
        scaled(context, service)?;
    }

    if let Some(service) = &planned.service
        && planned.changes.is_empty()
        && !force
    {
        let running = Expected::of(&service.task_definition, Some(release));
        // With patience: one answer that got lost is no reason to deploy.
        match deployer.verify(&running, environment.limits.site).await {
            Ok(()) => {
                let summary = format!("nothing to change: {} runs, verified", last_part(&service.task_definition));
                let report = context.report(Outcome::Done, summary).listing(NOT_DESCRIBED, planned.left);
                return Ok(finish(context, report, release, &service.task_definition));
            }
            Err(found) => {
                for what in &found {
                    context.narrator.say(&format!("nothing would change, but {what}"));
                }
                context.narrator.say("deploying the same again");
            }
        }
    }
    if let Some(current) = planned.current.as_ref().filter(|current| !can_run(current)) {
        let (name, status) = (&current["family"], &current["status"]);
        context.narrator.say(&format!(
            "there will be no rollback: what runs, {}:{}, is {}",
            name.as_str().unwrap_or_default(),
            current["revision"],
            status.as_str().unwrap_or("in no known state")
        ));
    }
    context.uninterrupted()?;

    let arn = context.cloud.register_task_definition(&planned.task_definition).await?;
    context.narrator.say(&format!("registered {}", last_part(&arn)));
    let wanted = render::service(&context.directory, environment, &planned.infrastructure, &arn)?;
    let start = if planned.service.is_some() { Start::Update(render::update(wanted)) } else { Start::Create(wanted) };
    let previous = planned.service.as_ref().map(|service| {
        let release = planned.current.as_ref().and_then(Release::of);
        Expected::of(&service.task_definition, release.as_ref())
    });
    let ended = deployer.run(start, &arn, Expected::of(&arn, Some(release)), previous).await;
    let ended = ended.map_err(|error| {
        let stop = Stop::from(error);
        Stop { message: format!("{}; {}", stop.message, unused(&arn)), ..stop }
    })?;
    let mut report = context.report(ended.outcome, ended.summary).because(ended.reasons);
    report = report.listing(NOT_DESCRIBED, planned.left);
    // Of a service that was not there everything is new: `plan` lists that, and here it would bury the result.
    if planned.service.is_some() {
        report = report.changing(planned.changes);
    }
    Ok(finish(context, report, release, &arn))
}

fn finish<C>(context: &Context<C>, report: Report, release: &Release, task_definition: &str) -> Report {
    report.of(release).with("task-definition", task_definition).with("url", &context.environment.url)
}

/// No deployment is under way.
pub(super) async fn free<C: Cloud>(context: &Context<C>) -> Result<(), Stop> {
    let under_way = context.cloud.service_deployments(&Status::UNDER_WAY).await?;
    let Some(one) = under_way.first() else { return Ok(()) };
    Err(Stop::busy(format!(
        "service deployment {} is {}: wait for its end; `status {}` tells what goes on",
        last_part(&one.service_deployment_arn),
        one.status.words(),
        context.environment.name
    )))
}

/// Enough tasks are wanted for a release to prove itself.
fn scaled<C>(context: &Context<C>, service: &Service) -> Result<(), Stop> {
    let environment = &context.environment;
    if service.desired_count >= environment.count.minimum {
        return Ok(());
    }
    Err(Stop::bad_input(format!(
        "the service {} is scaled to {} tasks, below count.minimum = {} of environments/{}.toml: nothing could be \
         verified; scale it with `aws ecs update-service --cluster {} --service {} --desired-count {}`",
        environment.service,
        service.desired_count,
        environment.count.minimum,
        environment.name,
        environment.cluster,
        environment.service,
        environment.count.minimum,
    )))
}
