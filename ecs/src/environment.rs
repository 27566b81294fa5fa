//! An environment's description: the files of `environments/`, typed and checked.
//!
//! An error names the file, the key and the remedy. Nothing here knows of AWS's answers.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::grammar;

/// Why a description can't be used: one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

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
    pub fn load(directory: &Path, name: &str) -> Result<Self, Invalid> {
        let folder = directory.join("environments");
        let names = names(&folder)?;
        if !names.iter().any(|known| known == name) {
            return Err(Invalid(format!(
                "there is no environment {name:?}: {} has {}",
                folder.display(),
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            )));
        }
        let file = folder.join(format!("{name}.toml"));
        let text = fs::read_to_string(&file).map_err(|error| Invalid(format!("{}: {error}", file.display())))?;
        Self::parse(&file, name, &text)
    }

    fn parse(file: &Path, name: &str, text: &str) -> Result<Self, Invalid> {
        let read: Self = toml::from_str(text)
            .map_err(|error| Invalid(format!("{}: {}", file.display(), error.to_string().trim_end())))?;
        let environment = Self { name: name.to_owned(), ..read };
        match environment.wrong() {
            None => Ok(environment),
            Some((key, value, remedy)) => Err(Invalid(format!("{}: {key} = {value}: {remedy}", file.display()))),
        }
    }

    /// The first key whose value can't work: key, value, remedy.
    fn wrong(&self) -> Option<(&'static str, String, String)> {
        let wrong = |key: &'static str, value: &dyn fmt::Debug, remedy: &str| {
            Some((key, format!("{value:?}"), remedy.to_owned()))
        };
        for (key, value) in
            [("region", &self.region), ("cluster", &self.cluster), ("service", &self.service), ("stack", &self.stack)]
        {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if value.is_empty() || value.len() > 128 || !value.chars().all(allowed) {
                return wrong(key, value, "expected 1 to 128 letters, digits, hyphens and underscores");
            }
        }
        for (key, value) in [("url", &self.url), ("repository", &self.repository)] {
            if let Err(remedy) = grammar::url(value) {
                return wrong(key, value, remedy);
            }
        }
        let memory = fargate_memory(self.task.cpu);
        if memory.is_empty() {
            return wrong(
                "task.cpu",
                &self.task.cpu,
                "expected one of Fargate's sizes: 256, 512, 1024, 2048, 4096, 8192 or 16384",
            );
        }
        if !memory.contains(&self.task.memory) {
            let (first, last) =
                (memory.first().copied().unwrap_or_default(), memory.last().copied().unwrap_or_default());
            let remedy =
                format!("Fargate has from {first} to {last} MiB for {} units of CPU, in its own steps", self.task.cpu);
            return wrong("task.memory", &self.task.memory, &remedy);
        }
        for (key, value, allowed) in [
            ("task.stop_timeout", self.task.stop_timeout, 2..=120),
            ("deployment.health_check_grace", self.deployment.health_check_grace, 0..=3600),
        ] {
            if value.subsec_nanos() != 0 || !allowed.contains(&value.as_secs()) {
                let remedy = format!("expected whole seconds from {} to {}", allowed.start(), allowed.end());
                return wrong(key, &value, &remedy);
            }
        }
        if self.count.minimum == 0 {
            return wrong(
                "count.minimum",
                &self.count.minimum,
                "expected 1 or more: what does not run can't be verified",
            );
        }
        if self.count.desired < self.count.minimum {
            return wrong("count.desired", &self.count.desired, "expected count.minimum or more");
        }
        let Deployment { minimum_healthy_percent: minimum, maximum_percent: maximum, .. } = self.deployment;
        if minimum > 100 {
            return wrong("deployment.minimum_healthy_percent", &minimum, "expected 100 or less");
        }
        if !(101..=200).contains(&maximum) {
            return wrong(
                "deployment.maximum_percent",
                &maximum,
                "expected 101 to 200: a task is replaced, and moved to another zone, by starting one more",
            );
        }
        for (key, value) in [
            ("limits.poll", self.limits.poll),
            ("limits.rollout", self.limits.rollout),
            ("limits.rollback", self.limits.rollback),
            ("limits.site", self.limits.site),
        ] {
            if value.is_zero() {
                return wrong(key, &value, "expected a time, such as \"5s\" or \"20m\"");
            }
        }
        None
    }
}

/// Every environment that is described, by name.
pub fn all(directory: &Path) -> Result<Vec<Environment>, Invalid> {
    names(&directory.join("environments"))?.iter().map(|name| Environment::load(directory, name)).collect()
}

/// Name and public address of every environment that is described, by name.
pub fn peers(directory: &Path) -> Result<Vec<(String, String)>, Invalid> {
    Ok(all(directory)?.into_iter().map(|described| (described.name, described.url)).collect())
}

