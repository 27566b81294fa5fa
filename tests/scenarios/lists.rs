//! A header that is a list is read as one: over several lines, with empty elements, without those that make no sense.

use crate::service::{Server, client};
use rocket::http::{Header, Status};
use rocket::local::blocking::{Client, LocalResponse};

fn get<'c>(client: &'c Client, path: &'c str, name: &'static str, lines: &[&str]) -> LocalResponse<'c> {
    let mut request = client.get(path);
    for line in lines {
        request.add_header(Header::new(name, (*line).to_owned()));
    }
    request.dispatch()
}

#[test]
fn accept_gives_json_to_whoever_names_it() {
    let client = client(&[]);
    let long = format!("{}application/json", "x/y;q=0.1, ".repeat(800));
    let asked: [&[&str]; 11] = [
        &["application/json, text/plain, */*"],
        &["*/* , application/json"],
        &["text/html ;q=0.5, application/json"],
        &[", ,application/json,,"],
        &["nonsense, application/json"],
        &["text/html;q=x, application/json"],
        &["image/png", "application/json"],
        &["text/x;a=\"b,text/html\", application/json"],
        &["Application/JSON;Q=0.9, Text/HTML;Q=0.1"],
        &["text/html;level=\";q=1\";q=0.1", "application/json;q=0.2"],
        &[&long],
    ];
    for lines in asked {
        let health = get(&client, "/health", "Accept", lines);
        assert_eq!(health.headers().get_one("Content-Type"), Some("application/json"), "{lines:?}");
        let missing = get(&client, "/nothing", "Accept", lines);
        assert_eq!(missing.headers().get_one("Content-Type"), Some("application/problem+json"), "{lines:?}");
    }
}

#[test]
fn accept_encoding_gives_what_can_be_read() {
    let client = client(&[]);
    let long = format!("{}gzip", "br;q=0, ".repeat(1000));
    let asked: [&[&str]; 8] = [
        &["br ;q=0.1 , gzip"],
        &[",,gzip,"],
        &["br;q=x, gzip"],
        &["deflate", "gzip"],
        &["GZIP;Q=0.5, BR;Q=0"],
        &["nonsense;;=, gzip"],
        &["zstd;x=\",br\", gzip"],
        &[&long],
    ];
    for lines in asked {
        let page = get(&client, "/", "Accept-Encoding", lines);
        assert_eq!(page.headers().get_one("Content-Encoding"), Some("gzip"), "{lines:?}");
    }
}

#[test]
fn if_none_match_finds_the_tag_among_others() {
    let client = client(&[]);
    let tag = client.get("/").dispatch().headers().get_one("ETag").unwrap().to_owned();
    let long = format!("{}{tag}", "\"other\", ".repeat(900));
    let several = [
        vec![format!("\"other\" ,W/{tag} ")],
        vec![format!(",,{tag},")],
        vec![format!("nonsense, {tag}")],
        vec!["\"other\"".to_owned(), tag.clone()],
        // A comma and a backslash are characters of a tag like others.
        vec![format!("\"x, y\\\", {tag}")],
        vec![long],
    ];
    for lines in several {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(get(&client, "/", "If-None-Match", &lines).status(), Status::NotModified, "{lines:?}");
    }
    let within = format!("\"x,{},y\"", tag.trim_matches('"'));
    for known in [within.as_str(), "\"other\", *", "", ","] {
        assert_eq!(get(&client, "/", "If-None-Match", &[known]).status(), Status::Ok, "{known}");
    }
}

#[test]
fn bytes_that_are_no_text_spoil_their_element_alone() {
    let server = Server::start(&[]);
    for (header, expected) in [
        (&b"Accept: \xfc/\xfc, application/json"[..], "\ncontent-type: application/json\r"),
        (&b"X-Amzn-Trace-Id: Self=\xfc;Root=1-a-b"[..], "\nx-request-id: 1-a-b\r"),
    ] {
        let path = if header.starts_with(b"Accept:") { "/health" } else { "/" };
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        let answer = server.exchange(&[head.as_bytes(), header, b"\r\n\r\n"].concat());
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
}

#[test]
fn the_balancers_id_is_found_on_any_line() {
    let client = client(&[]);
    let id = get(&client, "/health", "X-Amzn-Trace-Id", &["Self=1", "Root=<b>; root = 1-a-b ;Sampled=1"]);
    assert_eq!(id.headers().get_one("X-Request-Id"), Some("1-a-b"));
}
