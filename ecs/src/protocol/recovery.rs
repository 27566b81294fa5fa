//! What a release that failed leads to: the previous one runs again, verified, or a person is told that it does not.

use super::{
    Action, End, Event, Limit, Listed, Note, Phase, Protocol, Reason, Step, Types, Watched, revisions, search, target,
    unexpected, verify,
};
use crate::observation::Status;

/// Which answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Recovery<T: Types> {
    /// Whether that began, of which ECS did not say so.
    Begun(T::Definition, T::Detail),
    /// Why tasks stopped.
    Explanation(Then<T>),
    /// Whether somebody else's deployment came after ours.
    Deployments(Then<T>),
    /// What the new ones lead to.
    Targets(Then<T>, Vec<Listed<T>>),
    /// Whether that one is there already.
    Primary(T::Definition),
    /// Whether that one is being put back.
    PutBack(T::Definition),
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Then<T: Types> {
    /// It has failed, and that is all.
    Fail,
    /// The previous one is put back.
    PutBack,
    /// ECS says that this one is back.
    Back(Option<T::Definition>),
    /// ECS says that this one is back, as somebody asked for.
    TurnedBack(T::Definition),
}

impl<T: Types> Protocol<T> {
    fn go_recovering(&mut self, awaited: Recovery<T>, action: Action<T>) -> Step<T> {
        self.go(Phase::Recovering(awaited), action)
    }

    /// Lists lag behind, and may have failed: what the service has tells whether anything began.
    pub(super) fn look_whether_begun(&mut self, definition: T::Definition, detail: T::Detail) -> Step<T> {
        self.go_recovering(Recovery::Begun(definition, detail), Action::DescribeService)
    }

    /// Puts the previous release back by a deployment of its own.
    pub(super) fn recover(&mut self, failed: T::Definition) -> Step<T> {
        self.explain(failed, Then::PutBack)
    }

    /// ECS says that the previous release is back. Whether it is has to be seen.
    pub(super) fn rolled_back(&mut self, failed: Option<T::Definition>, previous: Option<T::Definition>) -> Step<T> {
        match failed {
            Some(failed) => self.explain(failed, Then::Back(previous)),
            None => self.look_who_came(Then::Back(previous)),
        }
    }

    /// It failed, and nothing more is done about it.
    pub(super) fn fail(&mut self, failed: T::Definition) -> Step<T> {
        self.explain(failed, Then::Fail)
    }

    /// What came of a rollback that somebody asked for.
    pub(super) fn went_back(
        &mut self,
        goal: Option<T::Definition>,
        watched: Watched<T::Detail>,
        limit: Limit,
    ) -> Step<T> {
        let step = match (&watched, goal) {
            (Watched::RolledBack(_) | Watched::Succeeded, Some(goal)) => self.look_who_came(Then::TurnedBack(goal)),
            (Watched::RolledBack(_), None) => return End::NoPrevious.into(),
            _ => End::NotRolledBack.into(),
        };
        step.because(Reason::Watched(watched, limit))
    }

    pub(super) fn not_put_back(previous: T::Definition, why: Reason<T>) -> Step<T> {
        Step::from(End::NotRolledBack).because(Reason::PuttingBack(previous, Box::new(why)))
    }

    fn explain(&mut self, failed: T::Definition, then: Then<T>) -> Step<T> {
        self.go_recovering(Recovery::Explanation(then), Action::Explain(failed))
    }

    /// Somebody else's deployment may have come after ours: then the service is theirs, whatever became of ours.
    fn look_who_came(&mut self, then: Then<T>) -> Step<T> {
        self.go_recovering(Recovery::Deployments(then), Action::ListDeployments)
    }

