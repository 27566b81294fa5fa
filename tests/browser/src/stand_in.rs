//! A server of a test's own making, for what lies beyond the service: the platform, other environments, the forge.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What a stand-in says to a request for a path.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status and its name, such as `200 OK`.
    pub status: &'static str,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// How long it takes to come.
    pub delay: Duration,
    /// How long its body takes after that.
    pub stall: Duration,
}

impl Answer {
    /// A JSON document, at once.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            status: "200 OK",
            content_type: "application/json",
            body: body.into(),
            delay: Duration::ZERO,
            stall: Duration::ZERO,
        }
    }

    /// A page, at once.
    #[must_use]
    pub fn page(body: impl Into<String>) -> Self {
        Self { content_type: "text/html; charset=utf-8", ..Self::json(body) }
    }

    /// There is nothing at that path.
    #[must_use]
    pub fn missing() -> Self {
        Self { status: "404 Not Found", ..Self::page("nothing") }
    }
}

/// A server on this host's own address, for as long as the test runs.
pub struct StandIn {
    address: SocketAddr,
}

impl StandIn {
    /// Starts one that answers each path with what `answer` gives.
    #[must_use]
    pub fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = answer.clone();
                thread::spawn(move || serve(stream, answer.as_ref()));
            }
        });
        Self { address }
    }

    /// The address of `path` here.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn serve(mut stream: TcpStream, answer: &(impl Fn(&str) -> Answer + ?Sized)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    // A browser connects ahead of its requests, and may never make one.
    if reader.read_line(&mut line).unwrap_or_default() == 0 {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while reader.read_line(&mut line).unwrap_or_default() > 2 {}
    let Answer { status, content_type, body, delay, stall } = answer(&path);
    thread::sleep(delay);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
         Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    );
    thread::sleep(stall);
    let _ = stream.write_all(body.as_bytes());
}
