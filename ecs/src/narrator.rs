//! What is told while it goes on, on standard error: a line per event, and on a terminal below them a line
//! that moves.

use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Tells what happens, each line with the seconds since the start.
#[derive(Debug)]
pub struct Narrator {
    start: Instant,
    /// Hidden, and without effect, where standard error is no terminal.
    progress: ProgressBar,
}

impl Default for Narrator {
    fn default() -> Self {
        let progress = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            progress.set_style(style);
        }
        Self { start: Instant::now(), progress }
    }
}

impl Narrator {
    /// Something happened: a line that stays.
    pub fn say(&self, what: &str) {
        let line = format!("{:>5}s  {what}", self.start.elapsed().as_secs());
        // A closed output is no reason to leave a deployment half done.
        self.progress.suspend(|| _ = writeln!(std::io::stderr(), "{line}"));
    }

    /// What is going on now: the line that moves.
    pub fn now(&self, what: String) {
        self.progress.enable_steady_tick(Duration::from_millis(120));
        self.progress.set_message(what);
    }

    /// Takes the moving line away.
    pub fn rest(&self) {
        self.progress.finish_and_clear();
    }
}
