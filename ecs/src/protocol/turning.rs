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
    Stop(T::Definition),
    /// It leads to that already. `rejected` is what it leads away from, if it is a rollback that somebody started: that runs
    /// again where ECS takes it back.
    Follow { goal: Option<T::Definition>, rejected: Option<T::Definition> },
}

impl<T: Types> Way<T> {
    /// Nothing where it is not known what ECS would go back to: it may be what somebody wants to leave.
    fn of(seen: UnderWay<T>) -> Option<Self> {
        let is_returning = matches!(seen.status, Status::RollbackRequested | Status::RollbackInProgress);
        // A rollback that somebody else started: to stop it would bring back what they want to leave.
        let leads_back =
            seen.target.as_ref().is_some_and(|target| seen.sources.iter().any(|one| T::is_earlier(target, one)));
        let source = seen.sources.into_iter().next();
        if leads_back {
            Some(Self::Follow { goal: seen.target, rejected: source })
        } else if is_returning {
            Some(Self::Follow { goal: seen.returns_to.or(source), rejected: None })
        } else {
            source.map(Self::Stop)
        }
    }
}

impl<T: Types> Protocol<T> {
    pub(super) fn go_on_turning(&mut self, awaited: Turn<T>, event: Event<T>) -> Step<T> {
        match (awaited, event) {
            (_, Event::Failed(failure)) => self.left_alone(failure),
            (_, Event::Unable(outcome, why)) => End::Unable(outcome, why).into(),
            (Turn::Looking(_), Event::UnderWay(None)) => self.look_again(),
            (Turn::Looking(deployment), Event::UnderWay(Some(seen))) => self.choose_way(deployment, seen),
            (Turn::LookingUp(deployment, way), Event::Done) => self.turn(deployment, way),
            (awaited, event) => unexpected(awaited, &event),
        }
    }

    fn choose_way(&mut self, deployment: T::Deployment, seen: UnderWay<T>) -> Step<T> {
        let status = seen.status;
        let leads_elsewhere = seen.target != self.previous();
        let is_dry_run = matches!(self.job, Job::Rollback { is_dry_run: true, .. });
        let (goal, way) = match Way::of(seen) {
            None => return End::UnderWay(deployment, status).into(),
            // It is not what somebody wants to leave, and may well come from that.
            Some(Way::Stop(_)) if leads_elsewhere => return End::ChangedMeanwhile.into(),
            // The same once more: ECS would go back to just that.
            Some(Way::Stop(goal)) if self.previous().as_ref() == Some(&goal) => {
                return End::UnderWay(deployment, status).into();
            }
            Some(Way::Stop(goal)) if is_dry_run => return End::WouldStop(goal).into(),
            Some(Way::Follow { goal, .. }) if is_dry_run => return End::WouldFollow(goal).into(),
            Some(Way::Stop(goal)) => (Some(goal.clone()), Way::Stop(goal)),
            Some(Way::Follow { goal, rejected }) => (goal.clone(), Way::Follow { goal, rejected }),
        };
        match goal {
            Some(goal) => self.go(Phase::Turning(Turn::LookingUp(deployment, way)), Action::LookUp(goal)),
            None => self.turn(deployment, way),
        }
    }

    fn turn(&mut self, deployment: T::Deployment, way: Way<T>) -> Step<T> {
        self.ours.insert(deployment.clone());
        match way {
            Way::Stop(goal) => self.stop(deployment, watch::Purpose::Turned(goal)),
            Way::Follow { goal, rejected } => self
                .watch(deployment, watch::Purpose::Followed { goal, rejected }, Limit::Rollback)
                .after(Note::Following),
        }
    }
}
