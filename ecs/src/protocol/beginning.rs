//! From the first look to the call that changes the service.

use super::turning::Turn;
use super::{
    Action, End, Event, Failure, Job, Limit, Listed, Note, Phase, Protocol, Step, Types, search, unexpected, verify,
};

/// Which answer is awaited before the service is changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Beginning<T: Types> {
    /// The deployments that are there already.
    Known,
    /// The service as it is.
    Before,
    /// What is under way.
    UnderWay,
    /// The same once more, after something was turned back in vain.
    StillUnderWay,
    /// The service that a rollback leaves, once more.
    Unchanged,
    /// Where a rollback goes.
    Target,
    /// What a rollback to there needs.
    Prepared(T::Definition),
    /// The task definition of a release.
    Registered,
    /// The deployments once more: what is new is not ours.
    Meanwhile(T::Definition),
    /// The service once more: lists lag behind.
    Still(T::Definition),
    /// What the service becomes.
    Started(T::Definition),
}

impl<T: Types> Protocol<T> {
    fn begin_with(&mut self, awaited: Beginning<T>, action: Action<T>) -> Step<T> {
        self.go(Phase::Beginning(awaited), action)
    }

    /// Remembers what is there before it is looked whether something goes on: what begins later is then new.
    pub(super) fn remember(&mut self) -> Step<T> {
        self.begin_with(Beginning::Known, Action::ListDeployments)
    }

    pub(super) fn go_on_beginning(&mut self, awaited: Beginning<T>, event: Event<T>) -> Step<T> {
        match (awaited, event) {
            (Beginning::Started(definition), Event::Done) => {
                self.search(definition, search::Purpose::Started, Limit::Site)
            }
            (Beginning::Started(definition), Event::Failed(failure)) if failure.may_have_begun() => {
                self.search(definition, search::Purpose::Unanswered(failure.detail()), Limit::Lag)
            }
            (_, Event::Failed(failure)) => self.left_alone(failure),
            (_, Event::Unable(outcome, why)) => End::Unable(outcome, why).into(),
            (Beginning::Known, Event::Listed(listed)) => {
                self.known = listed.into_iter().map(|one| one.deployment).collect();
                self.begin_with(Beginning::Before, Action::DescribeService)
            }
            (Beginning::Before, Event::Service(seen)) => self.remembered(seen.map(|seen| seen.definition)),
            (Beginning::UnderWay, Event::Listed(listed)) => self.seen_under_way(listed),
            (Beginning::StillUnderWay, Event::Listed(listed)) => match listed.into_iter().next() {
                Some(one) => End::UnderWay(one.deployment, one.status).into(),
                None => self.compare(),
            },
            (Beginning::Unchanged, Event::Service(seen)) => {
                if self.previous() != seen.map(|seen| seen.definition) {
                    return End::ChangedMeanwhile.into();
                }
                self.begin_with(Beginning::Target, Action::ChooseTarget)
            }
            (Beginning::Target, Event::Chosen(target)) => self.chosen(target),
            (Beginning::Prepared(target), Event::Done) => {
                if self.has_signal() {
                    return self.interrupted_before();
                }
                self.look_for_others(target)
            }
            (Beginning::Registered, Event::Registered(definition)) => {
                self.registered = Some(definition.clone());
                self.look_for_others(definition.clone()).after(Note::Registered(definition))
            }
            (Beginning::Meanwhile(definition), Event::Listed(listed)) => {
                match self.new_deployments(listed).into_iter().next() {
                    Some(one) => {
                        let registered = self.registered.clone();
                        End::BeganMeanwhile { deployment: one.deployment, registered }.into()
                    }
                    None => self.begin_with(Beginning::Still(definition), Action::DescribeService),
                }
            }
            (Beginning::Still(definition), Event::Service(seen)) => {
                let has = seen.map(|seen| seen.definition);
                if has != self.previous() {
                    return End::Replaced { by: has, unused: self.registered.clone() }.into();
                }
                // From here on somebody would have to take it back.
                if self.has_signal() {
                    return self.interrupted_before();
                }
                self.start(definition)
            }
            (awaited, event) => unexpected(awaited, &event),
        }
    }

