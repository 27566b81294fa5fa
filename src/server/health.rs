//! `/health`: whether the service takes requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::Status;
use rocket::{Route, State, get, routes};

use crate::pages::prerendered::PrerenderedResponses;
use crate::pages::representation::Negotiable;

/// Whether the shutdown has begun. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<AtomicBool>);

impl Health {
    /// From now on the service is about to end, and says so.
    pub fn begin_shutdown(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the service takes requests.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// The route of the health check.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![health]
}

#[get("/health")]
fn health(health: &State<Health>, responses: &State<PrerenderedResponses>) -> Result<Negotiable, Status> {
    responses.health(health.is_healthy()).ok_or(Status::InternalServerError)
}
