//! The platform's facts are taken when they come, and never waited for by the health check.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::service::{DIGEST, Server, TASK, respond, stand_in, text};

fn started_with(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Server {
    let endpoint = stand_in(answer);
    Server::start(&[("ECS_CONTAINER_METADATA_URI_V4", &format!("http://{endpoint}/v4/0123"))])
}

/// The documents of a task on Fargate with every member, as the endpoint gives them.
pub(crate) fn documents() -> (String, String) {
    let container = include_str!("../../ecs/stand-in/src/metadata/container.json");
    let task = include_str!("../../ecs/stand-in/src/metadata/task.json");
    let [mut container, mut task] = [container, task].map(|text| serde_json::from_str::<Value>(text).unwrap());
    container["Image"] = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough@{DIGEST}").into();
    container["ImageID"] = DIGEST.into();
    task["TaskARN"] = TASK.into();
    task["AvailabilityZone"] = "eu-central-1b".into();
    task["Containers"] = vec![container.clone()].into();
    (container.to_string(), task.to_string())
}

/// An endpoint that fails in the given way for some time after it was first asked.
fn failing_for(time: Duration, failure: Answer) -> Server {
    let first = Mutex::new(None);
    let (container, task) = documents();
    started_with(move |path, stream| {
        let since = *first.lock().unwrap().get_or_insert_with(Instant::now);
        if since.elapsed() < time {
            failure(stream);
        } else {
            respond(stream, "200 OK", if path.ends_with("/task") { &task } else { &container });
        }
    })
}

type Answer = fn(&mut TcpStream);

/// The ways in which an endpoint fails in passing.
const FAILURES: [(&str, Answer); 6] = [
    ("404", |stream| respond(stream, "404 Not Found", "")),
    ("429", |stream| respond(stream, "429 Too Many Requests", "")),
    ("500", |stream| respond(stream, "500 Internal Server Error", "")),
    ("503", |stream| respond(stream, "503 Service Unavailable", "")),
    ("a broken connection", |stream| drop(stream.shutdown(std::net::Shutdown::Both))),
    ("a document without the fields", |stream| respond(stream, "200 OK", "{}")),
];

/// The facts of the platform in `/release.json`.
fn facts(release: &Value) -> [&Value; 4] {
    ["image", "image_digest", "task", "availability_zone"].map(|name| &release[name])
}

#[test]
fn the_image_and_the_task_are_what_the_endpoint_says() {
    let image = format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough@{DIGEST}");
    let (container, task) = documents();
    let server = started_with(move |path, stream| match path {
        "/v4/0123" => respond(stream, "200 OK", &container),
        "/v4/0123/task" => respond(stream, "200 OK", &task),
        _ => respond(stream, "404 Not Found", ""),
    });
    let release = server.release();
    assert_eq!(facts(&release), [image.as_str(), DIGEST, TASK, "eu-central-1b"].map(Value::from).each_ref());
    assert!(text(&server.get("/").1).contains(DIGEST));
    assert!(text(&server.get("/release").1).contains(TASK));
}

#[test]
fn a_failure_that_passes_within_two_seconds_costs_nothing() {
    for (name, failure) in FAILURES {
        let server = failing_for(Duration::from_millis(300), failure);
        let release = server.release();
        assert_eq!(release["image_digest"], DIGEST, "{name}");
        assert_eq!(release["task"], TASK, "{name}");
        assert!(server.log_so_far("the platform's facts are not known yet").is_none(), "{name}");
    }
}

#[test]
fn a_failure_that_passes_later_changes_the_pages_once_and_is_told_of() {
    let (_, failure) = FAILURES[0];
    let server = failing_for(Duration::from_secs(4), failure);
    let form = |path: &str| {
        let answer = ureq::get(server.url(path)).call().unwrap();
        answer.headers().get("ETag").unwrap().to_str().unwrap().to_owned()
    };
    let before = ["/", "/release", "/verify", "/release.json"].map(|path| (path, form(path)));
    assert!(facts(&server.release()).iter().all(|fact| fact.is_null()));
    assert_eq!(form("/release.json"), before[3].1);

    let warning = server.event("the platform's facts are not known yet");
    assert_eq!(warning["level"], "WARN");
    assert!(warning["address"].as_str().unwrap().contains("/v4/0123"), "{warning}");
    assert!(warning["reason"].as_str().unwrap().contains("404"), "{warning}");
    assert_eq!(server.event("the platform's facts are known after all")["level"], "INFO");
    assert_eq!(server.release()["image_digest"], DIGEST);
    assert!(text(&server.get("/").1).contains(DIGEST));
    for (path, tag) in &before {
        assert_ne!(&form(path), tag, "{path} has another content and the same tag");
    }
}

#[test]
fn a_refused_connection_is_one_warning() {
    let server = Server::start(&[("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4")]);
    let warning = server.event("the platform's facts are not known yet");
    assert_eq!((&warning["level"], &warning["address"]), (&"WARN".into(), &"http://127.0.0.1:1/v4".into()));
    assert!(warning["reason"].as_str().unwrap().contains("refused"), "{warning}");
    // It has been asked again by then, twice.
    std::thread::sleep(Duration::from_secs(4));
    assert!(server.log_so_far("the platform's facts are not known yet").is_none());
}

#[test]
fn off_the_platform_there_is_nothing_to_warn_of() {
    let server = Server::start(&[]);
    assert!(server.get("/release").1.contains("ECS_CONTAINER_METADATA_URI_V4 is not set"));
    assert!(server.log_so_far("the platform's facts are not known yet").is_none());
}

#[test]
fn the_id_of_an_image_by_tag_is_no_digest_but_on_fargate() {
    for kind in [Some("MANAGED_INSTANCES"), Some("EC2"), None] {
        let server = started_with(move |path, stream| {
            let launch = kind.map(|kind| format!(r#", "LaunchType": "{kind}""#)).unwrap_or_default();
            let task = format!(r#"{{"TaskARN": "{TASK}", "AvailabilityZone": "eu-central-1b"{launch}}}"#);
            let container = format!(r#"{{"Image": "walkthrough:latest", "ImageID": "{DIGEST}"}}"#);
            respond(stream, "200 OK", if path.ends_with("/task") { &task } else { &container });
        });
        assert!(server.release()["image_digest"].is_null(), "{kind:?}");
        let page = server.get("/").1;
        assert!(page.contains("only on Fargate") && page.contains(kind.unwrap_or("no LaunchType")), "{kind:?}");
    }
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
    let release = server.release();
    assert_eq!(release["image_digest"], DIGEST);
    assert!(release["task"].is_null());
    assert!(server.get("/release").1.contains("500"), "the reason is not shown");
}

#[test]
fn an_endpoint_that_misbehaves_costs_its_facts_and_nothing_else() {
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
        assert!(facts(&server.release()).iter().all(|fact| fact.is_null()), "{name}");
    }
}

#[test]
fn refused_is_no_better_and_no_worse() {
    let server = Server::start(&[("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4")]);
    assert!(facts(&server.release()).iter().all(|fact| fact.is_null()));
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
        let release = server.release();
        assert!(health * 2 < started.elapsed(), "health took {health:?} of {:?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(10), "the facts took {:?}", started.elapsed());
        assert!(facts(&release).iter().all(|fact| fact.is_null()));
        assert!(server.get("/release").1.contains("2 seconds"), "the reason is not shown");
    }
}
