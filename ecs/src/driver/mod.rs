//! Does what [`crate::protocol`] says, measures time, and tells. It decides nothing.

mod calls;
mod explanation;
mod failure;
mod messages;
mod release;
mod request;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::cloud::Cloud;
use crate::context::Context;
use crate::environment::Limits;
use crate::error::CommandError;
use crate::interrupt::LOOKING;
use crate::observation::Service;
use crate::protocol::{Action, End, Event, Job, Limit, Note, Protocol, Types};
use crate::report::Outcome;
use crate::rollout;
use crate::verification::Expected;

pub(crate) use request::{Planned, Request};
use request::{Start, Subject};

/// How long a deployment is looked for whose start was not answered: ECS's lists lag behind by seconds.
const LAG: Duration = Duration::from_secs(30);

/// The names of ECS: ARNs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Arns;

impl Types for Arns {
    type Definition = String;
    type Deployment = String;
    type Revision = String;
    type Detail = String;

    fn is_earlier(one: &String, other: &String) -> bool {
        rollout::is_earlier(one, other)
    }
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct DeploymentResult {
    /// As the protocol says it.
    pub(crate) end: End<Arns>,
    /// A sentence.
    pub(crate) summary: String,
    /// Why, a sentence each.
    pub(crate) reasons: Vec<String>,
    /// What was deployed, or was to be.
    pub(crate) subject: Option<Subject>,
}

impl DeploymentResult {
    pub(crate) fn outcome(&self) -> Outcome {
        self.end.outcome()
    }
}

/// Deploys to one environment's service.
#[derive(Debug)]
pub(crate) struct Driver<'a, C> {
    context: &'a Context<C>,
    request: Request<'a>,
    /// What task definitions ought to look like when they run.
    expected: BTreeMap<String, Expected>,
    subject: Option<Subject>,
    start: Option<Start>,
    /// The service as it was before.
    before: Option<Service>,
    /// The service's events that were shown already, by their ids.
    logged_event_ids: BTreeSet<String>,
    /// The last line of progress.
    line: String,
    /// When the limit that was set last is reached, unless that was reported.
    deadline: Option<Instant>,
    /// Whether that was reported.
    is_signal_told: bool,
    is_grace_told: bool,
    reasons: Vec<String>,
}

impl<'a, C: Cloud> Driver<'a, C> {
    /// One that knows what these ought to look like.
    pub(crate) fn new(
        context: &'a Context<C>,
        request: Request<'a>,
        expected: impl IntoIterator<Item = Expected>,
    ) -> Self {
        let named = |expected: Expected| Some((expected.task_definition.clone()?, expected));
        Self {
            context,
            request,
            expected: expected.into_iter().filter_map(named).collect(),
            subject: None,
            start: None,
            before: None,
            logged_event_ids: BTreeSet::new(),
            line: String::new(),
            deadline: None,
            is_signal_told: false,
            is_grace_told: false,
            reasons: Vec::new(),
        }
    }

    /// From the first action to the end. An error is an end before anything of ours began.
    pub(crate) async fn run(mut self, job: Job<Arns>) -> Result<DeploymentResult, CommandError> {
        let (mut protocol, mut step) = Protocol::begin(job);
        loop {
            for note in &step.notes {
                self.tell(note);
            }
            if let Some(limit) = step.limit {
                self.deadline = Some(Instant::now() + patience(limit, &self.context.environment.limits));
            }
            if let Action::End(end) = step.action {
                return self.end(end);
            }
            let answer = self.perform(&step.action).await;
            for event in self.passed() {
                protocol = protocol.next(event).0;
            }
            (protocol, step) = protocol.next(answer);
        }
    }

    /// What came by itself since it was last asked.
    fn passed(&mut self) -> Vec<Event<Arns>> {
        let mut events = Vec::new();
        if self.context.interrupt.has_come() && !std::mem::replace(&mut self.is_signal_told, true) {
            events.push(Event::Signal);
        }
        if self.context.interrupt.is_over(LOOKING) && !std::mem::replace(&mut self.is_grace_told, true) {
            events.push(Event::GraceOver);
        }
        if self.deadline.take_if(|deadline| Instant::now() >= *deadline).is_some() {
            events.push(Event::TimeUp);
        }
        events
    }

    fn tell(&mut self, note: &Note<Arns>) {
        let progress = &self.context.progress;
        match note {
            Note::Because(reason) => self.reasons.push(self.reason(reason)),
            Note::Told(reason) => {
                let reason = self.reason(reason);
                progress.log(&reason);
                self.reasons.push(reason);
            }
            Note::Failed => {
                for reason in &self.reasons {
                    progress.log(&format!("failed: {reason}"));
                }
            }
            Note::AsExpected(_) | Note::NotYet(_) => self.note(note).into_iter().for_each(|line| progress.show(line)),
            note => self.note(note).iter().for_each(|line| progress.log(line)),
        }
    }

    fn end(mut self, end: End<Arns>) -> Result<DeploymentResult, CommandError> {
        let summary = self.summary(&end);
        if end.is_before_the_start() {
            return Err(CommandError::NotBegun { outcome: end.outcome(), summary });
        }
        if let End::Unchanged(definition) = &end {
            self.subject = Some(Subject { definition: definition.clone(), release: None });
        }
        Ok(DeploymentResult { end, summary, reasons: self.reasons, subject: self.subject })
    }
}

/// How long something is tried.
fn patience(limit: Limit, limits: &Limits) -> Duration {
    match limit {
        Limit::None => Duration::ZERO,
        Limit::Lag => LAG.min(limits.site),
        Limit::Site => limits.site,
        Limit::Rollout => limits.rollout,
        Limit::Rollback => limits.rollback,
    }
}
