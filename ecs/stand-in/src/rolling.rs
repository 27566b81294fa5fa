//! ECS's rolling deployment, as far as a deployer can see it: a state machine that is moved on by the time.
//!
//! `PENDING` → `IN_PROGRESS` → `SUCCESSFUL`, or by circuit breaker, alarm or request `ROLLBACK_REQUESTED` →
//! `ROLLBACK_IN_PROGRESS` → `ROLLBACK_SUCCESSFUL` or `ROLLBACK_FAILED`; a newer deployment makes it `STOPPED`.

use crate::script::Fate;
use crate::tasks::State;
use crate::world::{Deployment, Service, Task, World};
use crate::{ACCOUNT, REGION};

/// Seconds until a request of any kind is acted upon.
const REACTION: f64 = 1.0;
/// Seconds until a task whose health check never succeeded counts as failed.
const PATIENCE: f64 = 8.0;
/// Seconds during which the alarms are heeded when all tasks are healthy.
const BAKE: f64 = 5.0;

impl World {
    /// Moves everything on to the present.
    pub fn advance(&mut self, now: f64) {
        self.now = now;
        for name in self.services.keys().cloned().collect::<Vec<_>>() {
            // Taken out while it moves: it asks the world about its tasks.
            if let Some(mut service) = self.services.remove(&name) {
                self.look_after_tasks(&mut service);
                if let Some(mut deployment) = service.deployments.pop() {
                    self.step(&mut service, &mut deployment);
                    service.deployments.push(deployment);
                }
                self.services.insert(name, service);
            }
        }
    }

    /// Starts a deployment of a task definition. The one before it, if it is under way, is stopped.
    pub fn deploy(&mut self, service: &mut Service, task_definition: &str) {
        if let Some(last) = service.deployments.last_mut()
            && is_under_way(last.status)
        {
            set(last, "STOPPED", self.now, "a newer deployment took its place");
        }
        let source = (!service.revisions.is_empty()).then_some(service.primary);
        service.revisions.push(task_definition.to_owned());
        service.primary = service.revisions.len() - 1;
        service.rollout_state = "IN_PROGRESS";
        let id = self.number();
        service.deployments.push(Deployment {
            arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-deployment/{}/{}/{id}", service.cluster, service.name),
            status: "PENDING",
            since: self.now,
            reason: None,
            target: service.primary,
            source,
            // Two in the same moment still have an order.
            #[allow(clippy::cast_precision_loss, reason = "a small number")]
            created_at: self.now + id as f64 / 1000.0,
            failures: 0,
            healthy_since: None,
            alarm: None,
            broken: false,
        });
    }

    /// How the release of that revision fares.
    #[must_use]
    pub fn fate(&self, service: &Service, revision: usize) -> Fate {
        let image = self.image_of(&service.revisions[revision]);
        let found = self.script.images.iter().find(|known| image.ends_with(&known.digest));
        found.map_or(Fate::Healthy, |found| found.fate.clone())
    }

    fn look_after_tasks(&mut self, service: &mut Service) {
        let resets = service.breaker()["resetOnHealthyTask"] != false;
        let (mut failed, mut recovered) = (Vec::new(), Vec::new());
        for task in service.tasks.iter_mut().filter(|task| task.stopped.is_none()) {
            let age = self.now - task.started_at;
            task.digest = self.tasks.digest(&task.arn);
            match self.tasks.state(&task.arn, age) {
                State::Healthy if task.healthy => {}
                State::Healthy => {
                    task.healthy = true;
                    recovered.push(task.revision);
                }
                // Its health counts from its start, on a busy machine as well.
                State::Pulling => task.started_at = self.now,
                State::Ended { code } => {
                    task.stopped = Some((self.now, "Essential container in task exited".to_owned(), Some(code)));
                    failed.push(task.revision);
                }
                State::Starting if age > PATIENCE && !task.healthy => {
                    self.tasks.stop(&task.arn);
                    task.stopped = Some((self.now, "Task failed container health checks".to_owned(), Some(143)));
                    failed.push(task.revision);
                }
                State::Starting => {}
            }
        }
        for revision in recovered.into_iter().filter(|_| resets) {
            if let Some(deployment) = service.deployments.last_mut().filter(|last| last.target == revision) {
                deployment.failures = 0;
            }
        }
        for revision in failed {
            if let Some(deployment) = service.deployments.last_mut().filter(|last| last.target == revision) {
                deployment.failures += 1;
            }
            self.tell(service, "has stopped 1 running tasks");
        }
    }

