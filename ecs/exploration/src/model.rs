//! The protocol in that world.

use deploy::protocol::{Action, Event, Job, Limit, Protocol};
use stateright::{Model, Property};

use crate::calls::{Answer, answers};
use crate::mishaps::Happening;
use crate::properties;
use crate::world::{Definition, FIRST, Numbers, SECOND, Who, World};

/// What is explored.
#[derive(Debug, Clone)]
pub struct Deployments {
    /// How many mishaps happen at most.
    pub mishaps: u8,
}

/// A state of everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The deployer.
    pub protocol: Protocol<Numbers>,
    /// What is asked for.
    pub job: Job<Numbers>,
    /// What it is doing.
    pub action: Action<Numbers>,
    /// Everything else.
    pub world: World,
    /// What is kept of what happened, for the properties.
    pub history: History,
}

/// What is kept of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is looked at by one property")]
pub struct History {
    /// Whether the deployer knows what was there before.
    pub has_looked: bool,
    /// Whether the service had somebody else's task definition when it was looked at last, by whatever look.
    pub is_theirs: bool,
    /// Whether the service was changed after somebody else's deployment began, of which a look could have told.
    pub is_trampled: bool,
    /// Whether what a rollback leaves was deployed again.
    pub is_brought_back: bool,
    /// Whether the call that starts it was made.
    pub is_asked: bool,
    /// Whether ECS said yes to the last call that deploys.
    pub is_accepted: bool,
    /// Whether the limit is running, was reported, and how many answers came since.
    pub time: Bell,
    /// The same of a signal, and of the end of its grace.
    pub signal: Bell,
    /// The same of the end of its grace.
    pub grace: Bell,
    /// How many limits began.
    pub limits: u8,
}

/// Something that comes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bell {
    /// It can't come.
    #[default]
    Off,
    /// It may come.
    Set,
    /// It came, so many answers ago.
    Rang(u8),
}

impl Bell {
    fn count(&mut self) {
        if let Self::Rang(times) = self {
            *times += 1;
        }
    }
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// The action is answered.
    Answered(Answer),
    /// The limit is reached.
    TimeUp,
    /// A signal comes.
    Signal,
    /// It came a while ago.
    GraceOver,
    /// Something else happens.
    Happens(Happening),
}

impl Moment {
    fn begin(job: Job<Numbers>, world: World) -> Self {
        let (protocol, step) = Protocol::begin(job.clone());
        let mut history = History { signal: Bell::Set, ..History::default() };
        history.limit(step.limit);
        Self { protocol, job, action: step.action, world, history }
    }

    /// The protocol hears of it.
    pub fn hear(&mut self, event: Event<Numbers>) {
        let (protocol, step) = self.protocol.clone().next(event);
        self.protocol = protocol;
        if step.action != Action::Wait {
            self.history.time.count();
            self.history.grace.count();
            self.history.limit(step.limit);
            self.action = step.action;
        }
    }

    /// The action goes like that.
    pub fn answer(&mut self, answer: Answer) -> Event<Numbers> {
        // To stop what is ours takes nothing from anybody.
        let is_stop = matches!(self.action, Action::Stop(_));
        let is_taken = self.world.is_taken() || (self.history.is_theirs && !is_stop);
        let before = (self.world.deployments.len(), stopped(&self.world));
        let event = self.world.call(&self.action, answer);
        self.world.mishaps -= answer.cost();
        if (self.world.deployments.len(), stopped(&self.world)) != before {
            let is_rollback = matches!(self.job, Job::Rollback { .. });
            self.history.is_trampled |= is_taken;
            self.history.is_brought_back |= is_rollback && self.world.primary == Some(SECOND);
        }
        self.history.is_asked |= matches!(self.action, Action::Start(_));
        if matches!(self.action, Action::Start(_) | Action::PutBack(_)) {
            self.history.is_accepted = event == Event::Done;
        }
        self.look_back(&event);
        event
    }

    /// What a look could have told.
    fn look_back(&mut self, event: &Event<Numbers>) {
        match event {
            Event::Listed(_) if !self.history.has_looked => {
                self.history.has_looked = true;
                for one in self.world.deployments.iter_mut().filter(|one| one.is_listed) {
                    one.is_known = true;
                }
            }
            Event::Listed(_) | Event::Service(_) => {
                let ours = [self.previous(), self.definition()];
                let is_list = matches!(event, Event::Listed(_));
                let unlisted = self.world.deployments.iter().find(|one| one.who == Who::Us && !one.is_listed);
                let unlisted = unlisted.map(|one| one.target);
                for one in self.world.deployments.iter_mut().filter(|one| !one.is_known && is_list && one.is_listed) {
                    // One of the same revision can't be told from ours while that is not listed.
                    one.is_seen |= one.who == Who::Us || Some(one.target) != unlisted;
                }
                // A list may lag; what the service has does not.
                self.history.is_theirs = !ours.contains(&self.world.primary);
            }
            _ => {}
        }
    }

