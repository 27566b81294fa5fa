//! What a deployment needs of AWS. Everything else in the crate talks to this, and only [`crate::aws`]
//! knows that there is an SDK.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::log::Stream;
use crate::observation::{Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, Task};
use crate::release::ImageReference;

/// One service in one cluster, and what is around it. Each call is tried again, within bounds, when AWS
/// throttles or the connection breaks.
#[allow(async_fn_in_trait, reason = "nothing here is spawned on another thread")]
pub trait Cloud {
    /// A CloudFormation stack; nothing if there is no such one.
    async fn stack(&self, name: &str) -> Result<Option<Stack>, CloudError>;

    /// The architectures an image is for, as OCI names them (`amd64`, `arm64`); nothing if the registry does
    /// not have the image.
    async fn image_architectures(&self, image: &ImageReference) -> Result<Option<Vec<String>>, CloudError>;

    /// A task definition by ARN or `family:revision`, its tags within; nothing if there is none.
    async fn task_definition(&self, name: &str) -> Result<Option<Value>, CloudError>;

    /// Registers a task definition, the input of `RegisterTaskDefinition`; its ARN.
    async fn register_task_definition(&self, document: &Value) -> Result<String, CloudError>;

    /// The service; nothing if there is none, or only the memory of one.
    async fn service(&self) -> Result<Option<Service>, CloudError>;

    /// Creates the service, by the input of `CreateService`.
    async fn create_service(&self, document: &Value) -> Result<(), CloudError>;

    /// Updates the service, by the input of `UpdateService`.
    async fn update_service(&self, document: &Value) -> Result<(), CloudError>;

    /// The service's deployments, newest first: those in one of the states, or all if none is named.
    async fn service_deployments(&self, states: &[&str]) -> Result<Vec<ServiceDeploymentBrief>, CloudError>;

    /// One service deployment; nothing if AWS does not know it.
    async fn service_deployment(&self, arn: &str) -> Result<Option<ServiceDeployment>, CloudError>;

    /// The service revisions with those ARNs.
    async fn service_revisions(&self, arns: &[String]) -> Result<Vec<ServiceRevision>, CloudError>;

    /// Stops a service deployment and has ECS put the previous revision back.
    async fn stop_with_rollback(&self, arn: &str) -> Result<(), CloudError>;

    /// The last lines of a log, oldest first, as many as that at most; none if there is no such log.
    async fn log(&self, stream: &Stream, lines: i32) -> Result<Vec<String>, CloudError>;

    /// The service's tasks: those that are to run, or those that stopped within about the last hour.
    async fn tasks(&self, filter: TaskFilter) -> Result<Vec<Task>, CloudError>;
}

/// A CloudFormation stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack {
    /// Such as `CREATE_COMPLETE`.
    pub status: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

/// Chooses among a service's tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskFilter {
    /// Those that are to run.
    Running,
    /// Those that stopped.
    Stopped,
}

/// A call that AWS did not answer, or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudError {
    /// The call, as IAM names it: `ecs:UpdateService`.
    pub call: &'static str,
    /// AWS's code for it, such as `AccessDeniedException`; nothing when no answer came.
    pub code: Option<String>,
    /// What is known of it, a sentence.
    pub message: String,
    /// Whether another try later may work.
    pub is_transient: bool,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.call)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for CloudError {}
