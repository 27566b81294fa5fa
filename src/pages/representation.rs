//! Bytes that are ready to be sent: made once, with their `ETag` and their compressed forms.

use std::borrow::Cow;
use std::io::{Cursor, Write};
use std::sync::Arc;

use rocket::http::{MediaType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};

use crate::facts::digest;
use crate::pages::lists::{Quoting, elements};
use crate::pages::negotiation::{self, Coding};

/// How long a client may keep a body before it asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Ask each time; the `ETag` saves the transfer.
    Revalidate,
    /// Never ask again: the name changes with the content.
    Immutable,
    /// A fixed name whose content hardly changes.
    Day,
    /// Not at all.
    Never,
}

impl Caching {
    fn directive(self) -> &'static str {
        match self {
            Self::Revalidate => "no-cache",
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::Day => "public, max-age=86400",
            Self::Never => "no-store",
        }
    }
}

/// One answer, shared by all the requests that get it.
#[derive(Debug, Clone)]
pub struct Representation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    status: Status,
    media_type: Cow<'static, str>,
    caching: Caching,
    any_origin: bool,
    identity: Form,
    /// Present only where they are smaller than the bytes as they are.
    gzip: Option<Form>,
    brotli: Option<Form>,
}

#[derive(Debug)]
struct Form {
    etag: String,
    bytes: Body,
}

/// Shared bytes that a cursor can read.
#[derive(Debug, Clone)]
struct Body(Arc<[u8]>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Representation {
    /// `bytes` as they are.
    #[must_use]
    pub fn new(media_type: impl Into<Cow<'static, str>>, caching: Caching, bytes: Vec<u8>) -> Self {
        let mut tag = digest::sha256(&bytes);
        // Half of the digest is more than enough to tell two versions of a page apart.
        tag.truncate(32);
        Self(Arc::new(Inner {
            status: Status::Ok,
            media_type: media_type.into(),
            caching,
            any_origin: false,
            identity: Form { etag: format!("\"{tag}\""), bytes: Body(bytes.into()) },
            gzip: None,
            brotli: None,
        }))
    }

    /// The same answer with its compressed forms. Takes milliseconds: not for the time of a request.
    #[must_use]
    pub fn compressed(self) -> Self {
        self.change(|inner| {
            let bytes = &inner.identity.bytes.0;
            let tag = inner.identity.etag.trim_matches('"');
            let form = |suffix: &str, smaller: Vec<u8>| {
                (smaller.len() < bytes.len())
                    .then(|| Form { etag: format!("\"{tag}-{suffix}\""), bytes: Body(smaller.into()) })
            };
            let (gzip, brotli) = (form("gzip", gzip(bytes)), form("br", brotli(bytes)));
            (inner.gzip, inner.brotli) = (gzip, brotli);
        })
    }

    /// The same answer with another status.
    #[must_use]
    pub fn with_status(self, status: Status) -> Self {
        self.change(|inner| inner.status = status)
    }

    /// The same answer, readable by scripts of any origin (CORS).
    #[must_use]
    pub fn for_any_origin(self) -> Self {
        self.change(|inner| inner.any_origin = true)
    }

    /// Only while it is being made: nobody else has it yet.
    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    fn choose<'a>(&self, accept_encoding: impl Iterator<Item = &'a str>) -> (Option<&'static str>, &Form) {
        let inner = &*self.0;
        match (negotiation::coding(accept_encoding), &inner.brotli, &inner.gzip) {
            (Coding::Brotli, Some(form), _) => (Some("br"), form),
            (Coding::Gzip, _, Some(form)) => (Some("gzip"), form),
            _ => (None, &inner.identity),
        }
    }

    fn varies_by_coding(&self) -> bool {
        self.0.gzip.is_some() || self.0.brotli.is_some()
    }
}

impl<'r> Responder<'r, 'static> for Representation {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let inner = &*self.0;
        let headers = request.headers();
        let (coding, form) = self.choose(headers.get("Accept-Encoding"));

        let mut response = Response::new();
        response.set_status(inner.status);
        response.set_raw_header("Cache-Control", inner.caching.directive());
        if self.varies_by_coding() {
            response.set_raw_header("Vary", "Accept-Encoding");
        }
        if inner.any_origin {
            response.set_raw_header("Access-Control-Allow-Origin", "*");
        }
        if inner.caching != Caching::Never {
            response.set_raw_header("ETag", form.etag.clone());
            if names(headers.get("If-None-Match"), &form.etag) && inner.status == Status::Ok {
                response.set_status(Status::NotModified);
                return Ok(response);
            }
        }
        response.set_raw_header("Content-Type", inner.media_type.clone());
        if let Some(coding) = coding {
            response.set_raw_header("Content-Encoding", coding);
        }
        let length = form.bytes.0.len();
        response.set_sized_body(length, Cursor::new(form.bytes.clone()));
        // One write for the whole body; one byte more lets the reader see its end in the same turn.
        response.set_max_chunk_size(length + 1);
        Ok(response)
    }
}

