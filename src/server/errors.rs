//! What a client gets that asked for something there is not, or in a way there is not.

use rocket::http::{MediaType, Method, Status};
use rocket::outcome::Outcome;
use rocket::request::Request;
use rocket::response::{self, Responder};
use rocket::route::{self, Handler};
use rocket::{Catcher, Data, Route, catch, catchers};
use serde::Serialize;

use crate::facts::Facts;
use crate::pages::representation::{Caching, Negotiable, Representation};
use crate::pages::templates::{Fault, Templates};
use crate::server::early::Early;

/// The methods every address answers.
const ALLOWED: [Method; 2] = [Method::Get, Method::Head];

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
struct Own<'a> {
    status: u16,
    title: &'a str,
    detail: &'a str,
}

/// The answers for all failures that have a page.
pub(crate) fn answers(facts: &Facts, templates: &Templates) -> Result<Vec<(Status, Negotiable)>, Fault> {
    EXPLAINED.into_iter().map(|(status, detail)| Ok((status, answer(status, detail, facts, templates)?))).collect()
}

/// The answer for one failure: a page, or problem details.
pub(crate) fn answer(status: Status, detail: &str, facts: &Facts, templates: &Templates) -> Result<Negotiable, Fault> {
    let own = Own { status: status.code, title: status.reason_lossy(), detail };
    let page = templates.draw("error", facts.context("error", own))?;
    let page = Representation::new("text/html; charset=utf-8", Caching::Never, page).with_status(status);
    let problem = problem(status, detail);
    Ok(Negotiable::new([
        (MediaType::HTML, page),
        (MediaType::JSON, problem.clone()),
        (MediaType::new("application", "problem+json"), problem),
    ]))
}

/// A failure for programs: problem details by RFC 9457.
fn problem(status: Status, detail: &str) -> Representation {
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

/// The catcher of all failures.
#[must_use]
pub fn catchers() -> Vec<Catcher> {
    catchers![failure]
}

/// Why a request is not routed, if it is not: [`crate::server::front`] notes it in the request's local cache.
pub(crate) struct Refused(pub(crate) Option<Status>);

/// The status of a request that was not understood.
pub(crate) fn refused(request: &Request<'_>) -> Option<Status> {
    request.local_cache(|| Refused(None)).0
}

#[catch(default)]
fn failure(status: Status, request: &Request<'_>) -> ErrorAnswer {
    let status = refused(request).unwrap_or(status);
    let drawn = request.rocket().state::<Early>().and_then(|early| early.error(status));
    let answer = drawn.unwrap_or_else(|| Negotiable::new([(MediaType::JSON, problem(status, status.reason_lossy()))]));
    ErrorAnswer { status, answer }
}

struct ErrorAnswer {
    status: Status,
    answer: Negotiable,
}

impl<'r> Responder<'r, 'static> for ErrorAnswer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.answer.respond_to(request)?;
        if self.status == Status::MethodNotAllowed {
            response.set_raw_header("Allow", ALLOWED.map(Method::as_str).join(", "));
        }
        Ok(response)
    }
}

/// A route for each address of `routes` and each method it doesn't answer, which says so.
///
/// Rocket itself answers 404 for a known address with another method. CONNECT has no address.
#[must_use]
pub fn wrong_methods(routes: &[Route]) -> Vec<Route> {
    const METHODS: [Method; 6] =
        [Method::Put, Method::Post, Method::Delete, Method::Options, Method::Trace, Method::Patch];
    routes
        .iter()
        .flat_map(|known| METHODS.map(|method| Route::new(method, known.uri.as_str(), MethodNotAllowed)))
        .collect()
}

#[derive(Clone)]
struct MethodNotAllowed;

#[rocket::async_trait]
impl Handler for MethodNotAllowed {
    async fn handle<'r>(&self, _: &'r Request<'_>, _: Data<'r>) -> route::Outcome<'r> {
        Outcome::Error(Status::MethodNotAllowed)
    }
}
