//! What can happen.

use serde::{Deserialize, Serialize};

use super::Types;
use crate::observation::Status;
use crate::report::Outcome;
use crate::rollout::Verdict;

/// Something that happened: the answer to the last action, or one of the three things that come by themselves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event<T: Types> {
    /// Somebody wants this to end. The last action goes on.
    Signal,
    /// Since the signal so much time went by that nothing is looked for any more. The last action goes on.
    GraceOver,
    /// The limit that was set last is reached. The last action goes on.
    TimeUp,
    /// The service's deployments, newest first.
    Listed(Vec<Listed<T>>),
    /// Which task definitions service revisions have.
    Revisions(Vec<(T::Revision, T::Definition)>),
    /// The service, if there is one.
    Service(Option<ServiceSeen<T>>),
    /// Where a service deployment stands; nothing if AWS does not know it.
    Deployment(Option<Verdict<T::Detail>>),
    /// What a service deployment that is under way leads to; nothing if AWS does not know it.
    UnderWay(Option<UnderWay<T>>),
    /// It was registered under that name.
    Registered(T::Definition),
    /// Where a rollback goes.
    Chosen(T::Definition),
    /// A look at the service, its tasks and the site.
    Found {
        /// What is not as expected.
        differences: Vec<T::Detail>,
        /// What is still on its way.
        moving: Option<T::Detail>,
    },
    /// What was to be done is done.
    Done,
    /// AWS did not do it, or did not say so.
    Failed(Failure<T::Detail>),
    /// It can't be done, for a reason that is not in what AWS answered.
    Unable(Outcome, T::Detail),
}

/// A service deployment in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Listed<T: Types> {
    /// Which.
    pub deployment: T::Deployment,
    /// The service revision that it leads to.
    pub revision: Option<T::Revision>,
    /// Where it stands.
    pub status: Status,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceSeen<T: Types> {
    /// Its task definition.
    pub definition: T::Definition,
    /// That of its primary deployment.
    pub primary: Option<T::Definition>,
}

/// A service deployment that is under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnderWay<T: Types> {
    /// Where it stands.
    pub status: Status,
    /// The task definition that it leads to.
    pub target: Option<T::Definition>,
    /// Those that it comes from.
    pub sources: Vec<T::Definition>,
    /// The one that ECS goes back to.
    pub returns_to: Option<T::Definition>,
}

/// Why a call failed, as far as that decides something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failure<D> {
    /// Nothing was done, and asking again changes nothing.
    Refused(D),
    /// What it is about is in no state for it any more.
    Conflict(D),
    /// It may work later. What was to be changed may be changed.
    Passing(D),
    /// It is not known what was done, and asking again changes nothing.
    Unclear(D),
}

impl<D> Failure<D> {
    /// What is known of it.
    #[must_use]
    pub fn detail(self) -> D {
        match self {
            Self::Refused(detail) | Self::Conflict(detail) | Self::Passing(detail) | Self::Unclear(detail) => detail,
        }
    }

    /// Whether the same call may work a little later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Passing(_))
    }

    /// Whether AWS may have begun what was asked for in spite of the error.
    pub(super) fn may_have_begun(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// What came of watching a service deployment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched<D> {
    /// ECS counts it as a success.
    Succeeded,
    /// ECS put the previous revision back.
    RolledBack(D),
    /// ECS could not put the previous revision back.
    RollbackFailed(D),
    /// It was stopped where it was.
    Stopped(D),
    /// AWS no longer knows it.
    Gone,
    /// It had not ended when the limit was reached.
    TooLong,
    /// AWS does not tell.
    Lost(D),
    /// A signal came.
    Interrupted,
}
