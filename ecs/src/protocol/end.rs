//! How it ends.

use super::Types;
use crate::observation::Status;
use crate::report::Outcome;

/// One way to end, each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End<T: Types> {
    /// The release runs, verified.
    Deployed(T::Definition),
    /// It ran already, verified.
    Unchanged(T::Definition),
    /// `verify`: that runs as expected.
    Verified(T::Definition),
    /// `verify`: it is not.
    Differs,
    /// A deployment that was under way was turned back, and that runs, verified.
    TurnedBack(T::Definition),
    /// `rollback --dry-run`: a rollback is under way, which would be watched.
    WouldFollow(Option<T::Definition>),
    /// `rollback --dry-run`: what is under way would be stopped.
    WouldStop(T::Definition),
    /// `rollback --dry-run`: another revision would be deployed.
    WouldDeploy {
        /// What the service has.
        from: T::Definition,
        /// What it would have.
        to: T::Definition,
    },

    /// The release failed, and the previous one runs, verified.
    RolledBack(T::Definition),

    /// It failed, and what runs is not known to be good.
    NotRolledBack,
    /// ECS did not say whether it began that, nor does it tell what the service has.
    NotKnown(T::Definition),
    /// It failed, and there is no previous one.
    NoPrevious,
    /// A rollback failed, and ECS went back to what was to be left.
    RejectedAgain(T::Definition),
    /// A signal came, and ECS could not be asked to stop.
    NotAsked(T::Deployment),
    /// A signal came, and it is not known whether ECS heard that it is to stop.
    MayBeAsked(T::Deployment),

    /// The service has that already.
    AlreadyThere(T::Definition),
    /// The service is scaled to too few tasks.
    ScaledDown,
    /// Something that is not AWS's stands in the way. Nothing was changed.
    Unable(Outcome, T::Detail),

    /// AWS failed before the service was changed.
    LeftAlone {
        /// How.
        detail: T::Detail,
        /// What was registered in vain.
        registered: Option<T::Definition>,
    },

    /// The service changed since it was planned for.
    ChangedWhilePlanned,
    /// The service changed since the rollback was asked for.
    ChangedMeanwhile,
    /// A deployment is under way.
    UnderWay(T::Deployment, Status),
    /// A deployment began just before ours.
    BeganMeanwhile {
        /// Which.
        deployment: T::Deployment,
        /// What was registered in vain.
        registered: Option<T::Definition>,
    },
    /// A deployment began after ours, and is left alone.
    TakenOver(T::Deployment, Status),

    /// The service has another task definition by now, which is somebody else's and in no list yet.
    Replaced {
        /// Which; nothing if the service is gone.
        by: Option<T::Definition>,
        /// What was registered in vain, if nothing of ours began.
        unused: Option<T::Definition>,
    },

    /// A signal came before the service was changed.
    InterruptedBefore {
        /// What was registered in vain.
        unused: Option<T::Definition>,
    },
    /// A signal came before the service was changed, while a call was not answered.
    InterruptedCall {
        /// What is known of the call.
        detail: T::Detail,
        /// What was registered in vain.
        registered: Option<T::Definition>,
    },
    /// A signal came before ECS said whether it began that.
    Unanswered(T::Definition),
    /// A signal came before ECS listed what it began.
    Unlisted(T::Definition),
    /// A signal came, and ECS was asked to stop with rollback.
    AskedToStop,
    /// A signal came, and what was to be stopped had ended, or was going back already.
    HadEnded(T::Deployment),
    /// A signal came, and the rollback goes on.
    RollbackGoesOn,
    /// A signal came, and putting that one back goes on.
    PuttingBackGoesOn(T::Definition),
    /// A signal came before ECS listed what puts that one back. There is nothing to list where ECS was back already.
    PuttingBackUnlisted(T::Definition),
    /// A signal came while what runs was verified.
    Unverified,
    /// The same, by `verify`.
    UnverifiedCommand,
}

impl<T: Types> End<T> {
    /// The outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Deployed(_)
            | Self::Unchanged(_)
            | Self::Verified(_)
            | Self::TurnedBack(_)
            | Self::WouldFollow(_)
            | Self::WouldStop(_)
            | Self::WouldDeploy { .. } => Outcome::Done,
            Self::Differs => Outcome::Differs,
            Self::RolledBack(_) => Outcome::RolledBack,
            Self::NotRolledBack
            | Self::NotKnown(_)
            | Self::NoPrevious
            | Self::RejectedAgain(_)
            | Self::NotAsked(_)
            | Self::MayBeAsked(_) => Outcome::NotRolledBack,
            Self::AlreadyThere(_) | Self::ScaledDown => Outcome::BadInput,
            Self::Unable(outcome, _) => *outcome,
            Self::LeftAlone { .. } => Outcome::AwsCallFailed,
            Self::ChangedWhilePlanned
            | Self::ChangedMeanwhile
            | Self::UnderWay(..)
            | Self::BeganMeanwhile { .. }
            | Self::TakenOver(..)
            | Self::Replaced { .. } => Outcome::Busy,
            Self::InterruptedBefore { .. }
            | Self::InterruptedCall { .. }
            | Self::Unanswered(_)
            | Self::Unlisted(_)
            | Self::AskedToStop
            | Self::HadEnded(_)
            | Self::RollbackGoesOn
            | Self::PuttingBackGoesOn(_)
            | Self::PuttingBackUnlisted(_)
            | Self::Unverified
            | Self::UnverifiedCommand => Outcome::Interrupted,
        }
    }

    /// Whether nothing of ours began, nor was anything looked at for its result.
    #[must_use]
    pub fn is_before_the_start(&self) -> bool {
        matches!(
            self,
            Self::AlreadyThere(_)
                | Self::ScaledDown
                | Self::Unable(..)
                | Self::LeftAlone { .. }
                | Self::ChangedWhilePlanned
                | Self::ChangedMeanwhile
                | Self::UnderWay(..)
                | Self::InterruptedBefore { .. }
                | Self::InterruptedCall { .. }
                | Self::UnverifiedCommand
        )
    }
}
