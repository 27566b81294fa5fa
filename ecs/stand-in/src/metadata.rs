//! The ECS task metadata endpoint, version 4, for tasks that really run: what the platform tells a task of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::tasks::Specification;

/// A task that does not say what it wants is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Of a task on Fargate, with every member; "Amazon ECS task metadata v4 JSON response for tasks on Fargate" in the
/// developer guide.
const CONTAINER: &str = include_str!("metadata/container.json");
const TASK: &str = include_str!("metadata/task.json");

type Known = Arc<Mutex<Tasks>>;

/// The tasks, by id, and what was asked for already.
#[derive(Debug, Default)]
struct Tasks {
    tasks: BTreeMap<String, Specification>,
    asked: BTreeSet<String>,
}

/// A server of its own: a task asks it while the world waits for that task's answer.
#[derive(Debug)]
pub(crate) struct Metadata {
    known: Known,
    address: String,
}

impl Metadata {
    /// Serves on a port that the system chose, until the process ends.
    pub(crate) fn serve() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = format!("http://{}", listener.local_addr()?);
        let known = Known::default();
        let tasks = Arc::clone(&known);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tasks = Arc::clone(&tasks);
                // A connection that fails is its client's business.
                std::thread::spawn(move || _ = answer(&stream, &tasks));
            }
        });
        Ok(Self { known, address })
    }

    /// For `ECS_CONTAINER_METADATA_URI_V4` of that task.
    pub(crate) fn add(&self, task: Specification) -> String {
        let id = task.id().to_owned();
        let address = format!("{}/v4/{id}", self.address);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).tasks.insert(id, task);
        address
    }
}

fn answer(mut stream: &TcpStream, tasks: &Known) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match document(path, tasks) {
        Some(body) => ("200 OK", body.to_string()),
        None => ("404 Not Found", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The document of the container, or of the task below it. It comes late: not before it was asked for a second time.
fn document(path: &str, known: &Known) -> Option<Value> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut parts = path.strip_prefix("/v4/")?.split('/');
    let (id, rest) = (parts.next()?, parts.next());
    let task = known.tasks.get(id)?.clone();
    if known.asked.insert(path.to_owned()) {
        return None;
    }
    let mut container: Value = serde_json::from_str(CONTAINER).ok()?;
    container["Image"] = task.image.clone().into();
    container["ImageID"] = task.digest().into();
    container["Labels"]["com.amazonaws.ecs.task-arn"] = task.arn.clone().into();
    match rest {
        None => Some(container),
        Some("task") => {
            let mut document: Value = serde_json::from_str(TASK).ok()?;
            document["TaskARN"] = task.arn.into();
            document["Containers"] = vec![container].into();
            Some(document)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_whole_and_comes_late() {
        let digest = format!("sha256:{}", "2".repeat(64));
        let (arn, image) = ("arn:aws:ecs:r:1:task/c/7".to_owned(), format!("i@{digest}"));
        let known = Known::default();
        let task = Specification { arn, image, environment: BTreeMap::new() };
        known.lock().unwrap().tasks.insert("7".to_owned(), task);
        for path in ["/v4/7", "/v4/7/task"] {
            assert_eq!(document(path, &known), None, "{path}");
        }
        assert_eq!(document("/v4/7", &known).unwrap()["ImageID"], digest);
        let task = document("/v4/7/task", &known).unwrap();
        assert_eq!((&task["TaskARN"], &task["LaunchType"]), (&"arn:aws:ecs:r:1:task/c/7".into(), &"FARGATE".into()));
        assert_eq!(task["Containers"][0]["ImageID"], digest);
        assert_eq!(document("/v4/8", &known), None);
    }
}
