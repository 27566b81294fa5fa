//! What the values of the variables may be.

use std::net::IpAddr;
use std::str::FromStr;

use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

use crate::config::grammar;

/// Another environment's site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// The environment's name.
    pub name: String,
    /// The site's URL, without a trailing slash.
    pub url: String,
}

pub(crate) struct Address(pub(crate) IpAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "expected an IP address, such as 127.0.0.1, 0.0.0.0 or ::")
    }
}

pub(crate) struct Port(pub(crate) u16);

impl FromStr for Port {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "expected a port number from 0 to 65535")
    }
}

pub(crate) struct Workers(pub(crate) usize);

impl FromStr for Workers {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(count @ 1..=1024) => Ok(Self(count)),
            _ => Err("expected a number of threads from 1 to 1024"),
        }
    }
}

/// "off" is not among the levels: a start that fails must be able to say why.
pub(crate) struct Log(pub(crate) LevelFilter);

impl FromStr for Log {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "error" => Ok(Self(LevelFilter::ERROR)),
            "warn" => Ok(Self(LevelFilter::WARN)),
            "info" => Ok(Self(LevelFilter::INFO)),
            "debug" => Ok(Self(LevelFilter::DEBUG)),
            "trace" => Ok(Self(LevelFilter::TRACE)),
            _ => Err("expected error, warn, info, debug or trace"),
        }
    }
}

pub(crate) struct Environment(pub(crate) String);

impl FromStr for Environment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::environment(text).map(|name| Self(name.to_owned()))
    }
}

pub(crate) struct Commit(pub(crate) String);

impl FromStr for Commit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 40 && text.chars().all(|c| c.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("expected a full commit id: 40 hexadecimal digits")
        }
    }
}

/// See [`grammar::url`].
pub(crate) struct WebUrl(pub(crate) String);

impl FromStr for WebUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::url(text).map(|url| Self(url.to_owned()))
    }
}

/// See [`grammar::link`].
pub(crate) struct Link(pub(crate) String);

impl FromStr for Link {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        grammar::link(text).map(|link| Self(link.to_owned()))
    }
}

/// See [`grammar::peers`].
pub(crate) struct Peers(pub(crate) Vec<Peer>);

impl FromStr for Peers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let peers = grammar::peers(text)?.into_iter();
        Ok(Self(peers.map(|(name, url)| Peer { name: name.to_owned(), url: url.to_owned() }).collect()))
    }
}

#[cfg(test)]
mod tests {
    use rocket::http::uri::Absolute;

    use super::*;

    /// The parts of an address, good and bad.
    const SCHEMES: [&str; 5] = ["https://", "http://", "HTTPS://", "ftp://", "//"];
    const HOSTS: [&str; 9] = ["a.example.org", "127.0.0.1", "[::1]", "[::1", "a]b", "a_b", "u@a", "a%20b", ""];
    const PORTS: [&str; 7] = ["", ":8000", ":", ":0", ":65536", ":000080", ":1:2"];
    const PATHS: [&str; 9] = ["", "/", "/a/b.c~d", "/a b", "/a%2", "/a,b", "/[b]", "/{b}", "/:@!$'()*+"];
    const ENDS: [&str; 6] = ["", "?a=b&c", "?a?b/c", "?{}|^", "?<", "#a"];

    #[test]
    fn what_is_taken_for_an_address_is_one_to_rocket_as_well() {
        let mut taken = 0;
        for scheme in SCHEMES {
            for (host, port) in HOSTS.iter().flat_map(|host| PORTS.map(|port| (host, port))) {
                for (path, end) in PATHS.iter().flat_map(|path| ENDS.map(|end| (path, end))) {
                    let text = format!("{scheme}{host}{port}{path}{end}");
                    let uri = Absolute::parse(&text).ok();
                    let authority = uri.as_ref().and_then(|uri| uri.authority());
                    let is_plain = authority.is_some_and(|one| one.host() == *host && one.user_info().is_none());
                    if grammar::link(&text).is_ok() {
                        assert!(is_plain, "{text}");
                        taken += 1;
                    }
                    if grammar::url(&text).is_ok() {
                        assert!(is_plain && uri.is_some_and(|uri| uri.query().is_none()), "{text}");
                    }
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }
}
