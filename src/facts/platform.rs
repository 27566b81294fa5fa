//! What the platform says it started: the documents of the ECS task metadata endpoint, version 4.
//!
//! Documents: "Amazon ECS task metadata endpoint version 4" in the Amazon ECS developer guide; the
//! container's own at the address itself, the task's at `/task` below it. [`crate::facts::metadata`] asks for
//! them; here is what they tell.

use serde::Deserialize;

use crate::facts::fact::Fact;

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

/// The container's document, as far as it is of use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    image: Option<String>,
    #[serde(rename = "ImageID")]
    image_id: Option<String>,
}

/// The task's document, as far as it is of use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Task {
    #[serde(rename = "TaskARN")]
    pub(crate) arn: Option<String>,
    pub(crate) availability_zone: Option<String>,
    pub(crate) launch_type: Option<String>,
}

/// A document that may be asked for more than once.
pub(crate) trait Document: Sized {
    /// Whether every field that counts is there: no later answer will tell more.
    fn is_complete(&self) -> bool;

    /// The fields of this one, and of an earlier one those that this one lacks.
    fn or(self, earlier: Self) -> Self;
}

impl Document for Container {
    fn is_complete(&self) -> bool {
        self.image.as_deref().is_some_and(|image| image.contains('@') || self.image_id.is_some())
    }

    fn or(self, earlier: Self) -> Self {
        Self { image: self.image.or(earlier.image), image_id: self.image_id.or(earlier.image_id) }
    }
}

impl Document for Task {
    fn is_complete(&self) -> bool {
        self.arn.is_some() && self.availability_zone.is_some() && self.launch_type.is_some()
    }

    fn or(self, earlier: Self) -> Self {
        Self {
            arn: self.arn.or(earlier.arn),
            availability_zone: self.availability_zone.or(earlier.availability_zone),
            launch_type: self.launch_type.or(earlier.launch_type),
        }
    }
}

impl Platform {
    /// What the two documents tell; for one that is not there, the reason.
    #[must_use]
    pub fn of(container: &Result<Container, String>, task: &Result<Task, String>) -> Self {
        let launch_type = match task {
            Ok(task) => task.launch_type.as_deref().ok_or("the ECS metadata names no LaunchType"),
            Err(why) => Err(why.as_str()),
        };
        let image_digest = container.as_ref().map_err(Clone::clone).and_then(|c| digest(c, launch_type));
        Self {
            image: field(container, |c| c.image.clone(), "Image"),
            image_digest: Fact(image_digest.map_err(Into::into)),
            task: field(task, |t| t.arn.clone(), "TaskARN"),
            availability_zone: field(task, |t| t.availability_zone.clone(), "AvailabilityZone"),
        }
    }
}

fn field<D>(document: &Result<D, String>, get: impl Fn(&D) -> Option<String>, name: &str) -> Fact {
    Fact(match document {
        Ok(document) => get(document).ok_or_else(|| format!("the ECS metadata names no {name}").into()),
        Err(why) => Err(why.clone().into()),
    })
}

const BY_TAG: &str = "the image is not named by its digest, and ImageID is that digest only on Fargate";

/// The manifest's digest. The reference is the better witness: its digest is what was pulled.
///
/// `ImageID` is the manifest's digest on Fargate. On a Docker host it is the configuration's, and for a
/// launch type that came later nobody has said which.
fn digest(container: &Container, launch_type: Result<&str, &str>) -> Result<String, String> {
    let is_digest = |text: &str| {
        text.strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    };
    let pulled = container.image.as_deref().and_then(|image| image.split_once('@')).map(|(_, digest)| digest);
    if let Some(digest) = pulled.filter(|digest| is_digest(digest)) {
        return Ok(digest.to_owned());
    }
    match launch_type {
        Ok("FARGATE") => match container.image_id.as_deref() {
            Some(id) if is_digest(id) => Ok(id.to_owned()),
            _ => Err("the ECS metadata names no digest".to_owned()),
        },
        Ok(other) => Err(format!("{BY_TAG}: the launch type is {other}")),
        Err(why) => Err(format!("{BY_TAG}: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const OTHER: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn platform(container: &str, task: &str) -> Platform {
        let unread = |error: serde_json::Error| error.to_string();
        Platform::of(&serde_json::from_str(container).map_err(unread), &serde_json::from_str(task).map_err(unread))
    }

    #[test]
    fn the_digest_in_the_reference_comes_before_the_image_id() {
        let container = format!(r#"{{"Image": "repo/it@{DIGEST}", "ImageID": "{OTHER}"}}"#);
        for task in ["{}", r#"{"LaunchType": "FARGATE"}"#, r#"{"LaunchType": "EC2"}"#] {
            assert_eq!(platform(&container, task).image_digest, Fact::known(DIGEST));
        }
    }

    #[test]
    fn the_image_id_counts_only_where_it_is_known_to_be_the_manifests_digest() {
        let container = format!(r#"{{"Image": "repo/it:latest", "ImageID": "{DIGEST}"}}"#);
        assert_eq!(platform(&container, r#"{"LaunchType": "FARGATE"}"#).image_digest, Fact::known(DIGEST));
        for kind in ["EC2", "EXTERNAL", "MANAGED_INSTANCES", "fargate", ""] {
            let digest = platform(&container, &format!(r#"{{"LaunchType": "{kind}"}}"#)).image_digest;
            let why = digest.0.expect_err(kind);
            assert!(why.contains(kind) && why.contains("only on Fargate"), "{why}");
        }
        for (task, reason) in [("{}", "names no LaunchType"), ("not json", "expected")] {
            let why = platform(&container, task).image_digest.0.expect_err(task);
            assert!(why.contains(reason), "{why}");
        }
    }

    #[test]
    fn a_digest_that_is_none_is_not_shown() {
        for id in ["sha256:12", "latest", "", &DIGEST.to_uppercase()] {
            let container = format!(r#"{{"Image": "repo/it@{id}", "ImageID": "{id}"}}"#);
            let digest = platform(&container, r#"{"LaunchType": "FARGATE"}"#).image_digest;
            assert_eq!(digest.value(), None, "{id}");
        }
    }

    #[test]
    fn each_fact_stands_for_itself() {
        let task = r#"{"TaskARN": "arn:aws:ecs:eu-central-1:1:task/c/1", "AvailabilityZone": "eu-central-1a"}"#;
        let found = platform("not json", task);
        assert_eq!(found.task, Fact::known("arn:aws:ecs:eu-central-1:1:task/c/1"));
        assert_eq!(found.availability_zone, Fact::known("eu-central-1a"));
        assert!(found.image.0.is_err());
    }
}