    pub(super) fn go_on_recovering(&mut self, awaited: Recovery<T>, event: Event<T>) -> Step<T> {
        match (awaited, event) {
            (Recovery::Begun(definition, detail), Event::Service(Some(seen))) if seen.definition == definition => {
                self.recover(definition).because(Reason::Said(detail))
            }
            // It may have begun, and ECS have gone back: then a list has it by now.
            (Recovery::Begun(definition, detail), Event::Service(_)) => {
                self.search(definition, search::Purpose::Unseen(detail), Limit::None)
            }
            (Recovery::Begun(definition, detail), Event::Failed(_)) => {
                Step::from(End::NotKnown(definition)).because(Reason::Said(detail))
            }
            (Recovery::Explanation(Then::Fail), Event::Done) => End::NotRolledBack.into(),
            (Recovery::Explanation(then), Event::Done) => self.look_who_came(then),
            (Recovery::Deployments(then), Event::Listed(listed)) => {
                let new = self.new_deployments(listed);
                if let (Some(theirs), true) = (new.first(), self.missing.is_empty()) {
                    return End::TakenOver(theirs.deployment.clone(), theirs.status).into();
                }
                let targets = revisions(&new);
                if targets.is_empty() {
                    return self.go_on_after(then);
                }
                self.go_recovering(Recovery::Targets(then, new), Action::DescribeRevisions(targets))
            }
            (Recovery::Targets(then, new), Event::Revisions(told)) => {
                // The oldest that leads to what was started here, and was not found, is ours.
                let is_missing = |one: &Listed<T>| target(one, &told).is_some_and(|to| self.missing.contains(to));
                let theirs = match new.iter().rposition(is_missing) {
                    Some(ours) => new[..ours].first(),
                    // What was stopped gave way to a newer one, and that may be ours.
                    None => new.iter().find(|one| target(one, &told).is_some() && one.status != Status::Stopped),
                };
                match theirs {
                    Some(theirs) => End::TakenOver(theirs.deployment.clone(), theirs.status).into(),
                    None => self.go_on_after(then),
                }
            }
            (Recovery::Deployments(then), Event::Failed(_)) => match self.newer.take() {
                Some(theirs) => End::TakenOver(theirs.deployment, theirs.status).into(),
                None => self.go_on_after(then),
            },
            // Without an answer there is nothing to respect, and a broken release to take back.
            (Recovery::Targets(then, _), Event::Failed(_)) => self.go_on_after(then),
            (Recovery::Primary(previous), Event::Service(seen)) => {
                let primary = seen.and_then(|seen| seen.primary);
                // Something was faster. A second update to the same would start nothing that could be watched.
                if primary.as_ref() == Some(&previous) {
                    return self.verify(previous, verify::Purpose::Previous, Limit::Site);
                }
                // Lists lag behind, and somebody may have come since.
                if primary != self.registered {
                    return End::Replaced { by: primary, unused: None }.into();
                }
                self.put_back(previous)
            }
            (Recovery::PutBack(previous), Event::Done) => self.search(previous, search::Purpose::PutBack, Limit::Site),
            (Recovery::Primary(previous) | Recovery::PutBack(previous), Event::Failed(failure)) => {
                Self::not_put_back(previous, Reason::Said(failure.detail()))
            }
            (awaited, event) => unexpected(awaited, &event),
        }
    }

    fn go_on_after(&mut self, then: Then<T>) -> Step<T> {
        match then {
            Then::Fail => End::NotRolledBack.into(),
            Then::PutBack => self.decide_to_put_back().after(Note::Failed),
            Then::Back(None) => End::NoPrevious.into(),
            Then::Back(Some(previous)) if self.is_rollback() => End::RejectedAgain(previous).into(),
            Then::Back(Some(previous)) => self.verify(previous, verify::Purpose::Previous, Limit::Site),
            Then::TurnedBack(goal) => self.verify(goal, verify::Purpose::TurnedBack, Limit::Site),
        }
    }

    fn decide_to_put_back(&mut self) -> Step<T> {
        // What was there before is what somebody wants to leave.
        if self.is_rollback() {
            return End::NotRolledBack.into();
        }
        match self.previous() {
            Some(previous) => self.go_recovering(Recovery::Primary(previous), Action::DescribeService),
            None => End::NoPrevious.into(),
        }
    }

    fn put_back(&mut self, previous: T::Definition) -> Step<T> {
        self.missing.insert(previous.clone());
        let step = self.go_recovering(Recovery::PutBack(previous.clone()), Action::PutBack(previous.clone()));
        step.after(Note::PuttingBack(previous))
    }
}
