//! The start says what it does or why it can't; the end lets nobody down.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::service::{Server, copy, respond, run, stand_in};

/// The one event of a start that failed.
fn failure(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let (code, log) = run(variables, &[]);
    assert_eq!(log.len(), 1, "one message, not {log:#?}");
    let event: Value = serde_json::from_str(&log[0]).unwrap();
    assert_eq!(event["level"], "ERROR");
    (code, event["error"].as_str().unwrap().to_owned())
}

/// A copy of the templates in which `name` is what `change` makes of it.
fn changed_templates(name: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("templates"), folder.path());
    let path = folder.path().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(text)).unwrap();
    folder
}

#[test]
fn a_template_that_does_not_compile_stops_the_start() {
    for page in ["base", "macros", "overview", "tour", "release", "dependencies", "verify", "health", "error"] {
        let folder = changed_templates(&format!("{page}.html.j2"), |text| text + "{% if %}");
        let (code, message) = failure(&[("ROCKET_TEMPLATE_DIR", folder.path().to_str().unwrap())]);
        assert_eq!(code, Some(1));
        assert!(message.contains("syntax error") && message.contains(&format!("in {page}:")), "{message}");
    }
}

#[test]
fn a_template_that_asks_for_what_is_not_there_stops_the_start() {
    for wrong in ["{{ release.nothing }}", "{{ nothing }}", "{{ asset('nothing.css') }}", "{% include 'nothing' %}"] {
        let folder = changed_templates("verify.html.j2", |text| {
            assert!(text.contains("{% endblock"));
            text.replacen("{% endblock", &format!("{wrong}{{% endblock"), 1)
        });
        let (code, message) = failure(&[("ROCKET_TEMPLATE_DIR", folder.path().to_str().unwrap())]);
        assert_eq!(code, Some(1), "{wrong}");
        assert!(message.contains("verify") && message.starts_with("template "), "{wrong}: {message}");
    }
}

#[test]
fn a_missing_page_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("templates"), folder.path());
    std::fs::remove_file(folder.path().join("health.html.j2")).unwrap();
    let (code, message) = failure(&[("ROCKET_TEMPLATE_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(code, Some(1));
    assert!(message.contains("health"), "{message}");
}

#[test]
fn a_wrong_variable_stops_the_start_with_2() {
    for (name, value) in [
        ("WALKTHROUGH_COMMIT", "main"),
        ("ROCKET_PORT", "http"),
        ("ROCKET_TEMPLATE_DIR", "no/such/folder"),
        ("WALKTHROUGH_STATIC_DIR", "no/such/folder"),
    ] {
        let (code, message) = failure(&[(name, value)]);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(name) && message.contains(value), "{message}");
    }
}

#[test]
fn a_missing_static_file_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("static"), folder.path());
    std::fs::remove_file(folder.path().join("robots.txt")).unwrap();
    let (code, message) = failure(&[("WALKTHROUGH_STATIC_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(code, Some(1));
    assert!(message.contains("robots.txt"), "{message}");
}

#[test]
fn a_port_that_is_taken_stops_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, message) = failure(&[("ROCKET_PORT", &port)]);
    assert_eq!(code, Some(1));
    assert!(message.contains(&format!("127.0.0.1:{port}")) && message.contains("ROCKET_PORT"), "{message}");
}

