//! What happens by itself: how rollouts go, and what others do.

use crate::world::{Definition, FIRST, Health, SECOND, State, THIRD, Who, World};

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// The rollout is a success to ECS, and that serves.
    Succeeds(Health),
    /// The same, while what was there before is primary again.
    SucceedsFalsely,
    /// The circuit breaker, an alarm during the bake, or a person has ECS go back.
    TurnsBack,
    /// It is back.
    IsBack(Health),
    /// It does not get back.
    DoesNotGetBack,
    /// ECS's lists catch up.
    Listed,
    /// ECS denies that the newest deployment exists, or knows it again.
    Forgotten(bool),
    /// Somebody else deploys that; ECS's lists have it at once, or not yet.
    SomebodyDeploys(Definition, bool),
    /// What serves changes.
    Becomes(Health),
    /// The scaling begins to move the number of tasks, or is done.
    Scales(bool),
}

/// One that alternates is wrong first: until then it is right.
const HEALTHS: [Health; 3] = [Health::Right, Health::Wrong, Health::Alternating(false)];

impl Happening {
    /// How many mishaps that is. How a rollout goes is none.
    #[must_use]
    pub fn cost(self) -> u8 {
        match self {
            Self::Succeeds(_)
            | Self::TurnsBack
            | Self::IsBack(_)
            | Self::DoesNotGetBack
            | Self::Listed
            | Self::Forgotten(false)
            | Self::Scales(false) => 0,
            Self::SucceedsFalsely | Self::Forgotten(true) | Self::Becomes(_) | Self::Scales(true) => 1,
            Self::SomebodyDeploys(_, is_listed) => {
                if is_listed {
                    1
                } else {
                    2
                }
            }
        }
    }
}

impl World {
    /// What can happen now.
    #[must_use]
    pub fn happenings(&self) -> Vec<Happening> {
        use Happening::{
            Becomes, DoesNotGetBack, Forgotten, IsBack, Listed, Scales, SomebodyDeploys, Succeeds, SucceedsFalsely,
            TurnsBack,
        };
        let mut all = Vec::new();
        let newest = self.deployments.last();
        match newest.map(|one| (one.state, one.source)) {
            Some((State::Rolling, source)) => {
                all.extend(HEALTHS.map(Succeeds));
                // Lists lag behind by seconds, and it takes ECS minutes to find that a release fails.
                all.extend(newest.filter(|one| one.is_listed).map(|_| TurnsBack));
                all.extend(source.map(|_| SucceedsFalsely));
            }
            Some((State::Returning, source)) => {
                all.extend(source.iter().flat_map(|_| HEALTHS.map(IsBack)));
                all.push(DoesNotGetBack);
            }
            _ if self.is_completed => {
                // Of a site that only begins to alternate nothing is to be seen yet.
                all.extend(
                    [Health::Right, Health::Wrong].into_iter().filter(|health| *health != self.health).map(Becomes),
                );
            }
            _ => {}
        }
        all.extend(newest.map(|one| Forgotten(!one.is_forgotten)));
        if self.deployments.iter().any(|one| !one.is_listed) {
            all.push(Listed);
        }
        all.push(Scales(!self.is_scaling));
        if self.primary.is_some() {
            // Again only what was deployed before.
            let is_there = |definition| self.deployments.iter().any(|one| one.is_listed && one.target == definition);
            for definition in [FIRST, SECOND, THIRD].into_iter().filter(|one| *one == THIRD || is_there(*one)) {
                all.extend([true, false].map(|is_listed| SomebodyDeploys(definition, is_listed)));
            }
        }
        all.retain(|one| one.cost() <= self.mishaps);
        all
    }

    /// It happens.
    pub fn happen(&mut self, happening: Happening) {
        self.mishaps -= happening.cost();
        match happening {
            Happening::Succeeds(health) => self.succeed(health),
            Happening::SucceedsFalsely => {
                self.turn_back();
                self.succeed(Health::Right);
            }
            Happening::TurnsBack => self.turn_back(),
            Happening::IsBack(health) => {
                self.succeed(health);
                self.deployments.last_mut().into_iter().for_each(|one| one.state = State::RolledBack);
            }
            Happening::DoesNotGetBack => {
                self.deployments.last_mut().into_iter().for_each(|one| one.state = State::RollbackFailed);
            }
            Happening::Listed => self.deployments.iter_mut().for_each(|one| one.is_listed = true),
            Happening::Forgotten(is_forgotten) => {
                self.deployments.last_mut().into_iter().for_each(|one| one.is_forgotten = is_forgotten);
            }
            Happening::SomebodyDeploys(definition, is_listed) => self.deploy(definition, Who::Them, is_listed),
            Happening::Becomes(health) => self.health = health,
            Happening::Scales(is_scaling) => self.is_scaling = is_scaling,
        }
    }
}
