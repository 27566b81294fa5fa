//! What is done next, and what is told of it.

use super::{End, Types, Watched};

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<T: Types> {
    /// What is told, in order, before the action.
    pub notes: Vec<Note<T>>,
    /// A limit of time that begins now, in place of the last one.
    pub limit: Option<Limit>,
    /// What is done.
    pub action: Action<T>,
}

impl<T: Types> From<Action<T>> for Step<T> {
    fn from(action: Action<T>) -> Self {
        Self { notes: Vec::new(), limit: None, action }
    }
}

impl<T: Types> From<End<T>> for Step<T> {
    fn from(end: End<T>) -> Self {
        Action::End(end).into()
    }
}

impl<T: Types> Step<T> {
    pub(super) fn within(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// The same, with something that is told first.
    pub(super) fn after(mut self, note: Note<T>) -> Self {
        self.notes.insert(0, note);
        self
    }

    /// The same, with reasons that are kept first.
    pub(super) fn because_of_all(mut self, reasons: impl Iterator<Item = Reason<T>>) -> Self {
        self.notes.splice(0..0, reasons.map(Note::Because));
        self
    }

    /// The same, with a reason that is kept first.
    pub(super) fn because(self, reason: Reason<T>) -> Self {
        self.after(Note::Because(reason))
    }
}

/// One thing that is done. Each but [`Action::Wait`] and [`Action::End`] has one answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action<T: Types> {
    /// Nothing more: the answer to the last action is still awaited.
    Wait,
    /// `ListServiceDeployments`, in every state.
    ListDeployments,
    /// The same, of those that are under way.
    ListUnderWay,
    /// `DescribeServiceRevisions`.
    DescribeRevisions(Vec<T::Revision>),
    /// `DescribeServiceDeployments`, to see where it stands.
    DescribeDeployment(T::Deployment),
    /// The same, and what it leads to.
    DescribeUnderWay(T::Deployment),
    /// `DescribeServices`.
    DescribeService,
    /// What release a task definition is.
    LookUp(T::Definition),
    /// Where the rollback goes.
    ChooseTarget,
    /// What a rollback to there needs to be known and written.
    Prepare(T::Definition),
    /// `RegisterTaskDefinition`.
    Register,
    /// `CreateService` or `UpdateService`.
    Start(T::Definition),
    /// `UpdateService`, with all that the service had before.
    PutBack(T::Definition),
    /// `StopServiceDeployment`, with rollback.
    Stop(T::Deployment),
    /// Why tasks of it stopped. It is a help, and decides nothing.
    Explain(T::Definition),
    /// Whether the service, its tasks and the site are that.
    Look(T::Definition),
    /// Nothing, for a while.
    Pause(Pause),
    /// Nothing, for ever.
    End(End<T>),
}

impl<T: Types> Action<T> {
    /// Whether it changes the service.
    #[must_use]
    pub fn changes_the_service(&self) -> bool {
        matches!(self, Self::Start(_) | Self::PutBack(_) | Self::Stop(_))
    }
}

/// How long it is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pause {
    /// Until the next look at a deployment.
    Poll,
    /// Until the next look at what runs.
    BetweenLooks,
    /// Until the next look for our own deployment after a signal.
    AfterASignal,
}

/// For how long something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Once.
    None,
    /// For which ECS's lists lag behind.
    Lag,
    /// `limits.site`.
    Site,
    /// `limits.rollout`.
    Rollout,
    /// `limits.rollback`.
    Rollback,
}

/// What is told on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note<T: Types> {
    /// A reason for how it ends.
    Because(Reason<T>),
    /// The same, told at once.
    Told(Reason<T>),
    /// What runs is what is wanted, but not as expected.
    DeployingTheSame(Vec<T::Detail>),
    /// A task definition was registered.
    Registered(T::Definition),
    /// This one is taken for ours, since it can't be known which is.
    Adopting(Reason<T>, T::Deployment),
    /// This one is watched.
    Watching(T::Deployment),
    /// So is this, which somebody else started.
    Following,
    /// It is asked again.
    AskingAgain(T::Detail),
    /// It is to be stopped.
    Stopping,
    /// ECS counts it as a success.
    Verifying,
    /// A look found nothing wrong, for the so many-th time.
    AsExpected(u8),
    /// A look found something wrong, or on its way.
    NotYet(Vec<T::Detail>),
    /// It failed, for the reasons so far.
    Failed,
    /// The previous one is put back.
    PuttingBack(T::Definition),
}

/// Why something ended as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason<T: Types> {
    /// What AWS or the site said.
    Said(T::Detail),
    /// ECS could not put the previous revision back.
    RollbackFailed(T::Detail),
    /// What became of a service deployment, within the limit.
    Watched(Watched<T::Detail>, Limit),
    /// Our deployment was not found; within a limit, if it was reached.
    NotFound(Unfound<T::Detail>, Option<Limit>),
    /// The same, of putting that one back.
    PuttingBack(T::Definition, Box<Self>),
    /// That one is back, but something is wrong.
    BackBut(T::Definition, T::Detail),
}

/// Why our own deployment was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfound<D> {
    /// ECS lists none that leads to our task definition.
    Unlisted,
    /// ECS lists one, and does not tell what it leads to.
    Untold,
    /// The call failed.
    Failed(D),
}
