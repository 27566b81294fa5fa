//! The connections that are open, and which of them have to go.
//!
//! What it decides by is what each is waiting for, and since when. Of HTTP it knows no more than that. Rocket has no limit
//! of any kind here, and hyper has one: a time for a request's head that also runs between requests, with a timer made
//! for each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::server::link::{Link, Order, Phase};
use crate::server::memory;

/// As many as one thread has use for: a balancer has one open for each request under way, and a request takes
/// microseconds. Some 20 kB of memory each.
const MOST: u64 = 512;

/// Descriptors for everything else: the log, the runtime, the metadata endpoint, files in a debug build.
const RESERVED: u64 = 64;

/// A client that came or asked within this time before the end is likely to ask: it is told with its next answer.
const RECENT: Duration = Duration::from_millis(250);

/// How often it is looked at the end who is idle.
const LOOK: Duration = Duration::from_millis(50);

/// So many that closed since are worth a look for memory that can go back.
const CROWD: usize = 64;

/// How often room is looked for while every connection is being answered.
const PAUSE: Duration = Duration::from_millis(5);

/// All connections. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Shared>);

struct Shared {
    clock: Instant,
    limit: usize,
    open: Mutex<HashMap<u64, Arc<Link>>>,
    closed: Notify,
    ending: AtomicBool,
    /// The most that were open since memory went back.
    most: AtomicUsize,
}

/// A connection's place; dropping it makes room.
pub(crate) struct Place {
    number: u64,
    pub(crate) link: Arc<Link>,
    connections: Connections,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
        self.connections.0.closed.notify_one();
    }
}

impl Default for Connections {
    /// For as many as the process may have descriptors for, and [`MOST`] at most.
    fn default() -> Self {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let limit = usize::try_from(descriptors.saturating_sub(RESERVED).clamp(1, MOST)).unwrap_or(1);
        Self(Arc::new(Shared {
            clock: Instant::now(),
            limit,
            // A table that grew among the connections would keep their memory from going back when they are gone.
            open: Mutex::new(HashMap::with_capacity(limit)),
            closed: Notify::new(),
            ending: AtomicBool::new(false),
            most: AtomicUsize::new(0),
        }))
    }
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Link>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.open().len()
    }

    /// Whether each answer is its connection's last.
    pub(crate) fn are_ending(&self) -> bool {
        self.0.ending.load(Ordering::Acquire)
    }

    /// A place for a connection that has come. Where there is none, the most dispensable one goes first.
    pub(crate) async fn place(&self, number: u64) -> Place {
        loop {
            {
                let mut open = self.open();
                if open.len() < self.0.limit {
                    let link = Arc::new(Link::new(self.0.clock));
                    open.insert(number, link.clone());
                    self.0.most.fetch_max(open.len(), Ordering::Relaxed);
                    return Place { number, link, connections: self.clone() };
                }
                let going = open.values().any(|link| link.order() == Order::Leave);
                if !going && let Some(link) = most_dispensable(open.values()) {
                    link.tell(Order::Leave);
                }
            }
            let _ = timeout(PAUSE, self.0.closed.notified()).await;
        }
    }

    /// Sends away whoever has waited for too long, and gives back the memory of those who went.
    pub(crate) fn sweep(&self) {
        let open = self.open();
        for link in open.values() {
            if link.is_overdue() {
                link.tell(Order::Leave);
            }
        }
        let now = open.len();
        drop(open);
        if self.0.most.fetch_max(now, Ordering::Relaxed) >= now + CROWD {
            self.0.most.store(now, Ordering::Relaxed);
            memory::give_back();
        }
    }

    /// From now on each answer is its connection's last.
    pub(crate) fn begin_end(&self) {
        self.0.ending.store(true, Ordering::Release);
    }

    /// The same, and closes those that have been idle for a while. It goes on: there are new ones while the port is open.
    pub(crate) async fn end(&self) {
        self.begin_end();
        loop {
            for link in self.open().values() {
                if link.phase() == Phase::Idle && link.waited() >= RECENT {
                    link.tell(Order::Finish);
                }
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until none is open.
    pub(crate) async fn closed(&self) {
        while !self.open().is_empty() {
            self.0.closed.notified().await;
        }
    }
}

fn most_dispensable<'a>(links: impl Iterator<Item = &'a Arc<Link>>) -> Option<&'a Arc<Link>> {
    let ranked = links.filter_map(|link| Some((link.dispensable()?, link)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, link)| link)
}
