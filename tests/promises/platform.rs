//! The platform's facts are taken when they come, and never waited for by the health check.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::service::{DIGEST, Server, TASK, respond, stand_in, text};

fn started_with(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Server {
    let endpoint = stand_in(answer);
    Server::start(&[("ECS_CONTAINER_METADATA_URI_V4", &format!("http://{endpoint}/v4/0123"))])
}

/// The facts of the platform in `/release.json`.
fn facts(release: &Value) -> [&Value; 4] {
    ["image", "image_digest", "task", "availability_zone"].map(|name| &release[name])
}

#[test]
fn the_image_and_the_task_are_what_the_endpoint_says() {
    let image = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough@{DIGEST}");
    let container = format!(r#"{{"DockerId": "1", "Image": "{image}", "ImageID": "{DIGEST}"}}"#);
    let task = format!(r#"{{"TaskARN": "{TASK}", "AvailabilityZone": "eu-central-1b", "LaunchType": "FARGATE"}}"#);
    let server = started_with(move |path, stream| match path {
        "/v4/0123" => respond(stream, "200 OK", &container),
        "/v4/0123/task" => respond(stream, "200 OK", &task),
        _ => respond(stream, "404 Not Found", ""),
    });
    let release = server.json("/release.json");
    assert_eq!(facts(&release), [image.as_str(), DIGEST, TASK, "eu-central-1b"].map(Value::from).each_ref());
    assert!(text(&server.get("/").1).contains(DIGEST));
    assert!(text(&server.get("/release").1).contains(TASK));
}

#[test]
fn what_the_endpoint_says_stays_text() {
    let server = started_with(|_, stream| respond(stream, "200 OK", r#"{"Image": "<script>alert(1)</script>"}"#));
    for path in ["/", "/release", "/verify"] {
        let page = server.get(path).1;
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{path}");
    }
}

#[test]
fn one_document_is_enough_for_its_own_facts() {
    let container = format!(r#"{{"Image": "walkthrough@{DIGEST}"}}"#);
    let server = started_with(move |path, stream| match path {
        "/v4/0123" => respond(stream, "200 OK", &container),
        _ => respond(stream, "500 Internal Server Error", "no"),
    });
    let release = server.json("/release.json");
    assert_eq!(release["image_digest"], DIGEST);
    assert!(release["task"].is_null());
    assert!(server.get("/release").1.contains("500"), "the reason is not shown");
}

#[test]
fn an_endpoint_that_misbehaves_costs_its_facts_and_nothing_else() {
    type Answer = fn(&mut TcpStream);
    let answers: [(&str, Answer); 7] = [
        ("garbage", |stream| respond(stream, "200 OK", "\u{1}garbage")),
        ("another document", |stream| respond(stream, "200 OK", "[1, 2]")),
        ("wrong types", |stream| respond(stream, "200 OK", r#"{"Image": 1, "TaskARN": []}"#)),
        ("an error", |stream| respond(stream, "404 Not Found", "")),
        ("a redirect", |stream| {
            let _ = write!(stream, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
        }),
        ("not HTTP", |stream| drop(stream.write_all(b"SSH-2.0-nothing\r\n"))),
        ("too much", |stream| respond(stream, "200 OK", &"a".repeat(1 << 20))),
    ];
    for (name, answer) in answers {
        let server = started_with(move |_, stream| answer(stream));
        assert_eq!(server.get("/health").0, 200, "{name}");
        assert!(facts(&server.json("/release.json")).iter().all(|fact| fact.is_null()), "{name}");
    }
}

#[test]
fn refused_is_no_better_and_no_worse() {
    let server = Server::start(&[("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4")]);
    assert!(facts(&server.json("/release.json")).iter().all(|fact| fact.is_null()));
}

#[test]
fn a_slow_endpoint_is_left_after_two_seconds_and_health_does_not_wait() {
    let silent: fn(&mut TcpStream) = |_| std::thread::sleep(Duration::from_secs(20));
    // A byte now and then, so that no read of its own ever times out.
    let dripping: fn(&mut TcpStream) = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    for answer in [silent, dripping] {
        let server = started_with(move |_, stream| answer(stream));
        let started = Instant::now();
        assert_eq!(server.get("/health").0, 200);
        let health = started.elapsed();
        let release = server.json("/release.json");
        assert!(health * 2 < started.elapsed(), "health took {health:?} of {:?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(10), "the facts took {:?}", started.elapsed());
        assert!(facts(&release).iter().all(|fact| fact.is_null()));
        assert!(server.get("/release").1.contains("2 seconds"), "the reason is not shown");
    }
}
