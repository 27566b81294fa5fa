//! The public address: what a visitor would be told about the release.

use serde::Deserialize;

use crate::http::{Http, Silence};

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

    /// Asks for `/release.json`, once. The error is a sentence.
    pub async fn release(&self) -> Result<Answer, String> {
        let place = format!("{}/release.json", self.url);
        let body = fetch(&self.http, &place).await?;
        serde_json::from_str(&body)
            .map_err(|error| format!("{place} answers with something else than the release: {error}"))
    }

    /// Whether a release could be verified here. One that is down, or new, is no obstacle: what is deployed may change
    /// that. The error is a sentence.
    pub async fn can_be_verified(&self) -> Result<(), String> {
        match self.http.get(&self.url).await {
            Err(Silence { why, is_lasting: true }) => Err(format!("{} can't be verified: {why}", self.url)),
            _ => Ok(()),
        }
    }
}

/// The body of what is at `url`. The error is a sentence that names it, without the query: in it may be a
/// signature.
pub(crate) async fn fetch(http: &Http, url: &str) -> Result<String, String> {
    let place = url.split('?').next().unwrap_or_default();
    match http.get(url).await {
        Ok((200..300, body)) => Ok(body),
        Ok((status, _)) => Err(format!("{place} answers {status}")),
        Err(Silence { why, .. }) => Err(format!("{place} does not answer: {why}")),
    }
}
