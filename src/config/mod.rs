//! Configuration: every variable the service reads, its type, its default and what is allowed.
//!
//! Nothing else in the crate looks at the environment. A wrong value is an error that names the
//! variable, the value and what is allowed. It may know nothing of what the values are used for.

pub mod askable;
mod error;
pub mod grammar;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::Figment;
use figment::providers::Serialized;
use serde::{Deserialize, Deserializer, Serialize};
use tracing_subscriber::filter::LevelFilter;

pub use crate::config::error::ConfigError;
pub use crate::config::values::Peer;
use crate::config::values::{Address, Commit, Environment, Link, Log, Peers, Port, WebUrl, Workers};

/// What `--help` says about the variables: name, default, meaning.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    ("ROCKET_ADDRESS", "127.0.0.1", "address to listen on"),
    ("ROCKET_PORT", "8000", "port to listen on; 0 lets the system choose"),
    ("ROCKET_WORKERS", "the processors", "threads that answer requests"),
    ("ROCKET_TEMPLATE_DIR", "templates", "directory of the pages' templates"),
    ("WALKTHROUGH_STATIC_DIR", "static", "directory of style, script and icons"),
    ("WALKTHROUGH_BILL_DIR", "none", "directory of the bill that Nix makes of what is linked in"),
    ("WALKTHROUGH_LOG", "info", "error, warn, info (a line per request), debug or trace"),
    ("WALKTHROUGH_ENVIRONMENT", "local", "name of the environment, such as staging"),
    ("WALKTHROUGH_COMMIT", "not known", "commit of the release, 40 hexadecimal digits"),
    ("WALKTHROUGH_REPOSITORY", "not known", "URL of the source repository"),
    ("WALKTHROUGH_RUN_URL", "not known", "URL of the pipeline run that deployed"),
    ("WALKTHROUGH_PEERS", "none", "the environments, as name=url pairs with commas between"),
];

/// Set by ECS; what is behind it is [`crate::facts::metadata`]'s business, so any value is taken.
const METADATA: &str = "ECS_CONTAINER_METADATA_URI_V4";

/// The service's configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How many threads answer requests.
    pub workers: usize,
    /// The templates' directory; an existing one.
    pub template_dir: PathBuf,
    /// The static files' directory; an existing one.
    pub static_dir: PathBuf,
    /// The directory of what Nix says of the executable; an existing one.
    pub bill_dir: Option<PathBuf>,
    /// The least severe level that is logged.
    pub log: LevelFilter,
    /// The name of the environment this process runs in.
    pub environment: String,
    /// The commit of the release: 40 lower-case hexadecimal digits.
    pub commit: Option<String>,
    /// The source repository, without a trailing slash.
    pub repository: Option<String>,
    /// The pipeline run that deployed the release.
    pub run_url: Option<String>,
    /// The other environments.
    pub peers: Vec<Peer>,
    /// This site's own URL, where it stands among the environments.
    pub site: Option<String>,
    /// The ECS task metadata endpoint (version 4), as the platform gave it.
    pub metadata_uri: Option<String>,
    /// Whether templates and static files are read again for every request.
    pub reload: bool,
    /// Variables that look like ours and are not read: a slip, or another program's.
    pub unread: Vec<String>,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            // Only a variable of ours is worth an error; others may hold any bytes.
            let Ok(name) = name.into_string() else { continue };
            if !is_ours(&name) {
                continue;
            }
            let value = match value.into_string() {
                Ok(value) => value,
                Err(value) if is_checked(&name) => {
                    return Err(ConfigError::NotUtf8 { name, value });
                }
                Err(value) => value.to_string_lossy().into_owned(),
            };
            variables.push((name, value));
        }
        Self::from_variables(variables)
    }

    /// Reads the given variables; all others have their defaults.
    pub fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let ours = variables.into_iter().map(|(n, v)| (n.into(), v.into())).filter(|(n, _)| is_ours(n));
        let (links, given): (BTreeMap<String, String>, BTreeMap<String, String>) =
            ours.partition(|(name, value)| is_container_link(name, value));

        let typed: Typed = Figment::from(Serialized::defaults(Defaults::default()))
            .merge(Serialized::defaults(&given))
            .extract()
            .map_err(|error| explain(error, &given))?;

        directory("ROCKET_TEMPLATE_DIR", &typed.template_dir)?;
        directory("WALKTHROUGH_STATIC_DIR", &typed.static_dir)?;
        if let Some(bill_dir) = &typed.bill_dir {
            directory("WALKTHROUGH_BILL_DIR", bill_dir)?;
        }
        let unread = given.into_keys().filter(|name| !is_known(name)).chain(links.into_keys()).collect();
        Ok(Self { unread, ..typed.into() })
    }

    /// Where the server on this host is reached: the configured address, or the loopback address
    /// where it listens on all of them.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.listen.port())
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("WALKTHROUGH_") || name.starts_with("ROCKET_") || name == METADATA
}

fn is_known(name: &str) -> bool {
    name == METADATA || is_checked(name)
}

