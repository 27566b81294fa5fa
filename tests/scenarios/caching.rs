//! Nothing is sent twice: tags, compressed forms, names that change with the content.

use std::io::Read;

use crate::service::client;
use rocket::http::{Header, Status};
use rocket::local::blocking::{Client, LocalResponse};

fn get<'c>(client: &'c Client, path: &'c str, headers: &[(&'static str, &str)]) -> LocalResponse<'c> {
    let mut request = client.get(path);
    for (name, value) in headers {
        request.add_header(Header::new(*name, (*value).to_owned()));
    }
    request.dispatch()
}

fn header(response: &LocalResponse<'_>, name: &str) -> String {
    response.headers().get_one(name).unwrap_or_default().to_owned()
}

/// The addresses of style and script, as the overview names them.
fn assets(client: &Client) -> Vec<String> {
    let page = client.get("/").dispatch().into_string().unwrap();
    page.split('"').filter(|part| part.starts_with("/static/")).map(str::to_owned).collect()
}

#[test]
fn a_page_that_the_client_has_is_not_sent_again() {
    let client = client(&[]);
    for path in ["/", "/walkthrough", "/release", "/release.json", "/dependencies", "/verify"] {
        for coding in ["identity", "gzip", "br"] {
            let first = get(&client, path, &[("Accept-Encoding", coding)]);
            let tag = header(&first, "ETag");
            assert_eq!(header(&first, "Cache-Control"), "no-cache", "{path}");
            assert!(tag.starts_with('"') && tag.len() > 10, "{path}: {tag} is not a strong tag");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let again = get(&client, path, &[("Accept-Encoding", coding), ("If-None-Match", &known)]);
                assert_eq!(again.status(), Status::NotModified, "{path} {known}");
                assert_eq!(header(&again, "ETag"), tag);
                assert!(again.into_bytes().unwrap_or_default().is_empty());
            }
            let other = get(&client, path, &[("Accept-Encoding", coding), ("If-None-Match", "\"other\"")]);
            assert_eq!(other.status(), Status::Ok, "{path}");
        }
    }
}

#[test]
fn each_coding_holds_the_same_page_and_a_tag_of_its_own() {
    let client = client(&[]);
    let plain = get(&client, "/", &[]);
    assert_eq!(header(&plain, "Vary"), "Accept-Encoding");
    assert_eq!(header(&plain, "Content-Encoding"), "");
    let plain_tag = header(&plain, "ETag");
    let plain = plain.into_bytes().unwrap();

    let zipped = get(&client, "/", &[("Accept-Encoding", "gzip")]);
    assert_eq!(header(&zipped, "Content-Encoding"), "gzip");
    assert_eq!(header(&zipped, "Vary"), "Accept-Encoding");
    let zipped_tag = header(&zipped, "ETag");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&zipped.into_bytes().unwrap()[..]).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, plain);

    let brotli = get(&client, "/", &[("Accept-Encoding", "gzip, deflate, br, zstd")]);
    assert_eq!(header(&brotli, "Content-Encoding"), "br");
    let brotli_tag = header(&brotli, "ETag");
    let brotli = brotli.into_bytes().unwrap();
    assert!(brotli.len() * 2 < plain.len(), "{} of {} bytes", brotli.len(), plain.len());
    let mut bytes = Vec::new();
    brotli::BrotliDecompress(&mut &brotli[..], &mut bytes).unwrap();
    assert_eq!(bytes, plain);

    assert!(plain_tag != zipped_tag && zipped_tag != brotli_tag && plain_tag != brotli_tag);
}

#[test]
fn a_tag_of_another_coding_is_not_this_ones() {
    let client = client(&[]);
    let tag = header(&get(&client, "/", &[("Accept-Encoding", "gzip")]), "ETag");
    assert_eq!(get(&client, "/", &[("If-None-Match", &tag)]).status(), Status::Ok);
}

#[test]
fn static_files_are_kept_for_good_under_names_that_change() {
    let client = client(&[]);
    let assets = assets(&client);
    for (stem, media_type) in [("style.", "text/css"), ("script.", "text/javascript"), ("icon.", "image/svg+xml")] {
        let path = assets.iter().find(|path| path.contains(stem)).unwrap_or_else(|| panic!("no {stem} in {assets:?}"));
        let response = get(&client, path, &[]);
        assert_eq!(response.status(), Status::Ok, "{path}");
        assert!(header(&response, "Content-Type").starts_with(media_type), "{path}");
        assert_eq!(header(&response, "Cache-Control"), "public, max-age=31536000, immutable");
        let tag = header(&response, "ETag");
        assert_eq!(get(&client, path, &[("If-None-Match", &tag)]).status(), Status::NotModified);
    }
}

#[test]
fn a_static_file_has_one_address() {
    let client = client(&[]);
    for path in ["/static/style.css", "/static/robots.txt", "/static/favicon.ico", "/static/", "/static", "/static/x"] {
        assert_eq!(get(&client, path, &[]).status(), Status::NotFound, "{path}");
    }
    for path in ["/robots.txt", "/favicon.ico"] {
        let response = get(&client, path, &[]);
        assert_eq!(response.status(), Status::Ok);
        assert_eq!(header(&response, "Cache-Control"), "public, max-age=86400");
    }
}

#[test]
fn another_versions_style_is_answered_with_this_ones_and_not_kept() {
    let client = client(&[]);
    let response = get(&client, "/static/style.0123456789abcdef.css", &[]);
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(header(&response, "Cache-Control"), "no-store");
    assert!(header(&response, "Content-Type").starts_with("text/css"));
    for path in ["/static/style.0123456789abcdeg.css", "/static/style.0123.css", "/static/other.0123456789abcdef.css"] {
        assert_eq!(get(&client, path, &[]).status(), Status::NotFound, "{path}");
    }
}

#[test]
fn what_must_be_fresh_is_never_stored() {
    let client = client(&[]);
    for path in ["/health", "/metrics", "/nothing"] {
        let response = get(&client, path, &[]);
        assert_eq!(header(&response, "Cache-Control"), "no-store", "{path}");
        assert_eq!(header(&response, "ETag"), "", "{path}");
    }
}
