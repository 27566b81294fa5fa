//! `rollback`: to the last earlier revision that was deployed successfully, by a deployment like any other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cloud::{Cloud, CloudError};
use crate::commands::Context;
use crate::driver::{Driver, Obstacle, Request, Start, Subject};
use crate::interrupt::LOOKING;
use crate::observation::{Service, ServiceDeploymentBrief, last_part};
use crate::protocol::Job;
use crate::release::{Release, can_run};
use crate::render;
use crate::report::{Report, Stop};
use crate::revision::Revision;
use crate::rollout;
use crate::verification::Expected;

pub(super) async fn rollback<C: Cloud>(
    context: &Context<C>,
    to: Option<Revision>,
    is_dry_run: bool,
) -> Result<Report, Stop> {
    let environment = &context.environment;
    let Some(service) = context.service().await? else {
        return Err(Stop::bad_input(format!(
            "there is no service {} in cluster {}: nothing to roll back",
            environment.service, environment.cluster
        )));
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

/// Where it goes.
pub(crate) async fn choose<C: Cloud>(
    context: &Context<C>,
    from: &Service,
    to: Option<&Revision>,
) -> Result<(Subject, Expected), Obstacle> {
    let target = match to {
        Some(revision) => revision.in_family_of(&from.task_definition).map_err(Stop::bad_input)?,
        None => last_success(context, from).await?.ok_or_else(|| {
            Stop::bad_input(
                "ECS remembers no earlier revision that was deployed successfully and can still be started: name one with --to".to_owned(),
            )
        })?,
    };
    let described = look_up(context, &target).await?;
    if !can_run(&described) {
        return Err(Stop::bad_input(format!(
            "{} is {}: ECS starts nothing of a revision that was deregistered, so name another one with --to",
            last_part(&target),
            described["status"].as_str().unwrap_or("in no known state")
        ))
        .into());
    }
    Ok(expected(&described, &target))
}

/// What a rollback to there is deployed with.
pub(crate) async fn prepare<C: Cloud>(context: &Context<C>, from: &Service, target: &str) -> Result<Start, Obstacle> {
    context.narrator.say(&format!("going from {} to {}", last_part(&from.task_definition), last_part(target)));
    // No obstacle here: somebody wants to leave what runs.
    if let Some(Err(why)) = context.interrupt.cut(LOOKING, context.site.can_be_verified()).await {
        context.narrator.say(&format!("{why}; going back all the same"));
    }
    let infrastructure = context.infrastructure().await?;
    let wanted = render::service(&context.directory, &context.environment, &infrastructure, target)?;
    Ok(Start::Update(render::update(wanted)))
}

/// A task definition, by ARN or `family:revision`.
pub(crate) async fn look_up<C: Cloud>(context: &Context<C>, name: &str) -> Result<Value, Obstacle> {
    let found = context.cloud.task_definition(name).await?;
    found.ok_or_else(|| Stop::bad_input(format!("there is no task definition {}", last_part(name))).into())
}

/// What it says of the release that it is.
pub(crate) fn expected(described: &Value, name: &str) -> (Subject, Expected) {
    let definition = described["taskDefinitionArn"].as_str().unwrap_or(name).to_owned();
    let release = Release::of(described);
    let expected = Expected::of(&definition, release.as_ref());
    (Subject { definition, release }, expected)
}

/// The task definition's ARN of the newest success that is an earlier revision than what the service has: a later
/// one was rejected, or is what somebody went back from. One that was deregistered since is passed over.
async fn last_success<C: Cloud>(context: &Context<C>, service: &Service) -> Result<Option<String>, CloudError> {
    let successes = context.cloud.service_deployments(&["SUCCESSFUL"]).await?;
    let targets: Vec<String> = successes
        .iter()
        .filter_map(|brief: &ServiceDeploymentBrief| brief.target_service_revision_arn.clone())
        .collect();
    let revisions = context.cloud.service_revisions(&targets).await?;
    // The order of the list, newest first; AWS describes in an order of its own.
    let definitions = targets.iter().filter_map(|target| {
        revisions.iter().find(|revision| revision.service_revision_arn == *target).map(|found| &found.task_definition)
    });
    let mut passed_over = BTreeSet::new();
    for definition in definitions.filter(|definition| rollout::is_earlier(definition, &service.task_definition)) {
        let described = context.cloud.task_definition(definition).await?;
        if described.as_ref().is_some_and(can_run) {
            return Ok(Some(definition.clone()));
        }
        if passed_over.insert(definition) {
            context.narrator.say(&format!("passing over {}: it was deregistered", last_part(definition)));
        }
    }
    Ok(None)
}
