//! What a service is told of itself: all there is, nothing, and all of it as long as it may be.

use serde_json::json;

use crate::stand_in::{Answer, StandIn};

/// The commit of every deployment that has one.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// How a page shortens it.
pub const SHORT: &str = "0123456";
/// The digest of the image of every deployment that has one.
pub const DIGEST: &str = "sha256:60112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Variables for the service, and the platform behind one of them.
pub struct Deployment {
    /// For messages.
    pub name: &'static str,
    /// Whether the executable has its list of crates.
    pub listed: bool,
    /// The variables, by name.
    pub variables: Vec<(&'static str, String)>,
    /// Answers for as long as the service or a visitor's browser may ask.
    _servers: Vec<StandIn>,
}

impl Deployment {
    /// Nothing was handed over, and the executable has no list of crates, as on a developer's machine.
    #[must_use]
    pub fn unknown() -> Self {
        Self { name: "nothing known", listed: false, variables: Vec::new(), _servers: Vec::new() }
    }

    /// Every fact, of the usual length, with two other environments: one that runs the same image, one that does not.
    #[must_use]
    pub fn known() -> Self {
        Self::of(
            "all known",
            "staging",
            "https://github.com/example/walkthrough",
            |same, other| format!("dev={same},staging=https://staging.example.org,production={other}"),
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough",
            "arn:aws:ecs:eu-central-1:123456789012:task/staging/0123456789abcdef0123456789abcdef",
            "eu-central-1b",
        )
    }

    /// Every fact, as long as it may be and with no place where a line could end.
    #[must_use]
    pub fn long() -> Self {
        let environment = "w".repeat(32);
        let repository = format!("https://git.example.org/{}", "repository".repeat(18))[..200].to_owned();
        let image = format!("123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn/{}/walkthrough", "group".repeat(30));
        let task =
            format!("arn:aws-cn:ecs:cn-northwest-1:123456789012:task/{environment}/{}", "0123456789abcdef".repeat(2));
        let peers = |same: &str, other: &str| {
            // A browser takes every name below "localhost" for this host.
            let long = |letter: &str, url: &str| {
                let host = format!("{}.localhost", letter.repeat(60));
                format!("{}={}", letter.repeat(32), url.replace("127.0.0.1", &host))
            };
            format!("{},{}", long("m", same), long("n", other))
        };
        Self::of("long values", &environment, &repository, peers, &image, &task, "cn-northwest-1-region-local-1a")
    }

    /// The same with other environments, `name=url` with commas between.
    #[must_use]
    pub fn with_peers(self, peers: &str) -> Self {
        self.with("WALKTHROUGH_PEERS", peers)
    }

    /// The same with another value of one variable.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.retain(|(name, _)| *name != variable);
        self.variables.push((variable, value.into()));
        self
    }

    fn of(
        name: &'static str,
        environment: &str,
        repository: &str,
        peers: impl Fn(&str, &str) -> String,
        image: &str,
        task: &str,
        zone: &str,
    ) -> Self {
        let container = json!({ "Image": format!("{image}@{DIGEST}") }).to_string();
        let task = json!({ "TaskARN": task, "AvailabilityZone": zone, "LaunchType": "FARGATE" }).to_string();
        let platform = StandIn::start(move |path| match path {
            "/v4/0123" => Answer::json(&container),
            "/v4/0123/task" => Answer::json(&task),
            _ => Answer::missing(),
        });
        let runs = |commit: &str, digest: &str| {
            let facts = json!({
                "name": "walkthrough", "version": "0.1.0", "commit": commit, "image_digest": digest,
                "started_at": "2026-07-14T08:05:09Z", "availability_zone": zone,
            });
            StandIn::start(move |path| match path {
                "/release.json" => Answer::json(facts.to_string()),
                _ => Answer::page("<p>Another environment.</p>"),
            })
        };
        let same = runs(COMMIT, DIGEST);
        let other = runs(&COMMIT.replace('0', "f"), &DIGEST.replace('0', "f"));
        let variables = vec![
            ("WALKTHROUGH_ENVIRONMENT", environment.to_owned()),
            ("WALKTHROUGH_COMMIT", COMMIT.to_owned()),
            ("WALKTHROUGH_REPOSITORY", repository.to_owned()),
            ("WALKTHROUGH_RUN_URL", format!("{repository}/actions/runs/12345678901/attempts/1")),
            ("WALKTHROUGH_PEERS", peers(&same.url(""), &other.url(""))),
            ("ECS_CONTAINER_METADATA_URI_V4", platform.url("/v4/0123")),
        ];
        Self { name, listed: true, variables, _servers: vec![platform, same, other] }
    }
}
