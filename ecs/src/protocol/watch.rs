//! One service deployment, to its end; and asking ECS to stop one.

use super::{
    Action, Asked, End, Event, Failure, Limit, Note, Pause, Phase, Protocol, Reason, Step, Types, Watched, unexpected,
    verify,
};
use crate::rollout::Verdict;

/// How often AWS may not know our deployment before it counts as gone: its answers lag behind each other.
const TIMES_GONE: u8 = 3;

/// A service deployment that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Watching<T: Types> {
    deployment: T::Deployment,
    purpose: Purpose<T>,
    limit: Limit,
    /// How often in a row AWS did not know it.
    gone: u8,
    is_pausing: bool,
}

/// Why it is watched, and the task definition that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Purpose<T: Types> {
    /// It brings that release, or is that rollback.
    Release(T::Definition),
    /// It brought that release, and was asked to stop.
    Stopped(T::Definition),
    /// It puts that release back.
    PutBack(T::Definition),
    /// It was under way, was asked to stop, and then that runs.
    Turned(T::Definition),
    /// It was under way, and leads to that.
    Followed { goal: Option<T::Definition>, rejected: Option<T::Definition> },
}

/// A service deployment that ECS is asked to stop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Stopping<T: Types> {
    /// It is watched afterwards.
    Watched(T::Deployment, Purpose<T>),
    /// A signal came.
    Left(T::Deployment),
}

impl<T: Types> Protocol<T> {
    pub(super) fn watch(&mut self, deployment: T::Deployment, purpose: Purpose<T>, limit: Limit) -> Step<T> {
        let action = Action::DescribeDeployment(deployment.clone());
        let watching = Watching { deployment, purpose, limit, gone: 0, is_pausing: false };
        self.go_within(limit, Phase::Watching(watching), action)
    }

    pub(super) fn go_on_watching(&mut self, watching: Watching<T>, event: Event<T>) -> Step<T> {
        match event {
            Event::Done if watching.is_pausing => {
                let action = Action::DescribeDeployment(watching.deployment.clone());
                self.go(Phase::Watching(Watching { is_pausing: false, ..watching }), action)
            }
            Event::Deployment(Some(verdict)) => match verdict {
                Verdict::UnderWay => self.watch_on(Watching { gone: 0, ..watching }),
                Verdict::Succeeded => self.watched(watching, Watched::Succeeded),
                Verdict::RolledBack(why) => self.watched(watching, Watched::RolledBack(why)),
                Verdict::RollbackFailed(why) => self.watched(watching, Watched::RollbackFailed(why)),
                Verdict::Stopped(why) => self.watched(watching, Watched::Stopped(why)),
            },
            Event::Deployment(None) if watching.gone + 1 >= TIMES_GONE => self.watched(watching, Watched::Gone),
            Event::Deployment(None) => self.watch_on(Watching { gone: watching.gone + 1, ..watching }),
            // The rollout goes on without us: it is worth waiting for the next answer.
            Event::Failed(Failure::Passing(why)) => self.watch_on(watching).after(Note::AskingAgain(why)),
            Event::Failed(failure) => self.watched(watching, Watched::Lost(failure.detail())),
            event => unexpected(watching, &event),
        }
    }

    fn watch_on(&mut self, watching: Watching<T>) -> Step<T> {
        if self.has_signal() {
            return self.watched(watching, Watched::Interrupted);
        }
        if self.is_time_up {
            return self.watched(watching, Watched::TooLong);
        }
        self.go(Phase::Watching(Watching { is_pausing: true, ..watching }), Action::Pause(Pause::Poll))
    }

