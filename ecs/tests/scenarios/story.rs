//! What the tests share: a stand-in for AWS, descriptions that lead to it, and the deployer as a process.

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_stand_in::tasks::Scripted;
use aws_stand_in::world::State;
use aws_stand_in::{CallFault, Fate, Script, StandIn};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Of the release that is there already, in most stories.
pub(crate) const FIRST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const SECOND: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";
pub(crate) const FIRST_COMMIT: &str = "1111111111111111111111111111111111111111";
pub(crate) const SECOND_COMMIT: &str = "2222222222222222222222222222222222222222";

const REPOSITORY: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough";

/// The calls that change something.
const CHANGING: [&str; 4] = ["RegisterTaskDefinition", "CreateService", "UpdateService", "StopServiceDeployment"];

pub(crate) struct Story {
    pub(crate) aws: StandIn,
    pub(crate) folder: TempDir,
}

/// How the deployer ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// What is the result.
    pub(crate) out: String,
    /// What was told on the way.
    pub(crate) err: String,
}

impl Ended {
    /// Holds the exit code, and phrases that were said, against what happened.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, phrases: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for phrase in phrases {
            assert!(self.out.contains(phrase) || self.err.contains(phrase), "{phrase:?} was not said: {self:#?}");
        }
        self
    }
}

impl Story {
    /// Nothing is deployed.
    pub(crate) fn begin(script: Script) -> Self {
        let aws = StandIn::start(script).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let descriptions = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::create_dir(folder.path().join("environments")).unwrap();
        for file in ["task-definition.json.j2", "service.json.j2", "environments/dev.toml", "environments/staging.toml"]
        {
            fs::copy(descriptions.join(file), folder.path().join(file)).unwrap();
        }
        let story = Self { aws, folder };
        story.describe("url", &format!("{:?}", story.aws.site_url()));
        for (limit, time) in [("poll", "20ms"), ("rollout", "10s"), ("rollback", "10s"), ("site", "1500ms")] {
            story.describe(limit, &format!("{time:?}"));
        }
        story
    }

    /// The first release is deployed; the second image fares like that.
    pub(crate) fn with_second(fate: Fate) -> Self {
        Self::with_second_in(Script::default(), fate)
    }

    /// The same, in a world of the script's.
    pub(crate) fn with_second_in(script: Script, fate: Fate) -> Self {
        let story = Self::begin(script.image(FIRST, Fate::Healthy).image(SECOND, fate));
        story.apply_first().expect(0, &["walkthrough-staging:1 is deployed and verified"]);
        story.aws.change(|world| world.calls.clear());
        story
    }

