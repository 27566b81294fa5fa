//! The components of the bill of materials: what is said of each, by whom, and what it is called within the document.

use auditable_serde::{DependencyKind, Package, Source};
use serde_cyclonedx::cyclonedx::v_1_6::{
    Component, ComponentBuilder, ComponentBuilderError, ComponentPedigree, ExternalReference, Hash, HashAlg,
    LicenseChoiceUrl, LicenseChoiceUrlVariant1ItemLicense, OrganizationalEntity, Property,
};
use thiserror::Error;

use crate::facts::bill::{Bill, Linked};
use crate::facts::fact::Fact;

/// Who made the service and, with it, this document.
pub(crate) const MAINTAINERS: &str = "The walkthrough maintainers";

/// Who tells what of a component.
pub(crate) const EXECUTABLE: &str = "the executable's own list, which cargo-auditable left in it";
pub(crate) const MANIFEST: &str = "the lock file and the crate's manifest, read by Nix";
pub(crate) const DERIVATION: &str = "the inputs of the executable's derivation, by Nix";
pub(crate) const LIBRARY: &str =
    "the lock file of the compiler's source and the libraries that it compiled, read by Nix";

/// A component lacks a part that the format wants.
#[derive(Debug, Error)]
#[error("{name}: {error}")]
pub struct Incomplete {
    name: String,
    #[source]
    error: ComponentBuilderError,
}

pub(crate) fn of_root(package: &Package) -> Result<Component, Incomplete> {
    let mut component = ComponentBuilder::default();
    component
        .type_("application")
        .bom_ref(reference(package))
        .name(package.name.clone())
        .version(package.version.to_string())
        .purl(format!("pkg:generic/{}@{}", package.name, package.version))
        .licenses(licence(env!("CARGO_PKG_LICENSE")))
        .supplier(supplier(MAINTAINERS));
    built(&component, &package.name)
}

pub(crate) fn of_crate(package: &Package, bill: &Fact<Bill>) -> Result<Component, Incomplete> {
    let version = package.version.to_string();
    let described = bill.value().and_then(|bill| bill.described(&package.name, &version));
    let mut properties = vec![property("walkthrough:listed-by", EXECUTABLE)];
    let mut component = ComponentBuilder::default();
    component
        .type_("library")
        .bom_ref(reference(package))
        .name(package.name.clone())
        .version(version)
        .scope(if is_linked(package) { "required" } else { "excluded" }.to_owned())
        .supplier(supplier(&String::from(package.source.clone())));
    if package.source == Source::CratesIo {
        component.purl(purl(package));
    }
    if let Some(described) = described {
        properties.push(property("walkthrough:described-by", MANIFEST));
        say(&mut component, described.licence.as_deref(), described.sha256.as_deref());
    }
    component.properties(properties);
    built(&component, &package.name)
}

pub(crate) fn of_linked(linked: &Linked) -> Result<Component, Incomplete> {
    let mut component = ComponentBuilder::default();
    let (by, from) = if linked.part_of.is_some() { (LIBRARY, "crates.io") } else { (DERIVATION, "nixpkgs") };
    component
        .type_("library")
        .bom_ref(reference_of_linked(linked))
        .name(linked.name.clone())
        .scope("required")
        .supplier(supplier(from))
        .properties(vec![property("walkthrough:listed-by", by)]);
    say(&mut component, linked.licence.as_deref(), linked.sha256.as_deref());
    if let Some(version) = &linked.version {
        component.version(version.clone());
    }
    if let Some(purl) = &linked.purl {
        component.purl(purl.clone());
    }
    if let Some(cpe) = &linked.cpe {
        component.cpe(cpe.clone());
    }
    if !linked.patches.is_empty() {
        let notes = Some(format!("with these patches of nixpkgs: {}", linked.patches.join(", ")));
        component.pedigree(ComponentPedigree { notes, ..Default::default() });
    }
    let places = [("website", linked.homepage.as_deref()), ("source-distribution", linked.source.as_deref())];
    let references: Vec<_> = places.into_iter().filter_map(|(type_, url)| Some(reference_to(type_, url?))).collect();
    if !references.is_empty() {
        component.external_references(references);
    }
    built(&component, &linked.name)
}

fn built(component: &ComponentBuilder, name: &str) -> Result<Component, Incomplete> {
    component.build().map_err(|error| Incomplete { name: name.to_owned(), error })
}

fn reference_to(type_: &str, url: &str) -> ExternalReference {
    ExternalReference { comment: None, hashes: None, type_: type_.to_owned(), url: url.into() }
}

fn say(component: &mut ComponentBuilder, expression: Option<&str>, sha256: Option<&str>) {
    if let Some(expression) = expression {
        component.licenses(licence(expression));
    }
    // Of the archive that the source came in.
    if let Some(sha256) = sha256 {
        component.hashes(vec![Hash { alg: HashAlg::Sha256, content: sha256.to_owned() }]);
    }
}

fn licence(expression: &str) -> LicenseChoiceUrl {
    let expression = expression.to_owned();
    LicenseChoiceUrl::Variant1(vec![LicenseChoiceUrlVariant1ItemLicense {
        acknowledgement: None,
        bom_ref: None,
        expression,
    }])
}

pub(crate) fn supplier(name: &str) -> OrganizationalEntity {
    OrganizationalEntity { name: Some(name.to_owned()), ..Default::default() }
}

pub(crate) fn property(name: &str, value: impl Into<String>) -> Property {
    Property { name: name.to_owned(), value: Some(value.into()) }
}

fn is_linked(package: &Package) -> bool {
    package.kind == DependencyKind::Runtime
}

/// What one package is called within the document. Two sources may give the same name and version.
pub(crate) fn reference(package: &Package) -> String {
    match &package.source {
        Source::CratesIo => purl(package),
        source => format!("{}:{}@{}", String::from(source.clone()), package.name, package.version),
    }
}

/// The executable may list a crate that Rust's standard library has a copy of.
pub(crate) fn reference_of_linked(linked: &Linked) -> String {
    let whole = linked.part_of.as_ref().map_or_else(String::new, |whole| format!("{whole}:"));
    format!("linked:{whole}{}@{}", linked.name, linked.version.as_deref().unwrap_or_default())
}

/// The package URL (ECMA-427). A version's only character that needs encoding is `+`.
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version.to_string().replace('+', "%2B"))
}
