//! AWS, as long as nobody wants this to end: after a signal no call is waited for any more.

use serde_json::Value;

use crate::cloud::{Cloud, CloudError, Stack, TaskFilter};
use crate::interrupt::{CHANGING, Interrupt, LOOKING};
use crate::log::Stream;
use crate::observation::{Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, Task};
use crate::release::ImageReference;

/// The same AWS, whose calls end soon after a signal.
#[derive(Debug)]
pub struct Prompt<C> {
    cloud: C,
    interrupt: Interrupt,
}

impl<C: Cloud> Prompt<C> {
    /// AWS until the signal.
    pub fn new(cloud: C, interrupt: Interrupt) -> Self {
        Self { cloud, interrupt }
    }

    async fn look<T>(
        &self,
        call: &'static str,
        asked: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        self.interrupt.cut(LOOKING, asked).await.unwrap_or_else(|| Err(unanswered(call)))
    }

    async fn change<T>(
        &self,
        call: &'static str,
        asked: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        self.interrupt.cut(CHANGING, asked).await.unwrap_or_else(|| Err(unanswered(call)))
    }
}

fn unanswered(call: &'static str) -> CloudError {
    CloudError { call, code: None, message: "no answer yet when a signal came".to_owned(), is_transient: true }
}

impl<C: Cloud> Cloud for Prompt<C> {
    async fn stack(&self, name: &str) -> Result<Option<Stack>, CloudError> {
        self.look("cloudformation:DescribeStacks", self.cloud.stack(name)).await
    }

    async fn image_architectures(&self, image: &ImageReference) -> Result<Option<Vec<String>>, CloudError> {
        self.look("ecr:BatchGetImage", self.cloud.image_architectures(image)).await
    }

    async fn task_definition(&self, name: &str) -> Result<Option<Value>, CloudError> {
        self.look("ecs:DescribeTaskDefinition", self.cloud.task_definition(name)).await
    }

    async fn register_task_definition(&self, document: &Value) -> Result<String, CloudError> {
        self.change("ecs:RegisterTaskDefinition", self.cloud.register_task_definition(document)).await
    }

    async fn service(&self) -> Result<Option<Service>, CloudError> {
        self.look("ecs:DescribeServices", self.cloud.service()).await
    }

    async fn create_service(&self, document: &Value) -> Result<(), CloudError> {
        self.change("ecs:CreateService", self.cloud.create_service(document)).await
    }

    async fn update_service(&self, document: &Value) -> Result<(), CloudError> {
        self.change("ecs:UpdateService", self.cloud.update_service(document)).await
    }

    async fn service_deployments(&self, states: &[&str]) -> Result<Vec<ServiceDeploymentBrief>, CloudError> {
        self.look("ecs:ListServiceDeployments", self.cloud.service_deployments(states)).await
    }

    async fn service_deployment(&self, arn: &str) -> Result<Option<ServiceDeployment>, CloudError> {
        self.look("ecs:DescribeServiceDeployments", self.cloud.service_deployment(arn)).await
    }

    async fn service_revisions(&self, arns: &[String]) -> Result<Vec<ServiceRevision>, CloudError> {
        self.look("ecs:DescribeServiceRevisions", self.cloud.service_revisions(arns)).await
    }

    async fn stop_with_rollback(&self, arn: &str) -> Result<(), CloudError> {
        self.change("ecs:StopServiceDeployment", self.cloud.stop_with_rollback(arn)).await
    }

    async fn log(&self, stream: &Stream, lines: i32) -> Result<Vec<String>, CloudError> {
        self.look("logs:GetLogEvents", self.cloud.log(stream, lines)).await
    }

    async fn tasks(&self, filter: TaskFilter) -> Result<Vec<Task>, CloudError> {
        self.look("ecs:ListTasks", self.cloud.tasks(filter)).await
    }
}
