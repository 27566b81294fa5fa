//! The ECS task metadata endpoint, version 4, for tasks that really run: what the platform tells a task of itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::tasks::Specification;

/// A task that does not say what it wants is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(2);

type Known = Arc<Mutex<BTreeMap<String, Specification>>>;

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
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id, task);
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

/// The document of the container, or of the task below it, by "Amazon ECS task metadata endpoint version 4 for
/// Fargate" in the developer guide.
fn document(path: &str, tasks: &Known) -> Option<Value> {
    let mut parts = path.strip_prefix("/v4/")?.split('/');
    let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let task = tasks.get(parts.next()?)?;
    match parts.next() {
        None => Some(json!({"Image": task.image, "ImageID": task.digest(), "Name": "walkthrough"})),
        Some("task") => Some(json!({
            "TaskARN": task.arn,
            "LaunchType": "FARGATE",
            "AvailabilityZone": format!("{}a", crate::REGION),
        })),
        Some(_) => None,
    }
}