#[test]
fn a_fault_where_a_fact_is_known_stops_the_start_too() {
    // Nothing is known in this start, so only the check can see it.
    let folder = changed_templates("verify.html.j2", |text| {
        text.replacen("{% endblock", "{% if release.image_digest.value %}{{ nothing }}{% endif %}{% endblock", 1)
    });
    let (code, message) = failure(&[("ROCKET_TEMPLATE_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(code, Some(1));
    assert!(message.contains("verify"), "{message}");
}

#[test]
fn pages_that_fail_after_all_end_the_service_with_the_reason() {
    // A fault that only these very facts bring out: no check before the launch can know them.
    let folder = changed_templates("verify.html.j2", |text| {
        let fault = "{% if release.task.value == 'arn:odd' %}{{ nothing }}{% endif %}{% endblock";
        text.replacen("{% endblock", fault, 1)
    });
    let endpoint = stand_in(|_, stream| {
        std::thread::sleep(Duration::from_millis(500));
        respond(stream, "200 OK", r#"{"TaskARN": "arn:odd"}"#);
    });
    let server = Server::start(&[
        ("ROCKET_TEMPLATE_DIR", folder.path().to_str().unwrap()),
        ("ECS_CONTAINER_METADATA_URI_V4", &format!("http://{endpoint}")),
    ]);
    // A request that waits for the pages is told, and not left hanging.
    assert_eq!(server.get("/").0, 503);
    let event = server.event("the service failed");
    assert!(event["error"].as_str().unwrap().contains("verify"), "{event}");
    assert_eq!(server.end().code(), Some(1));
}

#[test]
fn a_variable_that_looks_like_ours_is_told_of() {
    let (_, log) = run(&[("WALKTHROUGH_COMIT", "1"), ("ROCKET_TEMPLATE_DIR", "nowhere")], &[]);
    assert_eq!(log.len(), 1, "a wrong value comes first: {log:?}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, log) = run(&[("WALKTHROUGH_COMIT", "1"), ("ROCKET_PORT", &port)], &[]);
    assert!(log[0].contains("WALKTHROUGH_COMIT") && log[0].contains("WARN"), "{log:?}");
}

/// An address that no machine has: the start fails there, and says which port it would have taken.
const NOWHERE: (&str, &str) = ("ROCKET_ADDRESS", "192.0.2.1");

#[test]
fn a_peer_that_no_browser_can_ask_is_told_of_once() {
    let (_, log) = run(&[NOWHERE, ("WALKTHROUGH_PEERS", "dev=http://[::1]:8001,staging=https://example.org")], &[]);
    assert_eq!(log.len(), 2, "{log:?}");
    let event: Value = serde_json::from_str(&log[0]).unwrap();
    assert_eq!((event["level"].as_str(), event["peer"].as_str()), (Some("WARN"), Some("dev")), "{event}");
    assert_eq!(event["url"], "http://[::1]:8001");
    assert!(event["reason"].as_str().unwrap().contains("IPv6"), "{event}");
}

#[test]
fn a_link_to_a_container_is_told_of_and_not_taken_for_a_port() {
    for value in ["tcp://10.0.0.1:80", "udp://10.0.0.1:53", "sctp://10.0.0.1:7", "tcp://[fd00::1]:80"] {
        let (code, log) = run(&[NOWHERE, ("ROCKET_PORT", value)], &[]);
        assert_eq!((code, log.len()), (Some(1), 2), "{log:?}");
        let event: Value = serde_json::from_str(&log[0]).unwrap();
        assert_eq!((event["level"].as_str(), event["variable"].as_str()), (Some("WARN"), Some("ROCKET_PORT")));
        assert!(log[1].contains("192.0.2.1:8000"), "{log:?}");
    }
    // What only looks like one is a slip.
    for value in ["tcp://10.0.0.1", "tcp://10.0.0.1:", "tcp:80", "http://10.0.0.1:80", "//10.0.0.1:80", "10.0.0.1:80"] {
        assert_eq!(failure(&[("ROCKET_PORT", value)]).0, Some(2), "{value}");
    }
}

#[test]
fn what_is_not_read_may_hold_any_bytes() {
    let program = env!("CARGO_BIN_EXE_walkthrough");
    let ends = |name: &str| {
        let value = std::os::unix::ffi::OsStrExt::from_bytes(b"http://\xff");
        let value: &std::ffi::OsStr = value;
        let output = Command::new(program).env_clear().envs([NOWHERE]).env(name, value).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, log) = ends("WALKTHROUGH_ENV_NAME");
    assert_eq!((code, log.contains("WALKTHROUGH_ENV_NAME")), (Some(1), true), "{log}");
    assert_eq!(ends("ECS_CONTAINER_METADATA_URI_V4").0, Some(1));
    assert_eq!(ends("WALKTHROUGH_REPOSITORY").0, Some(2));
}

#[test]
fn a_rocket_toml_nearby_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Rocket.toml"), "[default]\nport = \"garbage\"\nident = \"told\"").unwrap();
    let root = std::env::current_dir().unwrap();
    let server = Server::start_in(
        folder.path(),
        &[
            ("ROCKET_TEMPLATE_DIR", root.join("templates").to_str().unwrap()),
            ("WALKTHROUGH_STATIC_DIR", root.join("static").to_str().unwrap()),
        ],
    );
    let answer = server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("told"), "{answer}");
}

#[test]
fn the_health_check_exits_with_0_or_1_and_one_line() {
    let server = Server::start(&[]);
    let port = server.address.port().to_string();
    let (code, lines) = run(&[("ROCKET_PORT", &port)], &["healthcheck"]);
    assert_eq!((code, lines.len()), (Some(0), 1), "{lines:?}");
    assert!(lines[0].starts_with("healthy"), "{lines:?}");

    // A server that listens on all addresses is asked on this host's own.
    let (code, _) = run(&[("ROCKET_PORT", &port), ("ROCKET_ADDRESS", "0.0.0.0")], &["healthcheck"]);
    assert_eq!(code, Some(0));

    let (code, lines) = run(&[("ROCKET_PORT", "1")], &["healthcheck"]);
    assert_eq!((code, lines.len()), (Some(1), 1), "{lines:?}");
    assert!(lines[0].starts_with("unhealthy"), "{lines:?}");

    let (code, lines) = run(&[("ROCKET_PORT", "garbage")], &["healthcheck"]);
    assert_eq!((code, lines.len()), (Some(1), 1), "{lines:?}");

    let failing = stand_in(|_, stream| respond(stream, "503 Service Unavailable", "no"));
    let (code, lines) = run(&[("ROCKET_PORT", &failing.port().to_string())], &["healthcheck"]);
    assert_eq!((code, lines.len()), (Some(1), 1), "{lines:?}");

    let silent = stand_in(|_, _| std::thread::sleep(Duration::from_secs(20)));
    let started = Instant::now();
    let (code, lines) = run(&[("ROCKET_PORT", &silent.port().to_string())], &["healthcheck"]);
    assert_eq!((code, lines.len()), (Some(1), 1), "{lines:?}");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn sigterm_is_announced_by_the_health_page_and_ends_with_0() {
    let server = Server::start(&[]);
    // Drawn once, so that what is slow the first time is over.
    assert_eq!(server.get("/").0, 200);
    server.signal(Signal::TERM);
    server.event("shutting down");
    let (status, page) = server.get("/health");
    assert_eq!(status, 503);
    assert!(page.contains("shutting down"));
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn sigint_ends_at_once_with_0() {
    let server = Server::start(&[]);
    let started = Instant::now();
    server.signal(Signal::INT);
    server.event("stopped");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_request_under_way_has_the_whole_grace() {
    use std::io::{Read, Write};

    let server = Server::start(&[]);
    assert_eq!(server.get("/").0, 200);
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.signal(Signal::TERM);
    // After the announcement, and longer than Rocket's own grace of two seconds would be.
    std::thread::sleep(Duration::from_secs(4));
    stream.write_all(b"\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("</html>"), "{answer}");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_client_that_never_finishes_does_not_keep_it_alive() {
    use std::io::Write;

    let server = Server::start(&[]);
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let started = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.end().code(), Some(0));
    // The delays' sum is held to Docker's ten seconds where they stand; here a slow machine has time.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn help_names_every_variable() {
    let (code, lines) = run(&[], &["--help"]);
    assert_eq!(code, Some(0));
    let help = lines.join("\n");
    for (name, ..) in walkthrough::config::VARIABLES {
        assert!(help.contains(name), "{name}");
    }
    let (code, lines) = run(&[], &["--version"]);
    assert_eq!((code, lines), (Some(0), vec![format!("walkthrough {}", env!("CARGO_PKG_VERSION"))]));
}
