//! What Nix says of what the executable was made of: what is linked into it besides crates, and what each crate is
//! licensed by.
//!
//! `nix/bill.py` writes it and says where it has each statement from. A build without Nix has none, and says so.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::facts::fact::Fact;

/// The texts of the licences, in the bill's directory.
pub(crate) const LICENCES: &str = "licences.txt";

/// What `bill.json` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// What is linked in besides the executable's own list of crates.
    pub linked: Vec<Linked>,
    crates: HashMap<(String, String), Described>,
}

/// Something that is linked in and that the executable does not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// Its name.
    pub name: String,
    /// Its version, with the number of nixpkgs' own changes.
    pub version: Option<String>,
    /// An SPDX expression.
    pub licence: Option<String>,
    /// The name by which databases of vulnerabilities know it, CPE 2.3.
    pub cpe: Option<String>,
    /// A package URL (ECMA-427).
    pub purl: Option<String>,
    /// Where it has its home.
    pub homepage: Option<String>,
    /// The URL of its source.
    pub source: Option<String>,
    /// The SHA-256 of its source's archive, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// The names of what nixpkgs changes in it.
    pub patches: Vec<String>,
    /// Which of the others it is a part of.
    pub part_of: Option<String>,
}

/// What the bill says of a crate that the executable lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Described {
    name: String,
    version: String,
    /// An SPDX expression, from the crate's manifest.
    pub(crate) licence: Option<String>,
    /// The SHA-256 of the crate's archive, from the lock file.
    pub(crate) sha256: Option<String>,
}

/// As it is written.
#[derive(Deserialize)]
struct Written {
    linked: Vec<Linked>,
    crates: Vec<Described>,
}

/// Why there is no bill although there should be one.
#[derive(Debug, Error)]
pub enum BillError {
    /// The file can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file has another form.
    #[error("{} is no bill: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
}

impl Bill {
    /// Reads `bill.json` in the directory of the bill, if there is one.
    #[must_use]
    pub fn read(directory: Option<&Path>) -> Fact<Self> {
        let Some(directory) = directory else { return Fact::unknown("WALKTHROUGH_BILL_DIR is not set") };
        Fact(Self::of(directory.join("bill.json")).map_err(|error| {
            tracing::warn!(error = %error, "what is linked in besides crates is not known");
            error.to_string().into()
        }))
    }

    fn of(path: PathBuf) -> Result<Self, BillError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(BillError::Unreadable { path, source }),
        };
        text.parse().map_err(|source| BillError::Malformed { path, source })
    }

    /// What it says of a crate.
    pub(crate) fn described(&self, name: &str, version: &str) -> Option<&Described> {
        self.crates.get(&(name.to_owned(), version.to_owned()))
    }
}

impl FromStr for Bill {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Written { linked, crates } = serde_json::from_str(text)?;
        let named = |of: Described| ((of.name.clone(), of.version.clone()), of);
        Ok(Self { linked, crates: crates.into_iter().map(named).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Fact<Bill> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bill.json"), text).unwrap();
        Bill::read(Some(folder.path()))
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let Fact(Ok(bill)) = read(r#"{"linked": [{"name": "c", "patches": []}], "crates": []}"#) else {
            panic!("it can be read")
        };
        assert_eq!((bill.linked[0].version.as_deref(), bill.described("a", "1")), (None, None));
    }

    #[test]
    fn a_bill_that_can_not_be_read_is_none_and_says_why() {
        for (text, why) in [("", "EOF"), ("1", "invalid type"), (r#"{"linked": []}"#, "missing field `crates`")] {
            let reason = read(text).0.unwrap_err();
            assert!(reason.contains("bill.json is no bill") && reason.contains(why), "{reason}");
        }
        let reason = Bill::read(Some(Path::new("nowhere"))).0.unwrap_err();
        assert!(reason.starts_with("nowhere/bill.json can't be read: "), "{reason}");
        assert_eq!(Bill::read(None).0.unwrap_err(), "WALKTHROUGH_BILL_DIR is not set");
    }
}
