//! What visitors get: configuration -> facts -> pages -> bytes.
//!
//! The facts can't change while the process lives, so each page is drawn once, soon after the
//! launch, and a request is answered from those bytes. A request that comes before they are there
//! waits for them: gathering the facts takes milliseconds, and [`crate::platform::BUDGET`] at most.
//! With [`Config::reload`] each request draws its page anew.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rocket::http::Status;
use rocket::{Route, State, get, routes};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use tokio::sync::SetOnce;
use tokio::task::{JoinError, spawn_blocking};

use crate::assets::{Assets, Unusable};
use crate::config::{Config, Peer};
use crate::dependencies::Package;
use crate::errors;
use crate::executable::Executable;
use crate::platform::Platform;
use crate::release::{Fact, Release, rfc3339};
use crate::representation::{Caching, Representation};
use crate::templates::{Fault, Templates};

/// How long `security.txt` holds after the start: under a year, as RFC 9116 recommends. A task that
/// runs for longer than that has missed far more than this date.
const SECURITY_CONTACT_HOLDS: Duration = Duration::days(360);

/// All that the pages tell.
#[derive(Debug, Clone)]
pub struct Facts {
    release: Release,
    peers: Vec<Peer>,
    packages: Fact<Vec<Package>>,
    bill_of_materials: Fact<Vec<u8>>,
    security_contact_expires: String,
}

/// What every page's template gets; the pages' own values stand beside it.
#[derive(Serialize)]
pub(crate) struct Context<'a, Own> {
    page: &'a str,
    release: &'a Release,
    peers: &'a [Peer],
    #[serde(flatten)]
    own: Own,
}

/// For a page that needs no values of its own.
#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Packages<'a> {
    packages: &'a Fact<Vec<Package>>,
}

impl Facts {
    /// What is known at once, without looking at anything but the configuration.
    #[must_use]
    pub fn configured(config: &Config, started_at: OffsetDateTime) -> Self {
        const PENDING: &str = "it is being read";
        Self {
            release: Release::configured(config, started_at),
            peers: config.peers.clone(),
            packages: Fact::unknown(PENDING),
            bill_of_materials: Fact::unknown(PENDING),
            security_contact_expires: rfc3339(started_at.saturating_add(SECURITY_CONTACT_HOLDS)),
        }
    }

    /// Asks the platform and reads the executable. Blocks for [`crate::platform::BUDGET`] at most,
    /// and a few milliseconds.
    #[must_use]
    pub fn complete(self, config: &Config) -> Self {
        let executable = Executable::read();
        let packages = executable.dependencies.packages();
        let bill = executable.dependencies.bill_of_materials();
        let bill_of_materials =
            Fact(bill.0.and_then(|bill| serde_json::to_vec(&bill).map_err(|error| error.to_string().into())));
        let platform = Platform::ask(config.metadata_uri.as_deref());
        Self { release: self.release.completed(platform, executable), packages, bill_of_materials, ..self }
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The context for the template of `page`, with that page's own values.
    pub(crate) fn context<'a, Own>(&'a self, page: &'a str, own: Own) -> Context<'a, Own> {
        Context { page, release: &self.release, peers: &self.peers, own }
    }
}

/// An address whose answer doesn't change while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Overview,
    Release,
    ReleaseJson,
    Dependencies,
    BillOfMaterials,
    Verify,
    SecurityContact,
}

impl Page {
    const ALL: [Self; 7] = [
        Self::Overview,
        Self::Release,
        Self::ReleaseJson,
        Self::Dependencies,
        Self::BillOfMaterials,
        Self::Verify,
        Self::SecurityContact,
    ];

    fn draw(self, facts: &Facts, templates: &Templates) -> Result<Representation, Fault> {
        let html = |bytes| Representation::new("text/html; charset=utf-8", Caching::Revalidate, bytes);
        let plain = |name| templates.draw(name, facts.context(name, Nothing {})).map(html);
        match self {
            Self::Overview => plain("overview"),
            Self::Release => plain("release"),
            Self::Verify => plain("verify"),
            Self::Dependencies => {
                let own = Packages { packages: &facts.packages };
                templates.draw("dependencies", facts.context("dependencies", own)).map(html)
            }
            Self::ReleaseJson => Ok(release_json(&facts.release)),
            Self::BillOfMaterials => Ok(match &facts.bill_of_materials.0 {
                Ok(bill) => Representation::new(
                    "application/vnd.cyclonedx+json; version=1.6",
                    Caching::Revalidate,
                    bill.clone(),
                ),
                Err(reason) => errors::problem(Status::NotFound, reason),
            }),
            Self::SecurityContact => Ok(security_contact(facts)),
        }
    }
}

fn release_json(release: &Release) -> Representation {
    // Strings and numbers only: there is nothing in it that can't be written.
    let mut bytes = serde_json::to_vec_pretty(&release.document()).unwrap_or_default();
    bytes.push(b'\n');
    Representation::new("application/json", Caching::Revalidate, bytes).for_any_origin()
}

