//! What a deployment does next: a state, and from an event the next state and action.
//!
//! Everything that is decided between the first look and the end is decided here: when a release counts, when it is taken
//! back and how, whose deployment is left alone, what a signal leads to. So every order of events can be tried. There is no
//! clock, no call and no text for people in it; times are limits, which are reported when they are reached.
//! `driver` does the actions and decides nothing.
//!
//! `beginning` leads from the first look to the call that changes the service, `turning` from a deployment that somebody
//! wants to turn back, `search` to the deployment that is ours, `watch` to its end, `verify` to what runs, and `recovery`
//! back.

mod action;
mod beginning;
mod end;
mod event;
mod recovery;
mod search;
mod turning;
mod verify;
mod watch;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::mem;

pub use action::{Action, Limit, Note, Pause, Reason, Step, Unfound};
pub use end::End;
pub use event::{Event, Failure, Listed, ServiceSeen, UnderWay, Watched};
pub use verify::IN_A_ROW;

use beginning::Beginning;
use recovery::Recovery;
use search::Search;
use turning::Turn;
use verify::Verification;
use watch::{Stopping, Watching};

/// What names things. The protocol compares names, and never looks into one.
pub trait Types: Clone + Ord + Hash + Debug {
    /// A task definition.
    type Definition: Id;
    /// A service deployment.
    type Deployment: Id;
    /// A service revision.
    type Revision: Id;
    /// What AWS or the site said, for people.
    type Detail: Id;

    /// Whether one task definition is an earlier revision than the other.
    fn is_earlier(one: &Self::Definition, other: &Self::Definition) -> bool;
}

/// What a name can do.
pub trait Id: Clone + Ord + Hash + Debug {}

impl<I: Clone + Ord + Hash + Debug> Id for I {}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job<T: Types> {
    /// A release: when it fails, what was there before is put back.
    Apply {
        /// The task definition of the service for which it was planned; nothing if there was none.
        planned_from: Option<T::Definition>,
        /// Whether it is deployed in any case, and not only when what runs is found wanting.
        is_wanted: bool,
        /// Whether the service is scaled to fewer tasks than could prove a release.
        is_scaled_down: bool,
    },
    /// A rollback: what was there before is what somebody wants to leave, and nothing here brings it back.
    Rollback {
        /// The task definition of the service when it was asked for.
        from: T::Definition,
        /// Whether a revision was named: then a deployment that is under way is left alone.
        is_named: bool,
        /// Whether it is only to be said where it would go.
        is_dry_run: bool,
    },
    /// One verification of what runs.
    Verify {
        /// What is expected to run.
        definition: T::Definition,
    },
}

/// A deployment between its begin and its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Protocol<T: Types> {
    job: Job<T>,
    /// The service deployments that were there before.
    known: BTreeSet<T::Deployment>,
    /// Those that were started here, or taken on.
    ours: BTreeSet<T::Deployment>,
    /// The task definitions that were deployed here, and whose deployments were not found yet.
    missing: BTreeSet<T::Definition>,
    /// The newest deployment of the list in which ours was found, if that is another.
    newer: Option<Listed<T>>,
    /// The task definition that was registered for this release.
    registered: Option<T::Definition>,
    /// Whether ECS was asked to stop a deployment, as far as that is known.
    stop: Asked,
    signal: Signal,
    is_time_up: bool,
    phase: Phase<T>,
}

/// Whether a signal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Signal {
    None,
    Came,
    /// So long ago that nothing is looked for any more.
    GraceOver,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Asked {
    Heard,
    Refused,
    /// It may have been heard.
    Unknown,
}

/// Which answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Phase<T: Types> {
    Beginning(Beginning<T>),
    Turning(Turn<T>),
    Searching(Search<T>),
    Watching(Watching<T>),
    Stopping(Stopping<T>),
    Verifying(Verification<T>),
    Recovering(Recovery<T>),
    Ended,
}

