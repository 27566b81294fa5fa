//! What it takes to deploy a release.

use super::{Planned, Start};
use crate::cloud::Cloud;
use crate::context::Context;
use crate::error::CommandError;
use crate::release::can_run;
use crate::render;

/// Registers the task definition; its ARN, and what it is deployed with.
pub(super) async fn register<C: Cloud>(
    context: &Context<C>,
    planned: &Planned,
) -> Result<(String, Start), CommandError> {
    if let Some(current) = planned.current.as_ref().filter(|current| !can_run(current)) {
        let (name, status) = (&current["family"], &current["status"]);
        context.progress.log(&format!(
            "there will be no rollback: what runs, {}:{}, is {}",
            name.as_str().unwrap_or_default(),
            current["revision"],
            status.as_str().unwrap_or("in no known state")
        ));
    }
    let arn = context.cloud.register_task_definition(&planned.task_definition).await?;
    let wanted = render::service(&context.directory, &context.environment, &planned.infrastructure, &arn)?;
    let start = if planned.service.is_some() { Start::Update(render::update(wanted)) } else { Start::Create(wanted) };
    Ok((arn, start))
}
