//! All that the pages tell, put together: from the configuration at once, from everywhere else as
//! soon as it can be had.
//!
//! It may know the configuration, and nothing of pages, requests or answers.

pub mod bill;
pub mod component;
pub mod cyclonedx;
pub mod dependencies;
pub(crate) mod digest;
pub mod executable;
pub mod fact;
pub(crate) mod forge;
pub mod metadata;
pub mod platform;
pub mod release;

use std::path::PathBuf;

use time::{Duration, OffsetDateTime};

use crate::config::{Config, Peer};
use crate::facts::bill::{Bill, LICENCES, Linked};
use crate::facts::dependencies::Package;
use crate::facts::executable::Executable;
use crate::facts::fact::Fact;
use crate::facts::metadata::Metadata;
use crate::facts::release::{Release, rfc3339};

/// How long `security.txt` holds after the start: under a year, as RFC 9116 recommends. A task that
/// runs for longer than that has missed far more than this date.
const SECURITY_CONTACT_HOLDS: Duration = Duration::days(360);

/// All that the pages tell.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What is running.
    pub release: Release,
    /// The other environments.
    pub peers: Vec<Peer>,
    /// This site's own URL, if it was told.
    pub site: Option<String>,
    /// The packages linked into the executable.
    pub packages: Fact<Vec<Package>>,
    /// What is linked in besides these.
    pub linked: Fact<Vec<Linked>>,
    /// All of that as a CycloneDX document, in JSON.
    pub bill_of_materials: Fact<Vec<u8>>,
    /// Whether there are the texts of its licences.
    pub has_licences: bool,
    /// When `security.txt` ends to hold, RFC 3339.
    pub security_contact_expires: String,
    /// Where Nix's bill is.
    bill_dir: Option<PathBuf>,
    /// Who tells the facts of the platform.
    pub(crate) metadata: Metadata,
}

impl Facts {
    /// What is known at once, without looking at anything but the configuration.
    #[must_use]
    pub fn configured(config: &Config, started_at: OffsetDateTime) -> Self {
        const PENDING: &str = "it is being read";
        Self {
            release: Release::configured(config, started_at),
            peers: config.peers.clone(),
            site: config.site.clone(),
            packages: Fact::unknown(PENDING),
            linked: Fact::unknown(PENDING),
            bill_of_materials: Fact::unknown(PENDING),
            has_licences: false,
            security_contact_expires: rfc3339(started_at.saturating_add(SECURITY_CONTACT_HOLDS)),
            bill_dir: config.bill_dir.clone(),
            metadata: Metadata::new(config.metadata_uri.as_deref()),
        }
    }

    /// Reads the executable and its bill, and asks the platform. Blocks for [`crate::facts::metadata::BUDGET`] at most, and a
    /// few milliseconds.
    #[must_use]
    pub fn complete(self) -> Self {
        let executable = Executable::read();
        let bill = Bill::read(self.bill_dir.as_deref());
        let packages = executable.dependencies.packages(&bill);
        let document = executable.dependencies.bill_of_materials(&bill);
        let bill_of_materials =
            Fact(document.0.and_then(|it| serde_json::to_vec(&it).map_err(|error| error.to_string().into())));
        let has_licences = self.bill_dir.as_deref().is_some_and(|place| place.join(LICENCES).is_file());
        let linked = Fact(bill.0.map(|bill| bill.linked));
        let release = self.release.of(executable);
        Self { release, packages, linked, bill_of_materials, has_licences, ..self }.ask_platform()
    }

    /// Asks the platform for what it has not told yet. Blocks for [`crate::facts::metadata::BUDGET`] at most.
    #[must_use]
    pub fn ask_platform(mut self) -> Self {
        self.metadata.ask();
        Self { release: self.release.on(self.metadata.platform()), ..self }
    }

    /// The same with a value for every fact that is not known: for drawing what else would be drawn
    /// for the first time only when the facts are there.
    #[must_use]
    pub fn specimen(self) -> Self {
        let package = |name: &str, kind, direct| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            kind,
            source: "local".to_owned(),
            direct,
            licence: Some("MIT".to_owned()),
        };
        let linked = Linked {
            name: "library".to_owned(),
            version: Some("1.0".to_owned()),
            licence: Some("MIT".to_owned()),
            cpe: None,
            purl: None,
            homepage: Some("https://example.org/library".to_owned()),
            source: Some("https://example.org/library.tar".to_owned()),
            sha256: None,
            patches: vec!["some.patch".to_owned()],
            part_of: None,
        };
        Self {
            release: self.release.specimen(),
            packages: Fact::known([package("first", "runtime", true), package("second", "build", false)]),
            linked: Fact::known([linked]),
            bill_of_materials: Fact::known("{}"),
            has_licences: true,
            ..self
        }
    }
}
