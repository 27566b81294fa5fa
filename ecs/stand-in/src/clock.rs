//! A clock that can run fast: a rollout of minutes is over in a fraction of a second.

use std::time::Instant;

/// 2026-01-01 00:00:00 UTC: where every story begins.
const BEGINNING: f64 = 1_767_225_600.0;

/// Time as the world has it.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    speed: f64,
}

impl Clock {
    /// One that runs `speed` times as fast as a real one.
    pub(crate) fn new(speed: f64) -> Self {
        Self { start: Instant::now(), speed }
    }

    /// Seconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> f64 {
        BEGINNING + self.start.elapsed().as_secs_f64() * self.speed
    }
}
