//! From HTTP as hyper reads it to Rocket, and back.
//!
//! Rocket's own server hands out neither its listener nor its connections, so it is asked without one, through its
//! [`local`](rocket::local) interface: routes, guards, fairings and catchers are Rocket's as before. What an HTTP server
//! has to refuse by itself is refused here, with an answer that Rocket draws like any other. No address reads a
//! request's body, so none is passed on and nobody waits for one.

use std::borrow::Cow;
use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Response, StatusCode, Version};
use rocket::http::uri::Origin;
use rocket::http::{Header, Method, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::{Ignite, Rocket};
use tokio::io::AsyncReadExt;

use crate::server::errors::Refused;

/// What asks Rocket.
pub(crate) struct Front(Client);

impl Front {
    /// Launches Rocket, without a port.
    pub(crate) async fn launch(rocket: Rocket<Ignite>) -> Result<Self, rocket::Error> {
        Client::untracked(rocket).await.map(Self)
    }

    pub(crate) fn rocket(&self) -> &Rocket<rocket::Orbit> {
        self.0.rocket()
    }

    /// Rocket's answer. It is the connection's last where a body follows that nobody reads: where the next request
    /// begins is then unknown. So it is if `is_last` says so once the answer is there.
    pub(crate) async fn answer<B: Body>(
        &self,
        request: hyper::Request<B>,
        peer: SocketAddr,
        is_last: impl FnOnce() -> bool,
    ) -> Response<Full<Bytes>> {
        let unread = !request.body().is_end_stream();
        let (head, _unread) = request.into_parts();
        let (method, target, refused) = understand(&head);
        let mut asked = self.0.req(method, target);
        asked.inner_mut().set_remote(SocketAddr::new(peer.ip().to_canonical(), peer.port()));
        for (name, value) in &head.headers {
            // A byte that is no text makes its list's element unreadable, and not the header disappear.
            let value = String::from_utf8_lossy(value.as_bytes());
            asked.inner_mut().add_header(Header::new(name.as_str(), value));
        }
        if let Some(status) = refused {
            asked.inner().local_cache(|| Refused(Some(status)));
        }
        let mut answer = translate(asked.dispatch().await).await;
        if unread || is_last() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

/// What to ask Rocket for, and with which status it refuses where there is nothing to ask.
fn understand(head: &Parts) -> (Method, Origin<'_>, Option<Status>) {
    // No route has it, so that nothing answers but the catcher.
    const NO_ROUTE: Method = Method::Connect;

    let target = head.uri.path_and_query().map_or("", |target| target.as_str());
    let read = origin(target);
    let shown = read.clone().unwrap_or(Origin::ROOT);
    if !names_one_host(head) {
        return (NO_ROUTE, shown, Some(Status::BadRequest));
    }
    match (known(&head.method), read) {
        (Some(method), Some(target)) => (method, target, None),
        (None, _) => (NO_ROUTE, shown, Some(Status::MethodNotAllowed)),
        // The server as a whole, about which OPTIONS alone may ask.
        (_, None) if target == "*" => (NO_ROUTE, shown, Some(Status::MethodNotAllowed)),
        (_, None) => (NO_ROUTE, shown, Some(Status::BadRequest)),
    }
}

/// RFC 9112, section 3.2: HTTP/1.1 has one `Host`, and no request has two or one that can't be read.
fn names_one_host(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => head.version < Version::HTTP_11,
        // Empty where there is no host to name.
        (Some(host), None) if host.is_empty() => true,
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok() && !host.as_bytes().contains(&b'@'),
        (Some(_), Some(_)) => false,
    }
}

fn known(method: &hyper::Method) -> Option<Method> {
    match *method {
        hyper::Method::GET => Some(Method::Get),
        hyper::Method::HEAD => Some(Method::Head),
        hyper::Method::POST => Some(Method::Post),
        hyper::Method::PUT => Some(Method::Put),
        hyper::Method::DELETE => Some(Method::Delete),
        hyper::Method::OPTIONS => Some(Method::Options),
        hyper::Method::PATCH => Some(Method::Patch),
        hyper::Method::TRACE => Some(Method::Trace),
        // CONNECT among them: it has no path, and nothing here is a proxy.
        _ => None,
    }
}

/// The address. Browsers and hyper let through characters that RFC 3986 does not, such as `|`: they are read as
/// what they stand for.
fn origin(target: &str) -> Option<Origin<'_>> {
    Origin::parse(target).ok().or_else(|| Origin::parse_owned(escaped(target)).ok())
}

fn escaped(target: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%".contains(&byte);
    let escape = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    target.bytes().map(escape).collect()
}

async fn translate(mut answer: LocalResponse<'_>) -> Response<Full<Bytes>> {
    let length = answer.body().preset_size();
    let mut bytes = Vec::with_capacity(length.map_or(0, |length| length + 1));
    if answer.body().is_some()
        && let Err(error) = answer.read_to_end(&mut bytes).await
    {
        tracing::error!(%error, "an answer can't be read");
        let mut failed = Response::new(Full::default());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return failed;
    }
    let is_stripped = bytes.is_empty();
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
    *response.status_mut() = StatusCode::from_u16(answer.status().code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in answer.headers().iter() {
        let name = hyper::header::HeaderName::from_bytes(header.name.as_str().as_bytes());
        let value = match header.value {
            Cow::Borrowed(value) => HeaderValue::from_str(value),
            Cow::Owned(value) => HeaderValue::try_from(value),
        };
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    // hyper counts what is there. The answer to HEAD tells the length of what is not.
    if let Some(length) = length.filter(|_| is_stripped) {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_browsers_send_are_read() {
        for (target, expected) in [
            ("/a?b=c", Some("/a?b=c")),
            ("/?q=<script>|{}\"^`", Some("/?q=%3Cscript%3E%7C%7B%7D%22%5E%60")),
            ("/\u{fc}", Some("/%C3%BC")),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(origin(target).map(|origin| origin.to_string()).as_deref(), expected, "{target}");
        }
    }
}
