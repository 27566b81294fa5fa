//! What the platform says it started: the ECS task metadata endpoint, version 4.
//!
//! Documents: "Amazon ECS task metadata endpoint version 4" in the Amazon ECS developer guide; the
//! container's own at the address itself, the task's at `/task` below it. Whatever the endpoint does
//! (absent, slow, refusing, answering garbage), asking ends within [`BUDGET`] and costs no more than
//! the facts it would have given.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::release::Fact;

/// How long both questions may take together.
pub const BUDGET: Duration = Duration::from_secs(2);

/// The documents are a few kilobytes; more is not one of them.
const LARGEST_DOCUMENT: u64 = 256 * 1024;

/// What the platform tells of the task this process runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The image reference that the task definition named.
    pub image: Fact,
    /// The digest of the image's manifest.
    pub image_digest: Fact,
    /// The task's ARN.
    pub task: Fact,
    /// The zone the task runs in.
    pub availability_zone: Fact,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    image: Option<String>,
    #[serde(rename = "ImageID")]
    image_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    #[serde(rename = "TaskARN")]
    arn: Option<String>,
    availability_zone: Option<String>,
    launch_type: Option<String>,
}

impl Platform {
    /// Asks the endpoint. Blocks for [`BUDGET`] at most.
    #[must_use]
    pub fn ask(endpoint: Option<&str>) -> Self {
        let Some(endpoint) = endpoint else {
            const REASON: &str = "ECS_CONTAINER_METADATA_URI_V4 is not set: this does not run on Amazon ECS";
            return Self::from_documents(Err(REASON.into()), Err(REASON.into()));
        };
        let deadline = Instant::now() + BUDGET;
        let endpoint = endpoint.trim_end_matches('/');
        // Side by side, so that one answer that never comes doesn't use up the other's time.
        let task = document(format!("{endpoint}/task"));
        let container = document(endpoint.to_owned());
        let wait = |answer: mpsc::Receiver<_>| {
            answer
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                .unwrap_or_else(|_| Err(format!("no answer within {} seconds", BUDGET.as_secs())))
        };
        let explain = |why| format!("the ECS metadata endpoint: {why}");
        Self::from_documents(
            wait(container).and_then(|body| parse(&body)).map_err(explain),
            wait(task).and_then(|body| parse(&body)).map_err(explain),
        )
    }

    fn from_documents(container: Result<Container, String>, task: Result<Task, String>) -> Self {
        let launch_type = task.as_ref().ok().and_then(|task| task.launch_type.clone());
        let image_digest = container.as_ref().map_err(Clone::clone).and_then(|c| digest(c, launch_type.as_deref()));
        Self {
            image: field(&container, |c| c.image.clone(), "Image"),
            image_digest: Fact(image_digest.map_err(Into::into)),
            task: field(&task, |t| t.arn.clone(), "TaskARN"),
            availability_zone: field(&task, |t| t.availability_zone.clone(), "AvailabilityZone"),
        }
    }
}

fn field<D>(document: &Result<D, String>, get: impl Fn(&D) -> Option<String>, name: &str) -> Fact {
    Fact(match document {
        Ok(document) => get(document).ok_or_else(|| format!("the ECS metadata names no {name}").into()),
        Err(why) => Err(why.clone().into()),
    })
}

/// The manifest's digest. The reference is the better witness: its digest is what was pulled.
///
/// `ImageID` is the manifest's digest on Fargate, but the configuration's on a Docker host.
fn digest(container: &Container, launch_type: Option<&str>) -> Result<String, String> {
    let is_digest = |text: &str| {
        text.strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    };
    let pulled = container.image.as_deref().and_then(|image| image.split_once('@')).map(|(_, digest)| digest);
    if let Some(digest) = pulled.filter(|digest| is_digest(digest)) {
        return Ok(digest.to_owned());
    }
    if let Some(kind @ ("EC2" | "EXTERNAL")) = launch_type {
        return Err(format!("the image is named by a tag, and on {kind} ECS does not tell the digest of its manifest"));
    }
    match container.image_id.as_deref() {
        Some(id) if is_digest(id) => Ok(id.to_owned()),
        _ => Err("the ECS metadata names no digest".to_owned()),
    }
}

