//! What will happen: which images there are and how each fares, and which calls fail.

use std::collections::BTreeMap;

/// A story. The default one is a world in which everything works and nothing is deployed.
#[derive(Debug, Clone)]
pub struct Script {
    /// How many times as fast as a real clock.
    pub speed: f64,
    /// What the registry has.
    pub images: Vec<Image>,
    /// The outputs of every stack; nothing if there is no stack.
    pub outputs: Option<BTreeMap<String, String>>,
    /// The status of every stack.
    pub stack: &'static str,
    /// How calls fail, by the name of the operation.
    pub calls: BTreeMap<String, CallFault>,
    /// Whether no rollback succeeds.
    pub rollback_fails: bool,
    /// After how many seconds a deployment is listed.
    pub listed_after: f64,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            speed: 100.0,
            images: Vec::new(),
            outputs: Some(outputs()),
            stack: "CREATE_COMPLETE",
            calls: BTreeMap::new(),
            rollback_fails: false,
            listed_after: 1.0,
        }
    }
}

impl Script {
    /// The same, with an image for `amd64` that fares like that.
    #[must_use]
    pub fn image(mut self, digest: &str, fate: Fate) -> Self {
        self.images.push(Image {
            digest: digest.to_owned(),
            architectures: vec!["amd64".to_owned()],
            is_index: false,
            fate,
        });
        self
    }

    /// The same, with a call that fails.
    #[must_use]
    pub fn call(mut self, operation: &str, fault: CallFault) -> Self {
        self.calls.insert(operation.to_owned(), fault);
        self
    }
}

/// An image in the registry.
#[derive(Debug, Clone)]
pub struct Image {
    /// `sha256:…`.
    pub digest: String,
    /// As OCI names them.
    pub architectures: Vec<String>,
    /// Whether the digest is of an index, or of one image's manifest.
    pub is_index: bool,
    /// How a release of it fares.
    pub fate: Fate,
}

/// How a release fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It works.
    Healthy,
    /// Its tasks run, and their health check never succeeds.
    NeverHealthy,
    /// Its tasks end with that code.
    Exits(i32),
    /// It works until that alarm fires.
    Alarm(String),
    /// Its deployment stays in progress for ever.
    NeverEnds,
    /// Its deployment can't be described.
    Gone,
    /// Its deployment can be described every third time.
    GoneNowAndThen,
    /// Its deployment is listed only after that many seconds, in place of the script's.
    ListedAfter(u32),
    /// Its deployment counts as a success, and the service is stable on the release before.
    FalseGreen,
    /// Its tasks report another image's digest.
    ReportsDigest(String),
    /// While it is rolled out, somebody scales the service to zero.
    ScaledToZero,
    /// Right after it is started, somebody else starts another deployment.
    TakenOver,
    /// When it counts as a success, one more task is wanted than runs.
    OneMissing,
    /// When it counts as a success, the tasks of the release before still run.
    Stragglers,
    /// None of its tasks is listed.
    TasksUnseen,
    /// The public address names another commit.
    SiteNamesCommit(String),
    /// Every third answer of the public address names another commit.
    SiteWavers(String),
    /// The public address answers with that status.
    SiteStatus(u16),
    /// The public address closes the connection without an answer.
    SiteSilent,
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFault {
    /// It is throttled that many times.
    Throttled(u32),
    /// A gateway answers 503 that many times.
    Unavailable(u32),
    /// The connection breaks that many times.
    Dropped(u32),
    /// The connection breaks that many times, after the call was done.
    DroppedAfterwards(u32),
    /// Just before the one after so many, somebody else starts a deployment of that revision, or of one of their own.
    SomebodyDeploys(u32, Option<&'static str>),
    /// It is refused that many times, with that code and message.
    Refused(u32, &'static str, &'static str),
    /// It is answered that many times, and then never again.
    HangsAfter(u32),
    /// It is never allowed.
    Denied,
}

/// The outputs of `stacks/environment.yaml`.
#[must_use]
pub fn outputs() -> BTreeMap<String, String> {
    let pairs = [
        ("Subnets", "subnet-1,subnet-2"),
        ("SecurityGroup", "sg-1"),
        ("TargetGroup", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/walkthrough/1"),
        ("TaskRole", "arn:aws:iam::123456789012:role/walkthrough-task"),
        ("ExecutionRole", "arn:aws:iam::123456789012:role/walkthrough-execution"),
        ("LogGroup", "/walkthrough-staging/site"),
        ("Alarms", "walkthrough-errors,walkthrough-latency"),
        ("AssignPublicIp", "ENABLED"),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
