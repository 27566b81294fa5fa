//! The packages linked into the running executable, as the executable itself carries them.
//!
//! `cargo auditable` leaves the resolved list in a section of the executable. A build without that
//! section has no list, and says so: the lock file would tell what might have been linked, not what was.

use std::borrow::Cow;

use auditable_info::{Limits, audit_info_from_slice};
use auditable_serde::{DependencyKind, Package as Audited, Source, VersionInfo};
use serde::Serialize;
use serde_cyclonedx::cyclonedx::v_1_6::{
    Component, ComponentBuilder, CycloneDx, CycloneDxBuilder, Dependency, DependencyBuilder, MetadataBuilder,
};

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

    /// The list, by name and version, without the service's own package.
    #[must_use]
    pub fn packages(&self) -> Fact<Vec<Package>> {
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
            .map(|(index, package)| Package {
                name: package.name.clone(),
                version: package.version.to_string(),
                kind: if package.kind == DependencyKind::Build { "build" } else { "runtime" },
                source: package.source.clone().into(),
                direct: direct.contains(&index),
            })
            .collect();
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Fact::known(packages)
    }

    /// The list as a bill of materials, CycloneDX 1.6 (ECMA-424).
    ///
    /// It has no serial number and no timestamp: the same executable gives the same document.
    #[must_use]
    pub fn bill_of_materials(&self) -> Fact<CycloneDx> {
        Fact(match &self.0 {
            Ok(info) => bill_of_materials(info).map_err(Cow::from),
            Err(reason) => Err(reason.clone()),
        })
    }
}

fn is_linked(package: &Audited) -> bool {
    !package.root && package.kind == DependencyKind::Runtime
}

fn bill_of_materials(info: &VersionInfo) -> Result<CycloneDx, String> {
    let mut root = None;
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for package in &info.packages {
        let component = component(package)?;
        if package.root {
            root = Some(component);
        } else {
            components.push(component);
        }
        dependencies.push(dependency(package, &info.packages)?);
    }
    let root = root.ok_or("none of the packages is the service's own")?;
    let metadata = MetadataBuilder::default().component(root).build().map_err(|error| error.to_string())?;
    CycloneDxBuilder::default()
        .schema("http://cyclonedx.org/schema/bom-1.6.schema.json".to_owned())
        .bom_format("CycloneDX")
        .spec_version("1.6")
        .version(1)
        .metadata(metadata)
        .components(components)
        .dependencies(dependencies)
        .build()
        .map_err(|error| error.to_string())
}

fn component(package: &Audited) -> Result<Component, String> {
    let mut component = ComponentBuilder::default();
    component
        .type_(if package.root { "application" } else { "library" })
        .bom_ref(reference(package))
        .name(package.name.clone())
        .version(package.version.to_string());
    if !package.root {
        component.scope(if is_linked(package) { "required" } else { "excluded" }.to_owned());
    }
    if package.source == Source::CratesIo {
        component.purl(purl(package));
    }
    component.build().map_err(|error| format!("{}: {error}", package.name))
}

fn dependency(package: &Audited, all: &[Audited]) -> Result<Dependency, String> {
    let on: Vec<_> = package.dependencies.iter().filter_map(|index| all.get(*index)).map(reference).collect();
    DependencyBuilder::default()
        .ref_(reference(package))
        .depends_on(on)
        .build()
        .map_err(|error| format!("{}: {error}", package.name))
}

/// What one package is called within the document. Two sources may give the same name and version.
fn reference(package: &Audited) -> String {
    match &package.source {
        Source::CratesIo => purl(package),
        source => format!("{}:{}@{}", String::from(source.clone()), package.name, package.version),
    }
}

/// The package URL (ECMA-427). A version's only character that needs encoding is `+`.
fn purl(package: &Audited) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audited() -> Dependencies {
        let json = r#"{"packages": [
            {"name": "cc", "version": "1.2.0", "source": "crates.io", "kind": "build"},
            {"name": "rocket", "version": "0.5.2+really", "source": "crates.io", "dependencies": [3]},
            {"name": "walkthrough", "version": "0.1.0", "source": "local", "dependencies": [0, 1], "root": true},
            {"name": "tokio", "version": "1.54.1", "source": "crates.io"}
        ]}"#;
        Dependencies(Ok(json.parse().unwrap()))
    }

    #[test]
    fn linked_packages_are_counted_without_the_service_and_its_build_tools() {
        assert_eq!(audited().count(), Fact::known(2usize));
    }

    #[test]
    fn the_list_tells_direct_from_indirect_and_runtime_from_build() {
        let Fact(Ok(packages)) = audited().packages() else { panic!("the list is known") };
        let rows: Vec<_> = packages.iter().map(|p| (p.name.as_str(), p.kind, p.direct)).collect();
        assert_eq!(rows, [("cc", "build", true), ("rocket", "runtime", true), ("tokio", "runtime", false)]);
    }

    #[test]
    fn the_bill_names_every_package_once_and_what_it_depends_on() {
        let bill = serde_json::to_value(audited().bill_of_materials().value().unwrap()).unwrap();
        assert_eq!(bill["specVersion"], "1.6");
        assert_eq!(bill["metadata"]["component"]["name"], "walkthrough");
        assert_eq!(bill["components"].as_array().unwrap().len(), 3);
        assert_eq!(bill["components"][0]["scope"], "excluded");
        assert_eq!(bill["components"][1]["purl"], "pkg:cargo/rocket@0.5.2%2Breally");
        assert_eq!(bill["dependencies"][1]["dependsOn"][0], "pkg:cargo/tokio@1.54.1");
    }

    #[test]
    fn a_build_without_the_section_says_so_everywhere() {
        let none = Dependencies(Err(WITHOUT.into()));
        assert_eq!(none.count(), Fact::unknown(WITHOUT));
        assert_eq!(none.packages(), Fact::unknown(WITHOUT));
        assert_eq!(none.bill_of_materials().0.unwrap_err(), WITHOUT);
    }
}
