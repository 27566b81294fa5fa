//! What it takes to roll back: where to, and what is known of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Start, Subject};
use crate::cloud::{Cloud, CloudError};
use crate::context::Context;
use crate::error::CommandError;
use crate::interrupt::LOOKING;
use crate::observation::{Service, ServiceDeploymentBrief, last_part};
use crate::release::{Release, can_run};
use crate::render;
use crate::revision::Revision;
use crate::rollout;
use crate::verification::Expected;

/// Chooses the task definition to roll back to.
pub(super) async fn choose<C: Cloud>(
    context: &Context<C>,
    from: &Service,
    to: Option<&Revision>,
) -> Result<(Subject, Expected), CommandError> {
    let target = match to {
        Some(revision) => revision.in_family_of(&from.task_definition)?,
        None => last_success(context, from).await?.ok_or(CommandError::NoEarlierRevision)?,
    };
    let described = look_up(context, &target).await?;
    if !can_run(&described) {
        let revision = last_part(&target).to_owned();
        let status = described["status"].as_str().unwrap_or("in no known state").to_owned();
        return Err(CommandError::Deregistered { revision, status });
    }
    Ok(expected(&described, &target))
}

/// What a rollback to there is deployed with.
pub(super) async fn prepare<C: Cloud>(
    context: &Context<C>,
    from: &Service,
    target: &str,
) -> Result<Start, CommandError> {
    context.progress.log(&format!("going from {} to {}", last_part(&from.task_definition), last_part(target)));
    // No obstacle here: somebody wants to leave what runs.
    if let Some(Err(why)) = context.interrupt.cut(LOOKING, context.site.can_be_verified()).await {
        context.progress.log(&format!("{why}; rolling back all the same"));
    }
    let infrastructure = context.infrastructure().await?;
    let wanted = render::service(&context.directory, &context.environment, &infrastructure, target)?;
    Ok(Start::Update(render::update(wanted)))
}

/// A task definition, by ARN or `family:revision`.
pub(super) async fn look_up<C: Cloud>(context: &Context<C>, name: &str) -> Result<Value, CommandError> {
    let found = context.cloud.task_definition(name).await?;
    found.ok_or_else(|| CommandError::NoTaskDefinition(last_part(name).to_owned()))
}

/// What it says of the release that it is.
pub(super) fn expected(described: &Value, name: &str) -> (Subject, Expected) {
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
            context.progress.log(&format!("passing over {}: it was deregistered", last_part(definition)));
        }
    }
    Ok(None)
}