    /// What is to run.
    fn definition(&self) -> Option<Definition> {
        match self.job {
            Job::Apply { .. } => Some(SECOND),
            Job::Rollback { .. } => Some(self.world.target),
            Job::Verify { .. } => None,
        }
    }

    /// What ran.
    fn previous(&self) -> Option<Definition> {
        match self.job {
            Job::Apply { planned_from, .. } => planned_from,
            Job::Rollback { from, .. } => Some(from),
            Job::Verify { .. } => None,
        }
    }
}

/// How many deployments were stopped here.
fn stopped(world: &World) -> usize {
    world.deployments.iter().filter(|one| one.is_stopped_by_us).count()
}

impl History {
    fn limit(&mut self, limit: Option<Limit>) {
        if let Some(limit) = limit {
            self.limits += 1;
            self.time = if limit == Limit::None { Bell::Rang(0) } else { Bell::Set };
        }
    }
}

impl Model for Deployments {
    type State = Moment;
    type Action = Move;

    fn init_states(&self) -> Vec<Moment> {
        let one = || World::with(&[FIRST], self.mishaps);
        let two = || World::with(&[FIRST, SECOND], self.mishaps);
        let apply = |planned_from, is_wanted, is_scaled_down| Job::Apply { planned_from, is_wanted, is_scaled_down };
        let rollback = |from, is_named, is_dry_run| Job::Rollback { from, is_named, is_dry_run };
        // A release that somebody began, and left; the same when ECS goes back; and a rollback.
        let mut rolling = one();
        rolling.deploy(SECOND, Who::Them, true);
        let mut returning = rolling.clone();
        returning.turn_back();
        let mut going_back = two();
        going_back.deploy(FIRST, Who::Them, true);
        let mut created = World::with(&[], self.mishaps);
        created.deploy(SECOND, Who::Them, true);
        let mut all = vec![
            Moment::begin(apply(Some(FIRST), true, false), one()),
            Moment::begin(apply(Some(FIRST), false, false), one()),
            Moment::begin(apply(Some(FIRST), true, true), one()),
            Moment::begin(apply(None, true, false), World::with(&[], self.mishaps)),
            Moment::begin(Job::Verify { definition: FIRST }, one()),
            Moment::begin(rollback(SECOND, true, false), World { target: SECOND, ..two() }),
        ];
        for world in [two(), rolling, created] {
            for (is_named, is_dry_run) in [(false, false), (true, false), (false, true)] {
                all.push(Moment::begin(rollback(SECOND, is_named, is_dry_run), world.clone()));
            }
        }
        for world in [returning.clone(), going_back] {
            for is_dry_run in [false, true] {
                all.push(Moment::begin(rollback(FIRST, false, is_dry_run), world.clone()));
            }
        }
        // It was asked for before ECS began to go back.
        all.push(Moment::begin(rollback(SECOND, false, false), returning));
        all
    }

    fn actions(&self, moment: &Moment, moves: &mut Vec<Move>) {
        if matches!(moment.action, Action::End(_)) {
            return;
        }
        let answers = answers(&moment.action).iter().filter(|answer| answer.cost() <= moment.world.mishaps);
        moves.extend(answers.map(|answer| Move::Answered(*answer)));
        if moment.history.time == Bell::Set {
            moves.push(Move::TimeUp);
        }
        if moment.history.signal == Bell::Set {
            moves.push(Move::Signal);
        }
        if moment.history.grace == Bell::Set {
            // A second one changes nothing.
            moves.extend([Move::Signal, Move::GraceOver]);
        }
        moves.extend(moment.world.happenings().into_iter().map(Move::Happens));
    }

    fn next_state(&self, last: &Moment, step: Move) -> Option<Moment> {
        let mut moment = last.clone();
        match step {
            Move::Answered(answer) => {
                let event = moment.answer(answer);
                moment.hear(event);
            }
            Move::TimeUp => {
                moment.history.time = Bell::Rang(0);
                moment.hear(Event::TimeUp);
            }
            Move::Signal => {
                moment.history.signal = Bell::Off;
                moment.history.grace = Bell::Set;
                moment.hear(Event::Signal);
            }
            Move::GraceOver => {
                moment.history.grace = Bell::Rang(0);
                moment.hear(Event::GraceOver);
            }
            Move::Happens(happening) => moment.world.happen(happening),
        }
        Some(moment)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self.mishaps)
    }
}
