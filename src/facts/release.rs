//! The facts of what is running, and where each comes from.
//!
//! Facts of the deployment come from the configuration, facts of the platform from [`crate::facts::platform`], facts of
//! the program from [`crate::facts::executable`].

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::Config;
use crate::facts::executable::Executable;
use crate::facts::fact::Fact;
use crate::facts::forge::Repository;
use crate::facts::platform::Platform;

/// Everything that is known of what is running, as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The package's name.
    pub name: &'static str,
    /// The package's version.
    pub version: &'static str,
    /// The environment's name.
    pub environment: String,
    /// What the executable was built for, as Nix names it.
    pub system: String,
    /// When the process started, RFC 3339 in UTC, to the second.
    pub started_at: String,
    /// The commit of the release.
    pub commit: Fact,
    /// The source repository's URL.
    pub repository: Fact,
    /// What follows from both.
    pub links: Links,
    /// The URL of the pipeline run that deployed it.
    pub run_url: Fact,
    /// The reference of the image that the platform started.
    pub image: Fact,
    /// The digest of that image's manifest, `sha256:…`.
    pub image_digest: Fact,
    /// The task's ARN.
    pub task: Fact,
    /// The zone the task runs in.
    pub availability_zone: Fact,
    /// The executable's path.
    pub executable: Fact,
    /// The SHA-256 of the executable's bytes, hexadecimal.
    pub executable_sha256: Fact,
    /// How many packages are linked into the executable, its own aside.
    pub dependencies: Fact<usize>,
}

impl Release {
    /// What the configuration alone tells. The rest is not known yet.
    ///
    /// `started_at` is when the process started.
    #[must_use]
    pub fn configured(config: &Config, started_at: OffsetDateTime) -> Self {
        fn pending<T>() -> Fact<T> {
            Fact::unknown("it is being asked for")
        }
        let commit = Fact::configured(config.commit.as_ref(), "WALKTHROUGH_COMMIT");
        let repository = Fact::configured(config.repository.as_ref(), "WALKTHROUGH_REPOSITORY");
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            environment: config.environment.clone(),
            system: system(),
            started_at: rfc3339(started_at),
            links: Links::of(&repository, &commit),
            commit,
            repository,
            run_url: Fact::configured(config.run_url.as_ref(), "WALKTHROUGH_RUN_URL"),
            image: pending(),
            image_digest: pending(),
            task: pending(),
            availability_zone: pending(),
            executable: pending(),
            executable_sha256: pending(),
            dependencies: pending(),
        }
    }

    /// The same release with what the executable tells.
    #[must_use]
    pub fn of(self, executable: Executable) -> Self {
        Self {
            executable: executable.path,
            executable_sha256: executable.sha256,
            dependencies: executable.dependencies.count(),
            ..self
        }
    }

    /// The same release with what the platform tells.
    #[must_use]
    pub fn on(self, platform: Platform) -> Self {
        Self {
            image: platform.image,
            image_digest: platform.image_digest,
            task: platform.task,
            availability_zone: platform.availability_zone,
            ..self
        }
    }

    /// The same release with a value for every fact that is not known; see
    /// [`crate::facts::Facts::specimen`].
    #[must_use]
    pub(crate) fn specimen(self) -> Self {
        fn or<T>(fact: Fact<T>, value: impl Into<T>) -> Fact<T> {
            Fact(fact.0.or_else(|_| Ok(value.into())))
        }
        let hex = "0123456789abcdef".repeat(4);
        let commit = or(self.commit, &hex[..40]);
        let repository = or(self.repository, "https://github.com/example/specimen");
        Self {
            links: Links::of(&repository, &commit),
            commit,
            repository,
            run_url: or(self.run_url, "https://example.org/specimen/runs/1"),
            image: or(self.image, format!("registry.example/specimen@sha256:{hex}")),
            image_digest: or(self.image_digest, format!("sha256:{hex}")),
            task: or(self.task, "arn:aws:ecs:eu-central-1:123456789012:task/specimen/0"),
            availability_zone: or(self.availability_zone, "eu-central-1a"),
            executable: or(self.executable, "/bin/specimen"),
            executable_sha256: or(self.executable_sha256, hex),
            dependencies: or(self.dependencies, 2usize),
            ..self
        }
    }

    /// The document behind `/release.json`: the same facts, each a plain value or `null`.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        fn value(fact: &Fact) -> Option<&str> {
            fact.value().map(String::as_str)
        }
        Document {
            name: self.name,
            version: self.version,
            environment: &self.environment,
            system: &self.system,
            started_at: &self.started_at,
            commit: value(&self.commit),
            repository: value(&self.repository),
            run_url: value(&self.run_url),
            image: value(&self.image),
            image_digest: value(&self.image_digest),
            task: value(&self.task),
            availability_zone: value(&self.availability_zone),
            executable: value(&self.executable),
            executable_sha256: value(&self.executable_sha256),
            dependencies: self.dependencies.value().copied(),
        }
    }
}

