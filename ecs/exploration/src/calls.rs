//! What a call does and answers, and how it can fail.

use deploy::protocol::{Action, Event, Failure, Listed, ServiceSeen, UnderWay};
use deploy::rollout::Verdict;

use crate::world::{Deployment, Health, Numbers, SECOND, State, Who, World, number};

/// How a call goes. Each but the first is a mishap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It works.
    Fine,
    /// It works, and what it began is not listed yet.
    Unlisted,
    /// It is done, and the answer is lost.
    Lost,
    /// Both.
    LostUnlisted,
    /// It is done, the answer is lost, and a second try finds it done.
    Repeated,
    /// It is refused.
    Refused,
    /// It fails in passing, and nothing was done.
    Passing,
    /// It answers, and does not have what was asked for.
    Untold,
}

impl Answer {
    /// How many mishaps that is.
    #[must_use]
    pub fn cost(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Unlisted | Self::Lost | Self::Repeated | Self::Refused | Self::Passing | Self::Untold => 1,
            Self::LostUnlisted => 2,
        }
    }
}

/// How a call for that action can go.
#[must_use]
pub fn answers(action: &Action<Numbers>) -> &'static [Answer] {
    use Answer::{Fine, Lost, LostUnlisted, Passing, Refused, Repeated, Unlisted, Untold};
    match action {
        Action::Wait | Action::End(_) => &[],
        Action::Pause(_) | Action::Explain(_) => &[Fine],
        Action::Start(_) | Action::PutBack(_) => &[Fine, Unlisted, Lost, LostUnlisted, Refused, Passing],
        Action::Stop(_) => &[Fine, Lost, Repeated, Refused, Passing],
        Action::DescribeRevisions(_)
        | Action::DescribeUnderWay(_)
        | Action::Prepare(_)
        | Action::ChooseTarget
        | Action::LookUp(_) => &[Fine, Refused, Passing, Untold],
        _ => &[Fine, Refused, Passing],
    }
}

impl World {
    /// What comes of an action, if it goes like that.
    ///
    /// # Panics
    ///
    /// If it is no call.
    pub fn call(&mut self, action: &Action<Numbers>, answer: Answer) -> Event<Numbers> {
        match answer {
            Answer::Refused => return Event::Failed(Failure::Refused(())),
            Answer::Passing => return Event::Failed(Failure::Passing(())),
            _ => {}
        }
        let is_listed = !matches!(answer, Answer::Unlisted | Answer::LostUnlisted);
        let told = answer != Answer::Untold;
        let event = match action {
            Action::ListDeployments => Event::Listed(self.listed(|_| true)),
            Action::ListUnderWay => Event::Listed(self.listed(State::is_under_way)),
            Action::DescribeRevisions(revisions) => {
                let told = revisions.iter().filter(|_| told);
                Event::Revisions(told.map(|one| (*one, self.deployments[usize::from(*one)].target)).collect())
            }
            Action::DescribeDeployment(deployment) => Event::Deployment(self.verdict(*deployment)),
            Action::DescribeUnderWay(deployment) => {
                let one = &self.deployments[usize::from(*deployment)];
                Event::UnderWay((!one.is_forgotten).then(|| UnderWay {
                    status: one.state.status(),
                    target: Some(one.target),
                    sources: one.source.into_iter().filter(|_| told).collect(),
                    returns_to: one.source.filter(|_| told && one.state == State::Returning),
                }))
            }
            Action::DescribeService => {
                Event::Service(self.primary.map(|primary| ServiceSeen { definition: primary, primary: Some(primary) }))
            }
            Action::Register => Event::Registered(SECOND),
            Action::ChooseTarget | Action::Prepare(_) | Action::LookUp(_) if !told => {
                Event::Unable(deploy::report::Outcome::BadInput, ())
            }
            Action::ChooseTarget => Event::Chosen(self.target),
            Action::Start(definition) | Action::PutBack(definition) => {
                self.deploy(*definition, Who::Us, is_listed);
                Event::Done
            }
            Action::Stop(deployment) => self.stop(*deployment),
            Action::Look(definition) => self.look(*definition),
            Action::Prepare(_) | Action::LookUp(_) | Action::Explain(_) | Action::Pause(_) => Event::Done,
            Action::Wait | Action::End(_) => panic!("{action:?} is no call"),
        };
        match answer {
            Answer::Repeated => Event::Failed(Failure::Conflict(())),
            Answer::Lost | Answer::LostUnlisted => Event::Failed(Failure::Passing(())),
            _ => event,
        }
    }

    fn listed(&self, is_wanted: impl Fn(State) -> bool) -> Vec<Listed<Numbers>> {
        let all = self.deployments.iter().enumerate().rev();
        let listed = all.filter(|(_, one)| one.is_listed && is_wanted(one.state));
        listed
            .map(|(place, one)| Listed {
                deployment: number(place),
                revision: Some(number(place)),
                status: one.state.status(),
            })
            .collect()
    }

    fn verdict(&self, deployment: Deployment) -> Option<Verdict<()>> {
        let one = &self.deployments[usize::from(deployment)];
        (!one.is_forgotten).then_some(match one.state {
            State::Rolling | State::Returning => Verdict::UnderWay,
            State::Successful => Verdict::Succeeded,
            State::RolledBack => Verdict::RolledBack(()),
            State::RollbackFailed => Verdict::RollbackFailed(()),
            State::Stopped => Verdict::Stopped(()),
        })
    }

    fn stop(&mut self, deployment: Deployment) -> Event<Numbers> {
        if self.under_way() != Some(deployment) {
            return Event::Failed(Failure::Conflict(()));
        }
        self.turn_back();
        self.deployments[usize::from(deployment)].is_stopped_by_us = true;
        Event::Done
    }

    fn look(&mut self, definition: u8) -> Event<Numbers> {
        let is_right = match &mut self.health {
            Health::Right => true,
            Health::Wrong => false,
            Health::Alternating(is_right) => std::mem::replace(is_right, !*is_right),
        };
        let is_right = is_right && self.is_completed && self.primary == Some(definition);
        Event::Found {
            differences: if is_right { Vec::new() } else { vec![()] },
            moving: self.is_scaling.then_some(()),
        }
    }
}
