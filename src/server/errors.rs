//! What a client gets that asked for something there is not, or in a way there is not.

use rocket::http::{MediaType, Method, Status};
use rocket::outcome::Outcome;
use rocket::request::Request;
use rocket::response::{self, Responder};
use rocket::route::{self, Handler};
use rocket::{Catcher, Data, Route, catch, catchers};

use crate::pages::failures::problem;
use crate::pages::prerendered::PrerenderedResponses;
use crate::pages::representation::Negotiable;

/// The methods every address answers.
const ALLOWED: [Method; 2] = [Method::Get, Method::Head];

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
    let drawn = request.rocket().state::<PrerenderedResponses>().and_then(|responses| responses.failure(status));
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