    /// Changes a value of the environment's description.
    pub(crate) fn describe(&self, key: &str, value: &str) {
        let file = self.folder.path().join("environments/staging.toml");
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some((found, _)) if found == key => format!("{key} = {value}"),
            _ => line.to_owned(),
        });
        let changed = lines.collect::<Vec<_>>().join("\n");
        assert!(changed.contains(&format!("{key} = {value}")));
        fs::write(&file, changed).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
        command.env_clear().envs([
            ("AWS_ENDPOINT_URL", self.aws.url()),
            ("AWS_ACCESS_KEY_ID", "an-id"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret"),
            // No profile of whoever runs the tests, and no waiting for a machine of Amazon's.
            ("AWS_EC2_METADATA_DISABLED", "true"),
            // Whose calls these are, for the stand-in's record of them.
            ("AWS_SDK_UA_APP_ID", arguments.iter().find(|one| !one.starts_with('-')).unwrap_or(&"")),
        ]);
        command.arg("--directory").arg(self.folder.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Where the stand-in listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.aws.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Holds what is said of a change against the calls that were made.
    pub(crate) fn deploy(&self, arguments: &[&str]) -> Ended {
        let before = self.changes().len();
        let ended = end(self.start(arguments));
        let changes = &self.changes()[before..];
        let text = &ended.out;
        assert!(changes.is_empty() || !text.contains("nothing was changed"), "{changes:?}: {ended:#?}");
        let registered_alone = changes.iter().all(|call| call == "RegisterTaskDefinition");
        assert!(registered_alone || !text.contains("the service was not changed"), "{changes:?}: {ended:#?}");
        ended
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn apply_first(&self) -> Ended {
        self.deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT])
    }

    pub(crate) fn apply_second(&self) -> Ended {
        self.deploy(&["apply", "staging", "--image", &image(SECOND), "--commit", SECOND_COMMIT])
    }

    pub(crate) fn start_second(&self) -> Child {
        self.start(&["apply", "staging", "--image", &image(SECOND), "--commit", SECOND_COMMIT])
    }

    /// Begins the second release by a deployer that is gone before its end, so that nobody watches it.
    pub(crate) fn abandon_second(&self) {
        let mut deployer = self.start_second();
        self.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
        deployer.kill().unwrap();
        end(deployer);
    }

    pub(crate) fn state(&self) -> State {
        self.aws.state("walkthrough")
    }

    /// Whether AWS was asked for that.
    pub(crate) fn called(&self, operation: &str) -> usize {
        self.aws.calls().iter().filter(|call| *call == operation).count()
    }

    /// The calls that changed something, in order.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.aws.calls().into_iter().filter(|call| CHANGING.contains(&call.as_str())).collect()
    }

    /// Waits until AWS is as wanted.
    #[track_caller]
    pub(crate) fn wait(&self, wanted: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !wanted(&self.state()) {
            assert!(Instant::now() < deadline, "it does not come: {:#?}", self.state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until AWS was asked for that.
    #[track_caller]
    pub(crate) fn wait_for_call(&self, operation: &str) {
        self.wait(|_| self.called(operation) > 0);
    }

    /// How calls fail from now on.
    pub(crate) fn fail(&self, operation: &str, fault: CallFault) {
        self.aws.change(|world| world.script.calls.insert(operation.to_owned(), fault));
    }

    /// The first release, which runs, fares like that when it is started again.
    pub(crate) fn first_becomes(&self, fate: Fate) {
        self.aws.change(|world| {
            world.script.images[0].fate = fate;
            world.tasks = Box::new(Scripted::new(world.script.images.clone()));
        });
    }

    /// Going back does not end: one more task is wanted than runs, and the first release can't start it any more.
    pub(crate) fn goes_back_for_ever(&self) {
        self.first_becomes(Fate::NeverHealthy);
        self.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 3);
    }

    /// What is left when the first release runs again, or still.
    #[track_caller]
    pub(crate) fn expect_first(&self) {
        self.expect_running("walkthrough-staging:1", FIRST);
    }

    #[track_caller]
    pub(crate) fn expect_running(&self, task_definition: &str, digest: &str) {
        let state = self.state();
        assert_eq!(state.running.as_deref(), Some(task_definition), "{state:#?}");
        assert_eq!(state.images, [image(digest), image(digest)], "{state:#?}");
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub(crate) fn image(digest: &str) -> String {
    format!("{REPOSITORY}@{digest}")
}

/// Waits for the end, which must come.
#[track_caller]
pub(crate) fn end(mut child: Child) -> Ended {
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = |from: &mut dyn Read| {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    };
    let watch = std::thread::spawn(move || read(&mut err));
    let deadline = Instant::now() + Duration::from_secs(45);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                panic!("the deployer does not end");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let ended = Ended { code: status.code().unwrap_or(-1), out: read(&mut out), err: watch.join().unwrap() };
    for text in [&ended.out, &ended.err] {
        assert_eq!(debug_text(text), None, "what is for programmers was shown to people: {ended:#?}");
    }
    ended
}

/// The first word that looks like Rust's `Debug` text of a type: `CamelCase(…`, `CamelCase { …` or `a::path`.
fn debug_text(text: &str) -> Option<&str> {
    let following = text.split_whitespace().skip(1).chain([""]);
    text.split_whitespace().zip(following).find_map(|(word, next)| {
        let name = word.split('(').next().unwrap_or(word);
        let is_type = name.len() > 2
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
            && name.contains(|c: char| c.is_ascii_lowercase());
        let opens = word.len() > name.len() || next == "{" || next == "{{";
        ((is_type && opens) || (word.contains("::") && !word.contains("arn:"))).then_some(word)
    })
}

#[test]
fn debug_text_is_recognized() {
    for text in ["DispatchFailure { source: x }", "error: Some(7)", "io::Error at", "kind: Other(None), b"] {
        assert!(debug_text(text).is_some(), "{text}");
    }
    for text in ["{\n  \"a\": {\n  } }", "ECS: (service walkthrough) has", "FAILED (tasks failed) {", "it names {"] {
        assert_eq!(debug_text(text), None, "{text}");
    }
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// What `--json` printed.
pub(crate) fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap()
}
