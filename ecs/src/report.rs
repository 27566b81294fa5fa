//! The result: an exit code, a sentence, and what belongs to it, for people, programs and GitHub.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::plan::Change;

/// How a command ended. The numbers are an interface: pipelines branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done, or nothing was to be done, and nothing is wrong.
    Done,
    /// `verify`: what runs is not what is expected.
    Differs,
    /// The release failed; the previous one is back, and verified.
    RolledBack,
    /// `plan`: there is something to change.
    Changes,
    /// The release failed, and what runs now is not known to be good.
    NotRolledBack,
    /// Wrong arguments or descriptions, or an image or a public address that can't work.
    BadInput,
    /// A call to AWS failed, or was refused, before anything was changed.
    AwsCallFailed,
    /// Another deployment is under way, or took over, or the service is being deleted.
    Busy,
    /// A signal came, and nobody watched to the end; the summary says what goes on, if anything.
    Interrupted,
}

impl Outcome {
    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Differs | Self::RolledBack => 1,
            Self::Changes => 2,
            Self::NotRolledBack => 3,
            Self::BadInput => 4,
            Self::AwsCallFailed => 5,
            Self::Busy => 6,
            Self::Interrupted => 7,
        }
    }
}

/// What `--help` says about the exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing was to be done, and nothing is wrong
  1  the release failed, and the previous one is back and verified
     (verify: what runs is not what is expected)
  2  plan: there is something to change
  3  the release failed, and what runs now is not known to be good: a person is needed
  4  wrong arguments or descriptions, or an image, stack or public address that can't work; nothing was changed
  5  AWS could not be talked to, or refused; the service was not changed
  6  another deployment is under way, or took over, or the service is being deleted; it was left alone
  7  a signal came, and nobody watched to the end: the summary says what goes on, if anything";

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// The environment's name.
    pub environment: String,
    /// What came out, a sentence.
    pub summary: String,
    /// Why, and what else was seen: a sentence each.
    pub reasons: Vec<String>,
    /// What would change, or was changed.
    pub changes: Vec<Change>,
    /// What belongs to the result, by name: image, digest, commit, task-definition, url.
    pub facts: Vec<(&'static str, String)>,
    /// What there are several of, by name: tasks, deployments, events.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

impl Report {
    /// A result with nothing but its sentence.
    #[must_use]
    pub fn new(outcome: Outcome, environment: &str, summary: impl Into<String>) -> Self {
        Self {
            outcome,
            exit_code: outcome.code(),
            environment: environment.to_owned(),
            summary: summary.into(),
            reasons: Vec::new(),
            changes: Vec::new(),
            facts: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// The same, with the reasons.
    #[must_use]
    pub fn because(mut self, reasons: impl IntoIterator<Item = String>) -> Self {
        self.reasons.extend(reasons);
        self
    }

    /// The same, with the changes.
    #[must_use]
    pub fn changing(self, changes: Vec<Change>) -> Self {
        Self { changes, ..self }
    }

    /// The same, with a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// The same, with what there are several of.
    #[must_use]
    pub fn listing(mut self, name: &'static str, items: Vec<String>) -> Self {
        self.lists.push((name, items));
        self
    }

    /// For a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.environment, self.summary);
        for reason in &self.reasons {
            _ = writeln!(text, "  - {reason}");
        }
        for change in &self.changes {
            _ = writeln!(text, "  {change}");
        }
        for (name, value) in &self.facts {
            _ = writeln!(text, "  {name:<16} {value}");
        }
        for (name, items) in &self.lists {
            for item in items {
                _ = writeln!(text, "  {name:<16} {item}");
            }
        }
        text
    }

    /// For a program: one JSON document.
    #[must_use]
    pub fn json(&self) -> String {
        let mut document = serde_json::to_value(self).unwrap_or_default();
        document["facts"] = self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        document["lists"] = self.lists.iter().map(|(name, items)| ((*name).to_owned(), items.clone())).collect();
        format!("{document:#}\n")
    }

    /// For the summary page of a run in GitHub, in its Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mark = match self.outcome {
            Outcome::Done | Outcome::Changes => "✅",
            _ => "❌",
        };
        let mut text = format!("### {mark} {}: {}\n\n", self.environment, cell(&self.summary));
        if !self.facts.is_empty() {
            text.push_str("| | |\n| --- | --- |\n");
            for (name, value) in &self.facts {
                _ = writeln!(text, "| {name} | `{}` |", cell(value));
            }
            text.push('\n');
        }
        for reason in &self.reasons {
            _ = writeln!(text, "- {}", cell(reason));
        }
        for (name, items) in &self.lists {
            for item in items {
                _ = writeln!(text, "- {name}: {}", cell(item));
            }
        }
        if !self.changes.is_empty() {
            text.push_str("\n| field | old | new |\n| --- | --- | --- |\n");
            for Change { path, old, new } in &self.changes {
                let shown = |value: &Option<serde_json::Value>| {
                    value.as_ref().map(|value| format!("`{}`", cell(&value.to_string()))).unwrap_or_default()
                };
                _ = writeln!(text, "| `{}` | {} | {} |", cell(path), shown(old), shown(new));
            }
        }
        text + "\n"
    }

    /// The outputs of a step in GitHub: `name=value` lines.
    #[must_use]
    pub fn outputs(&self) -> String {
        let mut text = format!(
            "outcome={}\nsummary={}\n",
            serde_json::to_value(self.outcome).unwrap_or_default().as_str().unwrap_or_default(),
            // It ends up in a cell of a table.
            cell(&self.summary)
        );
        for (name, value) in &self.facts {
            _ = writeln!(text, "{name}={}", one_line(value));
        }
        text
    }

    /// Appends to the files that GitHub named, if it did. What can't be written is told, and changes nothing
    /// about the result.
    #[must_use]
    pub fn tell_github(&self, summary: Option<&Path>, outputs: Option<&Path>) -> Vec<String> {
        let append = |path: &Path, text: &str| {
            let written = OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .and_then(|mut file| file.write_all(text.as_bytes()));
            written.err().map(|error| format!("{} can't be written: {error}", path.display()))
        };
        let told =
            [summary.map(|path| append(path, &self.markdown())), outputs.map(|path| append(path, &self.outputs()))];
        told.into_iter().flatten().flatten().collect()
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// What AWS said may hold anything; in a table's cell a bar or a line break would end it.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|").replace('`', "'")
}

/// How a message begins where a call to AWS failed.
pub const LEFT_AS_IT_IS: &str = "the service was left as it is: ";