    fn watched(&mut self, watching: Watching<T>, watched: Watched<T::Detail>) -> Step<T> {
        let Watching { deployment, purpose, limit, .. } = watching;
        match purpose {
            Purpose::Release(definition) => self.release_watched(definition, deployment, watched, limit),
            Purpose::Stopped(definition) => match watched {
                // It got there just before it was stopped, and too late: back as from any other failure.
                Watched::Succeeded => self.recover(definition),
                Watched::Interrupted => self.left(deployment),
                watched => self.release_failed(definition, watched, limit),
            },
            Purpose::PutBack(definition) => match watched {
                Watched::Succeeded => self.verify(definition, verify::Purpose::Previous, Limit::Site),
                Watched::Interrupted => End::PuttingBackGoesOn(definition).into(),
                watched => Self::not_put_back(definition, Reason::Watched(watched, limit)),
            },
            Purpose::Turned(goal) => match watched {
                // It is a success now, and the rollback is that from any release.
                Watched::Succeeded => self.look_again(),
                Watched::Interrupted => self.left(deployment),
                watched => self.went_back(Some(goal), watched, limit),
            },
            Purpose::Followed { goal, rejected } => match (watched, rejected) {
                (Watched::Interrupted, _) => End::RollbackGoesOn.into(),
                (Watched::RolledBack(why), Some(rejected)) => {
                    self.rolled_back(goal, Some(rejected)).because(Reason::Said(why))
                }
                (watched, _) => self.went_back(goal, watched, limit),
            },
        }
    }

    fn release_watched(
        &mut self,
        definition: T::Definition,
        deployment: T::Deployment,
        watched: Watched<T::Detail>,
        limit: Limit,
    ) -> Step<T> {
        let is_left = match watched {
            Watched::Interrupted => true,
            Watched::Lost(_) => self.has_signal(),
            _ => false,
        };
        match watched {
            Watched::Succeeded => self.verify(definition, verify::Purpose::Release, Limit::Site).after(Note::Verifying),
            _ if is_left && self.is_rollback() => End::RollbackGoesOn.into(),
            _ if is_left => self.go(Phase::Stopping(Stopping::Left(deployment.clone())), Action::Stop(deployment)),
            Watched::TooLong | Watched::Lost(_) if !self.is_rollback() => {
                self.stop(deployment, Purpose::Stopped(definition)).after(Note::Told(Reason::Watched(watched, limit)))
            }
            watched => self.release_failed(definition, watched, limit),
        }
    }

    fn release_failed(&mut self, definition: T::Definition, watched: Watched<T::Detail>, limit: Limit) -> Step<T> {
        match watched {
            Watched::RolledBack(why) => {
                let previous = self.previous();
                self.rolled_back(Some(definition), previous).because(Reason::Said(why))
            }
            Watched::RollbackFailed(why) => self.fail(definition).because(Reason::RollbackFailed(why)),
            Watched::TooLong | Watched::Lost(_) => self.fail(definition).because(Reason::Watched(watched, limit)),
            watched => self.recover(definition).because(Reason::Watched(watched, limit)),
        }
    }

    /// Stops a service deployment with rollback and watches it.
    pub(super) fn stop(&mut self, deployment: T::Deployment, purpose: Purpose<T>) -> Step<T> {
        let stopping = Stopping::Watched(deployment.clone(), purpose);
        self.go(Phase::Stopping(stopping), Action::Stop(deployment)).after(Note::Stopping)
    }

    pub(super) fn go_on_stopping(&mut self, stopping: Stopping<T>, event: Event<T>) -> Step<T> {
        match (stopping, event) {
            (Stopping::Watched(deployment, purpose), Event::Done) => self.watch(deployment, purpose, Limit::Rollback),
            (Stopping::Watched(deployment, purpose), Event::Failed(failure)) => {
                self.stop = if failure.may_have_begun() { Asked::Unknown } else { Asked::Refused };
                let why = Note::Told(Reason::Said(failure.detail()));
                self.watch(deployment, purpose, Limit::Rollback).after(why)
            }
            (Stopping::Left(_), Event::Done) => End::AskedToStop.into(),
            (Stopping::Left(deployment), Event::Failed(failure)) => {
                let end = match failure {
                    Failure::Refused(_) => End::NotAsked(deployment),
                    Failure::Conflict(_) => End::HadEnded(deployment),
                    Failure::Passing(_) | Failure::Unclear(_) => End::MayBeAsked(deployment),
                };
                Step::from(end).because(Reason::Said(failure.detail()))
            }
            (stopping, event) => unexpected(stopping, &event),
        }
    }

    /// A signal came after ECS was asked to stop.
    fn left(&self, deployment: T::Deployment) -> Step<T> {
        match self.stop {
            Asked::Heard => End::AskedToStop,
            Asked::Refused => End::NotAsked(deployment),
            Asked::Unknown => End::MayBeAsked(deployment),
        }
        .into()
    }
}
