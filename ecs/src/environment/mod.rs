//! An environment's description: the files of `environments/`, typed and checked.
//!
//! Nothing here knows of AWS's answers.

mod error;
mod values;

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::grammar;

pub use error::{BadValue, EnvironmentError};

/// Everything that one environment is described by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The file's name without its ending.
    #[serde(skip_deserializing)]
    pub name: String,
    /// The AWS region.
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service's name, and with the environment's the task definitions' family.
    pub service: String,
    /// The CloudFormation stack whose outputs name network, roles, log group and alarms.
    pub stack: String,
    /// The public address, without a trailing slash.
    pub url: String,
    /// The source repository, a link on the site.
    pub repository: String,
    /// The size of a task.
    pub task: Task,
    /// The number of tasks.
    pub count: Count,
    /// How a rollout goes.
    pub deployment: Deployment,
    /// How long the deployer waits.
    pub limits: Limits,
}

/// The size of a task, and how it ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// In units of 1/1024 vCPU.
    pub cpu: u32,
    /// In MiB.
    pub memory: u32,
    /// The processors that the image is for.
    pub architecture: Architecture,
    /// Between SIGTERM and SIGKILL, whole seconds.
    #[serde(with = "humantime_serde")]
    pub stop_timeout: Duration,
}

/// The processors of a task, as ECS names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Architecture {
    /// Intel's and AMD's, 64 bits.
    #[serde(rename = "X86_64")]
    X86_64,
    /// Arm's, 64 bits.
    #[serde(rename = "ARM64")]
    Arm64,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::X86_64 => "X86_64",
            Self::Arm64 => "ARM64",
        })
    }
}

impl Architecture {
    /// As OCI images name it.
    #[must_use]
    pub fn oci(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// The number of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// When the service is created; later the scaling has it.
    pub desired: u32,
    /// With fewer no release is deployed: it could not be verified.
    pub minimum: u32,
}

/// How a rollout goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Of the desired count, while it goes.
    pub minimum_healthy_percent: u32,
    /// Of the desired count, while it goes.
    pub maximum_percent: u32,
    /// After a task's start the load balancer's opinion counts for nothing that long, whole seconds.
    #[serde(with = "humantime_serde")]
    pub health_check_grace: Duration,
}

/// How long the deployer waits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Between two looks at a rollout.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// For a rollout; then it is stopped and taken back.
    #[serde(with = "humantime_serde")]
    pub rollout: Duration,
    /// For taking it back.
    #[serde(with = "humantime_serde")]
    pub rollback: Duration,
    /// For tasks and public address to be as expected when ECS says that it is done.
    #[serde(with = "humantime_serde")]
    pub site: Duration,
}

impl Environment {
    /// Reads `environments/NAME.toml` in `directory`.
    pub fn load(directory: &Path, name: &str) -> Result<Self, EnvironmentError> {
        let folder = directory.join("environments");
        let known = names(&folder)?;
        if !known.iter().any(|known| known == name) {
            return Err(EnvironmentError::Unknown { name: name.to_owned(), folder, known });
        }
        let file = folder.join(format!("{name}.toml"));
        let text = fs::read_to_string(&file).map_err(|source| EnvironmentError::File { file: file.clone(), source })?;
        Self::parse(&file, name, &text)
    }

    /// Reads `text`, which is what `file` has, as the description of the environment of that name.
    pub fn parse(file: &Path, name: &str, text: &str) -> Result<Self, EnvironmentError> {
        let syntax = |error| EnvironmentError::Syntax { file: file.to_owned(), source: Box::new(error) };
        let environment = Self { name: name.to_owned(), ..toml::from_str(text).map_err(syntax)? };
        values::check(&environment).map_err(|source| EnvironmentError::Value { file: file.to_owned(), source })?;
        Ok(environment)
    }
}

/// Every environment that is described, by name.
pub fn all(directory: &Path) -> Result<Vec<Environment>, EnvironmentError> {
    names(&directory.join("environments"))?.iter().map(|name| Environment::load(directory, name)).collect()
}

/// Name and public address of every environment that is described, by name.
pub fn peers(directory: &Path) -> Result<Vec<(String, String)>, EnvironmentError> {
    Ok(all(directory)?.into_iter().map(|described| (described.name, described.url)).collect())
}

/// Every environment that is described, for a program or for people.
pub fn list(directory: &Path, json: bool) -> Result<String, EnvironmentError> {
    let described = all(directory)?;
    if json {
        return Ok(format!("{:#}\n", serde_json::to_value(described).unwrap_or_default()));
    }
    let mut text = String::new();
    for Environment { name, region, url, task, .. } in described {
        _ = writeln!(text, "{name:<16} {region:<16} {:<8} {url}", task.architecture);
    }
    Ok(text)
}

