//! `/health`: whether the service takes requests, for people and for machines.
//!
//! It needs no fact but the configuration's: it is the first address that answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::{MediaType, Status};
use rocket::{Route, State, get, routes};
use serde::Serialize;

use crate::facts::Facts;
use crate::pages::representation::{Caching, Negotiable, Representation};
use crate::pages::templates::{Fault, Templates};
use crate::server::early::Early;

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

/// By the draft "Health Check Response Format for HTTP APIs" (draft-inadarei-api-health-check-06).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    status: &'static str,
    description: &'static str,
    version: &'a str,
    release_id: Option<&'a str>,
    since: &'a str,
}

/// What the page's template gets besides the facts.
#[derive(Serialize)]
struct Own {
    healthy: bool,
}

/// The answer in one of the two states.
pub(crate) fn answer(healthy: bool, facts: &Facts, templates: &Templates) -> Result<Negotiable, Fault> {
    let release = &facts.release;
    let document = Document {
        status: if healthy { "pass" } else { "fail" },
        description: if healthy { "healthy" } else { "shutting down" },
        version: release.version,
        release_id: release.commit.value().map(String::as_str),
        since: &release.started_at,
    };
    let json = serde_json::to_vec(&document).unwrap_or_default();
    let page = templates.draw("health", facts.context("health", Own { healthy }))?;

    let status = if healthy { Status::Ok } else { Status::ServiceUnavailable };
    let form = |media_type: MediaType, bytes| {
        (media_type.clone(), Representation::new(media_type.to_string(), Caching::Never, bytes).with_status(status))
    };
    Ok(Negotiable::new([
        form(MediaType::HTML, page),
        form(MediaType::JSON, json.clone()),
        form(MediaType::new("application", "health+json"), json),
    ]))
}

/// The route of the health check.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![health]
}

#[get("/health")]
fn health(health: &State<Health>, early: &State<Early>) -> Result<Negotiable, Status> {
    early.health(health.is_healthy()).ok_or(Status::InternalServerError)
}