fn is_checked(name: &str) -> bool {
    VARIABLES.iter().any(|(known, ..)| *known == name)
}

/// Whether Docker or Kubernetes set it for a container or a service, such as `ROCKET_PORT=tcp://10.0.0.1:80` for one that is
/// called rocket. Of the names that they make, only this kind can be that of a variable of ours.
fn is_container_link(name: &str, value: &str) -> bool {
    let mut protocols = ["tcp", "udp", "sctp"].into_iter();
    let address = protocols.find_map(|protocol| value.strip_prefix(protocol)?.strip_prefix("://"));
    name.ends_with("_PORT") && address.is_some_and(|address| address.parse::<SocketAddr>().is_ok())
}

/// The keys are the variables' own names, so that an error's path is the name to print.
#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "ROCKET_ADDRESS", deserialize_with = "parsed")]
    address: Address,
    #[serde(rename = "ROCKET_PORT", deserialize_with = "parsed")]
    port: Port,
    #[serde(rename = "ROCKET_WORKERS", deserialize_with = "parsed")]
    workers: Workers,
    #[serde(rename = "ROCKET_TEMPLATE_DIR")]
    template_dir: PathBuf,
    #[serde(rename = "WALKTHROUGH_STATIC_DIR")]
    static_dir: PathBuf,
    #[serde(rename = "WALKTHROUGH_BILL_DIR", default)]
    bill_dir: Option<PathBuf>,
    #[serde(rename = "WALKTHROUGH_LOG", deserialize_with = "parsed")]
    log: Log,
    #[serde(rename = "WALKTHROUGH_ENVIRONMENT", deserialize_with = "parsed")]
    environment: Environment,
    #[serde(rename = "WALKTHROUGH_COMMIT", default, deserialize_with = "some_parsed")]
    commit: Option<Commit>,
    #[serde(rename = "WALKTHROUGH_REPOSITORY", default, deserialize_with = "some_parsed")]
    repository: Option<WebUrl>,
    #[serde(rename = "WALKTHROUGH_RUN_URL", default, deserialize_with = "some_parsed")]
    run_url: Option<Link>,
    #[serde(rename = "WALKTHROUGH_PEERS", deserialize_with = "parsed")]
    peers: Peers,
    #[serde(rename = "ECS_CONTAINER_METADATA_URI_V4", default)]
    metadata_uri: Option<String>,
}

#[derive(Serialize)]
struct Defaults {
    #[serde(rename = "ROCKET_ADDRESS")]
    address: &'static str,
    #[serde(rename = "ROCKET_PORT")]
    port: &'static str,
    #[serde(rename = "ROCKET_WORKERS")]
    workers: String,
    #[serde(rename = "ROCKET_TEMPLATE_DIR")]
    template_dir: &'static str,
    #[serde(rename = "WALKTHROUGH_STATIC_DIR")]
    static_dir: &'static str,
    #[serde(rename = "WALKTHROUGH_LOG")]
    log: &'static str,
    #[serde(rename = "WALKTHROUGH_ENVIRONMENT")]
    environment: &'static str,
    #[serde(rename = "WALKTHROUGH_PEERS")]
    peers: &'static str,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            address: "127.0.0.1",
            port: "8000",
            workers: std::thread::available_parallelism().map_or(1, usize::from).to_string(),
            template_dir: "templates",
            static_dir: "static",
            log: "info",
            environment: "local",
            peers: "",
        }
    }
}

impl From<Typed> for Config {
    fn from(typed: Typed) -> Self {
        let environment = typed.environment.0;
        // One value of the variable can serve all environments: each leaves itself out.
        let (own, peers): (Vec<_>, Vec<_>) = typed.peers.0.into_iter().partition(|peer| peer.name == environment);
        Self {
            listen: SocketAddr::new(typed.address.0, typed.port.0),
            workers: typed.workers.0,
            template_dir: typed.template_dir,
            static_dir: typed.static_dir,
            bill_dir: typed.bill_dir,
            log: typed.log.0,
            environment,
            commit: typed.commit.map(|commit| commit.0),
            repository: typed.repository.map(|url| url.0),
            run_url: typed.run_url.map(|url| url.0),
            peers,
            site: own.into_iter().next().map(|own| own.url),
            metadata_uri: typed.metadata_uri,
            reload: cfg!(debug_assertions),
            unread: Vec::new(),
        }
    }
}

fn explain(error: figment::Error, given: &BTreeMap<String, String>) -> ConfigError {
    match error.path.first().and_then(|name| given.get_key_value(name)) {
        Some((name, value)) => {
            ConfigError::BadValue { name: name.clone(), value: value.clone(), expected: error.kind.to_string() }
        }
        None => ConfigError::BadDefault(Box::new(error)),
    }
}

fn directory(name: &'static str, path: &Path) -> Result<(), ConfigError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(ConfigError::NotADirectory { name, path: path.to_owned() }),
        Err(source) => Err(ConfigError::NoDirectory { name, path: path.to_owned(), source }),
    }
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn some_parsed<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<Option<T>, D::Error> {
    parsed(from).map(Some)
}

#[cfg(test)]
mod tests;
