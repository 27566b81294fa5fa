//! The service as a process of its own, as it runs in production: the executable that has its list of crates.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::deployment::Deployment;

/// A running service.
pub struct Site {
    port: u64,
    process: Child,
    _folder: TempDir,
    /// What it was started with.
    pub deployment: Deployment,
}

impl Site {
    /// Every address with a page for people, and one that has none.
    pub const PAGES: [&str; 7] = ["/", "/walkthrough", "/release", "/dependencies", "/verify", "/health", "/nothing"];

    /// Starts the service with the facts of a deployment and waits until it listens. `SITE` may name its executable.
    #[must_use]
    pub fn start(deployment: Deployment) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = std::env::var_os("SITE").map_or_else(|| root.join("target/debug/walkthrough"), PathBuf::from);
        assert!(built.exists(), "{}: `cargo auditable build` makes it, and SITE names another", built.display());
        let folder = tempfile::tempdir().unwrap();
        let executable = if deployment.listed { built } else { without_list(&built, folder.path()) };
        let mut process = Command::new(&executable)
            .current_dir(root)
            .env_clear()
            .env("ROCKET_PORT", "0")
            .envs(deployment.variables.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut events = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let port = events
            .find_map(|event| if event["message"] == "listening" { event["port"].as_u64() } else { None })
            .expect("the service starts");
        // Read to the end, or the service would stop when the pipe is full.
        std::thread::spawn(move || events.for_each(drop));
        Self { port, process, _folder: folder, deployment }
    }

    /// The address of a path, by which a browser takes the site for a secure context.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// The executable as a plain `cargo build` leaves it.
fn without_list(executable: &Path, folder: &Path) -> PathBuf {
    let bare = folder.join("walkthrough");
    let ended = Command::new("objcopy").arg("--remove-section=.dep-v0").args([executable, &bare]).status().unwrap();
    assert!(ended.success(), "objcopy: {ended}");
    bare
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
