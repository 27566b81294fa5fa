//! The packages linked into the running executable, as the executable itself carries them.
//!
//! `cargo auditable` leaves the resolved list in a section of the executable. A build without that
//! section has no list, and says so: the lock file would tell what might have been linked, not what was.

use std::borrow::Cow;

use auditable_info::{Limits, audit_info_from_slice};
use auditable_serde::{DependencyKind, Package as Audited, VersionInfo};
use serde::Serialize;
use serde_cyclonedx::cyclonedx::v_1_6::CycloneDx;

use crate::facts::bill::Bill;
use crate::facts::cyclonedx;
use crate::facts::fact::Fact;

const WITHOUT: &str = "this executable was built without cargo-auditable, so it carries no list of its packages";

/// What the executable carries, or why it carries nothing.
#[derive(Debug, Clone)]
pub struct Dependencies(Result<VersionInfo, Cow<'static, str>>);

/// A package as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `runtime` for what is linked in, `build` for what only ran at build time.
    pub kind: &'static str,
    /// Where it came from: `crates.io`, `git`, `local`, `registry` or another name.
    pub source: String,
    /// Whether the service asks for it itself.
    pub direct: bool,
    /// What it is licensed by, an SPDX expression, where the bill says so.
    pub licence: Option<String>,
}

impl Dependencies {
    /// Finds the section among the executable's bytes.
    #[must_use]
    pub fn of(executable: &[u8]) -> Self {
        let info = audit_info_from_slice(executable, Limits::default().decompressed_json_size);
        Self(info.map_err(|error| match error {
            auditable_info::Error::NoAuditData => WITHOUT.into(),
            error => format!("the executable's list of packages can't be read: {error}").into(),
        }))
    }

    /// There is no executable to look into, for that reason.
    #[must_use]
    pub fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Err(reason.into()))
    }

    /// How many packages are linked in, the service's own aside.
    #[must_use]
    pub fn count(&self) -> Fact<usize> {
        Fact(match &self.0 {
            Ok(info) => Ok(info.packages.iter().filter(|package| is_linked(package)).count()),
            Err(reason) => Err(reason.clone()),
        })
    }

    /// The list, by name and version, without the service's own package. `bill` adds what it says of each.
    #[must_use]
    pub fn packages(&self, bill: &Fact<Bill>) -> Fact<Vec<Package>> {
        let info = match &self.0 {
            Ok(info) => info,
            Err(reason) => return Fact(Err(reason.clone())),
        };
        let direct: &[usize] = info.packages.iter().find(|package| package.root).map_or(&[], |root| &root.dependencies);
        let mut packages: Vec<_> = info
            .packages
            .iter()
            .enumerate()
            .filter(|(_, package)| !package.root)
            .map(|(index, package)| {
                let version = package.version.to_string();
                let described = bill.value().and_then(|bill| bill.described(&package.name, &version));
                Package {
                    name: package.name.clone(),
                    kind: if package.kind == DependencyKind::Build { "build" } else { "runtime" },
                    source: package.source.clone().into(),
                    direct: direct.contains(&index),
                    licence: described.and_then(|described| described.licence.clone()),
                    version,
                }
            })
            .collect();
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Fact::known(packages)
    }

    /// The list as a bill of materials, with what `bill` adds to it.
    #[must_use]
    pub fn bill_of_materials(&self, bill: &Fact<Bill>) -> Fact<CycloneDx> {
        Fact(match &self.0 {
            Ok(info) => cyclonedx::document(info, bill).map_err(|error| error.to_string().into()),
            Err(reason) => Err(reason.clone()),
        })
    }
}

fn is_linked(package: &Audited) -> bool {
    !package.root && package.kind == DependencyKind::Runtime
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::cyclonedx::tests::audited;

    const NO_BILL: Fact<Bill> = Fact(Err(Cow::Borrowed("there is none")));

    #[test]
    fn linked_packages_are_counted_without_the_service_and_its_build_tools() {
        assert_eq!(Dependencies(Ok(audited())).count(), Fact::known(2usize));
    }

    #[test]
    fn the_list_tells_direct_from_indirect_and_runtime_from_build() {
        let Fact(Ok(packages)) = Dependencies(Ok(audited())).packages(&NO_BILL) else { panic!("the list is known") };
        let rows: Vec<_> = packages.iter().map(|p| (p.name.as_str(), p.kind, p.direct)).collect();
        assert_eq!(rows, [("cc", "build", true), ("rocket", "runtime", true), ("tokio", "runtime", false)]);
    }

    #[test]
    fn the_bill_adds_the_licence_of_a_package_that_it_knows_in_that_version() {
        let crates = r#"{"linked": [], "crates": [
            {"name": "tokio", "version": "1.54.1", "licence": "MIT", "sha256": "00"},
            {"name": "cc", "version": "2.0.0", "licence": "MIT", "sha256": "00"}
        ]}"#;
        let bill = Fact(Ok(crates.parse().unwrap()));
        let Fact(Ok(packages)) = Dependencies(Ok(audited())).packages(&bill) else { panic!("the list is known") };
        let licences: Vec<_> = packages.iter().map(|p| p.licence.as_deref()).collect();
        assert_eq!(licences, [None, None, Some("MIT")]);
    }

    #[test]
    fn a_build_without_the_section_says_so_everywhere() {
        let none = Dependencies(Err(WITHOUT.into()));
        assert_eq!(none.count(), Fact::unknown(WITHOUT));
        assert_eq!(none.packages(&NO_BILL), Fact::unknown(WITHOUT));
        assert_eq!(none.bill_of_materials(&NO_BILL).0.unwrap_err(), WITHOUT);
    }
}
