//! What runs, held against what is expected, until it was right several times in a row.

use super::{Action, End, Event, Limit, Note, Pause, Phase, Protocol, Reason, Step, Types, unexpected};

/// How often in a row everything has to be as expected: behind one address are several tasks, and each
/// answer is one task's.
pub const IN_A_ROW: u8 = 5;

/// A verification that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Verification<T: Types> {
    definition: T::Definition,
    purpose: Purpose,
    /// In a row: looks at which nothing was wrong, and those at which nothing moved either.
    right: u8,
    still: u8,
    is_pausing: bool,
}

/// What runs is verified as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// What is wanted, and is there already.
    Unchanged,
    /// What was deployed here.
    Release,
    /// What is back after a failure.
    Previous,
    /// What is back because somebody asked for that.
    TurnedBack,
    /// What `verify` was asked for.
    Command,
}

impl<T: Types> Protocol<T> {
    pub(super) fn verify(&mut self, definition: T::Definition, purpose: Purpose, limit: Limit) -> Step<T> {
        let action = Action::Look(definition.clone());
        let verification = Verification { definition, purpose, right: 0, still: 0, is_pausing: false };
        self.go_within(limit, Phase::Verifying(verification), action)
    }

    pub(super) fn go_on_verifying(&mut self, verification: Verification<T>, event: Event<T>) -> Step<T> {
        match event {
            Event::Done if verification.is_pausing => {
                let action = Action::Look(verification.definition.clone());
                self.go(Phase::Verifying(Verification { is_pausing: false, ..verification }), action)
            }
            Event::Found { differences, moving } => self.found_running(verification, differences, moving),
            Event::Failed(failure) => self.found_running(verification, vec![failure.detail()], None),
            event => unexpected(verification, &event),
        }
    }

    fn found_running(
        &mut self,
        verification: Verification<T>,
        differences: Vec<T::Detail>,
        moving: Option<T::Detail>,
    ) -> Step<T> {
        let count = |before: u8, is_so: bool| if is_so { IN_A_ROW.min(before + 1) } else { 0 };
        let right = count(verification.right, differences.is_empty());
        let still = count(verification.still, differences.is_empty() && moving.is_none());
        let is_late = self.is_time_up || self.has_signal();
        if still == IN_A_ROW || (is_late && right == IN_A_ROW) {
            return verified(verification).into();
        }
        if is_late && !differences.is_empty() {
            return self.is_not_verified(verification, differences);
        }
        let note = match (&differences[..], &moving) {
            ([], None) => Note::AsExpected(still),
            _ => Note::NotYet(differences.into_iter().chain(moving).collect()),
        };
        let verification = Verification { right, still, is_pausing: true, ..verification };
        self.go(Phase::Verifying(verification), Action::Pause(Pause::BetweenLooks)).after(note)
    }

    fn is_not_verified(&mut self, verification: Verification<T>, differences: Vec<T::Detail>) -> Step<T> {
        let Verification { definition, purpose, .. } = verification;
        let said = differences.clone().into_iter().map(Reason::Said);
        match purpose {
            Purpose::Unchanged => self.register().after(Note::DeployingTheSame(differences)),
            Purpose::Release if self.has_signal() => End::Unverified.into(),
            Purpose::Command if self.has_signal() => End::UnverifiedCommand.into(),
            Purpose::Release => self.recover(definition).because_of_all(said),
            Purpose::Command => Step::from(End::Differs).because_of_all(said),
            Purpose::Previous | Purpose::TurnedBack => {
                let but = differences.into_iter().map(|what| Reason::BackBut(definition.clone(), what));
                Step::from(End::NotRolledBack).because_of_all(but)
            }
        }
    }
}

/// What runs is as expected.
fn verified<T: Types>(verification: Verification<T>) -> End<T> {
    let definition = verification.definition;
    match verification.purpose {
        Purpose::Unchanged => End::Unchanged(definition),
        Purpose::Release => End::Deployed(definition),
        Purpose::Previous => End::RolledBack(definition),
        Purpose::TurnedBack => End::TurnedBack(definition),
        Purpose::Command => End::Verified(definition),
    }
}
