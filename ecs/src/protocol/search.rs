//! Which of the service deployments is ours.
//!
//! The newest need not be the one that was asked for, and ECS's lists lag behind.

use super::{
    Action, End, Event, Failure, Limit, Listed, Note, Pause, Phase, Protocol, Reason, Signal, Step, Types, Unfound,
    revisions, target, unexpected, watch,
};

/// A search that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Search<T: Types> {
    /// What our own deployment leads to.
    definition: T::Definition,
    purpose: Purpose<T>,
    limit: Limit,
    awaited: Awaited<T>,
}

/// What it was started for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Purpose<T: Types> {
    /// It was asked for, and ECS said yes.
    Started,
    /// It was asked for, and ECS did not say that it began.
    Unanswered(T::Detail),
    /// The same, and the service did not have it.
    Unseen(T::Detail),
    /// It puts the previous release back.
    PutBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Awaited<T: Types> {
    List,
    /// What the new ones lead to.
    Targets(Vec<Listed<T>>),
    Pause,
}

impl<T: Types> Protocol<T> {
    pub(super) fn search(&mut self, definition: T::Definition, purpose: Purpose<T>, limit: Limit) -> Step<T> {
        let search = Search { definition, purpose, limit, awaited: Awaited::List };
        self.go_within(limit, Phase::Searching(search), Action::ListDeployments)
    }

    pub(super) fn go_on_searching(&mut self, search: Search<T>, event: Event<T>) -> Step<T> {
        match (&search.awaited, event) {
            (Awaited::List, Event::Listed(listed)) => {
                let new = self.new_deployments(listed);
                let targets = revisions(&new);
                if targets.is_empty() {
                    return self.search_again(search, Unfound::Unlisted, None);
                }
                let search = Search { awaited: Awaited::Targets(new), ..search };
                self.go(Phase::Searching(search), Action::DescribeRevisions(targets))
            }
            (Awaited::List, Event::Failed(failure)) => self.search_failed(search, failure, None),
            (Awaited::Targets(new), Event::Revisions(told)) => {
                // The oldest: a newer one to the same is somebody else's, who deployed it again.
                let own = new.iter().rev().find(|one| target(one, &told) == Some(&search.definition));
                match own.map(|one| one.deployment.clone()) {
                    Some(deployment) => self.found(search, deployment),
                    None if new.iter().all(|one| target(one, &told).is_some()) => {
                        self.search_again(search, Unfound::Unlisted, None)
                    }
                    None => {
                        let only = only(new);
                        self.search_again(search, Unfound::Untold, only)
                    }
                }
            }
            (Awaited::Targets(new), Event::Failed(failure)) => {
                let only = only(new);
                self.search_failed(search, failure, only)
            }
            (Awaited::Pause, Event::Done) => {
                let search = Search { awaited: Awaited::List, ..search };
                self.go(Phase::Searching(search), Action::ListDeployments)
            }
            (_, event) => unexpected(search, &event),
        }
    }

    fn search_failed(
        &mut self,
        search: Search<T>,
        failure: Failure<T::Detail>,
        only: Option<T::Deployment>,
    ) -> Step<T> {
        if failure.is_passing() {
            return self.search_again(search, Unfound::Failed(failure.detail()), only);
        }
        self.adopt(search, Reason::NotFound(Unfound::Failed(failure.detail()), None), only)
    }

    /// Looks again, unless it was looked for long enough. `only` is the only new deployment, if there is just one.
    fn search_again(&mut self, search: Search<T>, why: Unfound<T::Detail>, only: Option<T::Deployment>) -> Step<T> {
        if self.is_time_up {
            let limit = search.limit;
            return self.adopt(search, Reason::NotFound(why, Some(limit)), only);
        }
        if self.signal == Signal::GraceOver {
            return self.adopt(search, Reason::NotFound(why, None), only);
        }
        // Only what was found can be stopped, so a signal does not end this at once.
        let pause = if self.has_signal() { Pause::AfterASignal } else { Pause::Poll };
        self.go(Phase::Searching(Search { awaited: Awaited::Pause, ..search }), Action::Pause(pause))
    }

    /// When ECS does not tell what a deployment leads to, and only one is new, it is ours: left alone it would run
    /// unwatched. What it comes to is verified like any other.
    fn adopt(&mut self, search: Search<T>, why: Reason<T>, only: Option<T::Deployment>) -> Step<T> {
        match only {
            Some(deployment) => self.found(search, deployment.clone()).after(Note::Adopting(why, deployment)),
            None => self.not_found(search, why),
        }
    }

    fn found(&mut self, search: Search<T>, deployment: T::Deployment) -> Step<T> {
        if let Awaited::Targets(new) = search.awaited {
            self.newer = new.into_iter().next().filter(|newest| newest.deployment != deployment);
        }
        self.ours.insert(deployment.clone());
        let definition = search.definition;
        self.missing.remove(&definition);
        match search.purpose {
            Purpose::Started | Purpose::Unanswered(_) | Purpose::Unseen(_) => self
                .watch(deployment.clone(), watch::Purpose::Release(definition), Limit::Rollout)
                .after(Note::Watching(deployment)),
            Purpose::PutBack => self.watch(deployment, watch::Purpose::PutBack(definition), Limit::Rollback),
        }
    }

    fn not_found(&mut self, search: Search<T>, why: Reason<T>) -> Step<T> {
        let definition = search.definition;
        match search.purpose {
            Purpose::Started if self.has_signal() => End::Unlisted(definition).into(),
            Purpose::Started => self.recover(definition).because(why),
            Purpose::Unanswered(detail) | Purpose::Unseen(detail) if self.has_signal() => {
                Step::from(End::Unanswered(definition)).because(Reason::Said(detail))
            }
            Purpose::Unanswered(detail) => self.look_whether_begun(definition, detail),
            Purpose::Unseen(detail) => match why {
                Reason::NotFound(Unfound::Unlisted, _) => self.nothing_began(detail),
                _ => Step::from(End::NotKnown(definition)).because(Reason::Said(detail)),
            },
            Purpose::PutBack if self.has_signal() => End::PuttingBackUnlisted(definition).into(),
            Purpose::PutBack => Self::not_put_back(definition, why),
        }
    }
}

/// The only one, if there is just one.
fn only<T: Types>(new: &[Listed<T>]) -> Option<T::Deployment> {
    if let [one] = new { Some(one.deployment.clone()) } else { None }
}
