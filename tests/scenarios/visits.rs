//! What a visit costs the visitor: a first one at most 30 KB in four requests, the next one a question whether the page is
//! still the same.

use std::collections::BTreeSet;

use rocket::http::{Accept, Header, MediaType, Status};
use rocket::local::blocking::Client;

use crate::service::{PAGES, client, deployment};

/// Of status line, headers and bodies together.
const BYTES: usize = 30_000;
const REQUESTS: usize = 4;

/// An answer as a browser gets it: status, bytes over the wire, body, `Cache-Control`, `ETag`.
struct Answer {
    status: Status,
    bytes: usize,
    body: String,
    caching: String,
    tag: Option<String>,
}

fn ask(client: &Client, path: &str, coding: &'static str, tag: Option<&str>) -> Answer {
    let mut request = client.get(path.to_owned()).header(Accept::from(MediaType::HTML));
    request.add_header(Header::new("Accept-Encoding", coding));
    if let Some(tag) = tag {
        request.add_header(Header::new("If-None-Match", tag.to_owned()));
    }
    let answer = request.dispatch();
    let of = |name| answer.headers().get_one(name).map(str::to_owned);
    let head: usize = answer.headers().iter().map(|header| header.name.len() + header.value.len() + 4).sum();
    let (status, caching, tag) = (answer.status(), of("Cache-Control").unwrap_or_default(), of("ETag"));
    let body = answer.into_bytes().unwrap_or_default();
    // The status line, and the two headers that the server adds.
    let bytes = "HTTP/1.1 200 OK\r\n\r\nContent-Length: 10000\r\nDate: Sun, 29 Nov 2026 11:35:58 GMT\r\n".len();
    Answer { status, bytes: bytes + head + body.len(), body: String::from_utf8_lossy(&body).into_owned(), caching, tag }
}

/// What a browser fetches for a page, itself first.
fn fetched(client: &Client, page: &str) -> Vec<String> {
    let body = ask(client, page, "identity", None).body;
    let files: BTreeSet<_> = body.split('"').filter(|part| part.starts_with("/static/")).collect();
    assert!(files.len() > 1, "{page} has style and script");
    for tag in ["<img", "<iframe", "<video", "@import", "<object"] {
        assert!(!body.contains(tag), "{page} has something else to fetch: {tag}");
    }
    std::iter::once(page).chain(files).map(str::to_owned).collect()
}

#[test]
fn a_first_visit_is_small_whatever_is_known() {
    for client in [client(&[]), client(&deployment())] {
        for page in PAGES {
            let addresses = fetched(&client, page);
            assert!(addresses.len() <= REQUESTS, "{page}: {addresses:?}");
            for coding in ["gzip, deflate, br, zstd", "gzip"] {
                let bytes: usize = addresses.iter().map(|path| ask(&client, path, coding, None).bytes).sum();
                assert!(bytes < BYTES, "{page}: {bytes} bytes with {coding}");
            }
        }
    }
}

#[test]
fn a_second_visit_asks_for_the_page_alone_and_gets_no_body() {
    let client = client(&deployment());
    for page in PAGES {
        let mut addresses = fetched(&client, page).into_iter();
        let page = addresses.next().unwrap();
        for file in addresses {
            assert!(ask(&client, &file, "br", None).caching.contains("immutable"), "{file} is asked for again");
        }
        let first = ask(&client, &page, "br", None);
        if page == "/health" {
            assert_eq!(first.caching, "no-store");
            continue;
        }
        let second = ask(&client, &page, "br", first.tag.as_deref());
        assert_eq!((second.status, second.body.as_str()), (Status::NotModified, ""), "{page}");
        assert!(second.bytes < 1000, "{page}: {} bytes", second.bytes);
    }
}