/// Every environment that is described, for a program or for people.
pub fn list(directory: &Path, json: bool) -> Result<String, Invalid> {
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

fn names(folder: &Path) -> Result<Vec<String>, Invalid> {
    let unreadable = |error| {
        Invalid(format!("{}: {error}; give the folder that has environments/ by --directory", folder.display()))
    };
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
        grammar::environment(&name)
            .map_err(|why| Invalid(format!("{}: as the name of an environment: {why}", file.display())))?;
        names.push(name.into_owned());
    }
    names.sort();
    Ok(names)
}

/// The sizes of memory, in MiB, that Fargate has for so much CPU; see "Fargate task CPU and memory" in the
/// Amazon ECS developer guide.
fn fargate_memory(cpu: u32) -> Vec<u32> {
    let steps = |from: usize, to: usize, by: usize| {
        (from..=to).step_by(by).filter_map(|gib| u32::try_from(gib * 1024).ok()).collect()
    };
    match cpu {
        256 => vec![512, 1024, 2048],
        512 => steps(1, 4, 1),
        1024 => steps(2, 8, 1),
        2048 => steps(4, 16, 1),
        4096 => steps(8, 30, 1),
        8192 => steps(16, 60, 4),
        16384 => steps(32, 120, 8),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../environments/staging.toml");

    fn parse(text: &str) -> Result<Environment, String> {
        Environment::parse(Path::new("staging.toml"), "staging", text).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn a_wrong_value_is_named_with_file_key_and_remedy() {
        parse(GOOD).unwrap();
        for (key, wrong, remedy) in [
            ("region", r#""""#, "1 to 128"),
            ("cluster", r#""a cluster""#, "1 to 128"),
            ("service", r#""a/b""#, "1 to 128"),
            ("stack", r#""stack!""#, "1 to 128"),
            ("url", r#""https://example.org/""#, "no slash"),
            ("url", r#""example.org""#, "http or https"),
            ("url", r#""https://""#, "http or https"),
            ("url", r#""https://a_b.example.org""#, "http or https"),
            ("url", r#""https://übung.example.org""#, "http or https"),
            ("url", r#""https://somebody@example.org""#, "no user name"),
            ("url", r#""https://example.org:99999""#, "http or https"),
            ("repository", r#""https://a,b""#, "http or https"),
            ("cpu", "300", "one of Fargate's"),
            ("memory", "300", "512 to 2048"),
            ("architecture", r#""amd64""#, "X86_64"),
            ("stop_timeout", r#""121s""#, "from 2 to 120"),
            ("stop_timeout", r#""1s""#, "from 2 to 120"),
            ("stop_timeout", r#""2500ms""#, "whole seconds"),
            ("stop_timeout", r#""soon""#, "soon"),
            ("health_check_grace", r#""2h""#, "from 0 to 3600"),
            ("minimum", "0", "1 or more"),
            ("desired", "1", "count.minimum or more"),
            ("minimum_healthy_percent", "101", "100 or less"),
            ("maximum_percent", "100", "101 to 200"),
            ("maximum_percent", "201", "101 to 200"),
            ("poll", r#""0s""#, "a time"),
            ("rollout", r#""0s""#, "a time"),
            ("rollback", r#""0s""#, "a time"),
            ("site", r#""0s""#, "a time"),
        ] {
            let lines = GOOD.lines().map(|line| match line.split_once(" = ") {
                Some((found, _)) if found == key => format!("{key} = {wrong}"),
                _ => line.to_owned(),
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            assert_ne!(text, GOOD.trim_end(), "{key} is in the file");
            let error = parse(&text).unwrap_err();
            assert!(
                error.contains("staging.toml") && error.contains(key) && error.contains(remedy),
                "{key} = {wrong}: {error}"
            );
        }
    }

    #[test]
    fn an_unknown_or_missing_key_is_named() {
        let unknown = parse(&format!("{GOOD}\nwait = 1\n")).unwrap_err();
        assert!(unknown.contains("wait") && unknown.contains("staging.toml"), "{unknown}");
        let missing = parse(&GOOD.replace("cluster = ", "klusters = ")).unwrap_err();
        assert!(missing.contains("klusters") && missing.contains("cluster"), "{missing}");
    }

    #[test]
    fn an_unknown_environment_is_answered_with_the_known_ones() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        let error = Environment::load(directory, "prod").unwrap_err().to_string();
        assert!(error.contains("\"prod\"") && error.contains("dev, production, staging"), "{error}");
        let error = Environment::load(Path::new("nowhere"), "dev").unwrap_err().to_string();
        assert!(error.contains("--directory"), "{error}");
        // No name leads out of the folder.
        assert!(Environment::load(directory, "../environments/dev").is_err());
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
            let error = error.unwrap_err().to_string();
            assert!(error.contains("QA_1.toml") && error.contains("1 to 32 lower-case letters"), "{error}");
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
        assert!(list(folder.path(), true).unwrap_err().to_string().contains("staging.toml"));
    }

    #[test]
    fn everybody_is_a_peer() {
        let peers = peers(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(peers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["dev", "production", "staging"]);
    }
}