    /// What is there is remembered.
    fn remembered(&mut self, before: Option<T::Definition>) -> Step<T> {
        match &self.job {
            Job::Apply { planned_from, .. } if *planned_from != before => End::ChangedWhilePlanned.into(),
            Job::Apply { planned_from: None, .. } => self.register(),
            _ => self.begin_with(Beginning::UnderWay, Action::ListUnderWay),
        }
    }

    fn seen_under_way(&mut self, listed: Vec<Listed<T>>) -> Step<T> {
        let one = listed.into_iter().next();
        let is_rollback = self.is_rollback();
        if is_rollback && self.has_signal() {
            return self.interrupted_before();
        }
        match (&self.job, one) {
            // Not what somebody saw and wants to leave.
            (Job::Rollback { is_named: false, .. }, Some(one)) if !self.known.contains(&one.deployment) => {
                End::ChangedMeanwhile.into()
            }
            (Job::Rollback { is_named: false, .. }, Some(one)) => {
                let deployment = one.deployment;
                self.go(Phase::Turning(Turn::Looking(deployment.clone())), Action::DescribeUnderWay(deployment))
            }
            (_, Some(one)) => End::UnderWay(one.deployment, one.status).into(),
            (Job::Apply { is_scaled_down: true, .. }, None) => End::ScaledDown.into(),
            // With patience: one answer that got lost is no reason to deploy.
            (Job::Apply { is_wanted: false, planned_from: Some(runs), .. }, None) => {
                let runs = runs.clone();
                self.verify(runs, verify::Purpose::Unchanged, Limit::Site)
            }
            (Job::Apply { .. }, None) => self.register(),
            (_, None) => self.compare(),
        }
    }

    /// What was under way came to its end meanwhile.
    pub(super) fn look_again(&mut self) -> Step<T> {
        self.begin_with(Beginning::StillUnderWay, Action::ListUnderWay)
    }

    /// What ended while this looked, a rollback of ECS's own above all, may have done what was wanted: from there it
    /// would go one release too far.
    fn compare(&mut self) -> Step<T> {
        self.begin_with(Beginning::Unchanged, Action::DescribeService)
    }

    fn chosen(&mut self, target: T::Definition) -> Step<T> {
        match &self.job {
            Job::Rollback { from, .. } if *from == target => End::AlreadyThere(target).into(),
            Job::Rollback { is_dry_run: true, from, .. } => End::WouldDeploy { from: from.clone(), to: target }.into(),
            _ => self.begin_with(Beginning::Prepared(target.clone()), Action::Prepare(target)),
        }
    }

    pub(super) fn register(&mut self) -> Step<T> {
        if self.has_signal() {
            return self.interrupted_before();
        }
        self.begin_with(Beginning::Registered, Action::Register)
    }

    fn look_for_others(&mut self, definition: T::Definition) -> Step<T> {
        self.begin_with(Beginning::Meanwhile(definition), Action::ListDeployments)
    }

    fn start(&mut self, definition: T::Definition) -> Step<T> {
        self.missing.insert(definition.clone());
        self.begin_with(Beginning::Started(definition.clone()), Action::Start(definition))
    }

    fn interrupted_before(&self) -> Step<T> {
        End::InterruptedBefore { unused: self.registered.clone() }.into()
    }

    /// AWS failed before the service was changed.
    pub(super) fn left_alone(&self, failure: Failure<T::Detail>) -> Step<T> {
        self.nothing_began(failure.detail())
    }

    pub(super) fn nothing_began(&self, detail: T::Detail) -> Step<T> {
        let registered = self.registered.clone();
        // AWS did not fail: it was not waited for.
        if self.has_signal() {
            return End::InterruptedCall { detail, registered }.into();
        }
        End::LeftAlone { detail, registered }.into()
    }
}
