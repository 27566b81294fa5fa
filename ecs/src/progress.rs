//! What is told while it goes on, on standard error: a line per event, and on a terminal below them a line
//! that moves.

use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Tells what happens, each line with the seconds since the start.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
    /// Hidden, and without effect, where standard error is no terminal.
    bar: ProgressBar,
}

impl Default for Progress {
    fn default() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        Self { start: Instant::now(), bar }
    }
}

impl Progress {
    /// Something happened: a line that stays.
    pub fn log(&self, what: &str) {
        let line = format!("{:>5}s  {what}", self.start.elapsed().as_secs());
        // A closed output is no reason to leave a deployment half done.
        self.bar.suspend(|| _ = writeln!(std::io::stderr(), "{line}"));
    }

    /// What is going on now: the line that moves.
    pub fn show(&self, what: String) {
        self.bar.enable_steady_tick(Duration::from_millis(120));
        self.bar.set_message(what);
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