/// The same answer in several forms, of which a client gets the one it would rather have.
#[derive(Debug, Clone)]
pub struct Negotiable {
    offers: Arc<[MediaType]>,
    /// As many as there are offers.
    forms: Arc<[Representation]>,
}

impl Negotiable {
    /// The first form is for clients without a preference; there must be one.
    #[must_use]
    pub fn new(forms: impl IntoIterator<Item = (MediaType, Representation)>) -> Self {
        let (offers, forms): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        Self { offers: offers.into(), forms: forms.into() }
    }
}

impl<'r> Responder<'r, 'static> for Negotiable {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let chosen = negotiation::media_type(request.headers().get("Accept"), &self.offers);
        let form = self.forms.get(chosen).ok_or(Status::InternalServerError)?;
        let mut response = form.clone().respond_to(request)?;
        response.adjoin_raw_header("Vary", "Accept");
        Ok(response)
    }
}

/// Whether the lines of `If-None-Match` name `etag`, by the weak comparison of RFC 9110, section 8.8.3.2.
#[must_use]
pub fn names<'a>(lines: impl Iterator<Item = &'a str>, etag: &str) -> bool {
    let mut tags = elements(lines, Quoting::Plain).peekable();
    // Any at all, but only alone: within a list it is an element that can't be read.
    let Some(first) = tags.next() else { return false };
    let is = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag;
    (first == "*" && tags.peek().is_none()) || is(first) || tags.any(is)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    // A form that can't be made is one that isn't offered.
    written.unwrap_or_else(|_| bytes.to_vec())
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    // From 9 on the tables take 33 MiB, for a few bytes less of a page; here they take one. The window
    // holds the largest page.
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        lgwin: 18,
        size_hint: bytes.len(),
        ..brotli::enc::BrotliEncoderParams::default()
    };
    let mut smaller = Vec::new();
    match brotli::BrotliCompress(&mut &bytes[..], &mut smaller, &parameters) {
        Ok(_) => smaller,
        Err(_) => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn page() -> Representation {
        let bytes = "a page of words, ".repeat(100).into_bytes();
        Representation::new("text/html", Caching::Revalidate, bytes).compressed()
    }

    #[test]
    fn the_compressed_forms_hold_the_same_bytes() {
        let page = page();
        let original = &page.0.identity.bytes.0;
        let mut unzipped = Vec::new();
        flate2::read::GzDecoder::new(&page.choose(["gzip"].into_iter()).1.bytes.0[..])
            .read_to_end(&mut unzipped)
            .unwrap();
        assert_eq!(unzipped, original[..]);
        let mut inflated = Vec::new();
        brotli::BrotliDecompress(&mut &page.choose(["br"].into_iter()).1.bytes.0[..], &mut inflated).unwrap();
        assert_eq!(inflated, original[..]);
    }

    #[test]
    fn each_form_has_a_tag_of_its_own() {
        let page = page();
        let tags: std::collections::BTreeSet<_> =
            ["br", "gzip", ""].map(|coding| page.choose([coding].into_iter()).1.etag.clone()).into();
        assert_eq!(tags.len(), 3);
    }

    #[test]
    fn a_form_that_is_not_smaller_is_not_kept() {
        let tiny = Representation::new("text/plain", Caching::Revalidate, b"ok".to_vec()).compressed();
        assert_eq!(tiny.choose(["br, gzip"].into_iter()).0, None);
        assert!(!tiny.varies_by_coding());
    }

    #[test]
    fn tags_compare_weakly() {
        let named = |header: &str| names(header.split('\n'), "\"a\"");
        let many = format!("{}\"a\"", "\"b\",".repeat(2000));
        for header in [
            "\"a\"",
            "W/\"a\"",
            "\"b\", \"a\"",
            "*",
            "\"b\" ,\"a\" ",
            ",,\"a\",",
            "nonsense, \"a\"",
            "\"b\"\n\"a\"",
            "\"x,y\", \"a\"",
            "\"x\\\", \"a\"",
            "\"\u{fffd}\", \"a\"",
            &many,
        ] {
            assert!(named(header), "{header}");
        }
        for header in ["", "a", "\"b\"", "\"a-gzip\"", "\"x,\"a\",y\"", "\"b\", *", "w/\"a\""] {
            assert!(!named(header), "{header}");
        }
    }
}
