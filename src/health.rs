//! `/health`: whether the service takes requests, for people and for machines.
//!
//! It knows nothing of the facts and needs none of them: it is the first address that answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::{MediaType, Status};
use rocket::{Route, State, get, routes};
use serde::Serialize;

use crate::pages::{Facts, Pages};
use crate::representation::{Caching, Negotiable, Representation};
use crate::templates::{Fault, Templates};

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

/// The answers in both states, drawn before launch.
pub(crate) struct Answers {
    healthy: Negotiable,
    shutting_down: Negotiable,
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

impl Answers {
    pub(crate) fn draw(facts: &Facts, templates: &Templates) -> Result<Self, Fault> {
        Ok(Self { healthy: answer(true, facts, templates)?, shutting_down: answer(false, facts, templates)? })
    }
}

fn answer(healthy: bool, facts: &Facts, templates: &Templates) -> Result<Negotiable, Fault> {
    let release = facts.release();
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
fn health(health: &State<Health>, pages: &State<Pages>, answers: &State<Answers>) -> Negotiable {
    let healthy = health.is_healthy();
    let drawn = if healthy { &answers.healthy } else { &answers.shutting_down };
    pages.redraw(|facts, templates| answer(healthy, facts, templates)).unwrap_or_else(|| drawn.clone())
}
