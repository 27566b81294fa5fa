//! Whatever is asked for gets an answer that says what is wrong, and nothing that is asked hurts.

use crate::service::{PAGES, Server, client};
use rocket::http::{Header, Method, Status};
use serde_json::Value;

#[test]
fn an_unknown_address_is_404_in_the_form_the_client_prefers() {
    let client = client(&[]);
    for path in ["/nothing", "/release.xml", "/static/../Cargo.toml", "/%00", "/.env", "/index.php"] {
        let page = client.get(path).header(Header::new("Accept", "text/html")).dispatch();
        assert_eq!(page.status(), Status::NotFound, "{path}");
        assert_eq!(page.headers().get_one("Content-Type"), Some("text/html; charset=utf-8"));
        assert!(page.into_string().unwrap().contains("</html>"));

        let json = client.get(path).header(Header::new("Accept", "application/json")).dispatch();
        assert_eq!(json.status(), Status::NotFound, "{path}");
        assert_eq!(json.headers().get_one("Content-Type"), Some("application/problem+json"));
        let problem: Value = serde_json::from_str(&json.into_string().unwrap()).unwrap();
        assert_eq!(problem["status"], 404);
    }
}

#[test]
fn a_wrong_method_is_405_and_names_the_right_ones() {
    let client = client(&[]);
    let others = ["/release.json", "/sbom.cdx.json", "/metrics", "/robots.txt", "/favicon.ico", "/static/x.css"];
    for path in PAGES.into_iter().chain(others) {
        for method in [Method::Post, Method::Put, Method::Delete, Method::Patch, Method::Options, Method::Trace] {
            let response = client.req(method, path).dispatch();
            assert_eq!(response.status(), Status::MethodNotAllowed, "{method} {path}");
            assert_eq!(response.headers().get_one("Allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
    assert_eq!(client.post("/nothing").dispatch().status(), Status::NotFound);
}

#[test]
fn a_form_does_not_choose_the_method() {
    let server = Server::start(&[]);
    for method in ["get", "head", "put"] {
        let form = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 11\r\n\r\n_method={method}"
        );
        let answer = server.exchange(form.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 405"), "{method}: {answer}");
    }
    let metrics = server.get("/metrics").1;
    assert!(metrics.contains(r#"http_requests_total{method="POST",route="/",status="405"} 3"#), "{metrics}");
}

/// Requests that no browser sends.
fn odd_requests() -> Vec<Vec<u8>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut push = |head: &str, headers: &str| {
        requests.push(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").into_bytes());
    };
    let paths = [
        "/..",
        "/../../etc/passwd",
        "/static/../../etc/passwd",
        "/static/..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/x",
        "/%00",
        "/static/%00.css",
        "/%ff%fe",
        "/static/%c0%ae%c0%ae",
        "/a%",
        "/a%zz",
        "//",
        "///health",
        "/./health",
        "/health%20",
        "/health?",
        "/health?a=%ff",
        "/?%00=1",
        "/?q=<script>",
        "/;x=1",
        "/health;v=1",
        "/\u{fc}",
        "*",
        "/static/",
        "/static//",
        "/HEALTH",
        "/static/style.css/x",
        "http://other.example/health",
        "health",
        "",
    ];
    for path in paths {
        for method in ["GET", "HEAD", "POST"] {
            push(&format!("{method} {path} HTTP/1.1"), "");
        }
    }
    for method in [
        "BREW",
        "get",
        "CONNECT",
        "TRACE",
        "OPTIONS",
        "PROPFIND",
        "PRI",
        "G\u{0}T",
        "",
        "GET GET",
        "A".repeat(200).as_str(),
    ] {
        for path in ["/", "/health", "/nothing"] {
            push(&format!("{method} {path} HTTP/1.1"), "");
        }
    }
    push("OPTIONS * HTTP/1.1", "");
    push("CONNECT localhost:443 HTTP/1.1", "");
    for version in ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTP", "JUNK/1.1", ""] {
        push(&format!("GET / {version}"), "");
    }
    let headers = [
        "Range: bytes=0-",
        "Range: bytes=5-1",
        "Range: bytes=-0",
        "Range: lines=1-2",
        "Range: bytes=0-0,2-3,9-1",
        "Range: bytes=99999999999999999999-",
        "Accept-Encoding: \u{1}",
        "Accept-Encoding: gzip;q=9",
        "Accept-Encoding: ,,,;;=",
        "Accept-Encoding: br;q=nan",
        "Accept-Encoding: br;q=inf",
        "Accept-Encoding: br;q=-1",
        "Accept: */*;q=",
        "Accept: ;;,,",
        "Accept: a/b;q=1e309",
        "Accept: text/html;q=-0",
        "Accept: \u{fc}/\u{fc}",
        "If-None-Match: \"",
        "If-None-Match: ,,,",
        "If-Modified-Since: yesterday",
        "If-Match: *",
        "Content-Length: 0",
        "Content-Length: -1",
        "Content-Length: 5, 6",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Expect: 100-continue",
        "Upgrade: websocket\r\nConnection: Upgrade",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
        "Cookie: =;;=",
        "Cookie: a=\u{1}",
        "Cookie: \u{fc}=\u{fc}",
        "X-Forwarded-For: unknown, ,",
        "X-Forwarded-For: ::1, 1.2.3.4.5",
        "X-Amzn-Trace-Id: Root=",
        "X-Amzn-Trace-Id: Root=\u{fc}",
        "Host: \u{fc}",
        "Host: a b",
        "Host: ",
        "No-Colon",
        ": empty name",
        "Bad Name: x",
        " Folded: x",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n_method=put",
    ];
    for header in headers {
        push("GET / HTTP/1.1", &format!("{header}\r\n"));
        push("GET /health HTTP/1.1", &format!("{header}\r\n"));
    }
    push("GET / HTTP/1.1", &format!("X-Large: {}\r\n", "a".repeat(64 * 1024)));
    push("GET / HTTP/1.1", &format!("Accept: {}\r\n", "text/html,".repeat(6000)));
    push("GET / HTTP/1.1", &format!("Accept-Encoding: {}\r\n", "br;q=0.1,".repeat(6000)));
    push("GET / HTTP/1.1", &format!("If-None-Match: {}\r\n", "\"a\",".repeat(16000)));
    push("GET / HTTP/1.1", &"X-Many: a\r\n".repeat(1000));
    push("GET / HTTP/1.1", &format!("X-Huge: {}\r\n", "a".repeat(1024 * 1024)));
    push(&format!("GET /{} HTTP/1.1", "a".repeat(60 * 1024)), "");
    push(&format!("GET /{} HTTP/1.1", "../".repeat(10_000)), "");
    push(&format!("GET /?{} HTTP/1.1", "a=b&".repeat(10_000)), "");
    let raw: [&[u8]; 10] = [
        b"\r\n\r\n\r\n",
        b"\0\0\0\0",
        b"\xff\xfe\xfd\r\n\r\n",
        b"GET / HTTP/1.1\n\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    requests.extend(raw.map(<[u8]>::to_vec));
    requests
}

#[test]
fn no_request_of_any_kind_gives_a_server_error_or_a_hang() {
    let server = Server::start(&[]);
    let requests = odd_requests();
    assert!(requests.len() >= 200, "only {} requests", requests.len());
    let mut answered = 0;
    for request in &requests {
        let shown = String::from_utf8_lossy(&request[..request.len().min(80)]).into_owned();
        let answer = server.first_line(request);
        if !answer.is_empty() {
            answered += 1;
            assert!(answer.starts_with("HTTP/1."), "{shown:?}: {answer:?}");
            let class = answer.as_bytes()[9];
            assert!(matches!(class, b'2' | b'3' | b'4') || answer.starts_with("HTTP/1.1 100"), "{shown:?}: {answer:?}");
        }
    }
    // Those without an answer are the ones that are not HTTP at all, or not whole.
    assert!(answered > requests.len() - 20, "only {answered} of {} were answered", requests.len());
    assert_eq!(server.get("/health").0, 200);
    let metrics = server.get("/metrics").1;
    assert!(!metrics.contains("status=\"5"), "a server error was counted");
}
