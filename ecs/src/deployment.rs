//! One deployment from its start to a verified end: start, find our own, watch, verify, and take it back when
//! any of these fails.
//!
//! What to think of an observation is for [`crate::rollout`] and [`crate::verification`]; here is what to do
//! about it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::cloud::{Cloud, CloudError, Which};
use crate::environment::Environment;
use crate::interrupt::{Interrupt, LOOKING};
use crate::log::{self, Stream};
use crate::narrator::Narrator;
use crate::observation::{Service, ServiceDeployment, ServiceDeploymentBrief, Task, last_part};
use crate::report::Outcome;
use crate::rollout::{self, Verdict};
use crate::site::Site;
use crate::verification::{self, Discrepancy, Expected};

/// How often in a row everything has to be as expected: behind one address are several tasks, and each
/// answer is one task's.
const IN_A_ROW: u32 = 5;

/// Between two of those looks. More often would be the same connection's luck, more rarely a waste.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How often AWS may not know our deployment before it counts as gone: its answers lag behind each other.
const TIMES_GONE: u32 = 3;

/// Between two looks for our own deployment after a signal.
const AFTER_A_SIGNAL: Duration = Duration::from_millis(100);

/// How long a deployment is looked for whose start was not answered: ECS's lists lag behind by seconds.
const LAG: Duration = Duration::from_secs(30);

/// How many stopped tasks are told of: they mostly say the same.
const TASKS_TOLD: usize = 5;

/// How it ends after a signal.
const LEFT: &str =
    "interrupted: ECS was asked to stop and to put the previous release back; nobody watches, ask `status`";

/// The same, during a rollback: stopping would bring the release back that somebody wants to leave.
const LEFT_GOING_BACK: &str = "interrupted: ECS goes on with the rollback; nobody watches, ask `status`";

/// What a deployment is started with.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// The input of `CreateService`.
    Create(Value),
    /// The input of `UpdateService`.
    Update(Value),
}

/// Which way it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A release: when it fails, what was there before is put back.
    Forward,
    /// A rollback: what was there before is what somebody wants to leave, and nothing here brings it back.
    Back,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The outcome.
    pub outcome: Outcome,
    /// A sentence.
    pub summary: String,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

impl Ended {
    fn new(outcome: Outcome, summary: impl Into<String>, reasons: Vec<String>) -> Self {
        Self { outcome, summary: summary.into(), reasons }
    }
}

/// What came of watching.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Watched {
    Ended(Verdict),
    /// AWS no longer knows it.
    Gone,
    TooLong(Duration),
    /// AWS refused to tell.
    Lost(CloudError),
    Interrupted,
}

/// Deploys to one environment's service.
#[derive(Debug)]
pub struct Deployer<'a, C> {
    /// AWS.
    pub cloud: &'a C,
    /// What is described.
    pub environment: &'a Environment,
    /// The public address.
    pub site: &'a Site,
    /// Whom to tell.
    pub narrator: &'a Narrator,
    /// Whether to leave.
    pub interrupt: Interrupt,
    way: Way,
    /// The service as it was before.
    before: Option<Service>,
    /// The service deployments that were there before, and those that were started here.
    known: BTreeSet<String>,
    ours: BTreeSet<String>,
    /// The task definitions that were deployed here.
    definitions: BTreeSet<String>,
    /// The members of the service that a deployment of ours sets.
    settings: Vec<String>,
    /// Whether ECS refused to stop a deployment.
    is_stop_refused: bool,
    /// The service's events that were told already.
    told: BTreeSet<String>,
}

impl<'a, C: Cloud> Deployer<'a, C> {
    /// Remembers what is there already. Nothing is changed.
    pub async fn new(
        cloud: &'a C,
        environment: &'a Environment,
        site: &'a Site,
        narrator: &'a Narrator,
        interrupt: Interrupt,
        way: Way,
    ) -> Result<Self, CloudError> {
        let listed = cloud.service_deployments(&[]).await?;
        let known = listed.into_iter().map(|brief| brief.service_deployment_arn).collect();
        let before = cloud.service().await?;
        let told = before.iter().flat_map(|service| &service.events).map(|event| event.id.clone()).collect();
        let (ours, definitions, settings) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let is_stop_refused = false;
        Ok(Self {
            cloud,
            environment,
            site,
            narrator,
            interrupt,
            way,
            before,
            known,
            ours,
            definitions,
            settings,
            is_stop_refused,
            told,
        })
    }

