//! One connection, as who serves it and who decides about it see it: what it waits for, since when, and what it is told.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// From the first byte of a request to the end of its head. A load balancer sends a head whole.
const HEAD: Duration = Duration::from_secs(10);

/// Between requests, and before the first. More than the 60 seconds after which an Application Load Balancer closes if it
/// isn't told otherwise: it must be the balancer that closes, or it answers 502 for a request that it has just sent.
const IDLE: Duration = Duration::from_secs(75);

/// For a client that does not take its answer, without taking a byte.
const STUCK: Duration = Duration::from_secs(30);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The first byte of a request.
    Idle,
    /// The rest of its head.
    Head,
    /// Our answer.
    Answering,
    /// The client, to take the answer.
    Sending,
}

impl Phase {
    fn limit(self) -> Option<Duration> {
        match self {
            Self::Idle => Some(IDLE),
            Self::Head => Some(HEAD),
            Self::Answering => None,
            Self::Sending => Some(STUCK),
        }
    }

    /// Who goes first when there is no room; nobody who is being answered. A client that was never answered is no
    /// loss, one that does not take its answer is a last resort.
    fn dispensable(self, served: bool) -> Option<u8> {
        match (self, served) {
            (Self::Answering, _) => None,
            (Self::Sending, _) => Some(2),
            (_, true) => Some(1),
            (_, false) => Some(0),
        }
    }
}

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Order {
    Stay,
    /// End, unless a request has come.
    Finish,
    /// End at once.
    Leave,
}

/// One connection, shared by who serves it and who decides. Its parts stand for themselves, so their order is free.
pub(crate) struct Link {
    clock: Instant,
    phase: AtomicU8,
    /// Microseconds of the clock.
    since: AtomicU64,
    served: AtomicBool,
    order: AtomicU8,
    told: Notify,
}

impl Link {
    pub(crate) fn new(clock: Instant) -> Self {
        let link = Self {
            clock,
            phase: AtomicU8::new(Phase::Idle as u8),
            since: AtomicU64::new(0),
            served: AtomicBool::new(false),
            order: AtomicU8::new(Order::Stay as u8),
            told: Notify::new(),
        };
        link.enter(Phase::Idle);
        link
    }

    pub(crate) fn enter(&self, phase: Phase) {
        if phase == Phase::Sending {
            self.served.store(true, Ordering::Relaxed);
        }
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.since.store(micros(self.clock.elapsed()), Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        const ALL: [Phase; 4] = [Phase::Idle, Phase::Head, Phase::Answering, Phase::Sending];
        ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    pub(crate) fn waited(&self) -> Duration {
        self.clock.elapsed().saturating_sub(Duration::from_micros(self.since.load(Ordering::Relaxed)))
    }

    pub(crate) fn order(&self) -> Order {
        const ALL: [Order; 3] = [Order::Stay, Order::Finish, Order::Leave];
        ALL[usize::from(self.order.load(Ordering::Acquire))]
    }

    pub(crate) fn tell(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::AcqRel);
        self.told.notify_one();
    }

    /// Whether it has waited for longer than it may.
    pub(crate) fn is_overdue(&self) -> bool {
        self.phase().limit().is_some_and(|limit| self.waited() > limit)
    }

    /// The lowest goes first when there is no room: by its kind, then who has waited longest.
    pub(crate) fn dispensable(&self) -> Option<(u8, u64)> {
        let rank = self.phase().dispensable(self.served.load(Ordering::Relaxed))?;
        Some((rank, self.since.load(Ordering::Relaxed)))
    }

    /// Waits for an order beyond `known`.
    pub(crate) async fn told(&self, known: Order) -> Order {
        loop {
            let order = self.order();
            if order > known {
                return order;
            }
            self.told.notified().await;
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Phase::{Answering, Head, Idle, Sending};
    use super::*;

    #[test]
    fn who_was_never_answered_goes_first_and_nobody_who_is_being_answered() {
        let link = |phases: &[Phase], since| {
            let link = Link::new(Instant::now());
            for phase in phases {
                link.enter(*phase);
            }
            link.since.store(since, Ordering::Relaxed);
            link
        };
        let links = [
            link(&[Answering], 1),
            link(&[Answering, Sending], 2),
            link(&[Answering, Sending, Idle], 9),
            link(&[Head], 8),
            link(&[Idle], 7),
            link(&[Answering, Sending, Head], 3),
        ];
        let mut order: Vec<_> = links.iter().filter_map(Link::dispensable).collect();
        order.sort_unstable();
        assert_eq!(order.into_iter().map(|(_, since)| since).collect::<Vec<_>>(), [7, 8, 3, 9, 2]);
    }

    #[test]
    fn each_phase_has_its_time() {
        let clock = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        for (phase, limit) in [(Idle, Some(75)), (Head, Some(10)), (Answering, None), (Sending, Some(30))] {
            for seconds in [5, 20, 50, 90] {
                let link = Link::new(clock);
                link.enter(phase);
                link.since.fetch_sub(seconds * 1_000_000, Ordering::Relaxed);
                assert_eq!(link.is_overdue(), limit.is_some_and(|limit| seconds > limit), "{phase:?} {seconds}");
            }
        }
    }
}