fn parse<D: DeserializeOwned>(body: &[u8]) -> Result<D, String> {
    serde_json::from_slice(body).map_err(|error| format!("its answer can't be read: {error}"))
}

/// Fetches `url` on a thread of its own: looking up a name can't be interrupted, only left behind.
fn document(url: String) -> mpsc::Receiver<Result<Vec<u8>, String>> {
    let (send, receive) = mpsc::channel();
    let failed = send.clone();
    let spawned = std::thread::Builder::new().name("metadata".to_owned()).spawn(move || {
        let answer = ureq::get(&url)
            .config()
            // Longer than anyone waits for it: this only ends the thread.
            .timeout_global(Some(BUDGET * 2))
            // The endpoint is link-local: no proxy can reach it, and a redirect would lead elsewhere.
            .proxy(None)
            .max_redirects(0)
            .build()
            .call()
            .and_then(|mut answer| answer.body_mut().with_config().limit(LARGEST_DOCUMENT).read_to_vec())
            .map_err(|error| error.to_string());
        // Nobody listens any more once the time is up.
        let _ = send.send(answer);
    });
    if let Err(error) = spawned {
        let _ = failed.send(Err(format!("it can't be asked: {error}")));
    }
    receive
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const OTHER: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn platform(container: &str, task: &str) -> Platform {
        Platform::from_documents(parse(container.as_bytes()), parse(task.as_bytes()))
    }

    #[test]
    fn the_digest_in_the_reference_comes_before_the_image_id() {
        let container = format!(r#"{{"Image": "repo/it@{DIGEST}", "ImageID": "{OTHER}"}}"#);
        assert_eq!(platform(&container, "{}").image_digest, Fact::known(DIGEST));
    }

    #[test]
    fn the_image_id_counts_where_it_is_the_manifests_digest() {
        let container = format!(r#"{{"Image": "repo/it:latest", "ImageID": "{DIGEST}"}}"#);
        assert_eq!(platform(&container, r#"{"LaunchType": "FARGATE"}"#).image_digest, Fact::known(DIGEST));
        let on_docker = platform(&container, r#"{"LaunchType": "EC2"}"#).image_digest;
        assert!(on_docker.0.unwrap_err().contains("EC2"));
    }

    #[test]
    fn a_digest_that_is_none_is_not_shown() {
        for id in ["sha256:12", "latest", "", &DIGEST.to_uppercase()] {
            let container = format!(r#"{{"Image": "repo/it@{id}", "ImageID": "{id}"}}"#);
            assert_eq!(platform(&container, "{}").image_digest.value(), None, "{id}");
        }
    }

    #[test]
    fn each_fact_stands_for_itself() {
        let task = r#"{"TaskARN": "arn:aws:ecs:eu-central-1:1:task/c/1", "AvailabilityZone": "eu-central-1a"}"#;
        let found = platform("not json", task);
        assert_eq!(found.task, Fact::known("arn:aws:ecs:eu-central-1:1:task/c/1"));
        assert_eq!(found.availability_zone, Fact::known("eu-central-1a"));
        assert!(found.image.0.unwrap_err().contains("can't be read"));
    }

    #[test]
    fn off_the_platform_every_fact_says_so() {
        let found = Platform::ask(None);
        for fact in [found.image, found.image_digest, found.task, found.availability_zone] {
            assert!(fact.0.unwrap_err().contains("ECS_CONTAINER_METADATA_URI_V4 is not set"));
        }
    }

    #[test]
    fn garbage_for_an_address_is_only_a_reason() {
        for address in ["garbage", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:1/", "\n"] {
            assert!(Platform::ask(Some(address)).image.0.unwrap_err().starts_with("the ECS metadata endpoint: "));
        }
    }
}
