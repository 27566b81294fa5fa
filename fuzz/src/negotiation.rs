//! `Accept`, `Accept-Encoding` and `If-None-Match`: lists, of which no element voids another.

use std::iter;

use rocket::http::MediaType;
use walkthrough::pages::negotiation::{self, Coding};
use walkthrough::pages::representation::names;

/// Elements that can't be read, of any of the lists.
const UNREADABLE: [&str; 4] = ["\u{fffd}", ";;=", ", ,", "nonsense;q"];

/// What `read` makes of the lines, which must not depend on how they are cut or on what can't be read in them.
fn robust<T: PartialEq + std::fmt::Debug>(text: &str, unreadable: &[&str], read: impl Fn(&[&str]) -> T) -> T {
    let lines: Vec<_> = text.split('\n').collect();
    let found = read(&lines);
    for other in unreadable.iter().chain(&UNREADABLE).copied() {
        let before: Vec<_> = iter::once(other).chain(lines.iter().copied()).collect();
        assert_eq!(read(&before), found, "{other:?} before it");
        let after: Vec<_> = lines.iter().copied().chain(iter::once(other)).collect();
        assert_eq!(read(&after), found, "{other:?} behind it");
    }
    // A quote may be open at the end of a line.
    if !text.contains('"') {
        assert_eq!(read(&[lines.join(", ").as_str()]), found, "as one line");
    }
    found
}

pub(crate) fn media_type(bytes: &[u8]) {
    let text = crate::text(bytes);
    let offers = [MediaType::HTML, MediaType::JSON];
    let read = |lines: &[&str]| negotiation::media_type(lines.iter().copied(), &offers);
    let unreadable = ["application/json;q=1.001", "text/html;q=-1", "application/json;q=nan", "*/*;q=2", "json"];
    let chosen = robust(&text, &unreadable, read);
    assert!(chosen < offers.len());
    // Whatever else was asked for, the last word about a type is the word about it.
    for (last, expected) in [
        ("text/html;q=1, application/json;q=0.999", 0),
        ("text/html;q=0.001, application/json;q=0.002", 1),
        ("text/html;q=0, application/json", 1),
        ("text/html;q=0, application/json;q=0", 0),
    ] {
        let lines: Vec<_> = text.split('\n').chain(iter::once(last)).collect();
        assert_eq!(read(&lines), expected, "{last}");
    }
}

pub(crate) fn coding(bytes: &[u8]) {
    let text = crate::text(bytes);
    let read = |lines: &[&str]| negotiation::coding(lines.iter().copied());
    let unreadable = ["br;q=1.001", "gzip;q=-1", "br;q=nan", "*;q=2", "identity;q=x", "zstd"];
    let chosen = robust(&text, &unreadable, read);
    let lower = text.to_ascii_lowercase();
    let named = |name: &str| lower.contains(name) || lower.contains('*');
    match chosen {
        Coding::Brotli => assert!(named("br")),
        Coding::Gzip => assert!(named("gzip")),
        Coding::Identity => {}
    }
    for (last, expected) in [
        ("br, gzip, identity", Coding::Brotli),
        ("br;q=0.001, gzip;q=0.002, identity;q=0", Coding::Gzip),
        ("br;q=0, gzip;q=0", Coding::Identity),
    ] {
        let lines: Vec<_> = text.split('\n').chain(iter::once(last)).collect();
        assert_eq!(read(&lines), expected, "{last}");
    }
}

pub(crate) fn tags(bytes: &[u8]) {
    const TAG: &str = "\"0123456789abcdef\"";
    let text = crate::text(bytes);
    let read = |lines: &[&str]| names(lines.iter().copied(), TAG);
    // Any tag at all, but only where nothing stands beside it.
    if !text.contains('*') && robust(&text, &["0123456789abcdef", "\"\""], read) {
        assert!(text.contains(TAG));
    }
    for last in [TAG, &format!("W/{TAG}"), &format!("\"a,b\" ,{TAG},")] {
        let lines: Vec<_> = text.split('\n').chain(iter::once(last)).collect();
        assert!(read(&lines), "{last}");
    }
}
