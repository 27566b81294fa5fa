//! The pages as they are served: drawn once, and again when the facts have changed.
//!
//! The facts hardly change while the process lives, so each page is drawn once, soon after the
//! launch, and a request is answered from those bytes. A request that comes before they are there
//! waits for them: gathering the facts takes milliseconds, and [`crate::facts::metadata::BUDGET`] at most.
//! What the platform did not tell by then is asked for in the background, and the pages are drawn anew
//! when it is known. With [`Config::reload`] each request draws its page anew.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rocket::http::Status;
use thiserror::Error;
use tokio::sync::SetOnce;
use tokio::task::{JoinError, spawn_blocking};

use crate::config::Config;
use crate::facts::bill::LICENCES;
use crate::facts::{Facts, metadata};
use crate::pages::assets::{AssetError, Assets};
use crate::pages::catalog::{Answer, Page, picture};
use crate::pages::representation::{Caching, Representation};
use crate::pages::templates::{TemplateError, Templates};

/// The drawn pages, and what they are drawn from. Clones share them.
#[derive(Clone)]
pub struct Pages(Arc<Shared>);

struct Shared {
    config: Config,
    configured: Facts,
    templates: Templates,
    assets: Assets,
    published: SetOnce<Result<Published, Arc<PublishError>>>,
}

struct Published {
    drawn: RwLock<Drawn>,
    files: HashMap<String, Representation>,
}

/// All pages of the same facts.
struct Drawn {
    facts: Facts,
    pages: [Answer; Page::ALL.len()],
    /// The picture for previews. Few ask for it, so it is drawn when somebody does.
    preview: OnceLock<Option<Representation>>,
}

