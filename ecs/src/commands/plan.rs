//! `plan`: what would change. It reads, and changes nothing.

use crate::cloud::Cloud;
use crate::context::Context;
use crate::driver::Planned;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::interrupt::LOOKING;
use crate::observation::last_part;
use crate::plan::{self, Change};
use crate::release::Release;
use crate::render;
use crate::report::{Outcome, Report};

/// Under which name a report lists what is there besides.
pub(super) const NOT_DESCRIBED: &str = "not described";

/// Looks everything up and compares. What can't work is found here, before anything is changed.
pub(super) async fn prepare<C: Cloud>(context: &Context<C>, release: &Release) -> Result<Planned, CommandError> {
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
async fn check_image<C: Cloud>(context: &Context<C>, release: &Release) -> Result<(), CommandError> {
    let image = release.image.clone();
    let Environment { name, region, task, .. } = &context.environment;
    let environment = name.clone();
    if let Some((_, found)) = image.account_and_region()
        && found != region
    {
        let (found, region) = (found.to_owned(), region.clone());
        return Err(CommandError::ImageRegion { image, found, environment, region });
    }
    let Some(found) = context.cloud.image_architectures(&image).await? else {
        return Err(CommandError::NoImage(image));
    };
    let needed = task.architecture.oci();
    if found.iter().any(|architecture| architecture == needed) {
        return Ok(());
    }
    Err(CommandError::ImageArchitecture { image, found, environment, needed })
}

/// What answers at the public address now is no matter; that nothing ever could is.
async fn check_site<C: Cloud>(context: &Context<C>) -> Result<(), CommandError> {
    let asked = context.interrupt.cut(LOOKING, context.site.can_be_verified()).await;
    let environment = context.environment.name.clone();
    asked.unwrap_or(Ok(())).map_err(|source| CommandError::Site { source, environment })
}

pub(super) async fn plan<C: Cloud>(context: &Context<C>, release: &Release) -> Result<Report, CommandError> {
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
