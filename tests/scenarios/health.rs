//! `/health` tells people and machines the same, and turns when the shutdown begins.

use crate::service::{COMMIT, client, deployment};
use rocket::http::{Header, Status};
use serde_json::Value;
use walkthrough::server::health::Health;

#[test]
fn people_read_healthy() {
    let client = client(&[]);
    for accept in ["text/html", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "image/png", "garbage"] {
        let response = client.get("/health").header(Header::new("Accept", accept)).dispatch();
        assert_eq!(response.status(), Status::Ok, "{accept}");
        assert_eq!(response.headers().get_one("Vary"), Some("Accept"));
        assert!(response.into_string().unwrap().contains("healthy"), "{accept}");
    }
}

#[test]
fn machines_get_the_json_they_ask_for() {
    let client = client(&deployment());
    for (accept, media_type) in [
        ("application/json", "application/json"),
        ("application/health+json", "application/health+json"),
        ("application/health+json, application/json;q=0.9", "application/health+json"),
        ("text/html;q=0.5, application/json", "application/json"),
    ] {
        let response = client.get("/health").header(Header::new("Accept", accept)).dispatch();
        assert_eq!(response.headers().get_one("Content-Type"), Some(media_type), "{accept}");
        let health: Value = serde_json::from_str(&response.into_string().unwrap()).unwrap();
        assert_eq!(health["status"], "pass");
        assert_eq!(health["description"], "healthy");
        assert_eq!(health["releaseId"], COMMIT);
        assert!(health["since"].as_str().unwrap().ends_with('Z'));
    }
}

#[test]
fn once_the_shutdown_has_begun_it_is_503_for_both() {
    let client = client(&[]);
    client.rocket().state::<Health>().unwrap().begin_shutdown();
    let page = client.get("/health").dispatch();
    assert_eq!(page.status(), Status::ServiceUnavailable);
    assert!(page.into_string().unwrap().contains("shutting down"));
    let json = client.get("/health").header(Header::new("Accept", "application/json")).dispatch();
    assert_eq!(json.status(), Status::ServiceUnavailable);
    let health: Value = serde_json::from_str(&json.into_string().unwrap()).unwrap();
    assert_eq!(health["status"], "fail");
    // The pages go on: whoever is on the site reads to the end.
    assert_eq!(client.get("/").dispatch().status(), Status::Ok);
}