/// Where a page leads, and what a command asks for, by the release's repository and commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Links {
    /// The repository's page: on a forge that is not known, its URL as it was given.
    pub repository: Option<String>,
    /// The commit's page, on a forge that is known.
    pub commit: Option<String>,
    /// What comes before the path of a file of the commit, on a forge that is known.
    pub files: Option<String>,
    /// What was run for the commit, on a forge that has a page for it.
    pub checks: Option<String>,
    /// What comes before `OLDER...NEWER` in the address of a comparison of two commits.
    pub compare: Option<String>,
    /// The repository's URL, for single quotes in a shell.
    pub source: Option<String>,
}

impl Links {
    fn of(repository: &Fact, commit: &Fact) -> Self {
        let url = repository.value();
        let known = url.and_then(|url| Repository::of(url));
        let commit_id = commit.value();
        let commit = known.as_ref().zip(commit_id).map(|(known, commit)| known.commit(commit));
        let files = known.as_ref().zip(commit_id).map(|(known, commit)| known.files(commit));
        let checks = known.as_ref().zip(commit_id).and_then(|(known, commit)| known.checks(commit));
        let compare = known.as_ref().and_then(Repository::compare);
        // The one character of a URL that would end the quotes.
        let source = url.map(|url| url.replace('\'', "%27"));
        Self {
            repository: known.map(|known| known.page().to_owned()).or_else(|| url.cloned()),
            commit,
            files,
            checks,
            compare,
            source,
        }
    }
}

/// The public form of a [`Release`]. Its keys are an interface: deployers and other environments
/// read them.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field is the field of Release that has its name")]
pub struct Document<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub environment: &'a str,
    pub system: &'a str,
    pub started_at: &'a str,
    pub commit: Option<&'a str>,
    pub repository: Option<&'a str>,
    pub run_url: Option<&'a str>,
    pub image: Option<&'a str>,
    pub image_digest: Option<&'a str>,
    pub task: Option<&'a str>,
    pub availability_zone: Option<&'a str>,
    pub executable: Option<&'a str>,
    pub executable_sha256: Option<&'a str>,
    pub dependencies: Option<usize>,
}

/// `time` as RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    time.to_offset(time::UtcOffset::UTC)
        .truncate_to_second()
        .format(&Rfc3339)
        .unwrap_or_else(|_| "a time outside of the calendar".to_owned())
}

fn system() -> String {
    let os = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    format!("{}-{os}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured() -> Release {
        let config = Config::from_variables([("WALKTHROUGH_REPOSITORY", "https://example.org/it/")]).unwrap();
        Release::configured(&config, OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_fact_that_is_not_known_is_null_in_json_and_has_a_reason_on_the_page() {
        let release = configured();
        let document = serde_json::to_value(release.document()).unwrap();
        assert!(document["commit"].is_null());
        let page = serde_json::to_value(&release).unwrap();
        assert_eq!(page["commit"]["reason"], "WALKTHROUGH_COMMIT is not set");
    }

    #[test]
    fn a_fact_that_is_known_stands_in_both() {
        let release = configured();
        assert_eq!(serde_json::to_value(release.document()).unwrap()["repository"], "https://example.org/it");
        let page = serde_json::to_value(&release).unwrap();
        assert_eq!(page["repository"]["value"], "https://example.org/it");
        assert!(page["repository"]["reason"].is_null());
    }

    #[test]
    fn times_are_utc_to_the_second() {
        assert_eq!(configured().started_at, "1970-01-01T00:00:00Z");
    }
}
