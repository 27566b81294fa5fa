//! Why the service did not start, or ended by itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::task::JoinError;

use crate::pages::assets::AssetError;
use crate::pages::published::PublishError;
use crate::pages::templates::TemplateError;

/// Why the service did not start, or ended by itself: one message for whoever started it.
#[derive(Debug, Error)]
pub enum StartError {
    /// The static files can't be used.
    #[error(transparent)]
    Static(#[from] AssetError),
    /// The measurements can't be set up.
    #[error(transparent)]
    Telemetry(#[from] prometheus::Error),
    /// A template can't be used.
    #[error(transparent)]
    Template(Arc<TemplateError>),
    /// The system gives no threads.
    #[error("the threads that answer requests can't be started: {0}")]
    Threads(#[source] io::Error),
    /// The system gives no signals.
    #[error("signals can't be received: {0}")]
    Signals(#[source] io::Error),
    /// A part of the service refused to be set up, and is no template.
    #[error("a part of the service can't be set up")]
    Fairing,
    /// Rocket refuses what it was given.
    #[error("{}", .0.kind())]
    Rocket(Box<rocket::Error>),
    /// The address is taken, or not this host's.
    #[error("can't listen on {listen}: {source}; choose another address or port with ROCKET_ADDRESS and ROCKET_PORT")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The pages can't be drawn.
    #[error(transparent)]
    Pages(Arc<PublishError>),
    /// The port's own task panicked.
    #[error("taking connections in: {0}")]
    Serving(#[source] JoinError),
}
