//! What the health check answers, to people and to programs.
//!
//! It needs no fact but the configuration's: it is the first address that answers.

use rocket::http::{MediaType, Status};
use serde::Serialize;

use crate::facts::Facts;
use crate::pages::context::PageContext;
use crate::pages::representation::{Caching, Negotiable, Representation};
use crate::pages::templates::{TemplateError, Templates};

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
struct Health {
    healthy: bool,
}

/// The answer in one of the two states.
pub(crate) fn answer(healthy: bool, facts: &Facts, templates: &Templates) -> Result<Negotiable, TemplateError> {
    let release = &facts.release;
    let document = Document {
        status: if healthy { "pass" } else { "fail" },
        description: if healthy { "healthy" } else { "shutting down" },
        version: release.version,
        release_id: release.commit.value().map(String::as_str),
        since: &release.started_at,
    };
    let json = serde_json::to_vec(&document).unwrap_or_default();
    let page = templates.draw("health", PageContext::new("health", facts, Health { healthy }))?;

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
