//! How the service ends when it is told to.
//!
//! The delays stand here together, because their sum must stay below what the platform allows
//! before it kills: Docker's default is 10 seconds, a task's `stopTimeout` at least that.

use std::io;
use std::time::Duration;

use rocket::Shutdown;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use crate::server::connections::Connections;
use crate::server::health::Health;

/// How long `/health` says 503 while connections are still accepted. ECS takes a task out of the
/// load balancer before it sends SIGTERM; this second is for whoever was not told.
const ANNOUNCEMENT: Duration = Duration::from_secs(1);

/// For the requests under way, after that. No answer takes longer than [`crate::facts::metadata::BUDGET`]; the rest is for
/// clients that write or read slowly.
pub(crate) const GRACE: Duration = Duration::from_secs(6);

/// What all of it may take must end before Docker's patience does.
const _: () = assert!(ANNOUNCEMENT.as_secs() + GRACE.as_secs() + 1 < 10);

/// The signals that end the service, held from the start on: what arrives early is not lost.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over from the system's default. Must be called within a runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for a signal, then ends the service: `/health` turns 503 first, connections end with their next answer,
    /// and on SIGTERM the listener stays open for a moment. A second signal cuts that moment short.
    pub(crate) async fn end(mut self, health: Health, connections: Connections, shutdown: Shutdown) {
        let terminated = tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
        };
        health.begin_shutdown();
        connections.begin_end();
        tracing::info!(signal = if terminated { "SIGTERM" } else { "SIGINT" }, "shutting down");
        if terminated {
            tokio::select! {
                () = connections.end() => {}
                () = sleep(ANNOUNCEMENT) => {}
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        }
        shutdown.notify();
    }
}
