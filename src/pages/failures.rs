//! What a failure looks like: its page, and problem details for programs.

use rocket::http::{MediaType, Status};
use serde::Serialize;

use crate::facts::Facts;
use crate::pages::context::PageContext;
use crate::pages::representation::{Caching, Negotiable, Representation};
use crate::pages::templates::{TemplateError, Templates};

/// The failures that have a page, and what it says.
const EXPLAINED: [(Status, &str); 5] = [
    (Status::BadRequest, "The request could not be understood."),
    (Status::NotFound, "There is nothing at this address."),
    (Status::MethodNotAllowed, "This address can be read, with GET or HEAD, and nothing else."),
    (
        Status::InternalServerError,
        "The service could not answer. The failure is in its log, under the id in the X-Request-Id header.",
    ),
    (Status::ServiceUnavailable, "The service is about to stop."),
];

/// What the page's template gets besides the facts.
#[derive(Serialize)]
struct Failure<'a> {
    status: u16,
    title: &'a str,
    detail: &'a str,
}

/// The answers for all failures that have a page.
pub(crate) fn answers(facts: &Facts, templates: &Templates) -> Result<Vec<(Status, Negotiable)>, TemplateError> {
    EXPLAINED.into_iter().map(|(status, detail)| Ok((status, answer(status, detail, facts, templates)?))).collect()
}

/// The answer for one failure: a page, or problem details.
pub(crate) fn answer(
    status: Status,
    detail: &str,
    facts: &Facts,
    templates: &Templates,
) -> Result<Negotiable, TemplateError> {
    let failure = Failure { status: status.code, title: status.reason_lossy(), detail };
    let page = templates.draw("error", PageContext::new("error", facts, failure))?;
    let page = Representation::new("text/html; charset=utf-8", Caching::Never, page).with_status(status);
    let problem = problem(status, detail);
    Ok(Negotiable::new([
        (MediaType::HTML, page),
        (MediaType::JSON, problem.clone()),
        (MediaType::new("application", "problem+json"), problem),
    ]))
}

/// A failure for programs: problem details by RFC 9457.
pub(crate) fn problem(status: Status, detail: &str) -> Representation {
    #[derive(Serialize)]
    struct Problem<'a> {
        r#type: &'static str,
        title: &'a str,
        status: u16,
        detail: &'a str,
    }
    let problem = Problem { r#type: "about:blank", title: status.reason_lossy(), status: status.code, detail };
    let bytes = serde_json::to_vec(&problem).unwrap_or_default();
    Representation::new("application/problem+json", Caching::Never, bytes).with_status(status)
}
