//! What a task is. The rest of the crate starts, asks and stops tasks by this one seam, and does not know whether
//! anything runs.

use std::collections::BTreeMap;

use serde_json::json;

use crate::script::{Fate, Image};

/// What a task is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// The task's ARN.
    pub arn: String,
    /// The image by digest.
    pub image: String,
    /// The container's environment.
    pub environment: BTreeMap<String, String>,
}

impl Specification {
    /// The last part of its ARN.
    #[must_use]
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// The image's digest, or nothing where the image is named otherwise.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.image.split_once('@').map_or("", |(_, digest)| digest)
    }
}

/// How a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not been started: its image is still on its way.
    Pulling,
    /// It runs, and its health check has not succeeded yet.
    Starting,
    /// Its health check succeeds.
    Healthy,
    /// It ended by itself.
    Ended {
        /// The exit code of its container.
        code: i32,
    },
}

/// Starts tasks and tells how they are.
pub trait Tasks: Send {
    /// Starts one.
    fn start(&mut self, task: Specification);
    /// How it is, `age` seconds after its start, by the world's clock.
    fn state(&mut self, arn: &str, age: f64) -> State;
    /// The digest of the image that was started, as the platform found it.
    fn digest(&self, arn: &str) -> Option<String>;
    /// What it answers to a request for that path; nothing if it does not answer.
    fn answer(&mut self, arn: &str, path: &str) -> Option<(u16, String)>;
    /// Stops it, which may take no time.
    fn stop(&mut self, arn: &str);
}

/// Seconds until a task's health check succeeds, or until it ends by itself.
const START: f64 = 3.0;

/// Tasks of which nothing runs: each fares as the script says of its image.
#[derive(Debug, Default)]
pub struct Scripted {
    images: Vec<Image>,
    running: BTreeMap<String, Specification>,
    asked: u32,
}

impl Scripted {
    /// Tasks that fare like those images.
    #[must_use]
    pub fn new(images: Vec<Image>) -> Self {
        Self { images, ..Self::default() }
    }

    fn fate(&self, arn: &str) -> Option<&Fate> {
        let digest = self.running.get(arn)?.digest();
        self.images.iter().find(|image| image.digest == digest).map(|image| &image.fate)
    }
}

impl Tasks for Scripted {
    fn start(&mut self, task: Specification) {
        self.running.insert(task.arn.clone(), task);
    }

    fn state(&mut self, arn: &str, age: f64) -> State {
        match self.fate(arn) {
            _ if age < START => State::Starting,
            Some(Fate::NeverHealthy) => State::Starting,
            Some(Fate::Exits(code)) => State::Ended { code: *code },
            _ => State::Healthy,
        }
    }

    fn digest(&self, arn: &str) -> Option<String> {
        match self.fate(arn) {
            Some(Fate::ReportsDigest(other)) => Some(other.clone()),
            _ => self.running.get(arn).map(|task| task.digest().to_owned()),
        }
    }

    fn answer(&mut self, arn: &str, path: &str) -> Option<(u16, String)> {
        self.asked += 1;
        let task = self.running.get(arn)?;
        let commit = match self.fate(arn) {
            Some(Fate::SiteSilent) => return None,
            Some(Fate::SiteStatus(status)) => return Some((*status, String::new())),
            Some(Fate::SiteWavers(commit)) if self.asked.is_multiple_of(3) => Some(commit.clone()),
            Some(Fate::SiteNamesCommit(commit)) => Some(commit.clone()),
            _ => task.environment.get("WALKTHROUGH_COMMIT").cloned(),
        };
        if path != "/release.json" {
            return Some((404, String::new()));
        }
        Some((200, json!({"commit": commit, "image_digest": task.digest(), "task": arn}).to_string()))
    }

    fn stop(&mut self, arn: &str) {
        self.running.remove(arn);
    }
}
