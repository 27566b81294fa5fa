//! Who posts a link to the site has it shown with a title, a sentence and the seal; and a first visit costs little.

use std::io::Read;

use rocket::http::{Header, Status};

use crate::platform::documents;
use crate::service::{client, respond, stand_in};

/// The deployment of an environment among others, on a platform that tells its digest.
fn deployed() -> rocket::local::blocking::Client {
    let (container, task) = documents();
    let endpoint = stand_in(move |path, stream| {
        respond(stream, "200 OK", if path.ends_with("/task") { &task } else { &container });
    });
    client(&[
        ("ECS_CONTAINER_METADATA_URI_V4", &format!("http://{endpoint}")),
        ("WALKTHROUGH_ENVIRONMENT", "staging"),
        ("WALKTHROUGH_PEERS", "dev=https://dev.example.org,staging=https://staging.example.org"),
    ])
}

#[test]
fn a_link_that_is_posted_is_shown_with_the_seal() {
    let client = deployed();
    let page = client.get("/verify").dispatch().into_string().unwrap().replace("&#x2f;", "/");
    assert!(
        page.contains("<meta property=\"og:image\" content=\"https://staging.example.org/preview.png\">"),
        "{page}"
    );

    let picture = client.get("/preview.png").dispatch();
    assert_eq!(picture.headers().get_one("Content-Type"), Some("image/png"));
    let picture = picture.into_bytes().unwrap();
    assert!(picture.len() < 60_000, "{} bytes", picture.len());
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(picture[16..24], [1200_u32.to_be_bytes(), 630_u32.to_be_bytes()].concat());
    let data = picture.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
    let mut rows = Vec::new();
    flate2::read::ZlibDecoder::new(&picture[data..]).read_to_end(&mut rows).unwrap();
    assert_eq!(rows.len(), 630 * 301);
    let at = |x: usize, y: usize| rows[y * 301 + 1 + x / 4] >> (6 - x % 4 * 2) & 3;
    // The bar, the sheet, the line within the edge of the seal, and the room within that.
    assert_eq!([at(0, 0), at(10, 300), at(600 + 52 * 9 / 2, 320), at(600 + 50 * 9 / 2, 320)], [2, 0, 1, 0]);
}

#[test]
fn without_an_address_or_a_digest_there_is_no_picture() {
    let peers = "staging=https://staging.example.org";
    let known = [("WALKTHROUGH_ENVIRONMENT", "staging"), ("WALKTHROUGH_PEERS", peers)];
    for variables in [&known[..], &[]] {
        let client = client(variables);
        let page = client.get("/").dispatch().into_string().unwrap();
        assert!(!page.contains("og:image") && page.contains("og:title"), "{variables:?}");
        assert_eq!(client.get("/preview.png").dispatch().status(), Status::NotFound, "{variables:?}");
    }
}

#[test]
fn a_first_visit_takes_four_requests_and_under_30_kb() {
    let client = deployed();
    for page in crate::service::PAGES {
        // The list of packages is as long as it is.
        if page == "/dependencies" {
            continue;
        }
        let take = |path: &str| {
            let answer = client.get(path.to_owned()).header(Header::new("Accept-Encoding", "gzip, br")).dispatch();
            assert_eq!(answer.status(), Status::Ok, "{path}");
            let headers: usize = answer.headers().iter().map(|header| header.to_string().len() + 4).sum();
            answer.into_bytes().unwrap().len() + headers
        };
        let plain = client.get(page).dispatch().into_string().unwrap();
        let attributes =
            ["<link rel=\"icon\" href=\"", "<link rel=\"stylesheet\" href=\"", "<script src=\"", "<img src=\""];
        let loaded: Vec<_> = attributes
            .iter()
            .flat_map(|start| plain.split(start).skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert_eq!(loaded.len(), 3, "{page}: {loaded:?}");
        let bytes = take(page) + loaded.into_iter().map(take).sum::<usize>();
        assert!(bytes < 30_000, "{page}: {bytes}");
    }
}
