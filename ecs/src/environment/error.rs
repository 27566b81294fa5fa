//! Why a description can't be used.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an environment can't be read. Each message names the file, the key and the remedy.
#[derive(Debug, Error)]
pub enum EnvironmentError {
    /// No file describes an environment of that name.
    #[error("there is no environment {name:?}: {} has {}", folder.display(), listed(known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where the descriptions are.
        folder: PathBuf,
        /// The environments that are described.
        known: Vec<String>,
    },
    /// The folder of the descriptions can't be read.
    #[error("{}: {source}; give the folder that has environments/ by --directory", folder.display())]
    Folder {
        /// Where the descriptions ought to be.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The site would refuse the file's name as the name of an environment.
    #[error("{}: as the name of an environment: {expected}", file.display())]
    Name {
        /// The file.
        file: PathBuf,
        /// What a name looks like.
        expected: &'static str,
    },
    /// The file can't be read.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not TOML, or has other keys or types than it should.
    #[error("{}: {}", file.display(), source.to_string().trim_end())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, column and key.
        source: Box<toml::de::Error>,
    },
    /// A value can't work.
    #[error("{}: {source}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The key, its value and the remedy.
        source: BadValue,
    },
}

/// A value that can't work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} = {value}: {remedy}")]
pub struct BadValue {
    /// With the table it is in, such as `task.cpu`.
    pub key: &'static str,
    /// As it was understood.
    pub value: String,
    /// What to write instead.
    pub remedy: String,
}

impl BadValue {
    pub(super) fn new(key: &'static str, value: &dyn fmt::Debug, remedy: impl Into<String>) -> Self {
        Self { key, value: format!("{value:?}"), remedy: remedy.into() }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
