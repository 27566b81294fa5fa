//! `plan`: what would change. It reads, and changes nothing.

use serde_json::Value;

use crate::cloud::Cloud;
use crate::commands::Context;
use crate::interrupt::LOOKING;
use crate::observation::{Service, last_part};
use crate::plan::{self, Change};
use crate::release::Release;
use crate::render;
use crate::report::{Outcome, Report, Stop};

/// Under which name a report lists what is there besides.
pub(super) const NOT_DESCRIBED: &str = "not described";

/// What is there, what is wanted, and the difference.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) service: Option<Service>,
    /// The task definition that the service runs, as described.
    pub(crate) current: Option<Value>,
    /// `RegisterTaskDefinition`'s input.
    pub(crate) task_definition: Value,
    pub(crate) infrastructure: crate::infrastructure::Infrastructure,
    pub(crate) changes: Vec<Change>,
    /// What is there that nobody described.
    pub(crate) besides: Vec<String>,
}

/// Looks everything up and compares. What can't work is found here, before anything is changed.
pub(super) async fn prepare<C: Cloud>(context: &Context<C>, release: &Release) -> Result<Planned, Stop> {
    let environment = &context.environment;
    let infrastructure = context.infrastructure().await?;
    check_image(context, release).await?;
    check_site(context).await?;
    let task_definition =
        render::task_definition(&context.directory, environment, &context.peers()?, &infrastructure, release)?;

    let service = context.service().await?;
    let current = match &service {
        Some(service) => context.cloud.task_definition(&service.task_definition).await?,
        None => None,
    };
    let running = service.as_ref().map_or("", |service| &service.task_definition);
    let wanted = render::service(&context.directory, environment, &infrastructure, running)?;
    let there = service.as_ref().map(|service| &service.document);
    let differences = [plan::task_definition(current.as_ref(), &task_definition), plan::service(there, &wanted)];
    let (mut changes, mut besides) = (Vec::new(), Vec::new());
    for difference in differences {
        changes.extend(difference.changes);
        let told = |Change { path, old, .. }| format!("{path}: {}", old.unwrap_or_default());
        besides.extend(difference.besides.into_iter().map(told));
    }
    Ok(Planned { service, current, task_definition, infrastructure, changes, besides })
}

/// The image is there, and for the architecture that the tasks are to have.
async fn check_image<C: Cloud>(context: &Context<C>, release: &Release) -> Result<(), Stop> {
    let image = &release.image;
    let region = &context.environment.region;
    if let Some((_, elsewhere)) = image.account_and_region()
        && elsewhere != region
    {
        return Err(Stop::bad_input(format!(
            "{image} is in {elsewhere}, and the tasks of {} are in {region}: push it there, or fix --image",
            context.environment.name
        )));
    }
    let Some(architectures) = context.cloud.image_architectures(image).await? else {
        return Err(Stop::bad_input(format!("{image} is not in the registry: push it first, or fix --image")));
    };
    let needed = context.environment.task.architecture.oci();
    if architectures.iter().any(|architecture| architecture == needed) {
        return Ok(());
    }
    Err(Stop::bad_input(format!(
        "{image} is for {}, and the tasks of {} are {needed}: build it for {needed}, or fix task.architecture in environments/{}.toml",
        if architectures.is_empty() { "no known architecture".to_owned() } else { architectures.join(", ") },
        context.environment.name,
        context.environment.name,
    )))
}

/// What answers at the public address now is no matter; that nothing ever could is.
async fn check_site<C: Cloud>(context: &Context<C>) -> Result<(), Stop> {
    let asked = context.interrupt.cut(LOOKING, context.site.can_be_verified()).await;
    asked.unwrap_or(Ok(())).map_err(|why| {
        Stop::bad_input(format!(
            "{why}; fix `url` in environments/{}.toml, its record in the DNS or its certificate, or name the authority by \
             SSL_CERT_FILE",
            context.environment.name
        ))
    })
}

pub(super) async fn plan<C: Cloud>(context: &Context<C>, release: &Release) -> Result<Report, Stop> {
    let planned = prepare(context, release).await?;
    let (outcome, summary) = match (&planned.service, planned.changes.len()) {
        (None, _) => (Outcome::Changes, format!("the service {} would be created", context.environment.service)),
        (Some(service), 0) => {
            (Outcome::Done, format!("nothing would change; {} stays", last_part(&service.task_definition)))
        }
        (Some(service), 1) => {
            (Outcome::Changes, format!("1 field would change from {}", last_part(&service.task_definition)))
        }
        (Some(service), some) => {
            (Outcome::Changes, format!("{some} fields would change from {}", last_part(&service.task_definition)))
        }
    };
    Ok(context.report(outcome, summary).changing(planned.changes).of(release).listing(NOT_DESCRIBED, planned.besides))
}
