//! The headers that every answer of the service carries, whatever it says.
//!
//! Rocket's own Shield is left aside: it has no Content-Security-Policy. What is not HTTP at all is refused by hyper,
//! before any of this.

use std::borrow::Cow;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::request::Request;
use rocket::response::Response;

use crate::config::Peer;
use crate::config::askable;

/// Names and values, made once.
#[derive(Debug)]
pub struct Headers(Vec<(&'static str, Cow<'static, str>)>);

impl Headers {
    /// The headers for a site whose pages may ask `peers` what they run.
    #[must_use]
    pub fn new(peers: &[Peer]) -> Self {
        // What the policy has no form for would only be a complaint in every visitor's console.
        let sources = peers.iter().filter_map(|peer| askable::source(&peer.url).ok());
        let connect: String = sources.flat_map(|source| [" ".to_owned(), source]).collect();
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'{connect}; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        );
        let fixed = [
            // Two years. Subdomains, and so the preload list, are the domain's owner's to decide on.
            ("Strict-Transport-Security", "max-age=63072000"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            // What the pages could ask a visitor for. They write to the clipboard, so that is not here.
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ];
        let fixed = fixed.map(|(name, value)| (name, Cow::Borrowed(value)));
        Self([("Content-Security-Policy", Cow::Owned(policy))].into_iter().chain(fixed).collect())
    }
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "Security headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        for (name, value) in &self.0 {
            response.set_raw_header(*name, value.clone());
        }
    }
}
