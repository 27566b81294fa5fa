//! Connections: what is no HTTP/1.1 is refused, nobody waits for what is not needed, no client keeps others out, and the
//! end of the service is told on each of them.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::service::Server;
use rustix::process::Signal;

const GET: &[u8] = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

/// For this long after SIGTERM the port stays open.
const ANNOUNCEMENT: Duration = Duration::from_secs(1);

/// A client that keeps its connection.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends that and reads one whole answer: its head, in lower case.
    fn ask(&mut self, request: &[u8]) -> Result<String, Error> {
        self.send(request)?;
        self.answer()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.get_mut().write_all(bytes)
    }

    fn answer(&mut self) -> Result<String, Error> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(Error::new(ErrorKind::UnexpectedEof, format!("closed after {head:?}")));
            }
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        self.0.read_exact(&mut vec![0; length.parse().unwrap()])?;
        Ok(head)
    }

    /// How long it takes until the server closes; it sends nothing before.
    fn closed(&mut self) -> Duration {
        let begin = Instant::now();
        // A reset is a close too.
        let _ = self.0.read_to_end(&mut Vec::new());
        begin.elapsed()
    }
}

fn closes(head: &str) -> bool {
    head.contains("\r\nconnection: close\r\n")
}

#[test]
fn a_request_names_one_host() {
    let server = Server::start(&[]);
    for (head, expected) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET /nothing HTTP/1.1\r\n", 400),
        ("GET http://localhost/ HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: user@a\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n", 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET / HTTP/1.0\r\n", 200),
        ("GET / HTTP/1.1\r\nHost:\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:8000\r\n", 200),
        ("GET http://localhost/ HTTP/1.1\r\nHost: other:80\r\n", 200),
    ] {
        let answer = server.exchange(format!("{head}Connection: close\r\n\r\n").as_bytes());
        assert!(answer.split(' ').nth(1) == Some(&expected.to_string()), "{head}: {answer}");
        assert!(answer.contains("\ncontent-security-policy: ") && answer.contains("\nx-request-id: "), "{answer}");
        let event = server.event("request");
        assert_eq!(event["status"], expected, "{head}: {event}");
    }
    let problem = server.exchange(b"GET / HTTP/1.1\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    assert!(problem.contains("application/problem+json"), "{problem}");
}

#[test]
fn nobody_waits_for_a_body_that_nobody_reads() {
    let server = Server::start(&[]);
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 200),
        ("GET /release HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 200),
        ("GET /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", 404),
        ("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 200),
        ("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 405),
        ("PUT /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", 404),
        ("BREW / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 400),
    ] {
        let mut connection = Connection::open(server.address).unwrap();
        connection.send(request.as_bytes()).unwrap();
        let mut head = String::new();
        connection.0.get_ref().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                connection.0.read_line(&mut head).is_ok_and(|length| length > 0),
                "{request}: no answer, but {head:?}"
            );
        }
        let head = head.to_lowercase();
        assert!(head.starts_with(&format!("http/1.1 {expected} ")) && closes(&head), "{request}: {head}");
        // The rest of it, and the end at once.
        assert!(connection.closed() < Duration::from_secs(5), "{request}");
        assert_eq!(server.event("request")["status"], expected);
    }
}

#[test]
fn a_body_that_is_still_on_its_way_takes_no_answer_away() {
    let server = Server::start(&[]);
    for _ in 0..5 {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n";
        let request = [head.as_bytes(), &vec![b'a'; 4_000_000]].concat();
        let mut connection = Connection::open(server.address).unwrap();
        let head = connection.ask(&request).expect("all of it can be sent, and is answered");
        assert!(head.starts_with("http/1.1 405"), "{head}");
    }
}

#[test]
fn from_sigterm_on_each_answer_is_its_connections_last_and_idle_ones_are_closed() {
    let server = Server::start(&[]);
    let mut idle: Vec<_> = (0..3).map(|_| Connection::open(server.address).unwrap()).collect();
    for connection in &mut idle[1..] {
        assert!(!closes(&connection.ask(GET).unwrap()));
    }
    thread::sleep(Duration::from_millis(500));
    let mut recent = Connection::open(server.address).unwrap();
    let mut half = Connection::open(server.address).unwrap();
    half.send(b"GET / HTTP/1.1\r\n").unwrap();
    recent.ask(GET).unwrap();
    let begin = Instant::now();
    server.signal(Signal::TERM);
    server.event("shutting down");
    // One that was in use a moment ago is told with its next answer; another would lose a request on its way.
    assert!(closes(&recent.ask(GET).unwrap()));
    for connection in &mut idle {
        assert!(connection.closed() < Duration::from_millis(700));
    }
    let mut new = Connection::open(server.address).unwrap();
    let answer = new.ask(GET).unwrap();
    assert!(answer.starts_with("http/1.1 503") && closes(&answer), "{answer}");
    half.send(b"Host: x\r\n\r\n").unwrap();
    assert!(closes(&half.answer().unwrap()));
    assert_eq!(server.end().code(), Some(0));
    // The announcement takes a second; a grace would be five more.
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

/// Asks again and again until nobody listens; `count` is how often it was answered, `signalled` is when the end began.
fn reuse(address: SocketAddr, path: &str, count: &AtomicUsize, signalled: &OnceLock<Instant>) -> Result<(), String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    while let Ok(mut connection) = Connection::open(address) {
        for served in 0.. {
            let answered = count.load(Ordering::Relaxed);
            let head = match connection.ask(request.as_bytes()) {
                Ok(head) => head,
                // The system lets clients in until the port closes, and resets those that nobody has accepted by then:
                // no program can avoid it. It is as good as a refusal, and may happen after the announcement only.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
                        && served == 0
                        && signalled.get().is_some_and(|time| time.elapsed() >= ANNOUNCEMENT) =>
                {
                    return Ok(());
                }
                Err(error) => return Err(format!("{served} on this connection, {answered} in all: {error}")),
            };
            count.store(answered + 1, Ordering::Relaxed);
            // With pauses of all kinds, so that the signal comes in the middle of some.
            let pause = Duration::from_millis(answered as u64 % 7);
            if closes(&head) {
                thread::sleep(pause * 10);
                break;
            }
            thread::sleep(pause);
        }
    }
    Ok(())
}

#[test]
fn a_client_that_reuses_connections_loses_no_request_over_20_restarts() {
    let restart = || {
        let server = Server::start(&[]);
        let address = server.address;
        let signalled = Arc::new(OnceLock::new());
        let clients = ["/", "/health"].map(|path| {
            let count = Arc::new(AtomicUsize::new(0));
            let signalled = signalled.clone();
            (count.clone(), thread::spawn(move || reuse(address, path, &count, &signalled)))
        });
        while clients.iter().any(|(count, client)| count.load(Ordering::Relaxed) < 10 && !client.is_finished()) {
            thread::sleep(Duration::from_millis(1));
        }
        let begin = *signalled.get_or_init(Instant::now);
        server.signal(Signal::TERM);
        for (_, client) in clients {
            client.join().unwrap().expect("no request is lost");
        }
        assert_eq!(server.end().code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| restart()));
        }
    });
}

