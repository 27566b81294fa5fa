//! What AWS would know: task definitions, services, their revisions, deployments, tasks and events.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::images::Images;
use crate::script::{CallFault, Script};
use crate::tasks::{Specification, Tasks};
use crate::{ACCOUNT, REGION};

/// All of it.
pub struct World {
    /// What will happen.
    pub script: Script,
    /// Where tasks run.
    pub tasks: Box<dyn Tasks>,
    /// What the registry has, where there is one; else it is what the script says.
    pub images: Option<Images>,
    /// Seconds since 1970-01-01 UTC.
    pub now: f64,
    /// The registered task definitions, as they are described.
    pub task_definitions: Vec<Value>,
    /// The services, by name.
    pub services: BTreeMap<String, Service>,
    /// Every call that came in, by its name, in order.
    pub calls: Vec<String>,
    /// The access key of each call that was signed, in order.
    pub callers: Vec<String>,
    /// How many calls wait for an answer that never comes.
    pub hanging: u32,
    counter: u64,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub name: String,
    /// `ACTIVE`, or `INACTIVE` when it was deleted.
    pub status: &'static str,
    /// What it was created and updated with.
    pub document: Value,
    /// How many tasks are wanted.
    pub desired: usize,
    /// The revision that it is at or on the way to: an index.
    pub primary: usize,
    /// The revision of the last success.
    pub stable: Option<usize>,
    /// Whether what goes on is over: `COMPLETED`, `IN_PROGRESS` or `FAILED`.
    pub rollout_state: &'static str,
    /// The task definitions of its revisions, by index.
    pub revisions: Vec<String>,
    /// Its deployments, oldest first.
    pub deployments: Vec<Deployment>,
    /// Its tasks, those included that stopped.
    pub tasks: Vec<Task>,
    /// Its history, newest first.
    pub events: Vec<(String, f64, String)>,
}

/// A service deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its ARN.
    pub arn: String,
    /// Its status, as the API names it.
    pub status: &'static str,
    /// Since when it has that status.
    pub since: f64,
    /// Why it has it.
    pub reason: Option<String>,
    /// The revision that it leads to: an index.
    pub target: usize,
    /// The revision that was the service's before.
    pub source: Option<usize>,
    /// When it began.
    pub created_at: f64,
    /// How many of its tasks failed.
    pub failures: u32,
    /// Since when all of its tasks are healthy.
    pub healthy_since: Option<f64>,
    /// The alarm that fired.
    pub alarm: Option<String>,
    /// Whether the circuit breaker did.
    pub broken: bool,
}

/// A task of a service.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its ARN.
    pub arn: String,
    /// The revision that it is of: an index.
    pub revision: usize,
    /// When it was started.
    pub started_at: f64,
    /// Whether its health check succeeds.
    pub healthy: bool,
    /// When and why it stopped, and its container's exit code.
    pub stopped: Option<(f64, String, Option<i32>)>,
    /// The digest of its image, as the platform found it.
    pub digest: Option<String>,
}

/// A summary, for tests to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// How many task definitions were registered.
    pub registered: usize,
    /// `family:revision` of the service's primary deployment.
    pub running: Option<String>,
    /// The images of the running tasks, one each.
    pub images: Vec<String>,
    /// The statuses of the service's deployments, oldest first.
    pub deployments: Vec<String>,
}

impl World {
    /// A world in which nothing has happened yet.
    #[must_use]
    pub fn new(script: Script, tasks: Box<dyn Tasks>, images: Option<Images>) -> Self {
        let (task_definitions, services) = (Vec::new(), BTreeMap::new());
        let (calls, callers) = (Vec::new(), Vec::new());
        Self { script, tasks, images, now: 0.0, task_definitions, services, calls, callers, hanging: 0, counter: 0 }
    }

    /// A number that was not there before.
    pub fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Whether a call is never answered; the next one is nearer to that.
    pub(crate) fn hangs(&mut self, operation: &str) -> bool {
        let Some(CallFault::HangsAfter(times)) = self.script.calls.get_mut(operation) else { return false };
        if let Some(left) = times.checked_sub(1) {
            *times = left;
            return false;
        }
        self.hanging += 1;
        true
    }

    /// A task definition by ARN, or by `family:revision`.
    #[must_use]
    pub fn task_definition(&self, name: &str) -> Option<&Value> {
        let short = name.rsplit('/').next().unwrap_or(name);
        self.task_definitions
            .iter()
            .find(|found| found["taskDefinitionArn"].as_str().is_some_and(|arn| arn.rsplit('/').next() == Some(short)))
    }

    /// The image of a task definition's first container.
    #[must_use]
    pub fn image_of(&self, task_definition: &str) -> String {
        let found = self.task_definition(task_definition);
        let image = found.and_then(|found| found["containerDefinitions"][0]["image"].as_str());
        image.unwrap_or_default().to_owned()
    }

    /// What a task of that revision is started with.
    pub fn specification(&mut self, service: &Service, revision: usize) -> Specification {
        let id = self.number();
        let found = self.task_definition(&service.revisions[revision]);
        let pairs = found.and_then(|found| found["containerDefinitions"][0]["environment"].as_array());
        let pairs = pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair["name"].as_str()?.to_owned(), pair["value"].as_str()?.to_owned())));
        let environment = pairs.collect();
        Specification {
            arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/{}/{id:032x}", service.cluster),
            image: self.image_of(&service.revisions[revision]),
            environment,
        }
    }

    /// A summary of the service with that name.
    #[must_use]
    pub fn state(&self, service: &str) -> State {
        let service = self.services.get(service);
        let short = |arn: &String| arn.rsplit('/').next().unwrap_or_default().to_owned();
        let running = service.into_iter().flat_map(|service| &service.tasks).filter(|task| task.stopped.is_none());
        let of =
            |task: &Task| service.map(|service| self.image_of(&service.revisions[task.revision])).unwrap_or_default();
        State {
            registered: self.task_definitions.len(),
            running: service.map(|service| short(&service.revisions[service.primary])),
            images: running.map(of).collect(),
            deployments: service
                .into_iter()
                .flat_map(|service| &service.deployments)
                .map(|deployment| deployment.status.to_owned())
                .collect(),
        }
    }
}

impl Service {
    /// How many tasks may fail before the circuit breaker acts, by its configuration; "How the circuit breaker works" in
    /// the Amazon ECS developer guide.
    #[must_use]
    pub fn threshold(&self) -> u32 {
        let configured = &self.breaker()["thresholdConfiguration"];
        let value = configured["value"].as_u64().and_then(|value| u32::try_from(value).ok()).unwrap_or(50);
        let part = u32::try_from(self.desired).unwrap_or_default().saturating_mul(value).div_ceil(100).max(1);
        match configured["type"].as_str() {
            Some("COUNT") => value,
            Some("UNBOUNDED_PERCENT") => part,
            _ => part.clamp(3, 200),
        }
    }

    /// The circuit breaker's configuration.
    #[must_use]
    pub fn breaker(&self) -> &Value {
        &self.document["deploymentConfiguration"]["deploymentCircuitBreaker"]
    }

    /// The tasks of a revision that have not stopped.
    pub fn running(&self, revision: usize) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |task| task.revision == revision && task.stopped.is_none())
    }
}
