//! Each request leaves one event in the log and one measurement, under an id that the client has.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::service::{Server, client};
use rocket::http::Header;

#[test]
fn an_event_names_the_request_and_the_client_as_the_balancer_saw_it() {
    let server = Server::start(&[]);
    let trace = "1-67891233-abcdef012345678912345678";
    let request = format!(
        "HEAD /release HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amzn-Trace-Id: Self=1-2-3;Root={trace}\r\n\
         X-Forwarded-For: 10.0.0.1, 198.51.100.7\r\n\r\n"
    );
    let answer = server.exchange(request.as_bytes());
    assert!(answer.contains(&format!("x-request-id: {trace}\r\n")), "{answer}");
    let event = server.event("request");
    assert_eq!(event["id"], trace);
    assert_eq!(event["method"], "HEAD");
    assert_eq!(event["route"], "/release");
    assert_eq!(event["status"], 200);
    assert_eq!(event["client"], "198.51.100.7");
    assert!(event["duration_ms"].as_f64().unwrap() >= 0.0);
}

#[test]
fn the_client_is_the_last_address_that_can_be_read() {
    let server = Server::start(&[]);
    for (lines, expected) in [
        ("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 198.51.100.7 ,\r\n", "198.51.100.7"),
        ("x-forwarded-for: 10.0.0.1, 198.51.100.7\r\nX-Forwarded-For: \r\n", "198.51.100.7"),
        ("X-Forwarded-For: 198.51.100.7, , unknown\r\n", "198.51.100.7"),
        ("X-Forwarded-For: \"[2001:DB8::1]:4711\"\r\n", "2001:db8::1"),
        ("X-Forwarded-For: ::ffff:198.51.100.7\r\n", "198.51.100.7"),
        (&format!("X-Forwarded-For: {}198.51.100.7\r\n", "10.0.0.1,".repeat(900)), "198.51.100.7"),
        ("X-Forwarded-For: unknown\r\n", "127.0.0.1"),
    ] {
        server.exchange(format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n").as_bytes());
        assert_eq!(server.event("request")["client"], expected, "{lines}");
    }
}

#[test]
fn an_ipv4_client_of_a_socket_for_both_has_its_own_address() {
    let server = Server::start(&[("ROCKET_ADDRESS", "::")]);
    server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(server.event("request")["client"], "127.0.0.1");
}

#[test]
fn a_request_without_an_id_is_given_one() {
    let client = client(&[]);
    let id = |header: Option<&str>| {
        let mut request = client.get("/health");
        if let Some(header) = header {
            request.add_header(Header::new("X-Amzn-Trace-Id", header.to_owned()));
        }
        request.dispatch().headers().get_one("X-Request-Id").unwrap().to_owned()
    };
    assert_ne!(id(None), id(None));
    assert_eq!(id(Some("Root=1-a-b")), "1-a-b");
    assert_eq!(id(Some("Root=<b>")).len(), 32);
}

#[test]
fn only_what_is_asked_for_by_people_is_logged_at_info() {
    let server = Server::start(&[]);
    server.get("/health");
    server.get("/nothing");
    // The health check came first: had it been logged, it would be this one.
    let event = server.event("request");
    assert_eq!((event["path"].as_str(), event["route"].as_str()), (Some("/nothing"), Some("none")));
}

#[test]
fn at_debug_the_health_check_is_there() {
    let server = Server::start(&[("WALKTHROUGH_LOG", "debug")]);
    server.get("/health");
    assert_eq!(server.event("request")["route"], "/health");
}

#[test]
fn a_path_without_end_does_not_fill_the_log() {
    let server = Server::start(&[]);
    let request = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(10_000));
    server.exchange(request.as_bytes());
    assert_eq!(server.event("request")["path"].as_str().unwrap().len(), 256);
}

#[test]
fn the_measurements_count_by_route_method_and_status() {
    let client = client(&[("WALKTHROUGH_ENVIRONMENT", "staging")]);
    for path in ["/", "/", "/nothing", "/nothing/else"] {
        client.get(path).dispatch();
    }
    client.head("/").dispatch();
    client.post("/").dispatch();
    let response = client.get("/metrics").dispatch();
    assert_eq!(response.headers().get_one("Content-Type"), Some("text/plain; version=0.0.4"));
    let metrics = response.into_string().unwrap();
    for line in [
        r#"http_requests_total{method="GET",route="/",status="200"} 2"#,
        r#"http_requests_total{method="HEAD",route="/",status="200"} 1"#,
        r#"http_requests_total{method="POST",route="/",status="405"} 1"#,
        r#"http_requests_total{method="GET",route="none",status="404"} 2"#,
        r#"http_request_duration_seconds_count{method="GET",route="/"} 2"#,
        r#"http_request_duration_seconds_bucket{method="GET",route="/",le="+Inf"} 2"#,
        r#"walkthrough_build_info{commit="",environment="staging",version="0.1.0"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains("/nothing"), "an unknown address became a label");
}

/// The value of each measurement that has no labels.
fn plain(metrics: &str) -> BTreeMap<&str, f64> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
        .collect()
}

#[test]
fn the_measurements_tell_what_the_process_takes_by_the_names_that_prometheus_has() {
    let server = Server::start(&[("ROCKET_WORKERS", "3")]);
    server.get("/");
    let (_, metrics) = server.get("/metrics");
    let told = plain(&metrics);
    let mut ranges = vec![("process_cpu_seconds_total", 0.001..600.0), ("process_max_fds", 8.0..1e10)];
    ranges.push(("process_start_time_seconds", 1.7e9..1e11));
    if cfg!(target_os = "linux") {
        ranges.extend([
            ("process_resident_memory_bytes", 1e6..1e9),
            ("process_virtual_memory_bytes", 1e6..1e13),
            ("process_open_fds", 5.0..200.0),
            ("process_threads", 4.0..100.0),
        ]);
        assert!(told.get("process_resident_memory_bytes") < told.get("process_virtual_memory_bytes"), "{metrics}");
    }
    for (name, range) in ranges {
        let value = told.get(name).unwrap_or_else(|| panic!("{name} is not in\n{metrics}"));
        assert!(range.contains(value), "{name} is {value}");
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        assert!(metrics.contains(&format!("# HELP {name} ")), "{metrics}");
        assert!(metrics.contains(&format!("# TYPE {name} {kind}\n")), "{metrics}");
    }
}

#[test]
fn the_measurements_count_the_connections_that_are_open() {
    let server = Server::start(&[]);
    let becomes = |expected: f64| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (_, metrics) = server.get("/metrics");
            let open = plain(&metrics).get("http_connections_open").copied();
            if open == Some(expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{open:?} are open, and not {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // Who asks is one of them.
    becomes(1.0);
    let idle: Vec<_> = (0..3).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    becomes(4.0);
    drop(idle);
    becomes(1.0);
}

#[test]
fn the_measurements_are_for_nobody_beyond_the_load_balancer() {
    let client = client(&[]);
    // A rule for the path alone would let the last two through.
    for path in ["/metrics", "//metrics", "/%6Detrics"] {
        let status = |forwarded: bool| {
            let mut request = client.get(path);
            if forwarded {
                request.add_header(Header::new("X-Forwarded-For", "198.51.100.7"));
            }
            request.dispatch().status().code
        };
        assert_eq!(status(true), 404, "{path}");
        assert_eq!(status(false), 200, "{path}");
    }
}
