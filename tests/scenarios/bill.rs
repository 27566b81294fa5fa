//! What is linked in besides crates stands in the box's own list: as Nix wrote it down, and not at all without it.

use std::path::Path;

use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use tempfile::TempDir;

use crate::service::{Server, client, run, text};

const BILL: &str = include_str!("bill.json");

/// A directory of a bill with these files.
fn bill(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn at(folder: &Path) -> Client {
    client(&[("WALKTHROUGH_BILL_DIR", folder.to_str().unwrap())])
}

fn page(client: &Client) -> String {
    text(&client.get("/dependencies").dispatch().into_string().unwrap())
}

#[test]
fn the_page_names_what_is_linked_besides_crates_and_who_says_so() {
    let folder = bill(&[("bill.json", BILL)]);
    let page = page(&at(folder.path()));
    for told in ["glibc", "2.42-67", "LGPL-2.0-or-later", "a.patch", "rust-std", "inputs of the executable"] {
        assert!(page.contains(told), "{told} is missing");
    }
    // Of what nobody said, nothing is made up.
    assert!(page[page.find("rust-std").unwrap()..].contains("not known"));
}

#[test]
fn without_a_bill_the_page_says_what_is_missing_and_why() {
    let malformed = bill(&[("bill.json", r#"{"linked": 1}"#)]);
    let empty = bill(&[]);
    let reasons = [
        (client(&[]), "WALKTHROUGH_BILL_DIR is not set"),
        (at(malformed.path()), "bill.json is no bill: invalid type"),
        (at(empty.path()), "bill.json can&#x27;t be read"),
    ];
    for (client, reason) in reasons {
        let page = page(&client);
        assert!(page.contains("What is linked besides crates is not known"), "{page}");
        assert!(page.contains(reason), "{reason} is missing in {page}");
    }
}

#[test]
fn a_bill_that_can_not_be_read_is_told_of_in_the_log_and_stops_nothing() {
    let malformed = bill(&[("bill.json", "")]);
    let server = Server::start(&[("WALKTHROUGH_BILL_DIR", malformed.path().to_str().unwrap())]);
    let event = server.event("what is linked in besides crates is not known");
    assert_eq!(event["level"], "WARN");
    assert!(event["error"].as_str().unwrap().contains("bill.json is no bill"), "{event}");
    assert_eq!(server.get("/dependencies").0, 200);
}

#[test]
fn a_directory_that_is_none_stops_the_start() {
    let (code, log) = run(&[("WALKTHROUGH_BILL_DIR", "no/such/folder")], &[]);
    assert_eq!(code, Some(2));
    assert!(log.concat().contains("WALKTHROUGH_BILL_DIR"), "{log:?}");
}

#[test]
fn the_terms_are_served_where_there_are_any_and_linked_to_from_there_alone() {
    let with = bill(&[("bill.json", BILL), ("licences.txt", "the terms\n")]);
    let without = bill(&[("bill.json", BILL)]);
    for (folder, there) in [(&with, true), (&without, false)] {
        let client = at(folder.path());
        let page = client.get("/dependencies").dispatch().into_string().unwrap();
        assert_eq!(page.contains("href=\"/licences.txt\""), there);
        let terms = client.get("/licences.txt").dispatch();
        assert_eq!(terms.status(), if there { Status::Ok } else { Status::NotFound });
        if there {
            assert_eq!(terms.headers().get_one("Content-Type"), Some("text/plain; charset=utf-8"));
            let tag = terms.headers().get_one("ETag").unwrap().to_owned();
            assert_eq!(terms.into_string().unwrap(), "the terms\n");
            let again = client.get("/licences.txt").header(Header::new("If-None-Match", tag)).dispatch();
            assert_eq!(again.status(), Status::NotModified);
        }
    }
    assert_eq!(client(&[]).get("/licences.txt").dispatch().status(), Status::NotFound);
}
