//! SIGINT and SIGTERM: somebody, or a pipeline, wants this to end. What sent the first one may kill a few seconds later.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long after a signal something is still looked at: after that, only what goes on is stopped.
pub const LOOKING: Duration = Duration::from_secs(1);

/// How long after a signal something is still changed.
pub const CHANGING: Duration = Duration::from_millis(2300);

/// Whether one of the two signals has come, and when.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Option<Instant>>);

impl Interrupt {
    /// Listens from now on. A signal then no longer ends the process by itself.
    pub fn listen() -> std::io::Result<Self> {
        let (send, receive) = watch::channel(None);
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            // Kept until the end: a channel whose sender is gone would look like a signal.
            send.send_replace(Some(Instant::now()));
            std::future::pending::<()>().await;
        });
        Ok(Self(receive))
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn has_come(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Whether a signal has come, that long ago.
    #[must_use]
    pub fn is_over(&self, grace: Duration) -> bool {
        self.0.borrow().is_some_and(|came| came.elapsed() >= grace)
    }

    /// Waits that long, or until a signal comes.
    pub async fn pause(&self, time: Duration) {
        _ = tokio::time::timeout(time, self.came()).await;
    }

    /// What comes of `waiting`; nothing if that does not come until `grace` after a signal.
    pub async fn cut<T>(&self, grace: Duration, waiting: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = async { tokio::time::sleep_until(self.came().await + grace).await } => None,
            done = waiting => Some(done),
        }
    }

    async fn came(&self) -> Instant {
        let mut signals = self.0.clone();
        let came = signals.wait_for(Option::is_some).await.ok().and_then(|came| *came);
        match came {
            Some(came) => came,
            // Nobody listens any more, and nothing comes.
            None => std::future::pending().await,
        }
    }
}
