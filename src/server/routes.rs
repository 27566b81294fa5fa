//! Which page, document or file answers at which address.

use rocket::http::Status;
use rocket::{Route, State, get, routes};

use crate::pages::assets::is_at_the_root;
use crate::pages::catalog::{Answer, Page};
use crate::pages::published::Pages;
use crate::pages::representation::Representation;

/// The routes of the pages, of the documents beside them and of the static files.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![
        overview,
        tour,
        release,
        release_document,
        dependencies,
        bill,
        licences,
        verify,
        preview,
        contact,
        file,
        favicon,
        robots
    ]
}

#[get("/")]
async fn overview(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::Overview).await
}

#[get("/walkthrough")]
async fn tour(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::Tour).await
}

#[get("/release")]
async fn release(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::Release).await
}

#[get("/release.json")]
async fn release_document(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::ReleaseJson).await
}

#[get("/dependencies")]
async fn dependencies(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::Dependencies).await
}

#[get("/sbom.cdx.json")]
async fn bill(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::BillOfMaterials).await
}

#[get("/licences.txt")]
async fn licences(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.licences().await
}

#[get("/verify")]
async fn verify(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::Verify).await
}

#[get("/preview.png")]
async fn preview(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.preview().await
}

#[get("/.well-known/security.txt")]
async fn contact(pages: &State<Pages>) -> Result<Answer, Status> {
    pages.page(Page::SecurityContact).await
}

#[get("/static/<name>")]
async fn file(name: &str, pages: &State<Pages>) -> Result<Representation, Status> {
    // What lies at the root has one address only.
    if is_at_the_root(name) { Err(Status::NotFound) } else { pages.file(name).await }
}

#[get("/favicon.ico")]
async fn favicon(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.file("favicon.ico").await
}

#[get("/robots.txt")]
async fn robots(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.file("robots.txt").await
}
