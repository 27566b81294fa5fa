//! The service's variables, a `NAME=VALUE` a line.

use time::OffsetDateTime;
use url::{Host, Url};
use walkthrough::config::askable::{Obstacle, source};
use walkthrough::config::{Config, ConfigError};
use walkthrough::facts::release::{Links, Release};

/// The service's configuration with those variables, and folders that are there.
pub(crate) fn read<'a>(variables: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Config, ConfigError> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folders = ["ROCKET_TEMPLATE_DIR", "WALKTHROUGH_STATIC_DIR"].map(|name| (name, root));
    Config::from_variables(variables.chain(folders))
}

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let variables = || text.lines().filter_map(|line| line.split_once('='));
    let config = match read(variables()) {
        Ok(config) => config,
        Err(ConfigError::BadValue { name, value, expected }) => {
            assert!(variables().any(|given| given == (&name, &value)) && !expected.is_empty());
            return;
        }
        Err(other) => panic!("{other}: no value that was given is at fault"),
    };
    let again = printed(&config);
    let again = read(again.iter().map(|(name, value)| (*name, value.as_str()))).expect("what was read is taken again");
    assert_eq!(format!("{:?}", Config { unread: Vec::new(), ..config.clone() }), format!("{again:?}"));

    config.peers.iter().for_each(|peer| address(&peer.url));
    config.site.iter().for_each(|url| address(url));
    links(&Release::configured(&config, OffsetDateTime::UNIX_EPOCH).links);
}

/// The variables that a configuration could have been read from.
fn printed(config: &Config) -> Vec<(&'static str, String)> {
    let own = config.site.iter().map(|url| format!("{}={url}", config.environment));
    let peers = config.peers.iter().map(|peer| format!("{}={}", peer.name, peer.url));
    let optional = [
        ("WALKTHROUGH_COMMIT", &config.commit),
        ("WALKTHROUGH_REPOSITORY", &config.repository),
        ("WALKTHROUGH_RUN_URL", &config.run_url),
        ("ECS_CONTAINER_METADATA_URI_V4", &config.metadata_uri),
    ];
    [
        ("ROCKET_ADDRESS", config.listen.ip().to_string()),
        ("ROCKET_PORT", config.listen.port().to_string()),
        ("ROCKET_WORKERS", config.workers.to_string()),
        ("WALKTHROUGH_LOG", config.log.to_string()),
        ("WALKTHROUGH_ENVIRONMENT", config.environment.clone()),
        ("WALKTHROUGH_PEERS", own.chain(peers).collect::<Vec<_>>().join(",")),
    ]
    .into_iter()
    .chain(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))))
    .collect()
}

/// What the policy lets a browser ask is where the browser would ask.
pub(crate) fn address(url: &str) {
    // Names in other scripts have tables behind them, which nobody else here reads.
    if url.to_ascii_lowercase().contains("xn--") {
        return;
    }
    let browsers = Url::parse(url);
    match source(url) {
        Ok(source) => {
            let (url, source) = (browsers.expect("a browser can read it"), Url::parse(&source).unwrap());
            assert_eq!(url.origin(), source.origin());
            assert!(url.username().is_empty() && url.password().is_none());
            assert!(!matches!(url.host(), None | Some(Host::Ipv6(_))));
        }
        Err(Obstacle { opens, .. }) => assert!(!opens || browsers.is_ok(), "a browser opens it"),
    }
}

/// A page of a forge is where it says.
fn links(links: &Links) {
    let Links { repository, commit, files, checks, compare, source } = links;
    for link in [commit, files, checks, compare].into_iter().flatten() {
        let url = Url::parse(link).expect("a browser can read it");
        assert!(url.as_str() == link, "a browser goes to {url}, not to {link}");
        assert!(repository.as_ref().is_some_and(|page| link.starts_with(page.as_str())));
    }
    assert!(source.iter().all(|source| !source.contains('\'')), "for single quotes");
}
