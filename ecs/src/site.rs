//! The public address: what a visitor would be told about the release.

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

/// A page that takes longer is as good as none.
const ANSWER: Duration = Duration::from_secs(10);

/// `/release.json`, as far as a release is told by it; nothing where the site does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Answer {
    /// The commit, 40 hexadecimal digits.
    pub commit: Option<String>,
    /// The digest of the image that the platform started, `sha256:…`.
    pub image_digest: Option<String>,
}

/// Asks the site at `url` for `/release.json`, once. The error is a sentence.
pub async fn release(url: &str) -> Result<Answer, String> {
    let place = format!("{url}/release.json");
    let body = fetch(place.clone()).await?;
    serde_json::from_str(&body)
        .map_err(|error| format!("{place} answers with something else than the release: {error}"))
}

/// The body of what is at `url`. The error is a sentence that names it, without the query: in it may be a
/// signature.
pub(crate) async fn fetch(url: String) -> Result<String, String> {
    let place = url.split('?').next().unwrap_or_default().to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        // A new connection each time: one that is kept open would ask the same task again and again.
        let agent =
            Agent::config_builder().timeout_global(Some(ANSWER)).http_status_as_error(false).build().new_agent();
        let mut answer = agent.get(&url).header("cache-control", "no-cache").call()?;
        let body = answer.body_mut().read_to_string()?;
        Ok::<_, ureq::Error>((answer.status(), body))
    });
    match asked.await {
        Ok(Ok((status, body))) if status.is_success() => Ok(body),
        Ok(Ok((status, _))) => Err(format!("{place} answers {status}")),
        Ok(Err(error)) => Err(format!("{place} does not answer: {}", with_causes(&error))),
        Err(error) => Err(format!("{place} could not be asked: {error}")),
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
