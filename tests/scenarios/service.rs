//! What the tests share: the service within the test, and the service as a process of its own.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rocket::local::blocking::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use walkthrough::config::Config;

use crate::contract;

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const DIGEST: &str = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const TASK: &str = "arn:aws:ecs:eu-central-1:123456789012:task/production/0123456789abcdef";

/// Every address that has an answer, whatever the deployment.
pub(crate) const PAGES: [&str; 6] = ["/", "/walkthrough", "/release", "/dependencies", "/verify", "/health"];

/// All the facts that a deployment can tell by variables.
pub(crate) fn deployment() -> Vec<(&'static str, &'static str)> {
    vec![
        ("WALKTHROUGH_ENVIRONMENT", "staging"),
        ("WALKTHROUGH_COMMIT", COMMIT),
        ("WALKTHROUGH_REPOSITORY", "https://example.org/walkthrough"),
        ("WALKTHROUGH_RUN_URL", "https://example.org/walkthrough/runs/1"),
        ("WALKTHROUGH_PEERS", "dev=https://dev.example.org,production=https://www.example.org"),
    ]
}

/// The service as it runs in production, by the builder that launches, asked without a network.
pub(crate) fn client(variables: &[(&str, &str)]) -> Client {
    let mut config = Config::from_variables(variables.iter().copied()).unwrap();
    config.reload = false;
    Client::tracked(walkthrough::rocket(config).unwrap()).unwrap()
}

/// `/release.json`, which keeps the contract.
pub(crate) fn release(client: &Client) -> Value {
    contract::read(&client.get("/release.json").dispatch().into_string().unwrap())
}

/// The service as a process, on a port that the system chose.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    log: Receiver<String>,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_in(Path::new("."), variables)
    }

    /// The same, with a working directory.
    pub(crate) fn start_in(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = command(variables).current_dir(folder).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, log) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut server = Self { address: ([127, 0, 0, 1], 0).into(), child, log };
        let listening = server.event("listening");
        server.address.set_port(listening["port"].as_u64().unwrap().try_into().unwrap());
        server
    }

    /// The next log event with that message; the ones before it are dropped.
    pub(crate) fn event(&self, message: &str) -> Value {
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(30)).expect("the event comes");
            let event: Value = serde_json::from_str(&line).expect("each line of the log is JSON");
            if event["message"] == message {
                return event;
            }
        }
    }

    /// The event with that message, if it is among those that have come so far.
    pub(crate) fn log_so_far(&self, message: &str) -> Option<Value> {
        let events = self.log.try_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        events.into_iter().find(|event| event["message"] == message)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let mut answer = agent.get(self.url(path)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// `/release.json`, which keeps the contract.
    pub(crate) fn release(&self) -> Value {
        contract::read(&self.get("/release.json").1)
    }

    /// Sends `request` as it is and reads until the server closes, for ten seconds at most.
    pub(crate) fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may refuse in the middle of a request; what it said is what counts.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends `request` as it is; the answer's first line, or nothing if the server waits for more.
    ///
    /// It must then end as soon as it hears that no more will come.
    pub(crate) fn first_line(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let _ = stream.write_all(request);
        let mut line = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        if reader.read_line(&mut line).is_ok() {
            return line;
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let end = reader.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
        assert_ne!(end, Err(ErrorKind::WouldBlock), "the server hangs");
        String::new()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, which must come.
    pub(crate) fn end(mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with no variable of ours but the given ones and a free port.
fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_walkthrough"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["WALKTHROUGH_", "ROCKET_", "ECS_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.env("ROCKET_PORT", "0").envs(variables.iter().copied());
    command
}

/// Runs the program to its end, which must come; its exit code and its log's lines.
pub(crate) fn run(variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut child = command(variables).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let status = wait(&mut child);
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    (status.code(), output.lines().map(str::to_owned).collect())
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(45);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("the process did not end");
}

/// A server of one's own making: `answer` gets each connection after its request's head was read.
pub(crate) fn stand_in(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = std::sync::Arc::new(answer);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                while reader.read_line(&mut line).unwrap() > 2 {}
                answer(&path, &mut stream);
            });
        }
    });
    address
}

/// Writes a whole answer.
pub(crate) fn respond(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

/// A page as it reads: without tags, which may stand within a long value, and with its slashes,
/// which the engine writes as character references.
pub(crate) fn text(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_tag, rest)| rest));
    }
    text.replace("&#x2f;", "/")
}

/// Copies a folder of plain files, to be broken or changed.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::write(to.join(entry.file_name()), std::fs::read(entry.path()).unwrap()).unwrap();
    }
}
