//! The public address: what a visitor would be told about the release.

use serde::Deserialize;
use thiserror::Error;

use crate::http::{Http, Silence};

/// Why there is no body.
#[derive(Debug, Error)]
pub enum FetchError {
    /// Nothing came.
    #[error("{place} does not answer: {source}")]
    NoAnswer {
        /// The address, without its query: in it may be a signature.
        place: String,
        /// Why.
        source: Silence,
    },
    /// The answer is no success.
    #[error("{place} answers {status}")]
    Status {
        /// The address, without its query.
        place: String,
        /// The answer's status.
        status: u16,
    },
}

/// Why it is not known what the public address says of the release.
#[derive(Debug, Error)]
pub enum SiteError {
    /// It says nothing.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It says something else.
    #[error("{place} answers with something else than the release: {source}")]
    NotTheRelease {
        /// The address.
        place: String,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// It could not say anything that is to be trusted, whatever is deployed.
    #[error("{url} can't be verified: {source}")]
    Unverifiable {
        /// The public address.
        url: String,
        /// Why.
        source: Silence,
    },
    /// A signal came first.
    #[error("the public address had not answered when a signal came")]
    Interrupted,
}

/// `/release.json`, as far as a release is told by it; nothing where the site does not know.
///
/// Both members have to be there, as `docs/contract` says: a document without them is not the site's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Answer {
    /// The commit, 40 hexadecimal digits.
    #[serde(deserialize_with = "Option::deserialize")]
    pub commit: Option<String>,
    /// The digest of the image that the platform started, `sha256:…`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub image_digest: Option<String>,
}

/// Where the site is, and how it is asked.
#[derive(Debug, Clone)]
pub struct Site {
    http: Http,
    url: String,
}

impl Site {
    /// The site at `url`. Nothing is asked yet.
    #[must_use]
    pub fn at(url: &str, http: Http) -> Self {
        Self { http, url: url.to_owned() }
    }

    /// Asks for `/release.json`, once.
    pub async fn release(&self) -> Result<Answer, SiteError> {
        let place = format!("{}/release.json", self.url);
        let body = fetch(&self.http, &place).await?;
        serde_json::from_str(&body).map_err(|source| SiteError::NotTheRelease { place, source })
    }

    /// Whether a release could be verified here. One that is down, or new, is no obstacle: what is deployed may change
    /// that.
    pub async fn can_be_verified(&self) -> Result<(), SiteError> {
        match self.http.get(&self.url).await {
            Err(source) if source.is_lasting => Err(SiteError::Unverifiable { url: self.url.clone(), source }),
            _ => Ok(()),
        }
    }
}

/// The body of what is at `url`.
pub(crate) async fn fetch(http: &Http, url: &str) -> Result<String, FetchError> {
    let place = url.split('?').next().unwrap_or_default().to_owned();
    match http.get(url).await {
        Ok((200..300, body)) => Ok(body),
        Ok((status, _)) => Err(FetchError::Status { place, status }),
        Err(source) => Err(FetchError::NoAnswer { place, source }),
    }
}