impl<T: Types> Protocol<T> {
    /// The state at the begin, and the first action.
    #[must_use]
    pub fn begin(job: Job<T>) -> (Self, Step<T>) {
        let mut protocol = Self {
            job: job.clone(),
            known: BTreeSet::new(),
            ours: BTreeSet::new(),
            missing: BTreeSet::new(),
            newer: None,
            registered: None,
            stop: Asked::Heard,
            signal: Signal::None,
            is_time_up: false,
            phase: Phase::Ended,
        };
        let step = match job {
            Job::Verify { definition } => protocol.verify(definition, verify::Purpose::Command, Limit::None),
            Job::Apply { .. } | Job::Rollback { .. } => protocol.remember(),
        };
        (protocol, step)
    }

    /// What follows from an event.
    ///
    /// # Panics
    ///
    /// If the event is no answer to the last action.
    #[must_use]
    pub fn next(mut self, event: Event<T>) -> (Self, Step<T>) {
        let step = match event {
            Event::Signal => {
                self.signal = self.signal.max(Signal::Came);
                Action::Wait.into()
            }
            Event::GraceOver => {
                self.signal = Signal::GraceOver;
                Action::Wait.into()
            }
            Event::TimeUp => {
                self.is_time_up = true;
                Action::Wait.into()
            }
            answer => match mem::replace(&mut self.phase, Phase::Ended) {
                Phase::Beginning(phase) => self.go_on_beginning(phase, answer),
                Phase::Turning(phase) => self.go_on_turning(phase, answer),
                Phase::Searching(phase) => self.go_on_searching(phase, answer),
                Phase::Watching(phase) => self.go_on_watching(phase, answer),
                Phase::Stopping(phase) => self.go_on_stopping(phase, answer),
                Phase::Verifying(phase) => self.go_on_verifying(phase, answer),
                Phase::Recovering(phase) => self.go_on_recovering(phase, answer),
                Phase::Ended => unexpected("the end", &answer),
            },
        };
        (self, step)
    }

    fn is_rollback(&self) -> bool {
        matches!(self.job, Job::Rollback { .. })
    }

    fn has_signal(&self) -> bool {
        self.signal != Signal::None
    }

    /// What runs when a release is taken back, or what a rollback leaves.
    fn previous(&self) -> Option<T::Definition> {
        match &self.job {
            Job::Apply { planned_from, .. } => planned_from.clone(),
            Job::Rollback { from, .. } => Some(from.clone()),
            Job::Verify { .. } => None,
        }
    }

    /// The next answer that is awaited, and what brings it.
    fn go(&mut self, phase: Phase<T>, action: Action<T>) -> Step<T> {
        self.phase = phase;
        action.into()
    }

    /// The same, with a limit of time that begins now.
    fn go_within(&mut self, limit: Limit, phase: Phase<T>, action: Action<T>) -> Step<T> {
        self.is_time_up = limit == Limit::None;
        self.go(phase, action).within(limit)
    }

    /// The deployments that are neither known from before nor ours. One that is listed late, and began before ours, gave way
    /// to that.
    fn new_deployments(&self, listed: Vec<Listed<T>>) -> Vec<Listed<T>> {
        let newer = listed.into_iter().take_while(|one| !self.ours.contains(&one.deployment));
        newer.filter(|one| !self.known.contains(&one.deployment)).collect()
    }
}

/// The task definition that a deployment leads to, if that is known.
fn target<'a, T: Types>(listed: &Listed<T>, told: &'a [(T::Revision, T::Definition)]) -> Option<&'a T::Definition> {
    let revision = listed.revision.as_ref()?;
    told.iter().find(|(one, _)| one == revision).map(|(_, definition)| definition)
}

/// The revisions that deployments lead to.
fn revisions<T: Types>(listed: &[Listed<T>]) -> Vec<T::Revision> {
    listed.iter().filter_map(|one| one.revision.clone()).collect()
}

fn unexpected<T: Types>(phase: impl Debug, event: &Event<T>) -> ! {
    panic!("{event:?} is no answer in {phase:?}")
}
