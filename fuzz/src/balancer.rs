//! `X-Forwarded-For` and `X-Amzn-Trace-Id`: what a client wrote before the load balancer's own word counts for nothing.

use std::iter;
use std::net::IpAddr;

use walkthrough::server::balancer::{client, trace_root};

pub(crate) fn forwarded(bytes: &[u8]) {
    let text = crate::text(bytes);
    let lines = || text.split('\n');
    let found = client(lines());
    let last = lines().flat_map(|line| line.split(',')).map(str::trim).rfind(|entry| !entry.is_empty());
    if let Some(address) = last.and_then(|entry| entry.parse::<IpAddr>().ok()) {
        assert_eq!(found, Some(address), "as the standard library reads it");
    }
    assert_eq!(client(lines().chain(iter::once("unknown, _hidden, 1.2.3"))), found);
    // A balancer appends to the last line that the client sent.
    for (entry, address) in [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
    ] {
        let appended = format!("{text}, {entry}");
        assert_eq!(client(appended.split('\n')), Some(address.parse().unwrap()), "{entry}");
    }
    for line in lines() {
        trace(line);
    }
}

fn trace(line: &str) {
    const ROOT: &str = "1-67891233-abcdef012345678912345678";
    assert_eq!(trace_root(&format!("Root={ROOT};{line}")), Some(ROOT));
    let Some(id) = trace_root(line) else { return };
    assert!((1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    assert_eq!(trace_root(&format!("Root={id}")), Some(id));
    assert_eq!(trace_root(&format!("Self=1-2-3;;{line}")), Some(id));
}
