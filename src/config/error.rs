//! What is wrong with a configuration.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a configuration can't be used: one sentence for whoever started the process.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The value is no text.
    #[error("{name}={}: the value is not UTF-8", value.display())]
    NotUtf8 {
        /// The variable.
        name: String,
        /// What it was given.
        value: OsString,
    },
    /// The value is not one of those allowed.
    #[error("{name}={value:?}: {expected}")]
    BadValue {
        /// The variable.
        name: String,
        /// What it was given.
        value: String,
        /// What is allowed, in a sentence.
        expected: String,
    },
    /// Not the fault of a value that was given: a default is wrong.
    #[error("the configuration: {0}")]
    BadDefault(#[source] Box<figment::Error>),
    /// There is something else than a directory.
    #[error("{name}={path:?}: expected a directory, and this is something else")]
    NotADirectory {
        /// The variable.
        name: &'static str,
        /// What it names.
        path: PathBuf,
    },
    /// The directory can't be looked at.
    #[error("{name}={path:?}: expected an existing directory: {source}; start in the project's root, or give the path")]
    NoDirectory {
        /// The variable.
        name: &'static str,
        /// What it names.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