#[test]
fn no_number_of_connections_keeps_health_from_being_answered() {
    let server = Server::start(&[]);
    let mut known = Connection::open(server.address).unwrap();
    known.ask(GET).unwrap();
    let mut held = Vec::new();
    for number in 0..600 {
        let mut connection = Connection::open(server.address).unwrap();
        if number % 4 == 0 {
            // The server may have closed it to make room.
            let _ = connection.send(b"GET / HTTP/1.1\r\nHost:");
        }
        held.push(connection);
        if number % 50 == 49 {
            let begin = Instant::now();
            assert!(Connection::open(server.address).unwrap().ask(GET).unwrap().starts_with("http/1.1 200"));
            assert!(begin.elapsed() < Duration::from_secs(2), "{number}: {:?}", begin.elapsed());
        }
    }
    // Below what a process usually has in descriptors, which is what the test has, too.
    let closed = held.iter().filter(|connection| {
        let stream = connection.0.get_ref();
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        !matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    });
    assert!(closed.count() >= 80);
    // A client that was answered before goes after those that never were.
    known.ask(GET).expect("it is still open");
}

#[test]
fn a_head_has_ten_seconds_and_a_pause_between_requests_more() {
    let server = Server::start(&[]);
    let mut idle = Connection::open(server.address).unwrap();
    idle.ask(GET).unwrap();
    let mut half = Connection::open(server.address).unwrap();
    half.send(b"GET / HTTP/1.1\r\nX: ").unwrap();
    let mut slow = Connection::open(server.address).unwrap();
    slow.ask(GET).unwrap();
    slow.send(b"GET / HTTP/1.1\r\nX: ").unwrap();
    let begin = Instant::now();
    // A byte now and then is no progress.
    while slow.send(b"x").is_ok() && begin.elapsed() < Duration::from_secs(15) {
        thread::sleep(Duration::from_millis(500));
    }
    assert!((9..15).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
    assert!(half.closed() < Duration::from_secs(5));
    idle.ask(GET).expect("it may be idle for longer");
    // Nor does a client stay that closes its side and waits.
    let mut gone = Connection::open(server.address).unwrap();
    gone.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert!(gone.closed() < Duration::from_secs(5));
}
