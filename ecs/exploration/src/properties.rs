//! What must hold, each by name.

use deploy::protocol::{Action, End, Job};
use deploy::report::Outcome;
use stateright::Property;

use crate::model::{Bell, Deployments, Moment};
use crate::world::{Definition, Numbers, Rollout, State, Who};

/// How many answers may follow a limit that is reached, at most: a look five times in a row, and the pauses between.
const AFTER_TIME_IS_UP: u8 = 16;

/// The same after the grace of a signal: a release that just failed is still put back.
const AFTER_THE_GRACE: u8 = 24;

/// How many limits begin, one after the other.
const LIMITS: u8 = 8;

type Ended = End<Numbers>;

fn end(moment: &Moment) -> Option<&Ended> {
    match &moment.action {
        Action::End(end) => Some(end),
        _ => None,
    }
}

fn ours(moment: &Moment) -> impl Iterator<Item = &Rollout> {
    moment.world.deployments.iter().filter(|one| one.who == Who::Us)
}

fn is_stopped(moment: &Moment) -> bool {
    moment.world.deployments.iter().any(|one| one.is_stopped_by_us)
}

/// All of them, where so many mishaps can happen.
#[must_use]
pub fn all(mishaps: u8) -> Vec<Property<Deployments>> {
    let mut all = vec![
        Property::always("never falsely green", |_, moment: &Moment| match end(moment) {
            Some(End::Deployed(that) | End::Unchanged(that) | End::Verified(that) | End::TurnedBack(that)) => {
                moment.world.serves(*that)
            }
            Some(End::WouldFollow(_) | End::WouldStop(_) | End::WouldDeploy { .. }) => {
                ours(moment).next().is_none() && !is_stopped(moment)
            }
            Some(other) => other.outcome() != Outcome::Done,
            None => true,
        }),
        Property::always("rolled back means so", |_, moment: &Moment| match end(moment) {
            Some(End::RolledBack(previous)) => moment.world.serves(*previous),
            Some(other) if other.outcome() == Outcome::RolledBack => false,
            // Nothing of ours changed the service.
            Some(End::LeftAlone { .. } | End::BeganMeanwhile { .. } | End::Replaced { unused: Some(_), .. }) => {
                ours(moment).next().is_none() && !is_stopped(moment)
            }
            _ => true,
        }),
        Property::always("never trample", |_, moment: &Moment| !moment.history.is_trampled),
        Property::always("never bring back", |_, moment: &Moment| !moment.history.is_brought_back),
        Property::always(
            "heard",
            |_, moment: &Moment| !matches!(moment.history.grace, Bell::Rang(times) if times > AFTER_THE_GRACE),
        ),
        Property::always("what the summary says goes on is what goes on", |_, moment: &Moment| {
            end(moment).is_none_or(|end| is_true(moment, end))
        }),
        Property::always("ends", |_, moment: &Moment| {
            moment.history.limits <= LIMITS
                && !matches!(moment.history.time, Bell::Rang(times) if times > AFTER_TIME_IS_UP)
        }),
    ];
    all.extend(sometimes());
    // An answer has to be lost, and a list to fail.
    if mishaps > 1 {
        all.push(Property::sometimes("not known", |_, moment: &Moment| matches!(end(moment), Some(End::NotKnown(_)))));
    }
    all
}

