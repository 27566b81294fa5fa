//! Tasks that really run: each is the pushed image's own layers, started by the program `container`.
//!
//! What a runtime does beyond that (networks, limits, logs in the cloud) is none of a rehearsal's business: a task has
//! this machine's network, and a port of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use thiserror::Error;

use crate::images::{ImageError, Images, pulled_digest};
use crate::metadata::Metadata;
use crate::tasks::{Specification, State, Tasks};

/// The site answers in a few milliseconds; whoever waits longer holds up the world.
const ANSWER: Duration = Duration::from_secs(3);
const HEALTH: Duration = Duration::from_millis(300);

/// The exit code of a container that could not be started, as container runtimes have it.
const NOT_STARTED: i32 = 125;

/// Tasks of which each is a process.
#[derive(Debug)]
pub struct Containers {
    images: Images,
    folder: PathBuf,
    metadata: Metadata,
    running: BTreeMap<String, Container>,
}

#[derive(Debug)]
struct Container {
    process: Child,
    folder: PathBuf,
    port: u16,
    /// Of the image that was pulled.
    digest: Option<String>,
}

/// Why a task's container did not start.
#[derive(Debug, Error)]
enum ContainerError {
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("{}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("no port is free: {0}")]
    Port(#[source] io::Error),
    #[error("container: {0}")]
    Program(#[source] io::Error),
}

impl Containers {
    /// Tasks of those images. Each gets a folder of its own in `folder`: its files, and its log.
    pub fn new(images: Images, folder: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self { images, folder: folder.into(), metadata: Metadata::serve()?, running: BTreeMap::new() })
    }

    fn begin(&mut self, task: &Specification) -> Result<Container, ContainerError> {
        let layout = self.images.layout(task.digest())?;
        let folder = self.folder.join(task.id());
        let in_folder = |source| ContainerError::Folder { folder: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(in_folder)?;
        let log = File::create(folder.join("log")).map_err(in_folder)?;
        let errors = log.try_clone().map_err(in_folder)?;
        let port = free_port().map_err(ContainerError::Port)?;
        let mut variables = task.environment.clone();
        variables.insert("ROCKET_PORT".to_owned(), port.to_string());
        variables.insert("ECS_CONTAINER_METADATA_URI_V4".to_owned(), self.metadata.add(task.clone()));
        let process = Command::new("container")
            .arg(&layout)
            .arg(&folder)
            .args(variables.iter().map(|(name, value)| format!("{name}={value}")))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(ContainerError::Program)?;
        Ok(Container { process, folder, port, digest: pulled_digest(&layout) })
    }
}

impl Tasks for Containers {
    fn start(&mut self, task: Specification) {
        match self.begin(&task) {
            Ok(container) => _ = self.running.insert(task.arn, container),
            // It is then one that ended at once, and whoever started this reads why.
            Err(why) => eprintln!("task {}: {why}", task.id()),
        }
    }

    fn state(&mut self, arn: &str, _: f64) -> State {
        let Some(container) = self.running.get_mut(arn) else { return State::Ended { code: NOT_STARTED } };
        match container.process.try_wait() {
            Ok(Some(status)) => State::Ended { code: status.code().unwrap_or(NOT_STARTED) },
            // What `container` makes when everything is unpacked.
            _ if !container.folder.join("root/dev").exists() => State::Pulling,
            _ if get(container.port, "/health", HEALTH).is_some_and(|(status, _)| status == 200) => State::Healthy,
            _ => State::Starting,
        }
    }

    fn digest(&self, arn: &str) -> Option<String> {
        self.running.get(arn)?.digest.clone()
    }

    fn answer(&mut self, arn: &str, path: &str) -> Option<(u16, String)> {
        get(self.running.get(arn)?.port, path, ANSWER)
    }

    fn stop(&mut self, arn: &str) {
        let Some(mut container) = self.running.remove(arn) else { return };
        // What a rehearsal is about is not how a task ends. It may have ended already.
        _ = container.process.kill();
        _ = container.process.wait();
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        let tasks: Vec<_> = self.running.keys().cloned().collect();
        for arn in tasks {
            self.stop(&arn);
        }
    }
}

/// A port that nobody listens on. Somebody else may take it before the task does: then the task ends, and another
/// one is started.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn get(port: u16, path: &str, patience: Duration) -> Option<(u16, String)> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(patience)).http_status_as_error(false).build();
    let mut answer = agent.new_agent().get(format!("http://127.0.0.1:{port}{path}")).call().ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), body))
}
