//! A rollback while a deployment is under way: it is turned back, or, if it leads back already, watched.

use super::{Action, End, Event, Job, Limit, Note, Phase, Protocol, Step, Types, UnderWay, unexpected, watch};
use crate::observation::Status;

/// Which answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Turn<T: Types> {
    /// What it leads to.
    Looking(T::Deployment),
    /// What release will run then.
    LookingUp(T::Deployment, Way<T>),
}

/// What is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Way<T: Types> {
    /// It is stopped, and then that runs.
    Stop { goal: Option<T::Definition> },
    /// It leads to that already. `rejected` is what it leads away from, if it is a rollback that somebody started: that runs
    /// again where ECS takes it back.
    Follow { goal: Option<T::Definition>, rejected: Option<T::Definition> },
}

impl<T: Types> Way<T> {
    fn of(seen: UnderWay<T>) -> Self {
        let is_returning = matches!(seen.status, Status::RollbackRequested | Status::RollbackInProgress);
        // A rollback that somebody else started: to stop it would bring back what they want to leave.
        let leads_back =
            seen.target.as_ref().is_some_and(|target| seen.sources.iter().any(|one| T::is_earlier(target, one)));
        let source = seen.sources.into_iter().next();
        if leads_back {
            Self::Follow { goal: seen.target, rejected: source }
        } else if is_returning {
            Self::Follow { goal: seen.returns_to.or(source), rejected: None }
        } else {
            Self::Stop { goal: source }
        }
    }

    fn goal(&self) -> Option<T::Definition> {
        let (Self::Stop { goal } | Self::Follow { goal, .. }) = self;
        goal.clone()
    }
}

impl<T: Types> Protocol<T> {
    pub(super) fn go_on_turning(&mut self, awaited: Turn<T>, event: Event<T>) -> Step<T> {
        match (awaited, event) {
            (_, Event::Failed(failure)) => self.left_alone(failure),
            (_, Event::Unable(outcome, why)) => End::Unable(outcome, why).into(),
            (Turn::Looking(_), Event::UnderWay(None)) => self.look_again(),
            (Turn::Looking(deployment), Event::UnderWay(Some(seen))) => self.choose_way(deployment, Way::of(seen)),
            (Turn::LookingUp(deployment, way), Event::Done) => self.turn(deployment, way),
            (awaited, event) => unexpected(awaited, &event),
        }
    }

    fn choose_way(&mut self, deployment: T::Deployment, way: Way<T>) -> Step<T> {
        if matches!(self.job, Job::Rollback { is_dry_run: true, .. }) {
            return match way {
                Way::Stop { goal } => End::WouldStop(goal),
                Way::Follow { goal, .. } => End::WouldFollow(goal),
            }
            .into();
        }
        match way.goal() {
            Some(goal) => self.go(Phase::Turning(Turn::LookingUp(deployment, way)), Action::LookUp(goal)),
            None => self.turn(deployment, way),
        }
    }

    fn turn(&mut self, deployment: T::Deployment, way: Way<T>) -> Step<T> {
        self.ours.insert(deployment.clone());
        match way {
            Way::Stop { goal } => self.stop(deployment, watch::Purpose::Turned { goal }),
            Way::Follow { goal, rejected } => self
                .watch(deployment, watch::Purpose::Followed { goal, rejected }, Limit::Rollback)
                .after(Note::Following),
        }
    }
}
