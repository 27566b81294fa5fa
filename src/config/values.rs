//! What the values of the variables may be.

use std::net::IpAddr;
use std::str::FromStr;

use rocket::http::uri::Absolute;
use serde::Serialize;
use tracing_subscriber::filter::LevelFilter;

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
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected 1 to 32 lower-case letters, digits and hyphens, such as staging")
        }
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

/// A URL for a link on a page or for a browser's request.
///
/// It is held to what can stand in a page and in a Content-Security-Policy as it is.
pub(crate) struct WebUrl(pub(crate) String);

impl FromStr for WebUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an http or https URL, such as https://example.org/walkthrough, \
                                with no user name, query or fragment";
        let url = Absolute::parse(text).map_err(|_| EXPECTED)?;
        let authority = url.authority().ok_or(EXPECTED)?;
        let host_is_plain = !authority.host().is_empty()
            && authority.host().chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
        let is_web = ["http", "https"].iter().any(|web| url.scheme() == *web);
        if is_web && host_is_plain && authority.user_info().is_none() && url.query().is_none() && !text.contains('#') {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(EXPECTED)
        }
    }
}

/// A URL for a link alone, which may have a query.
pub(crate) struct Link(pub(crate) String);

impl FromStr for Link {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let before_query = text.split('?').next().unwrap_or(text);
        let WebUrl(_) = before_query.parse().map_err(|_| "expected an http or https URL, with no user name")?;
        Absolute::parse(text).map(|_| Self(text.to_owned())).map_err(|_| "expected an http or https URL")
    }
}

pub(crate) struct Peers(pub(crate) Vec<Peer>);

impl FromStr for Peers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut peers: Vec<Peer> = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let wrong =
                |why: &str| format!("{pair:?} is wrong: {why}; the whole is name=url pairs with commas between");
            let (name, url) = pair.split_once('=').ok_or_else(|| wrong("there is no = in it"))?;
            let Environment(name) = name.trim().parse().map_err(|why: &str| wrong(why))?;
            let WebUrl(url) = url.trim().parse().map_err(|why: &str| wrong(why))?;
            if peers.iter().any(|peer| peer.name == name) {
                return Err(wrong("the name stands twice"));
            }
            peers.push(Peer { name, url });
        }
        Ok(Self(peers))
    }
}