fn names(folder: &Path) -> Result<Vec<String>, EnvironmentError> {
    let unreadable = |source| EnvironmentError::Folder { folder: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    let described = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "toml"));
    let mut names = Vec::new();
    for file in described {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        // What an editor leaves beside a file, or a file system: no description.
        if name.starts_with(['.', '#']) {
            continue;
        }
        if let Err(expected) = grammar::environment(&name) {
            return Err(EnvironmentError::Name { file: file.clone(), expected });
        }
        names.push(name.into_owned());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../environments/staging.toml");

    fn parse(text: &str) -> Result<Environment, EnvironmentError> {
        Environment::parse(Path::new("staging.toml"), "staging", text)
    }

    #[test]
    fn what_does_not_fit_the_types_is_named_with_its_file() {
        parse(GOOD).unwrap();
        for (text, named) in [
            (format!("{GOOD}\nwait = 1\n"), "wait"),
            (GOOD.replace("cluster = ", "klusters = "), "klusters"),
            (GOOD.replace("\"X86_64\"", "\"amd64\""), "X86_64"),
            (GOOD.replace("stop_timeout = ", "stop_timeout = \"soon\" # "), "soon"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(matches!(error, EnvironmentError::Syntax { .. }), "{error:?}");
            let told = error.to_string();
            assert!(told.starts_with("staging.toml: ") && told.contains(named), "{told}");
        }
    }

    #[test]
    fn a_value_that_cannot_work_is_named_with_its_file() {
        let error = parse(&GOOD.replace("region = ", "region = \"\" # ")).unwrap_err();
        assert!(error.to_string().starts_with("staging.toml: region = "), "{error}");
        assert!(matches!(error, EnvironmentError::Value { source: BadValue { key: "region", .. }, .. }), "{error:?}");
    }

    #[test]
    fn an_unknown_environment_is_answered_with_the_known_ones() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        let error = Environment::load(directory, "prod").unwrap_err();
        assert!(
            matches!(&error, EnvironmentError::Unknown { known, .. } if *known == ["dev", "production", "staging"]),
            "{error:?}"
        );
        let error = Environment::load(Path::new("nowhere"), "dev").unwrap_err();
        assert!(matches!(error, EnvironmentError::Folder { .. }), "{error:?}");
        // No name leads out of the folder.
        let error = Environment::load(directory, "../environments/dev").unwrap_err();
        assert!(matches!(error, EnvironmentError::Unknown { .. }), "{error:?}");
    }

    #[test]
    fn what_an_editor_leaves_is_no_environment_and_a_name_that_the_site_refuses_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("environments")).unwrap();
        let put = |name: &str| fs::write(folder.path().join("environments").join(name), GOOD).unwrap();
        for name in ["dev.toml", ".#dev.toml", "._dev.toml", "#dev.toml#", "dev.toml~", ".toml"] {
            put(name);
        }
        assert_eq!(peers(folder.path()).unwrap().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["dev"]);
        put("QA_1.toml");
        for error in [peers(folder.path()).map(drop), Environment::load(folder.path(), "dev").map(drop)] {
            let error = error.unwrap_err();
            assert!(matches!(&error, EnvironmentError::Name { file, .. } if file.ends_with("QA_1.toml")), "{error:?}");
        }
    }

    #[test]
    fn every_environment_is_listed_as_it_is_described_however_the_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("environments")).unwrap();
        let url = GOOD.lines().find(|line| line.starts_with("url = ")).unwrap();
        for written in [
            "url='https://a.example.org'",
            "url = \"https://a.example.org\" # where people go",
            "  \"url\"\t=\t\"https://a\\u002eexample.org\"",
        ] {
            let text = GOOD.replace(url, written).replace('\n', "\r\n");
            fs::write(folder.path().join("environments/dev.toml"), text).unwrap();
            let listed: serde_json::Value = serde_json::from_str(&list(folder.path(), true).unwrap()).unwrap();
            let of = |pointer| listed.pointer(pointer).and_then(serde_json::Value::as_str);
            assert_eq!((of("/0/name"), of("/0/url")), (Some("dev"), Some("https://a.example.org")), "{written}");
            assert_eq!((of("/0/region"), of("/0/task/architecture")), (Some("eu-central-1"), Some("X86_64")));
            assert_eq!(listed.as_array().map(Vec::len), Some(1));
            let line = list(folder.path(), false).unwrap();
            assert!(line.starts_with("dev ") && line.ends_with(" https://a.example.org\n"), "{line}");
        }
        fs::write(folder.path().join("environments/staging.toml"), "url = 1").unwrap();
        let error = list(folder.path(), true).unwrap_err();
        assert!(matches!(&error, EnvironmentError::Syntax { file, .. } if file.ends_with("staging.toml")), "{error:?}");
    }

    #[test]
    fn everybody_is_a_peer() {
        let peers = peers(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(peers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["dev", "production", "staging"]);
    }
}