    fn step(&mut self, service: &mut Service, deployment: &mut Deployment) {
        let waited = self.now - deployment.since >= REACTION;
        match deployment.status {
            "PENDING" if waited => {
                set(deployment, "IN_PROGRESS", self.now, "");
                self.tell(service, "has started tasks");
            }
            "IN_PROGRESS" => self.roll_out(service, deployment),
            "STOP_REQUESTED" if waited => set(deployment, "STOPPED", self.now, "it was asked for"),
            "ROLLBACK_REQUESTED" if waited => set(deployment, "ROLLBACK_IN_PROGRESS", self.now, ""),
            "ROLLBACK_IN_PROGRESS" => self.roll_back(service, deployment),
            _ => {}
        }
    }

    fn roll_out(&mut self, service: &mut Service, deployment: &mut Deployment) {
        let target = deployment.target;
        let fate = self.fate(service, target);
        if fate == Fate::ScaledToZero {
            service.desired = 0;
            self.stop_all_but(service, usize::MAX);
        }
        if deployment.failures >= service.threshold() {
            deployment.broken = true;
            self.ask_back(deployment, "ECS deployment circuit breaker: tasks failed to start.");
            return;
        }
        if !self.all_healthy(service, target) || fate == Fate::NeverEnds {
            return;
        }
        let since = *deployment.healthy_since.get_or_insert(self.now);
        if self.now - since < BAKE {
            return;
        }
        match fate {
            Fate::Alarm(name) => {
                self.ask_back(deployment, "One or more alarms were detected.");
                deployment.alarm = Some(name);
            }
            Fate::FalseGreen => {
                set(deployment, "SUCCESSFUL", self.now, "");
                service.primary = service.stable.unwrap_or(target);
                service.rollout_state = "COMPLETED";
                self.stop_all_but(service, service.primary);
            }
            fate => {
                set(deployment, "SUCCESSFUL", self.now, "");
                service.stable = Some(target);
                service.rollout_state = "COMPLETED";
                if fate == Fate::OneMissing {
                    service.desired += 1;
                }
                if fate != Fate::Stragglers {
                    self.stop_all_but(service, target);
                }
                self.tell(service, "has reached a steady state.");
            }
        }
    }

    fn roll_back(&mut self, service: &mut Service, deployment: &mut Deployment) {
        let Some(stable) = service.stable.filter(|_| !self.script.rollback_fails) else {
            if self.now - deployment.since >= REACTION {
                service.rollout_state = "FAILED";
                let why = deployment.reason.clone().unwrap_or_default();
                set(deployment, "ROLLBACK_FAILED", self.now, &format!("{why} There is nothing to go back to."));
            }
            return;
        };
        service.primary = stable;
        if self.all_healthy(service, stable) {
            service.rollout_state = "COMPLETED";
            self.stop_all_but(service, stable);
            let why = deployment.reason.clone().unwrap_or_default();
            set(deployment, "ROLLBACK_SUCCESSFUL", self.now, &why);
            self.tell(service, "was rolled back");
        }
    }

    /// Asks for the rollback of a deployment.
    pub fn ask_back(&self, deployment: &mut Deployment, why: &str) {
        set(deployment, "ROLLBACK_REQUESTED", self.now, why);
    }

    /// Starts what is missing of a revision's tasks, and tells whether all are healthy.
    fn all_healthy(&mut self, service: &mut Service, revision: usize) -> bool {
        for _ in service.running(revision).count()..service.desired {
            let specification = self.specification(service, revision);
            let (arn, started_at) = (specification.arn.clone(), self.now);
            self.tasks.start(specification);
            service.tasks.push(Task { arn, revision, started_at, healthy: false, stopped: None, digest: None });
        }
        service.running(revision).filter(|task| task.healthy).count() >= service.desired
    }

    fn stop_all_but(&mut self, service: &mut Service, revision: usize) {
        for task in service.tasks.iter_mut().filter(|task| task.revision != revision && task.stopped.is_none()) {
            self.tasks.stop(&task.arn);
            task.stopped = Some((self.now, "Scaling activity initiated by deployment".to_owned(), Some(0)));
        }
    }

    fn tell(&mut self, service: &mut Service, what: &str) {
        let id = self.number();
        service.events.insert(0, (format!("{id}"), self.now, format!("(service {}) {what}", service.name)));
    }
}

/// Whether a service deployment goes on by itself.
#[must_use]
pub fn is_under_way(status: &str) -> bool {
    ["PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"].contains(&status)
}

fn set(deployment: &mut Deployment, status: &'static str, now: f64, reason: &str) {
    deployment.status = status;
    deployment.since = now;
    if !reason.is_empty() {
        deployment.reason = Some(reason.to_owned());
    }
}