/// Whether an end that a signal led to says what is so.
fn is_true(moment: &Moment, end: &Ended) -> bool {
    let is_untouched = ours(moment).next().is_none() && !is_stopped(moment);
    match end {
        End::InterruptedBefore { .. } | End::InterruptedCall { .. } => is_untouched,
        End::Unanswered(_) => moment.history.is_asked,
        End::PuttingBackGoesOn(definition) => leads_to(moment, *definition),
        End::Unlisted(definition) | End::PuttingBackUnlisted(definition) => {
            let is_back = moment.world.primary == Some(*definition);
            moment.history.is_accepted && (leads_to(moment, *definition) || is_back || is_somebody_there(moment))
        }
        End::AskedToStop => is_stopped(moment),
        End::HadEnded(deployment) => moment.world.deployments[usize::from(*deployment)].state != State::Rolling,
        End::NotAsked(deployment) => !moment.world.deployments[usize::from(*deployment)].is_stopped_by_us,
        End::TakenOver(deployment, _) => is_taken_over(moment, usize::from(*deployment)),
        // It is one that leads back, and was not stopped here.
        End::RollbackGoesOn => matches!(moment.job, Job::Rollback { .. }) && !is_stopped(moment),
        _ => true,
    }
}

/// Whether that is somebody else's, and began after all of ours that a list had by then.
fn is_taken_over(moment: &Moment, deployment: usize) -> bool {
    let (before, after) = moment.world.deployments.split_at(deployment);
    let [newer, after @ ..] = after else { return false };
    // If somebody deployed the same just before, theirs was taken for ours.
    let is_same = |one: &Rollout| !one.is_known && one.who == Who::Them && one.target == newer.target;
    let is_theirs = newer.who == Who::Them || before.iter().any(is_same);
    let is_ours = |one: &Rollout| (one.who == Who::Us && one.is_seen) || one.is_stopped_by_us;
    is_theirs && !newer.is_known && !after.iter().any(is_ours)
}

/// Whether a deployment to that began after the first look.
fn leads_to(moment: &Moment, definition: Definition) -> bool {
    moment.world.deployments.iter().any(|one| !one.is_known && one.target == definition)
}

/// Whether somebody else's deployment did.
fn is_somebody_there(moment: &Moment) -> bool {
    moment.world.deployments.iter().any(|one| !one.is_known && one.who == Who::Them)
}

/// Every way to end is one that can be come to.
fn sometimes() -> Vec<Property<Deployments>> {
    macro_rules! ends {
        ($($name:literal: $pattern:pat),* $(,)?) => {
            vec![$(Property::sometimes($name, |_, moment: &Moment| matches!(end(moment), Some($pattern)))),*]
        };
    }
    ends![
        "deployed": End::Deployed(_),
        "unchanged": End::Unchanged(_),
        "verified": End::Verified(_),
        "differs": End::Differs,
        "turned back": End::TurnedBack(_),
        "would follow": End::WouldFollow(_),
        "would stop": End::WouldStop(_),
        "would deploy": End::WouldDeploy { .. },
        "rolled back": End::RolledBack(_),
        "not rolled back": End::NotRolledBack,
        "no previous": End::NoPrevious,
        "rejected again": End::RejectedAgain(_),
        "not asked": End::NotAsked(_),
        "may be asked": End::MayBeAsked(_),
        "already there": End::AlreadyThere(_),
        "scaled down": End::ScaledDown,
        "unable": End::Unable(..),
        "left alone": End::LeftAlone { .. },
        "changed while planned": End::ChangedWhilePlanned,
        "changed meanwhile": End::ChangedMeanwhile,
        "under way": End::UnderWay(..),
        "began meanwhile": End::BeganMeanwhile { .. },
        "replaced": End::Replaced { .. },
        "taken over": End::TakenOver(..),
        "interrupted before": End::InterruptedBefore { unused: None },
        "interrupted before, and registered": End::InterruptedBefore { unused: Some(_) },
        "interrupted call": End::InterruptedCall { .. },
        "unanswered": End::Unanswered(_),
        "unlisted": End::Unlisted(_),
        "asked to stop": End::AskedToStop,
        "had ended": End::HadEnded(_),
        "rollback goes on": End::RollbackGoesOn,
        "putting back goes on": End::PuttingBackGoesOn(_),
        "putting back unlisted": End::PuttingBackUnlisted(_),
        "unverified": End::Unverified,
        "unverified by verify": End::UnverifiedCommand,
    ]
}
