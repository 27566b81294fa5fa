//! `rollback`: to the last revision that was deployed successfully, through the same way as a release.

use crate::cloud::Cloud;
use crate::commands::Context;
use crate::commands::apply::free;
use crate::deployment::{Deployer, Ended, Start};
use crate::observation::{Service, ServiceDeploymentBrief, Status, last_part};
use crate::release::Release;
use crate::render;
use crate::report::{Outcome, Report, Stop};
use crate::verification::Expected;

pub(super) async fn rollback<C: Cloud>(context: &Context<C>, to: Option<u32>) -> Result<Report, Stop> {
    let environment = &context.environment;
    let Some(service) = context.cloud.service().await? else {
        return Err(Stop::bad_input(format!(
            "there is no service {} in cluster {}: nothing to roll back",
            environment.service, environment.cluster
        )));
    };
    let mut deployer = Deployer::new(&context.cloud, environment, &context.narrator, context.interrupt.clone()).await?;

    let under_way = context.cloud.service_deployments(&Status::UNDER_WAY).await?;
    if let (Some(one), None) = (under_way.first(), to) {
        let former = match last_success(context, &service).await? {
            Some(former) => Some(expected(context, &former).await?.0),
            None => None,
        };
        let ended = deployer.stop_under_way(&one.service_deployment_arn, former.clone()).await;
        let summary = match ended.outcome {
            Outcome::Done => {
                "the deployment that was under way is stopped, and the former release runs, verified".to_owned()
            }
            _ => ended.summary,
        };
        let report = context.report(ended.outcome, summary).because(ended.reasons);
        let arn = former.and_then(|former| former.task_definition).unwrap_or_default();
        return Ok(report.with("task-definition", arn).with("url", &environment.url));
    }
    free(context).await?;

    let target = match to {
        Some(revision) => format!("{}:{revision}", family(&service)),
        None => last_success(context, &service).await?.ok_or_else(|| {
            Stop::bad_input(
                "ECS remembers no other revision that was deployed successfully: name one with --to".to_owned(),
            )
        })?,
    };
    let (wanted, release) = expected(context, &target).await?;
    let arn = wanted.task_definition.clone().unwrap_or_default();
    if arn == service.task_definition {
        return Err(Stop::bad_input(format!("{} is what the service has already", last_part(&arn))));
    }
    context.narrator.say(&format!("going from {} to {}", last_part(&service.task_definition), last_part(&arn)));

    let infrastructure = context.infrastructure().await?;
    let document = render::update(render::service(&context.directory, environment, &infrastructure, &arn)?);
    let (before, _) = expected(context, &service.task_definition).await?;
    let ended = deployer.run(Start::Update(document), &arn, wanted, Some(before)).await?;
    Ok(report(context, ended, &arn, release.as_ref()))
}

fn report<C: Cloud>(context: &Context<C>, ended: Ended, arn: &str, release: Option<&Release>) -> Report {
    let report = context.report(ended.outcome, ended.summary).because(ended.reasons);
    let report = match release {
        Some(release) => report.of(release),
        None => report,
    };
    report.with("task-definition", arn).with("url", &context.environment.url)
}

/// What a task definition, by ARN or `family:revision`, says of the release that it is.
async fn expected<C: Cloud>(context: &Context<C>, name: &str) -> Result<(Expected, Option<Release>), Stop> {
    let Some(described) = context.cloud.task_definition(name).await? else {
        return Err(Stop::bad_input(format!("there is no task definition {}", last_part(name))));
    };
    let arn = described["taskDefinitionArn"].as_str().unwrap_or(name);
    let release = Release::of(&described);
    Ok((Expected::of(arn, release.as_ref()), release))
}

/// The task definition's ARN of the newest success that is another than what the service has.
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
    Ok(definitions.into_iter().find(|definition| **definition != service.task_definition).cloned())
}

/// The family of the service's task definition.
fn family(service: &Service) -> &str {
    let name = last_part(&service.task_definition);
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}
