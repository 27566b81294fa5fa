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
    /// Answers for as long as the service may ask.
    _platform: Option<StandIn>,
}

impl Deployment {
    /// Nothing was handed over, and the executable has no list of crates, as on a developer's machine.
    #[must_use]
    pub fn unknown() -> Self {
        Self { name: "nothing known", listed: false, variables: Vec::new(), _platform: None }
    }

    /// Every fact, of the usual length, with two other environments that answer nothing.
    #[must_use]
    pub fn known() -> Self {
        let peer = |name: &str| format!("{name}=http://127.0.0.1:9");
        Self::of(
            "all known",
            "staging",
            "https://github.com/example/walkthrough",
            &[peer("dev"), peer("staging"), peer("production")],
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
        let peers: Vec<String> = ["m", "n"]
            .map(|letter| format!("{0}=http://{1}.localhost:9/{0}{0}", letter.repeat(32), letter.repeat(60)))
            .to_vec();
        Self::of("long values", &environment, &repository, &peers, &image, &task, "cn-northwest-1-region-local-1a")
    }

    /// The same with other environments: `name=url` each.
    #[must_use]
    pub fn with_peers(self, peers: &[String]) -> Self {
        self.with("WALKTHROUGH_PEERS", peers.join(","))
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
        peers: &[String],
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
        let variables = vec![
            ("WALKTHROUGH_ENVIRONMENT", environment.to_owned()),
            ("WALKTHROUGH_COMMIT", COMMIT.to_owned()),
            ("WALKTHROUGH_REPOSITORY", repository.to_owned()),
            ("WALKTHROUGH_RUN_URL", format!("{repository}/actions/runs/12345678901/attempts/1")),
            ("WALKTHROUGH_PEERS", peers.join(",")),
            ("ECS_CONTAINER_METADATA_URI_V4", platform.url("/v4/0123")),
        ];
        Self { name, listed: true, variables, _platform: Some(platform) }
    }
}
