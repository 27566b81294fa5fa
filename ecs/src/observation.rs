//! What AWS says, as types: the parts of its answers that a decision is made from.
//!
//! The names are those of the Amazon ECS API reference (2014-11-13), and so are the shapes: each type is
//! read from the JSON of an answer. It knows nothing of how the answer was come by.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// A service, from `DescribeServices`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Service {
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    pub desired_count: u32,
    pub running_count: u32,
    pub task_definition: String,
    #[serde(default)]
    pub deployments: Vec<Deployment>,
    /// Newest first, a hundred at most.
    #[serde(default)]
    pub events: Vec<Event>,
    /// The whole answer, for comparing with what was rendered.
    #[serde(skip)]
    pub document: Value,
}

/// Why nothing can be done with a service.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// It is `DRAINING`.
    #[error("is being deleted: wait until it is gone, with `aws ecs wait services-inactive`")]
    BeingDeleted,
    /// It has a status that the API reference does not name.
    #[error("is {0}, which is neither ACTIVE nor gone")]
    UnknownStatus(String),
}

impl Service {
    /// Why nothing can be done with it, unless it is `ACTIVE`.
    #[must_use]
    pub fn unusable(&self) -> Option<Unusable> {
        match self.status.as_str() {
            "ACTIVE" => None,
            "DRAINING" => Some(Unusable::BeingDeleted),
            other => Some(Unusable::UnknownStatus(other.to_owned())),
        }
    }

    /// The deployment that the service is moving to, or is at.
    #[must_use]
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }
}

/// One of a service's deployments, from `DescribeServices`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Deployment {
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    pub task_definition: String,
    /// Seconds since 1970-01-01 UTC.
    pub created_at: Option<f64>,
    #[serde(default)]
    pub running_count: u32,
    /// `COMPLETED`, `FAILED` or `IN_PROGRESS`.
    pub rollout_state: Option<String>,
    pub rollout_state_reason: Option<String>,
}

/// A line of a service's history.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Event {
    pub id: String,
    /// Seconds since 1970-01-01 UTC.
    pub created_at: f64,
    pub message: String,
}

/// Where a service deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the API reference says what each means")]
pub enum Status {
    Pending,
    InProgress,
    StopRequested,
    RollbackRequested,
    RollbackInProgress,
    Successful,
    Stopped,
    RollbackSuccessful,
    RollbackFailed,
    /// One that came into the API after this was written: it is waited for, within the time limit.
    #[serde(other)]
    Unknown,
}

impl Status {
    /// The states that go on by themselves, as `ListServiceDeployments` takes them.
    pub const UNDER_WAY: [&str; 5] =
        ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"];

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::StopRequested => "stop requested",
            Self::RollbackRequested => "rollback requested",
            Self::RollbackInProgress => "rolling back",
            Self::Successful => "successful",
            Self::Stopped => "stopped",
            Self::RollbackSuccessful => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Unknown => "in a state that this program does not know",
        }
    }
}

/// A service deployment in a list, from `ListServiceDeployments`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct ServiceDeploymentBrief {
    pub service_deployment_arn: String,
    pub target_service_revision_arn: Option<String>,
    pub status: Status,
    /// Seconds since 1970-01-01 UTC.
    #[serde(default)]
    pub created_at: f64,
}

/// A service deployment, from `DescribeServiceDeployments`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct ServiceDeployment {
    pub service_deployment_arn: String,
    pub status: Status,
    pub status_reason: Option<String>,
    #[serde(default)]
    pub source_service_revisions: Vec<SourceRevision>,
    pub target_service_revision: Option<TargetRevision>,
    pub rollback: Option<Rollback>,
    pub deployment_circuit_breaker: Option<CircuitBreaker>,
    pub alarms: Option<Alarms>,
}

/// The revision a service deployment leads to, and how far it is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct TargetRevision {
    pub arn: String,
    #[serde(default)]
    pub requested_task_count: u32,
    #[serde(default)]
    pub running_task_count: u32,
}

/// A revision that a service deployment comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct SourceRevision {
    pub arn: String,
}

/// Why a service deployment went back, and where to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Rollback {
    pub reason: Option<String>,
    pub service_revision_arn: Option<String>,
}

/// The circuit breaker of a service deployment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct CircuitBreaker {
    pub status: Option<String>,
    #[serde(default)]
    pub failure_count: u32,
    #[serde(default)]
    pub threshold: u32,
}

/// The alarms that a service deployment heeds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Alarms {
    /// `TRIGGERED`, `MONITORING`, `MONITORING_COMPLETE` or `DISABLED`.
    pub status: Option<String>,
    #[serde(default)]
    pub triggered_alarm_names: Vec<String>,
}

/// A service revision, from `DescribeServiceRevisions`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct ServiceRevision {
    pub service_revision_arn: String,
    pub task_definition: String,
}

/// A task, from `DescribeTasks`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Task {
    pub task_arn: String,
    pub task_definition_arn: String,
    #[serde(default)]
    pub last_status: String,
    /// `HEALTHY`, `UNHEALTHY`, or `UNKNOWN`: not yet, or no health check.
    pub health_status: Option<String>,
    pub stopped_reason: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    pub stopped_at: Option<f64>,
    #[serde(default)]
    pub containers: Vec<Container>,
}

impl Task {
    /// Whether its health check, if it tells of one, succeeds.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.health_status.as_deref().is_none_or(|status| status == "HEALTHY")
    }

    /// The last part of its ARN.
    #[must_use]
    pub fn id(&self) -> &str {
        last_part(&self.task_arn)
    }
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each field is the one of the API reference that has its name")]
pub struct Container {
    pub name: String,
    pub image_digest: Option<String>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
}

/// What stands after the last slash of an ARN: `walkthrough-staging:7`, or an id.
#[must_use]
pub fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
