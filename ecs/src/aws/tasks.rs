//! The service's tasks: their names first, then what they are.

use aws_sdk_ecs::types::DesiredStatus;
use serde::Deserialize;

use super::{Aws, explain};
use crate::cloud::{CloudError, TaskFilter};
use crate::observation::Task;
use crate::wire::Wire;

/// What `DescribeTasks` takes at once, and `ListTasks` gives.
const TASKS_AT_ONCE: usize = 100;

impl Aws {
    pub(super) async fn listed_tasks(&self, filter: TaskFilter) -> Result<Vec<Task>, CloudError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(default)]
            tasks: Vec<Task>,
        }
        let mut pages = self
            .ecs
            .list_tasks()
            .cluster(&self.cluster)
            .service_name(&self.service)
            .desired_status(match filter {
                TaskFilter::Running => DesiredStatus::Running,
                TaskFilter::Stopped => DesiredStatus::Stopped,
            })
            .into_paginator()
            .items()
            .send();
        let mut arns = Vec::new();
        while let Some(arn) = pages.next().await {
            arns.push(arn.map_err(|error| explain("ecs:ListTasks", &error))?);
        }

        let call = "ecs:DescribeTasks";
        let mut found = Vec::new();
        for some in arns.chunks(TASKS_AT_ONCE) {
            let wire = Wire::reading();
            let request = self.ecs.describe_tasks().cluster(&self.cluster).set_tasks(Some(some.to_vec()));
            request.customize().interceptor(wire.clone()).send().await.map_err(|error| explain(call, &error))?;
            found.extend(wire.answer::<Answer>(call)?.tasks);
        }
        Ok(found)
    }
}