/// `security.txt` by RFC 9116: reports go to the repository, the one address a deployment has.
fn security_contact(facts: &Facts) -> Representation {
    match &facts.release.repository.0 {
        Ok(repository) => {
            let expires = &facts.security_contact_expires;
            let text =
                format!("Contact: {repository}/security/advisories/new\nExpires: {expires}\nPreferred-Languages: en\n");
            Representation::new("text/plain; charset=utf-8", Caching::Revalidate, text.into_bytes())
        }
        Err(reason) => errors::problem(Status::NotFound, &format!("there is no address for reports to give: {reason}")),
    }
}

/// The drawn pages, and what they are drawn from. Clones share them.
#[derive(Clone)]
pub struct Pages(Arc<Shared>);

struct Shared {
    config: Config,
    templates: Templates,
    assets: Assets,
    configured: Facts,
    published: SetOnce<Published>,
    failure: OnceLock<String>,
}

struct Published {
    facts: Facts,
    /// In the order of [`Page::ALL`].
    pages: Vec<Representation>,
    files: HashMap<String, Representation>,
}

/// Why the pages could not be drawn once the facts were there.
#[derive(Debug)]
enum Failure {
    Template(Fault),
    Static(Unusable),
    Panic(JoinError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(fault) => fault.fmt(f),
            Self::Static(unusable) => unusable.fmt(f),
            Self::Panic(error) => write!(f, "drawing the pages: {error}"),
        }
    }
}

impl Pages {
    pub(crate) fn new(config: Config, configured: Facts, templates: Templates, assets: Assets) -> Self {
        let (published, failure) = (SetOnce::new(), OnceLock::new());
        Self(Arc::new(Shared { config, templates, assets, configured, published, failure }))
    }

    /// Draws every page from what is known of `facts`, only to see that it can be drawn.
    pub(crate) fn check(facts: &Facts, templates: &Templates) -> Result<(), Fault> {
        Page::ALL.into_iter().try_for_each(|page| page.draw(facts, templates).map(drop))
    }

    /// Completes the facts, draws all pages and lets the waiting requests go on.
    ///
    /// The answer is whether that worked; if not, [`Pages::failure`] says why.
    pub(crate) async fn publish(&self) -> bool {
        let (config, templates, assets) = (self.0.config.clone(), self.0.templates.clone(), self.0.assets.clone());
        let facts = self.0.configured.clone();
        let drawn = spawn_blocking(move || {
            let facts = facts.complete(&config);
            let pages = Page::ALL.into_iter().map(|page| page.draw(&facts, &templates).map(Representation::compressed));
            let pages = pages.collect::<Result<_, _>>().map_err(Failure::Template)?;
            let files = assets.representations().map_err(Failure::Static)?;
            let files = files.into_iter().map(|(name, file)| (name, file.compressed())).collect();
            Ok(Published { facts, pages, files })
        });
        match drawn.await.unwrap_or_else(|error| Err(Failure::Panic(error))) {
            Ok(published) => self.0.published.set(published).is_ok(),
            Err(failure) => {
                let _ = self.0.failure.set(failure.to_string());
                false
            }
        }
    }

    /// Why publishing failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    /// What `draw` makes of the templates as they are now; nothing unless they are to be reloaded.
    ///
    /// For the pages that must answer before the facts are complete.
    pub(crate) fn redraw<T>(&self, draw: impl FnOnce(&Facts, &Templates) -> Result<T, Fault>) -> Option<T> {
        if !self.0.config.reload {
            return None;
        }
        draw(&self.0.configured, &self.0.templates)
            .inspect_err(|fault| tracing::error!(fault = %fault, "a page can't be drawn"))
            .ok()
    }

    async fn page(&self, page: Page) -> Result<Representation, Status> {
        let published = self.0.published.wait().await;
        if self.0.config.reload {
            return page.draw(&published.facts, &self.0.templates).map_err(|fault| {
                tracing::error!(fault = %fault, "a page can't be drawn");
                Status::InternalServerError
            });
        }
        // The list has an entry for each page, so there is always one.
        published.pages.get(page as usize).cloned().ok_or(Status::InternalServerError)
    }

    /// The static file with that name in its address.
    pub(crate) async fn file(&self, name: &str) -> Result<Representation, Status> {
        let published = self.0.published.wait().await;
        if self.0.config.reload {
            let files = self.0.assets.representations().map_err(|error| {
                tracing::error!(error = %error, "the static files can't be read");
                Status::InternalServerError
            })?;
            return files.get(name).cloned().ok_or(Status::NotFound);
        }
        published.files.get(name).cloned().ok_or(Status::NotFound)
    }
}

/// The routes of the pages and of the documents beside them.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![overview, release, release_document, dependencies, bill_of_materials, verify, contact]
}

#[get("/")]
async fn overview(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::Overview).await
}

#[get("/release")]
async fn release(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::Release).await
}

#[get("/release.json")]
async fn release_document(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::ReleaseJson).await
}

#[get("/dependencies")]
async fn dependencies(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::Dependencies).await
}

#[get("/sbom.cdx.json")]
async fn bill_of_materials(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::BillOfMaterials).await
}

#[get("/verify")]
async fn verify(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::Verify).await
}

#[get("/.well-known/security.txt")]
async fn contact(pages: &State<Pages>) -> Result<Representation, Status> {
    pages.page(Page::SecurityContact).await
}
