//! ECS, its tasks and the site, as small as they can be.

use deploy::observation::Status;
use deploy::protocol::Types;

/// A task definition: a revision's number.
pub type Definition = u8;
/// A service deployment: its place in [`World::deployments`]. Its service revision has the same number.
pub type Deployment = u8;

/// What ran first.
pub const FIRST: Definition = 1;
/// The release that is applied, or that a rollback leaves.
pub const SECOND: Definition = 2;
/// Somebody else's.
pub const THIRD: Definition = 3;

/// The names that the protocol has to do with here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers;

impl Types for Numbers {
    type Definition = Definition;
    type Deployment = Deployment;
    type Revision = Deployment;
    type Detail = ();

    fn is_earlier(one: &Definition, other: &Definition) -> bool {
        one < other
    }
}

/// Who started something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// This deployer.
    Us,
    /// A second deployer, or a person with the console.
    Them,
}

/// Where a service deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It goes on.
    Rolling,
    /// ECS puts its source back.
    Returning,
    /// ECS counts it as a success.
    Successful,
    /// ECS says that its source is back.
    RolledBack,
    /// ECS could not put its source back.
    RollbackFailed,
    /// A newer one took its place.
    Stopped,
}

impl State {
    /// Whether it goes on.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Rolling | Self::Returning)
    }

    /// As ECS names it.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Rolling => Status::InProgress,
            Self::Returning => Status::RollbackInProgress,
            Self::Successful => Status::Successful,
            Self::RolledBack => Status::RollbackSuccessful,
            Self::RollbackFailed => Status::RollbackFailed,
            Self::Stopped => Status::Stopped,
        }
    }
}

/// A service deployment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Rollout {
    /// What it leads to.
    pub target: Definition,
    /// What it comes from.
    pub source: Option<Definition>,
    /// Where it stands.
    pub state: State,
    /// Who started it.
    pub who: Who,
    /// Whether it was there when the deployer looked first.
    pub is_known: bool,
    /// Whether ECS's lists have it by now.
    pub is_listed: bool,
    /// Whether ECS denies that it exists.
    pub is_forgotten: bool,
    /// Whether the deployer saw it in a list.
    pub is_seen: bool,
    /// Whether this deployer asked for its end, and ECS did so.
    pub is_stopped_by_us: bool,
}

/// What serves, at a service whose deployment is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// All tasks and the site are the primary revision.
    Right,
    /// Some task has another digest or revision, too few are healthy, or the site is not that release, or silent.
    Wrong,
    /// The site answers so and so; the next time right, or not.
    Alternating(bool),
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct World {
    /// Oldest first.
    pub deployments: Vec<Rollout>,
    /// The task definition of the service and of its primary deployment; nothing if there is no service.
    pub primary: Option<Definition>,
    /// Whether the primary deployment's rollout is `COMPLETED`.
    pub is_completed: bool,
    /// What serves then.
    pub health: Health,
    /// Whether the scaling moves the number of tasks.
    pub is_scaling: bool,
    /// Where a rollback is to go.
    pub target: Definition,
    /// How many mishaps may still happen.
    pub mishaps: u8,
}

impl World {
    /// A service on which those deployments succeeded, one after the other.
    #[must_use]
    pub fn with(definitions: &[Definition], mishaps: u8) -> Self {
        let mut world = Self {
            deployments: Vec::new(),
            primary: None,
            is_completed: true,
            health: Health::Right,
            is_scaling: false,
            target: FIRST,
            mishaps,
        };
        for definition in definitions {
            world.deploy(*definition, Who::Them, true);
            world.succeed(Health::Right);
        }
        world
    }

    /// The deployment that is under way, which is the newest if there is one.
    #[must_use]
    pub fn under_way(&self) -> Option<Deployment> {
        let last = self.deployments.last()?;
        last.state.is_under_way().then(|| number(self.deployments.len() - 1))
    }

    /// The newest deployment.
    #[must_use]
    pub fn newest(&mut self) -> Option<&mut Rollout> {
        self.deployments.last_mut()
    }

    /// A deployment begins. One to what the service has already is none.
    pub fn deploy(&mut self, target: Definition, who: Who, is_listed: bool) {
        if self.primary == Some(target) && who == Who::Us {
            return;
        }
        for one in self.deployments.iter_mut().filter(|one| one.state.is_under_way()) {
            one.state = State::Stopped;
        }
        self.deployments.push(Rollout {
            target,
            source: self.primary,
            state: State::Rolling,
            who,
            is_known: false,
            is_listed,
            is_forgotten: false,
            is_seen: false,
            is_stopped_by_us: false,
        });
        (self.primary, self.is_completed, self.health) = (Some(target), false, Health::Wrong);
    }

    /// The one that is under way is a success to ECS.
    pub fn succeed(&mut self, health: Health) {
        if let Some(one) = self.newest() {
            one.state = State::Successful;
            (self.is_completed, self.health) = (true, health);
        }
    }

    /// ECS begins to put back what was there before.
    pub fn turn_back(&mut self) {
        if let Some(one) = self.newest() {
            one.state = State::Returning;
            let source = one.source;
            (self.primary, self.is_completed, self.health) = (source.or(self.primary), false, Health::Wrong);
        }
    }

    /// What somebody else began after all that the deployer did, and that was listed.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        let newest = self.deployments.iter().rev().take_while(|one| one.who == Who::Them);
        newest.into_iter().any(|one| !one.is_known && one.is_seen)
    }

    /// Whether all that serves is that, and nothing goes on.
    #[must_use]
    pub fn serves(&self, definition: Definition) -> bool {
        self.under_way().is_none()
            && self.is_completed
            && self.primary == Some(definition)
            && self.health == Health::Right
    }
}

/// A place as a name.
///
/// # Panics
///
/// If there are more than a model has.
#[must_use]
pub fn number(place: usize) -> Deployment {
    Deployment::try_from(place).expect("a model is small")
}