/// Why the pages could not be drawn although the facts were there.
#[derive(Debug, Error)]
pub enum PublishError {
    /// A template has a fault that the check before the launch did not find.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The static files have become unusable since they were read.
    #[error(transparent)]
    Static(#[from] AssetError),
    /// Drawing panicked.
    #[error("drawing the pages: {0}")]
    Panic(#[from] JoinError),
}

impl Pages {
    pub(crate) fn new(config: Config, configured: Facts, templates: Templates, assets: Assets) -> Self {
        Self(Arc::new(Shared { config, configured, templates, assets, published: SetOnce::new() }))
    }

    /// Draws every page from `facts`, only to see that it can be drawn.
    pub(crate) fn check(facts: &Facts, templates: &Templates) -> Result<(), TemplateError> {
        Page::ALL.into_iter().try_for_each(|page| page.draw(facts, templates).map(drop))
    }

    /// Completes the facts, draws all pages and lets the waiting requests go on.
    pub(crate) async fn publish(&self) {
        let shared = self.0.clone();
        let published = spawn_blocking(move || shared.publish().map_err(Arc::new)).await;
        // Only a second call could find it set.
        let _ = self.0.published.set(published.unwrap_or_else(|error| Err(Arc::new(error.into()))));
    }

    /// Asks on for what the platform did not tell in time, and draws the pages anew with what it tells.
    ///
    /// `redrawn` is called each time that they were: the old ones are then gone.
    pub(crate) async fn complete(&self, redrawn: impl Fn()) {
        let Some(Ok(published)) = self.0.published.get() else { return };
        let mut facts = published.read(|drawn| drawn.facts.clone());
        match facts.metadata.trouble() {
            Some((address, reason)) => tracing::warn!(address, reason, "the platform's facts are not known yet"),
            None => return,
        }
        for pause in metadata::pauses() {
            tokio::time::sleep(pause).await;
            let before = facts.clone();
            facts = match spawn_blocking(move || facts.ask_platform()).await {
                Ok(facts) => facts,
                Err(error) => return tracing::error!(error = %error, "the platform can't be asked any more"),
            };
            if facts.release != before.release {
                self.redraw(published, facts.clone()).await;
                redrawn();
            }
            if facts.metadata.trouble().is_none() {
                return tracing::info!("the platform's facts are known after all");
            }
        }
        tracing::info!("the platform is not asked any more");
    }

    /// A page that can't be drawn now leaves all of them as they are: they tell less, and no lie.
    async fn redraw(&self, published: &Published, facts: Facts) {
        let shared = self.0.clone();
        match spawn_blocking(move || shared.draw(facts)).await {
            Ok(Ok(drawn)) => *published.drawn.write().unwrap_or_else(PoisonError::into_inner) = drawn,
            Ok(Err(why)) => tracing::error!(error = %why, "the pages can't be drawn anew"),
            Err(error) => tracing::error!(error = %error, "the pages can't be drawn anew"),
        }
    }

    /// Why publishing failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<Arc<PublishError>> {
        self.0.published.get().and_then(|published| published.as_ref().err().cloned())
    }

    async fn published(&self) -> Result<&Published, Status> {
        // Without its pages the service is about to stop.
        self.0.published.wait().await.as_ref().map_err(|_| Status::ServiceUnavailable)
    }

    pub(crate) async fn page(&self, page: Page) -> Result<Answer, Status> {
        let published = self.published().await?;
        if !self.0.config.reload {
            return Ok(published.read(|drawn| drawn.pages[page as usize].clone()));
        }
        published.read(|drawn| page.draw(&drawn.facts, &self.0.templates)).map_err(|fault| {
            tracing::error!(fault = %fault, "a page can't be drawn");
            Status::InternalServerError
        })
    }

    /// The picture for previews; there is none without a digest.
    pub(crate) async fn preview(&self) -> Result<Representation, Status> {
        let published = self.published().await?;
        published.read(|drawn| drawn.preview.get_or_init(|| picture(&drawn.facts)).clone()).ok_or(Status::NotFound)
    }

    /// The texts of the licences, if there are any. They are large and hardly ever asked for: they stay on the disk.
    pub(crate) async fn licences(&self) -> Result<Representation, Status> {
        let directory = self.0.config.bill_dir.clone().ok_or(Status::NotFound)?;
        let read = spawn_blocking(move || {
            let texts = std::fs::read(directory.join(LICENCES))?;
            Ok(Representation::new("text/plain; charset=utf-8", Caching::Revalidate, texts))
        });
        let read: Result<_, std::io::Error> = read.await.map_err(|_| Status::InternalServerError)?;
        read.map_err(|error| {
            tracing::warn!(error = %error, "the texts of the licences can't be read");
            Status::NotFound
        })
    }

    /// The static file that the last part of an address names.
    pub(crate) async fn file(&self, name: &str) -> Result<Representation, Status> {
        let published = self.published().await?;
        let found = if self.0.config.reload {
            let files = self.0.assets.representations().map_err(|error| {
                tracing::error!(error = %error, "the static files can't be read");
                Status::InternalServerError
            })?;
            files.get(name).cloned()
        } else {
            published.files.get(name).cloned()
        };
        found.or_else(|| self.0.assets.other_version(name)).ok_or(Status::NotFound)
    }
}

impl Published {
    /// A thread that panicked with the lock held has not changed what is behind it.
    fn read<T>(&self, get: impl FnOnce(&Drawn) -> T) -> T {
        get(&self.drawn.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    fn publish(&self) -> Result<Published, PublishError> {
        let drawn = self.draw(self.configured.clone().complete())?;
        let files = self.assets.representations()?;
        let files = files.into_iter().map(|(name, file)| (name, file.compressed())).collect();
        Ok(Published { drawn: RwLock::new(drawn), files })
    }

    fn draw(&self, facts: Facts) -> Result<Drawn, PublishError> {
        let pages = Page::ALL.map(|page| page.draw(&facts, &self.templates).map(Answer::compressed));
        let pages: Vec<_> = pages.into_iter().collect::<Result<_, _>>()?;
        match pages.try_into() {
            Ok(pages) => Ok(Drawn { facts, pages, preview: OnceLock::new() }),
            Err(_) => unreachable!("there is a drawing for each page"),
        }
    }
}
