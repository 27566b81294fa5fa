//! Chromium, without a window, by its driver: what the protocol of `WebDriver` has and, where that ends, the browser's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::{ParseError, Url};

/// Nothing leaves this host: the browser asks nobody for updates, and its own profile starts empty.
const FLAGS: [&str; 9] = [
    "--headless",
    // A build has no right to make namespaces, and the one site it visits is ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with one page, which ends with this value.
pub struct Browser {
    runtime: Runtime,
    client: Option<Client>,
    driver: Child,
    _profile: TempDir,
}

/// A command that is chromedriver's alone.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts one. `CHROMIUM` and `CHROMEDRIVER` may name the programs.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(json!({}))
    }

    /// Starts one whose user has changed these preferences.
    #[must_use]
    pub fn start_with(preferences: Value) -> Self {
        let (driver, port) = start_driver();
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments, "prefs": preferences });
        if let Ok(chromium) = std::env::var("CHROMIUM") {
            options["binary"] = chromium.into();
        }
        let capabilities = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities.as_object().unwrap().clone())
                    .connect(&format!("http://127.0.0.1:{port}")),
            )
            .expect("Chromium starts; CHROMIUM names another one");
        Self { runtime, client: Some(client), driver, _profile: profile }
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    /// Loads a page, script and all.
    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client().goto(url)).unwrap();
    }

    /// The value of a script: the body of a function.
    pub fn run(&self, script: &str) -> Value {
        self.run_with(script, vec![])
    }

    /// The same, with arguments.
    pub fn run_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.client().execute(script, arguments)).unwrap()
    }

    /// The value that a script calls its last argument with.
    #[must_use]
    pub fn wait_for(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.client().execute_async(script, arguments)).unwrap()
    }

    /// Waits until a script's value is `true`; false if that takes longer than `patience`.
    #[must_use]
    pub fn becomes(&self, script: &str, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if self.run(script) == true {
                return true;
            }
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A command of the browser's own protocol.
    pub fn command(&self, method: &str, parameters: Value) -> Value {
        let own = Own { path: "goog/cdp/execute", body: json!({ "cmd": method, "params": parameters }) };
        self.runtime.block_on(self.client().issue_cmd(own)).unwrap()
    }

    /// Gives the window a size in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// A picture of the whole page in a window of that width, PNG. By the browser's own protocol: the driver's command
    /// gives up after ten seconds, which a busy machine may take.
    #[must_use]
    pub fn picture(&self, width: u32) -> Vec<u8> {
        self.command("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
        self.resize(width, 900);
        let height = self.run("return document.documentElement.scrollHeight").as_u64().unwrap();
        self.resize(width, height.try_into().unwrap());
        let picture = self.command("Page.captureScreenshot", json!({ "format": "png" }));
        BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// Sets what media queries see: a medium, or nothing for the screen, and features.
    pub fn prefer(&self, medium: &str, features: &[(&str, &str)]) {
        let features: Vec<_> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.command("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }));
    }

    /// Presses and releases a key; `shift` is held meanwhile.
    pub fn press(&self, key: char, shift: bool) {
        const SHIFT: char = '\u{e008}';
        let mut actions = KeyActions::new("keyboard".to_owned());
        if shift {
            actions = actions.then(KeyAction::Down { value: SHIFT });
        }
        actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        if shift {
            actions = actions.then(KeyAction::Up { value: SHIFT });
        }
        self.runtime.block_on(self.client().perform_actions(actions)).unwrap();
    }

    /// What the browser complained of since it was last asked: errors and warnings of scripts, of the network and of the
    /// Content-Security-Policy.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let log = Own { path: "se/log", body: json!({ "type": "browser" }) };
        let entries = self.runtime.block_on(self.client().issue_cmd(log)).unwrap();
        let complaint = |entry: &Value| {
            let level = entry["level"].as_str()?;
            let text = format!("{level}: {}: {}", entry["source"].as_str()?, entry["message"].as_str()?);
            ["SEVERE", "WARNING"].contains(&level).then_some(text)
        };
        entries.as_array().expect("the log is a list").iter().filter_map(complaint).collect()
    }
}

/// A driver and its port. It looks for a port that is free for IPv6 and then takes the same for IPv4, which something else
/// may have by then: it ends, and another one is started.
fn start_driver() -> (Child, u16) {
    const TRIES: usize = 10;
    let program = std::env::var_os("CHROMEDRIVER").map_or_else(|| PathBuf::from("chromedriver"), PathBuf::from);
    let mut said = Vec::new();
    for _ in 0..TRIES {
        let mut driver = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; CHROMEDRIVER names another one", program.display()));
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines
            .by_ref()
            .inspect(|line| said.push(line.clone()))
            .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok());
        if let Some(port) = port {
            // Read to the end, or the driver would stop when the pipe is full.
            std::thread::spawn(move || lines.for_each(drop));
            return (driver, port);
        }
        driver.wait().unwrap();
    }
    panic!("{}: said on no port that it listens in {TRIES} tries:\n{}", program.display(), said.join("\n"));
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let _ = self.runtime.block_on(client.close());
        }
        // Told to end, it ends a browser that is left; killed, it would not.
        let _ = kill_process(Pid::from_child(&self.driver), Signal::TERM);
        let _ = self.driver.wait();
    }
}
