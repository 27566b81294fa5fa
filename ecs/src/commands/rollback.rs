//! `rollback`: to the last earlier revision that was deployed successfully, by a deployment like any other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cloud::Cloud;
use crate::commands::Context;
use crate::commands::apply::free;
use crate::deployment::{Deployer, Ended, Start, Way};
use crate::interrupt::LOOKING;
use crate::observation::{Service, ServiceDeploymentBrief, Status, last_part};
use crate::release::{Release, can_run};
use crate::render;
use crate::report::{Outcome, Report, Stop};
use crate::revision::Revision;
use crate::rollout;
use crate::verification::Expected;

pub(super) async fn rollback<C: Cloud>(
    context: &Context<C>,
    to: Option<Revision>,
    dry_run: bool,
) -> Result<Report, Stop> {
    let environment = &context.environment;
    let Some(service) = context.service().await? else {
        return Err(Stop::bad_input(format!(
            "there is no service {} in cluster {}: nothing to roll back",
            environment.service, environment.cluster
        )));
    };
    let mut deployer = context.deployer(Way::Back).await?;

    let under_way = context.cloud.service_deployments(&Status::UNDER_WAY).await?;
    context.uninterrupted()?;
    if let (Some(one), None) = (under_way.first(), &to)
        && let Some(report) = turn_back(context, &mut deployer, &one.service_deployment_arn, dry_run).await?
    {
        return Ok(report);
    }
    free(context).await?;
    unchanged(context, &service).await?;

    let target = match to {
        Some(revision) => revision.in_family_of(&service.task_definition).map_err(Stop::bad_input)?,
        None => last_success(context, &service).await?.ok_or_else(|| {
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
        )));
    }
    let (wanted, release) = expected(&described, &target);
    let arn = wanted.task_definition.clone().unwrap_or_default();
    if arn == service.task_definition {
        return Err(Stop::bad_input(format!("{} is what the service has already", last_part(&arn))));
    }
    if dry_run {
        let summary = format!("would roll back from {} to {}", last_part(&service.task_definition), last_part(&arn));
        return Ok(would(context, summary, &arn, release.as_ref()));
    }
    context.narrator.say(&format!("going from {} to {}", last_part(&service.task_definition), last_part(&arn)));

    // No obstacle here: somebody wants to leave what runs.
    if let Some(Err(why)) = context.interrupt.cut(LOOKING, context.site.can_be_verified()).await {
        context.narrator.say(&format!("{why}; going back all the same"));
    }

    let infrastructure = context.infrastructure().await?;
    let document = render::update(render::service(&context.directory, environment, &infrastructure, &arn)?);
    let (before, _) = expected(&look_up(context, &service.task_definition).await?, &service.task_definition);
    context.uninterrupted()?;
    let ended = deployer.run(Start::Update(document), &arn, wanted, Some(before)).await?;
    Ok(report(context, ended, &arn, release.as_ref()))
}

/// What ended while this looked, a rollback of ECS's own above all, may have done what was wanted: from there it would
/// go one release too far.
async fn unchanged<C: Cloud>(context: &Context<C>, seen: &Service) -> Result<(), Stop> {
    let now = context.service().await?;
    if now.is_some_and(|now| now.task_definition == seen.task_definition) {
        return Ok(());
    }
    Err(Stop::busy(format!(
        "the service changed meanwhile; nothing was changed, so look at `status {}` first",
        context.environment.name
    )))
}

