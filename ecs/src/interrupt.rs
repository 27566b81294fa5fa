//! SIGINT and SIGTERM: somebody, or a pipeline, wants this to end.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether one of the two signals has come.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from now on. A signal then no longer ends the process by itself.
    pub fn listen() -> std::io::Result<Self> {
        let (send, receive) = watch::channel(false);
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            // Kept until the end: a channel whose sender is gone would look like a signal.
            send.send_replace(true);
            std::future::pending::<()>().await;
        });
        Ok(Self(receive))
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn has_come(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits that long, or until a signal comes.
    pub async fn pause(&self, time: Duration) {
        let mut signals = self.0.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            Ok(_) = signals.wait_for(|came| *came) => {}
        }
    }
}
