//! No page leads a visitor to nothing: not one who comes through the load balancer, and whatever is known.

use std::collections::BTreeSet;

use rocket::http::{Header, Status};
use rocket::local::blocking::Client;

use crate::platform::documents;
use crate::service::{COMMIT, PAGES, client, deployment, respond, stand_in};

/// Where a page leads, as its text has it.
fn links(page: &str) -> BTreeSet<String> {
    let page = page.replace("&#x2f;", "/");
    let values = |attribute: &str| {
        let parts = page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    values(" href=\"").into_iter().chain(values(" src=\"")).collect()
}

/// Follows all links from `/` and from the page of nothing, as whoever comes through the load balancer, and gives those
/// that lead elsewhere.
fn follow(client: &Client) -> BTreeSet<String> {
    let mut elsewhere = BTreeSet::new();
    let mut open = vec!["/".to_owned(), "/nothing".to_owned()];
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let visit = client.get(&path).header(Header::new("X-Forwarded-For", "198.51.100.7")).dispatch();
        assert_eq!(visit.status() == Status::Ok, path != "/nothing", "{path} answers {}", visit.status());
        // Pictures hold no links.
        let body = String::from_utf8(visit.into_bytes().unwrap()).unwrap_or_default();
        assert!(!body.is_empty(), "{path} is empty");
        for link in if body.contains("<html") { links(&body) } else { BTreeSet::new() } {
            if let Some(place) = link.strip_prefix('#') {
                assert!(body.contains(&format!("id=\"{place}\"")), "{path} has no {link}");
            } else if let Some((page, place)) = link.split_once('#').filter(|_| link.starts_with('/')) {
                let body = client.get(page).dispatch().into_string().unwrap();
                assert!(body.contains(&format!("id=\"{place}\"")), "{page} has no #{place}");
            } else if !link.starts_with('/') {
                elsewhere.insert(link);
            } else if seen.insert(link.clone()) {
                open.push(link);
            }
        }
    }
    for page in PAGES {
        assert!(seen.contains(page), "no page leads to {page}");
    }
    elsewhere
}

#[test]
fn every_link_of_every_page_leads_to_something() {
    assert_eq!(follow(&client(&[])), BTreeSet::new());
    let (container, task) = documents();
    let endpoint = stand_in(move |path, stream| {
        respond(stream, "200 OK", if path.ends_with("/task") { &task } else { &container });
    });
    let repository = "https://github.com/example/walkthrough";
    let endpoint = format!("http://{endpoint}");
    let mut known = deployment();
    known.extend([("WALKTHROUGH_REPOSITORY", repository), ("ECS_CONTAINER_METADATA_URI_V4", &endpoint)]);
    let elsewhere = [
        "README.md",
        "src/lib.rs",
        "nix/image/default.nix",
        "nix/checks/default.nix",
        "nix/apps/verify.sh",
        "ecs/README.md",
        ".github/workflows/check.yml",
        ".github/workflows/release.yml",
        ".github/workflows/rollback.yml",
    ]
    .map(|path| format!("{repository}/blob/{COMMIT}/{path}"));
    let others = [
        repository,
        &format!("{repository}/commit/{COMMIT}"),
        &format!("{repository}/commit/{COMMIT}/checks"),
        "https://example.org/walkthrough/runs/1",
        "https://dev.example.org",
        "https://www.example.org",
        // The same service as here, so there is one.
        "https://dev.example.org/release",
        "https://www.example.org/release",
    ];
    assert_eq!(follow(&client(&known)), others.map(str::to_owned).into_iter().chain(elsewhere).collect());
}