/// Sees to it that the deployment that is under way leads back. Nothing if it is a success by now, and the rollback is
/// that from any release.
async fn turn_back<C: Cloud>(
    context: &Context<C>,
    deployer: &mut Deployer<'_, C>,
    arn: &str,
    dry_run: bool,
) -> Result<Option<Report>, Stop> {
    let Some(observed) = context.cloud.service_deployment(arn).await? else { return Ok(None) };
    let target = definition(context, observed.target_service_revision.as_ref().map(|target| &target.arn)).await?;
    let mut sources = Vec::new();
    for source in &observed.source_service_revisions {
        sources.extend(definition(context, Some(&source.arn)).await?);
    }
    let returns_to = observed.rollback.as_ref().and_then(|rollback| rollback.service_revision_arn.as_ref());
    let returns_to = definition(context, returns_to).await?;

    let is_returning = matches!(observed.status, Status::RollbackRequested | Status::RollbackInProgress);
    // A rollback that somebody else started: to stop it would bring back what they want to leave.
    let leads_back =
        target.as_ref().is_some_and(|target| sources.iter().any(|source| rollout::is_earlier(target, source)));
    let source = sources.into_iter().next();
    // What comes of it if ECS takes such a one back.
    let rejected = source.clone().filter(|_| leads_back);
    let goal = if leads_back {
        target
    } else if is_returning {
        returns_to.or(source)
    } else {
        source
    };
    if dry_run {
        let goal = goal.unwrap_or_default();
        let runs = if goal.is_empty() { "nothing" } else { last_part(&goal) };
        let summary = if is_returning || leads_back {
            format!("a rollback is under way already, after which {runs} runs: would watch it")
        } else {
            format!("would stop the deployment that is under way, and ECS would roll back: {runs} runs then")
        };
        return Ok(Some(would(context, summary, &goal, None)));
    }
    let previous = match &goal {
        Some(previous) => Some(expected(&look_up(context, previous).await?, previous).0),
        None => None,
    };
    let ended = if is_returning || leads_back {
        deployer.follow_back(arn, previous, rejected.as_deref()).await
    } else {
        match deployer.stop_under_way(arn, previous).await {
            Some(ended) => ended,
            None => return Ok(None),
        }
    };
    let summary = match ended.outcome {
        Outcome::Done => {
            format!("the deployment that was under way went back: {} runs, verified", name(goal.as_ref()))
        }
        _ => ended.summary,
    };
    let report = context.report(ended.outcome, summary).because(ended.reasons);
    Ok(Some(report.with("task-definition", goal.unwrap_or_default()).with("url", &context.environment.url)))
}

/// Where it would go; the service is as it was.
fn would<C: Cloud>(context: &Context<C>, summary: String, arn: &str, release: Option<&Release>) -> Report {
    let report = context.report(Outcome::Done, format!("{summary}; nothing was changed"));
    release.map_or(report.clone(), |release| report.of(release)).with("task-definition", arn)
}

fn name(task_definition: Option<&String>) -> &str {
    task_definition.map_or("nothing", |arn| last_part(arn))
}

/// The task definition of a service revision.
async fn definition<C: Cloud>(context: &Context<C>, revision: Option<&String>) -> Result<Option<String>, Stop> {
    let Some(revision) = revision else { return Ok(None) };
    let found = context.cloud.service_revisions(std::slice::from_ref(revision)).await?;
    Ok(found.into_iter().next().map(|found| found.task_definition))
}

fn report<C: Cloud>(context: &Context<C>, ended: Ended, arn: &str, release: Option<&Release>) -> Report {
    let report = context.report(ended.outcome, ended.summary).because(ended.reasons);
    let report = match release {
        Some(release) => report.of(release),
        None => report,
    };
    report.with("task-definition", arn).with("url", &context.environment.url)
}

/// A task definition, by ARN or `family:revision`.
async fn look_up<C: Cloud>(context: &Context<C>, name: &str) -> Result<Value, Stop> {
    let found = context.cloud.task_definition(name).await?;
    found.ok_or_else(|| Stop::bad_input(format!("there is no task definition {}", last_part(name))))
}

/// What it says of the release that it is.
fn expected(described: &Value, name: &str) -> (Expected, Option<Release>) {
    let arn = described["taskDefinitionArn"].as_str().unwrap_or(name);
    let release = Release::of(described);
    (Expected::of(arn, release.as_ref()), release)
}

/// The task definition's ARN of the newest success that is an earlier revision than what the service has: a later
/// one was rejected, or is what somebody went back from. One that was deregistered since is passed over.
async fn last_success<C: Cloud>(context: &Context<C>, service: &Service) -> Result<Option<String>, Stop> {
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