    /// The task definition that the service had when this began.
    #[must_use]
    pub fn task_definition_before(&self) -> Option<&str> {
        self.before.as_ref().map(|service| service.task_definition.as_str())
    }

    /// The whole way to `expected`; on a failure back to `previous`, if there is one.
    ///
    /// An error means that AWS took nothing.
    pub async fn run(
        &mut self,
        start: Start,
        task_definition: &str,
        expected: Expected,
        previous: Option<Expected>,
    ) -> Result<Ended, CloudError> {
        if let Some(new) = self.new_deployments(&self.cloud.service_deployments(&[]).await?).first() {
            let id = last_part(&new.service_deployment_arn);
            let unused = match self.way {
                Way::Forward => format!("; {}", unused(task_definition)),
                Way::Back => String::new(),
            };
            let summary = format!("another deployment began meanwhile ({id}); the service was not changed{unused}");
            return Ok(Ended::new(Outcome::Busy, summary, vec![]));
        }
        self.definitions.insert(task_definition.to_owned());
        if let Start::Update(Value::Object(members)) = &start {
            self.settings = members.keys().cloned().collect();
        }
        let arn = match self.start(&start).await {
            Ok(()) => match self.find_own(task_definition, self.environment.limits.site).await {
                Ok(arn) => arn,
                Err(_) if self.interrupt.has_come() => return Ok(unlisted(task_definition)),
                Err(why) => return Ok(self.recover(vec![why], task_definition, previous).await),
            },
            Err(error) if may_have_begun(&error) => {
                let patience = LAG.min(self.environment.limits.site);
                match self.find_own(task_definition, patience).await {
                    Ok(arn) => arn,
                    Err(_) if self.interrupt.has_come() => return Ok(unanswered(task_definition, &error)),
                    Err(_) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        self.narrator.say(&format!("watching service deployment {}", last_part(&arn)));
        let mut watched = self.watch(&arn, self.environment.limits.rollout).await;
        let mut reasons = Vec::new();
        if let (Way::Forward, Watched::TooLong(_) | Watched::Lost(_)) = (self.way, &watched) {
            reasons.push(tell(&watched));
            self.narrator.say(&tell(&watched));
            watched = self.stop(&arn, &mut reasons).await;
            if watched == Watched::Ended(Verdict::Succeeded) {
                // It got there just before it was stopped, and too late: back as from any other failure.
                return Ok(self.recover(reasons, task_definition, previous).await);
            }
            if watched == Watched::Interrupted {
                return Ok(self.left(&arn, reasons));
            }
        }
        Ok(match watched {
            Watched::Ended(Verdict::Succeeded) => self.succeeded(task_definition, &expected, previous).await,
            Watched::Ended(Verdict::RolledBack(why)) => {
                reasons.push(why);
                self.rolled_back(reasons, task_definition, previous).await
            }
            Watched::Ended(Verdict::RollbackFailed(why)) => {
                reasons.push(format!("ECS could not put the previous release back: {why}"));
                self.add_tasks(&mut reasons, task_definition).await;
                self.failed(reasons)
            }
            Watched::Interrupted => self.interrupted(&arn).await,
            Watched::TooLong(_) | Watched::Lost(_) => {
                reasons.push(tell(&watched));
                self.add_tasks(&mut reasons, task_definition).await;
                self.failed(reasons)
            }
            Watched::Gone | Watched::Ended(Verdict::Stopped(_) | Verdict::UnderWay) => {
                reasons.push(tell(&watched));
                self.recover(reasons, task_definition, previous).await
            }
        })
    }

    /// Stops the deployment that is under way, with rollback, and watches that. Nothing if it was faster, and is a
    /// success now.
    pub async fn stop_under_way(&mut self, arn: &str, previous: Option<Expected>) -> Option<Ended> {
        self.ours.insert(arn.to_owned());
        let mut reasons = Vec::new();
        Some(match self.stop(arn, &mut reasons).await {
            Watched::Ended(Verdict::Succeeded) => return None,
            Watched::Interrupted => self.left(arn, reasons),
            watched => self.went_back(watched, reasons, previous).await,
        })
    }

    /// Watches a rollback that is under way already, to its end. It was not started here.
    ///
    /// `rejected` is the task definition that it leads away from, if it is a rollback that somebody started: that runs
    /// again where ECS takes it back.
    pub async fn follow_back(&mut self, arn: &str, previous: Option<Expected>, rejected: Option<&str>) -> Ended {
        self.ours.insert(arn.to_owned());
        self.narrator.say("a rollback is under way already: watching it");
        match (self.watch(arn, self.environment.limits.rollback).await, rejected) {
            (Watched::Interrupted, _) => Ended::new(Outcome::Interrupted, LEFT_GOING_BACK, vec![]),
            (Watched::Ended(Verdict::RolledBack(why)), Some(rejected)) => {
                let target = previous.and_then(|previous| previous.task_definition).unwrap_or_default();
                self.rolled_back(vec![why], &target, Some(Expected::of(rejected, None))).await
            }
            (watched, _) => self.went_back(watched, vec![], previous).await,
        }
    }

    /// What came of a rollback that somebody asked for.
    async fn went_back(&self, watched: Watched, mut reasons: Vec<String>, previous: Option<Expected>) -> Ended {
        match (&watched, previous) {
            (Watched::Ended(Verdict::RolledBack(_) | Verdict::Succeeded), Some(previous)) => {
                reasons.push(tell(&watched));
                if let Some(ended) = self.taken_over(&reasons).await {
                    return ended;
                }
                let ended = self.confirm_previous(&previous, reasons).await;
                // That is what was asked for.
                let outcome = if ended.outcome == Outcome::RolledBack { Outcome::Done } else { ended.outcome };
                Ended { outcome, ..ended }
            }
            (Watched::Ended(Verdict::RolledBack(_)), None) => self.no_previous(reasons),
            _ => {
                reasons.push(tell(&watched));
                self.failed(reasons)
            }
        }
    }

    async fn start(&self, start: &Start) -> Result<(), CloudError> {
        match start {
            Start::Create(document) => self.cloud.create_service(document).await,
            Start::Update(document) => self.cloud.update_service(document).await,
        }
    }

    /// Our own service deployment's ARN. The error is a sentence.
    async fn find_own(&mut self, task_definition: &str, patience: Duration) -> Result<String, String> {
        let deadline = Instant::now() + patience;
        loop {
            let (why, only) = match self.look_for_own(task_definition).await {
                Ok(Some(arn)) => {
                    self.ours.insert(arn.clone());
                    return Ok(arn);
                }
                Ok(None) => ("ECS lists no service deployment for it".to_owned(), None),
                Err((error, only)) if error.is_transient => (error.to_string(), only),
                Err((error, only)) => return self.adopt(only, error.to_string()),
            };
            if Instant::now() >= deadline {
                return self.adopt(only, format!("{why}, within {} s", patience.as_secs()));
            }
            if self.interrupt.is_over(LOOKING) {
                return self.adopt(only, why);
            }
            // Only what was found can be stopped, so a signal does not end this at once.
            if self.interrupt.has_come() {
                tokio::time::sleep(AFTER_A_SIGNAL).await;
            } else {
                self.interrupt.pause(self.environment.limits.poll).await;
            }
        }
    }

    /// When ECS does not tell what a deployment leads to, and only one is new, it is ours: left alone it would run
    /// unwatched. What it comes to is verified like any other.
    fn adopt(&mut self, only: Option<String>, why: String) -> Result<String, String> {
        let Some(arn) = only else { return Err(why) };
        self.narrator.say(&format!("{why}; taking {}, the only new one, for ours", last_part(&arn)));
        self.ours.insert(arn.clone());
        Ok(arn)
    }

    /// Our own service deployment's ARN. With the error comes the only new deployment, if there is just one.
    async fn look_for_own(&self, task_definition: &str) -> Result<Option<String>, (CloudError, Option<String>)> {
        let listed = self.cloud.service_deployments(&[]).await.map_err(|error| (error, None))?;
        let new = self.new_deployments(&listed);
        let targets: Vec<String> = new.iter().filter_map(|brief| brief.target_service_revision_arn.clone()).collect();
        match self.cloud.service_revisions(&targets).await {
            Ok(revisions) => Ok(rollout::own(&new, &revisions, task_definition)),
            Err(error) => {
                let only = if let [one] = &new[..] { Some(one.service_deployment_arn.clone()) } else { None };
                Err((error, only))
            }
        }
    }

    /// The deployments that are neither known from before nor ours.
    fn new_deployments(&self, listed: &[ServiceDeploymentBrief]) -> Vec<ServiceDeploymentBrief> {
        let is_new = |brief: &&ServiceDeploymentBrief| {
            !self.known.contains(&brief.service_deployment_arn) && !self.ours.contains(&brief.service_deployment_arn)
        };
        listed.iter().filter(is_new).cloned().collect()
    }

    /// Watches a service deployment to its end, for that long at most.
    async fn watch(&mut self, arn: &str, limit: Duration) -> Watched {
        let deadline = Instant::now() + limit;
        let mut last = String::new();
        let mut gone = 0;
        loop {
            match self.cloud.service_deployment(arn).await {
                Ok(Some(observed)) => {
                    gone = 0;
                    let line = progress(&observed);
                    if line != last {
                        self.narrator.say(&line);
                        last = line;
                    }
                    self.tell_events().await;
                    let verdict = rollout::verdict(&observed);
                    if verdict != Verdict::UnderWay {
                        return Watched::Ended(verdict);
                    }
                }
                Ok(None) if gone + 1 >= TIMES_GONE => return Watched::Gone,
                Ok(None) => gone += 1,
                // The rollout goes on without us: it is worth waiting for the next answer.
                Err(error) if error.is_transient => self.narrator.say(&format!("{error}; asking again")),
                Err(error) => return Watched::Lost(error),
            }
            if self.interrupt.has_come() {
                return Watched::Interrupted;
            }
            if Instant::now() >= deadline {
                return Watched::TooLong(limit);
            }
            self.narrator.now(last.clone());
            self.interrupt.pause(self.environment.limits.poll).await;
        }
    }

    /// Tells the service's events that are new. They are a help, and a failure to get them is none.
    async fn tell_events(&mut self) {
        let Ok(Some(service)) = self.cloud.service().await else { return };
        for event in service.events.into_iter().rev() {
            if self.told.insert(event.id) {
                self.narrator.say(&format!("ECS: {}", event.message));
            }
        }
    }

    async fn succeeded(&mut self, task_definition: &str, expected: &Expected, previous: Option<Expected>) -> Ended {
        self.narrator.say("ECS counts it as a success; holding what runs against it");
        match self.verify(expected, self.environment.limits.site).await {
            Ok(()) => {
                Ended::new(Outcome::Done, format!("{} is deployed and verified", last_part(task_definition)), vec![])
            }
            Err(_) if self.interrupt.has_come() => Ended::new(
                Outcome::Interrupted,
                "interrupted: the rollout is over, and what runs was not verified; ask `verify`",
                vec![],
            ),
            Err(found) => {
                let reasons = found.into_iter().map(|Discrepancy(what)| what).collect();
                self.recover(reasons, task_definition, previous).await
            }
        }
    }

    /// Holds what runs against what is expected, until it was right several times in a row.
    ///
    /// The error is what was wrong when patience ended.
    pub async fn verify(&self, expected: &Expected, patience: Duration) -> Result<(), Vec<Discrepancy>> {
        let deadline = Instant::now() + patience;
        // In a row: looks at which nothing was wrong, and those at which nothing moved either.
        let (mut right, mut still) = (0, 0);
        loop {
            let (found, moving) = self.look(expected).await;
            right = if found.is_empty() { right + 1 } else { 0 };
            still = if found.is_empty() && moving.is_none() { still + 1 } else { 0 };
            let is_late = Instant::now() >= deadline || self.interrupt.has_come();
            if still == IN_A_ROW || (is_late && right >= IN_A_ROW) {
                return Ok(());
            }
            if is_late && !found.is_empty() {
                return Err(found);
            }
            let list: Vec<_> = found.iter().map(ToString::to_string).chain(moving).collect();
            self.narrator.now(match &list[..] {
                [] => format!("as expected, {still} of {IN_A_ROW} times in a row"),
                some => format!("not yet: {}", some.join("; ")),
            });
            self.interrupt.pause(self.environment.limits.poll.min(BETWEEN_LOOKS)).await;
        }
    }

    /// What is not as expected, and what is still on its way.
    async fn look(&self, expected: &Expected) -> (Vec<Discrepancy>, Option<String>) {
        let seen =
            async { Ok::<_, CloudError>((self.cloud.service().await?, self.cloud.tasks(Which::Running).await?)) };
        match seen.await {
            Ok((service, tasks)) => {
                let site = self.interrupt.cut(LOOKING, self.site.release()).await;
                let site =
                    site.unwrap_or_else(|| Err("the public address had not answered when a signal came".to_owned()));
                let minimum = self.environment.count.minimum;
                let found = verification::discrepancies(expected, minimum, service.as_ref(), &tasks, &site);
                (found, service.as_ref().and_then(verification::moving))
            }
            Err(error) => (vec![Discrepancy(error.to_string())], None),
        }
    }

    /// Stops a service deployment with rollback and watches it.
    async fn stop(&mut self, arn: &str, reasons: &mut Vec<String>) -> Watched {
        self.narrator.say("asking ECS to stop it and to put the previous release back");
        if let Err(error) = self.cloud.stop_with_rollback(arn).await {
            self.narrator.say(&error.to_string());
            reasons.push(error.to_string());
            self.is_stop_refused = true;
        }
        self.watch(arn, self.environment.limits.rollback).await
    }

    /// ECS says that the previous release is back. Whether it is has to be seen.
    async fn rolled_back(
        &mut self,
        mut reasons: Vec<String>,
        task_definition: &str,
        previous: Option<Expected>,
    ) -> Ended {
        self.add_tasks(&mut reasons, task_definition).await;
        if let Some(ended) = self.taken_over(&reasons).await {
            return ended;
        }
        let Some(previous) = previous else { return self.no_previous(reasons) };
        if self.way == Way::Back {
            return self.rejected_again(&previous, reasons);
        }
        self.confirm_previous(&previous, reasons).await
    }

    /// Puts the previous release back by a deployment of its own.
    async fn recover(&mut self, mut reasons: Vec<String>, task_definition: &str, previous: Option<Expected>) -> Ended {
        self.add_tasks(&mut reasons, task_definition).await;
        if let Some(ended) = self.taken_over(&reasons).await {
            return ended;
        }
        for reason in &reasons {
            self.narrator.say(&format!("failed: {reason}"));
        }
        if self.way == Way::Back {
            return self.failed(reasons);
        }
        let Some(previous) = previous else { return self.no_previous(reasons) };
        let arn = previous.task_definition.clone().unwrap_or_default();
        match self.put_back(&arn).await {
            Ok(Watched::Ended(Verdict::Succeeded)) => self.confirm_previous(&previous, reasons).await,
            Ok(Watched::Interrupted) => Ended::new(
                Outcome::Interrupted,
                format!("interrupted: ECS goes on putting {} back, and nobody watches; ask `status`", last_part(&arn)),
                reasons,
            ),
            Ok(watched) => {
                reasons.push(format!("putting {} back: {}", last_part(&arn), tell(&watched)));
                self.failed(reasons)
            }
            Err(why) => {
                reasons.push(format!("putting {} back: {why}", last_part(&arn)));
                self.failed(reasons)
            }
        }
    }

    /// The input of `UpdateService` by which the service is what it was: with its settings, not only its tasks.
    fn document_of(&self, previous: &str) -> Value {
        let before = self.before.as_ref().map(|service| &service.document);
        let settings = self.settings.iter().filter_map(|name| {
            let value = before?.get(name).filter(|value| !value.is_null())?;
            Some((name.clone(), value.clone()))
        });
        let mut document: Map<String, Value> = settings.collect();
        for (name, value) in [
            ("cluster", self.environment.cluster.as_str()),
            ("service", &self.environment.service),
            ("taskDefinition", previous),
        ] {
            document.insert(name.to_owned(), value.into());
        }
        Value::Object(document)
    }

    async fn put_back(&mut self, previous: &str) -> Result<Watched, String> {
        let service = self.cloud.service().await.map_err(|error| error.to_string())?;
        // Something was faster. A second update to the same would start nothing that could be watched.
        if service.and_then(|service| service.primary().map(|primary| primary.task_definition == previous))
            == Some(true)
        {
            return Ok(Watched::Ended(Verdict::Succeeded));
        }
        self.narrator.say(&format!("putting {} back", last_part(previous)));
        self.definitions.insert(previous.to_owned());
        let document = self.document_of(previous);
        self.cloud.update_service(&document).await.map_err(|error| error.to_string())?;
        let arn = match self.find_own(previous, self.environment.limits.site).await {
            Ok(arn) => arn,
            Err(_) if self.interrupt.has_come() => return Ok(Watched::Interrupted),
            Err(why) => return Err(why),
        };
        Ok(self.watch(&arn, self.environment.limits.rollback).await)
    }

    async fn confirm_previous(&self, previous: &Expected, mut reasons: Vec<String>) -> Ended {
        let name = previous.task_definition.as_deref().map_or("the previous release", last_part);
        match self.verify(previous, self.environment.limits.site).await {
            Ok(()) => {
                Ended::new(Outcome::RolledBack, format!("failed and rolled back: {name} runs again, verified"), reasons)
            }
            Err(found) => {
                reasons.extend(found.into_iter().map(|Discrepancy(what)| format!("{name} is back, but {what}")));
                self.failed(reasons)
            }
        }
    }

    /// Somebody else's deployment came after ours: the service is theirs, whatever became of ours.
    async fn taken_over(&self, reasons: &[String]) -> Option<Ended> {
        // Without an answer there is nothing to respect, and a broken release to take back.
        let new = self.new_deployments(&self.cloud.service_deployments(&[]).await.ok()?);
        let targets: Vec<String> = new.iter().filter_map(|brief| brief.target_service_revision_arn.clone()).collect();
        let revisions = self.cloud.service_revisions(&targets).await.ok()?;
        let theirs = rollout::foreign(&new, &revisions, &self.definitions)?;
        let id = last_part(&theirs.service_deployment_arn);
        let summary = format!("another deployment took over ({id}, {}); it was left alone", theirs.status.words());
        Some(Ended::new(Outcome::Busy, summary, reasons.to_vec()))
    }

    /// A signal came after ECS was asked to stop.
    fn left(&self, arn: &str, reasons: Vec<String>) -> Ended {
        if self.is_stop_refused {
            return not_asked(arn, reasons);
        }
        Ended::new(Outcome::Interrupted, LEFT, reasons)
    }

    async fn interrupted(&self, arn: &str) -> Ended {
        if self.way == Way::Back {
            return Ended::new(Outcome::Interrupted, LEFT_GOING_BACK, vec![]);
        }
        match self.cloud.stop_with_rollback(arn).await {
            Ok(()) => Ended::new(Outcome::Interrupted, LEFT, vec![]),
            Err(error) if error.code.as_deref() == Some("ConflictException") => {
                let summary = format!(
                    "interrupted: {} had ended when ECS was asked to stop it, and what runs was not verified; ask `verify`",
                    last_part(arn)
                );
                Ended::new(Outcome::Interrupted, summary, vec![error.to_string()])
            }
            Err(error) => not_asked(arn, vec![error.to_string()]),
        }
    }

    #[allow(clippy::unused_self, reason = "one of the ways to end, like the others")]
    fn rejected_again(&self, previous: &Expected, reasons: Vec<String>) -> Ended {
        let name = previous.task_definition.as_deref().map_or("what was to be left", last_part);
        let summary = format!("failed: ECS went back to {name}, which was to be left; it runs again");
        Ended::new(Outcome::NotRolledBack, summary, reasons)
    }

    fn no_previous(&self, reasons: Vec<String>) -> Ended {
        let summary = format!(
            "failed and not rolled back: {} has no previous release; fix this one and apply again",
            self.environment.service
        );
        Ended::new(Outcome::NotRolledBack, summary, reasons)
    }

    #[allow(clippy::unused_self, reason = "one of the ways to end, like the others")]
    fn failed(&self, reasons: Vec<String>) -> Ended {
        Ended::new(Outcome::NotRolledBack, "failed and not rolled back: what runs now is not known to be good", reasons)
    }

    /// Why tasks of ours stopped: mostly that is the answer.
    async fn add_tasks(&self, reasons: &mut Vec<String>, task_definition: &str) {
        let Ok(tasks) = self.cloud.tasks(Which::Stopped).await else { return };
        let mut stopped: Vec<_> =
            tasks.into_iter().filter(|task| task.task_definition_arn == task_definition).collect();
        stopped.sort_by(|a, b| b.stopped_at.unwrap_or_default().total_cmp(&a.stopped_at.unwrap_or_default()));
        reasons.extend(stopped.iter().take(TASKS_TOLD).map(stopped_task));
        if let Some(last) = stopped.first() {
            self.add_log(reasons, task_definition, last.id()).await;
        }
    }

    /// What the task said last, and where the rest is. It is a help, and not to get it is told as such.
    async fn add_log(&self, reasons: &mut Vec<String>, task_definition: &str, task: &str) {
        let Ok(Some(described)) = self.cloud.task_definition(task_definition).await else { return };
        let Some(stream) = Stream::of(&described, task) else { return };
        match self.cloud.log(&stream, log::LINES).await {
            Ok(lines) if lines.is_empty() => reasons.push(format!("task {task} has logged nothing yet")),
            Ok(lines) => reasons.extend(lines.iter().map(|line| format!("task {task} logged: {}", log::line(line)))),
            Err(error) => reasons.push(format!("the log of task {task} can't be read: {error}")),
        }
        reasons.push(format!("the log of task {task}: {}", stream.place()));
    }
}

/// What is left where a release gives way after it was registered.
#[must_use]
pub fn unused(task_definition: &str) -> String {
    format!("an unused revision was registered, {}", last_part(task_definition))
}

/// A signal came before ECS listed what it had begun.
fn unlisted(task_definition: &str) -> Ended {
    let summary = format!(
        "interrupted: ECS began a deployment of {} and had not listed it yet, so that it could not be stopped: it goes \
         on, and nobody watches; ask `status`",
        last_part(task_definition)
    );
    Ended::new(Outcome::Interrupted, summary, vec![])
}

/// A signal came before ECS said whether it began anything.
fn unanswered(task_definition: &str, error: &CloudError) -> Ended {
    let summary = format!(
        "interrupted: it is not known whether ECS began a deployment of {}; one that it began goes on, and nobody \
         watches; ask `status`",
        last_part(task_definition)
    );
    Ended::new(Outcome::Interrupted, summary, vec![error.to_string()])
}

fn not_asked(arn: &str, reasons: Vec<String>) -> Ended {
    let summary = format!("interrupted, and ECS could not be asked to stop: {} goes on", last_part(arn));
    Ended::new(Outcome::NotRolledBack, summary, reasons)
}

/// The errors of `CreateService` and `UpdateService` that are the caller's fault, by the API reference: with them
/// nothing began.
const REFUSALS: [&str; 10] = [
    "AccessDeniedException",
    "ClientException",
    "ClusterNotFoundException",
    "InvalidParameterException",
    "NamespaceNotFoundException",
    "PlatformTaskDefinitionIncompatibilityException",
    "PlatformUnknownException",
    "ServiceNotActiveException",
    "ServiceNotFoundException",
    "UnsupportedFeatureException",
];

/// Whether AWS may have begun what was asked for in spite of the error: it is no refusal, or one of a second try
/// because a first one was heard.
fn may_have_begun(error: &CloudError) -> bool {
    let is_refused = error.code.as_deref().is_some_and(|code| REFUSALS.contains(&code));
    !is_refused || error.message.contains("idempotent")
}

fn stopped_task(task: &Task) -> String {
    let mut line = format!("task {} stopped", task.id());
    if let Some(reason) = &task.stopped_reason {
        line = format!("{line}: {reason}");
    }
    for container in &task.containers {
        let code = container.exit_code.map(|code| format!("exit code {code}"));
        let told: Vec<_> = code.into_iter().chain(container.reason.clone()).collect();
        if !told.is_empty() {
            line = format!("{line}; container {}: {}", container.name, told.join(", "));
        }
    }
    line
}

fn progress(observed: &ServiceDeployment) -> String {
    let line = count(observed);
    // They are not, where one of them fires already when it begins.
    let disabled = observed.alarms.as_ref().is_some_and(|alarms| alarms.status.as_deref() == Some("DISABLED"));
    if disabled { format!("{line}; ECS does not heed its alarms") } else { line }
}

fn count(observed: &ServiceDeployment) -> String {
    match &observed.target_service_revision {
        Some(target) if target.requested_task_count > 0 => {
            format!(
                "{}: {} of {} tasks run",
                observed.status.words(),
                target.running_task_count,
                target.requested_task_count
            )
        }
        _ => observed.status.words().to_owned(),
    }
}

fn tell(watched: &Watched) -> String {
    match watched {
        Watched::Ended(Verdict::Succeeded) => "it ended as a success".to_owned(),
        Watched::Ended(Verdict::UnderWay) => "it is under way".to_owned(),
        Watched::Ended(Verdict::Stopped(why)) => format!("the service deployment was stopped: {why}"),
        Watched::Ended(Verdict::RolledBack(why)) => format!("ECS rolled it back: {why}"),
        Watched::Ended(Verdict::RollbackFailed(why)) => format!("the rollback failed: {why}"),
        Watched::Gone => "ECS no longer knows the service deployment".to_owned(),
        Watched::TooLong(limit) => format!("it had not ended after {} s", limit.as_secs()),
        Watched::Lost(error) => format!("ECS does not tell how it goes: {error}"),
        Watched::Interrupted => "interrupted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_plain_refusal_has_begun_nothing() {
        let error = |code: Option<&str>, message: &str| CloudError {
            call: "ecs:UpdateService",
            code: code.map(str::to_owned),
            message: message.to_owned(),
            is_transient: false,
        };
        for code in
            ["AccessDeniedException", "ClientException", "InvalidParameterException", "ServiceNotFoundException"]
        {
            assert!(!may_have_begun(&error(Some(code), "no")), "{code}");
        }
        let not_idempotent = error(Some("InvalidParameterException"), "Creation of service was not idempotent.");
        let unknown = error(Some("InternalFailure"), "The request processing has failed.");
        for error in [not_idempotent, unknown, error(None, "no answer")] {
            assert!(may_have_begun(&error), "{error}");
        }
    }

    #[test]
    fn alarms_that_are_not_heeded_are_told() {
        let line = |status: &str| {
            let observed = json!({
                "serviceDeploymentArn": "arn:d", "status": "IN_PROGRESS", "alarms": {"status": status},
                "targetServiceRevision": {"arn": "arn:r", "requestedTaskCount": 2, "runningTaskCount": 1},
            });
            progress(&serde_json::from_value(observed).unwrap())
        };
        assert_eq!(line("MONITORING"), "in progress: 1 of 2 tasks run");
        assert_eq!(line("DISABLED"), "in progress: 1 of 2 tasks run; ECS does not heed its alarms");
    }
}
