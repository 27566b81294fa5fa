//! Every answer of the service carries the security headers, and none tells what the server is.

use crate::service::{Server, client, deployment};
use rocket::http::Method;

const ALWAYS: [&str; 7] = [
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "x-request-id",
];

#[test]
fn every_answer_has_them() {
    let client = client(&[]);
    let asked = [
        (Method::Get, "/"),
        (Method::Head, "/"),
        (Method::Get, "/health"),
        (Method::Get, "/release.json"),
        (Method::Get, "/robots.txt"),
        (Method::Get, "/metrics"),
        (Method::Get, "/nothing"),
        (Method::Post, "/"),
    ];
    for (method, path) in asked {
        let response = client.req(method, path).dispatch();
        for name in ALWAYS {
            assert_eq!(response.headers().get(name).count(), 1, "{method} {path}: {name}");
        }
        assert!(!response.headers().contains("server"), "{method} {path}");
    }
}

#[test]
fn so_has_the_answer_to_a_request_that_can_not_be_read() {
    let server = Server::start(&[]);
    let request = b"BREW /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = server.exchange(request);
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("\nallow: GET, HEAD\r"), "{answer}");
    for name in ALWAYS {
        assert!(answer.contains(&format!("\n{name}: ")), "{name}: {answer}");
    }
    assert!(!answer.contains("\nserver: "), "{answer}");
    let event = server.event("request");
    assert_eq!(event["status"], 405);
    assert!(server.get("/metrics").1.contains(r#"http_requests_total{method="unknown",route="none",status="405"} 1"#));
}

#[test]
fn the_policy_allows_nothing_unsafe_and_only_the_peers() {
    let client = client(&deployment());
    let response = client.get("/").dispatch();
    let policy = response.headers().get_one("Content-Security-Policy").unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("connect-src 'self' https://dev.example.org https://www.example.org;"), "{policy}");
}

#[test]
fn a_peer_that_no_browser_can_ask_is_not_in_the_policy_and_its_page_says_why() {
    for (url, link, reason) in [
        ("http://[::1]:8001", true, "IPv6"),
        ("http://127.1:8001", false, "number"),
        ("http://1.2.3.4.5", false, "number"),
        ("http://a..example.org", false, "no name"),
        ("http://dev.example.org:0", false, "port"),
        ("http://dev.example.org:6000", false, "port"),
    ] {
        let peers = format!("dev={url},production=https://www.example.org:8443/site");
        let client = client(&[("WALKTHROUGH_PEERS", &peers)]);
        let response = client.get("/").dispatch();
        let policy = response.headers().get_one("Content-Security-Policy").unwrap().to_owned();
        assert!(policy.contains("connect-src 'self' https://www.example.org:8443;"), "{url}: {policy}");
        let page = response.into_string().unwrap().replace("&#x2f;", "/");
        assert!(!page.contains(&format!("data-peer=\"{url}\"")), "{url} is asked");
        assert_eq!(page.contains(&format!("href=\"{url}\"")), link, "{url}");
        assert!(page.contains(&format!("{url}</")) && page.contains(reason), "{url}: no word of {reason}");
        assert!(page.contains("data-peer=\"https://www.example.org:8443/site\""), "{url}");
    }
}

#[test]
fn the_pages_keep_to_the_policy() {
    let client = client(&deployment());
    for path in crate::service::PAGES {
        let page = client.get(path).dispatch().into_string().unwrap();
        for forbidden in ["<style", " style=", "<script>", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
    }
}
