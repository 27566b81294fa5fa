//! The bill of materials as a document for programs: CycloneDX 1.6 (ECMA-424), with the minimum elements for an SBOM that
//! the NTIA named in 2021.
//!
//! It has no serial number and no timestamp: the same executable and bill give the same document.

use auditable_serde::{Package, VersionInfo};
use serde_cyclonedx::cyclonedx::v_1_6::{
    AggregateType, Component, Compositions, CycloneDx, CycloneDxBuilder, CycloneDxBuilderError, Dependency, Metadata,
    MetadataTools, MetadataToolsVariant0, OrganizationalContact,
};
use thiserror::Error;

use crate::facts::bill::Bill;
use crate::facts::component::{
    Incomplete, MAINTAINERS, of_crate, of_linked, of_root, property, reference, reference_of_linked, supplier,
};
use crate::facts::fact::Fact;

/// Why there is no document although there is a list.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// Nobody says what all the packages are for.
    #[error("none of the packages is the service's own")]
    NoRoot,
    /// A component lacks a part.
    #[error(transparent)]
    Component(#[from] Incomplete),
    /// The document itself lacks a part.
    #[error(transparent)]
    Document(#[from] CycloneDxBuilderError),
}

/// The document of what the executable lists, and of what the bill adds.
pub(crate) fn document(info: &VersionInfo, bill: &Fact<Bill>) -> Result<CycloneDx, DocumentError> {
    let linked = bill.value().map_or(&[][..], |bill| &bill.linked);
    let root = info.packages.iter().find(|package| package.root).ok_or(DocumentError::NoRoot)?;

    let others = info.packages.iter().filter(|package| !package.root);
    let mut components = others.map(|package| of_crate(package, bill)).collect::<Result<Vec<_>, _>>()?;
    for component in linked {
        components.push(of_linked(component)?);
    }

    let parts = |whole: Option<&str>| {
        let parts = linked.iter().filter(move |part| part.part_of.as_deref() == whole);
        parts.map(reference_of_linked).collect::<Vec<_>>()
    };
    let mut dependencies: Vec<_> = info.packages.iter().map(|package| needs(package, &info.packages)).collect();
    for dependency in dependencies.iter_mut().filter(|dependency| dependency.ref_ == reference(root)) {
        dependency.depends_on.get_or_insert_default().extend(parts(None));
    }
    dependencies.extend(linked.iter().map(|component| {
        depends(
            reference_of_linked(component),
            if component.part_of.is_none() { parts(Some(&component.name)) } else { Vec::new() },
        )
    }));

    Ok(CycloneDxBuilder::default()
        .schema("http://cyclonedx.org/schema/bom-1.6.schema.json".to_owned())
        .bom_format("CycloneDX")
        .spec_version("1.6")
        .version(1)
        .metadata(metadata(of_root(root)?, bill))
        .components(components)
        .dependencies(dependencies)
        .compositions(vec![composition(reference(root), bill)])
        .build()?)
}

fn metadata(root: Component, bill: &Fact<Bill>) -> Metadata {
    let mut properties = vec![property(
        "walkthrough:timestamp",
        "left out: the same executable gives the same document, whenever it is asked for",
    )];
    if let Err(reason) = &bill.0 {
        properties.push(property("walkthrough:missing", format!("what is linked besides crates: {reason}")));
    }
    let tools = MetadataToolsVariant0 { components: Some(vec![root.clone()]), services: None };
    Metadata {
        authors: Some(vec![OrganizationalContact { name: Some(MAINTAINERS.to_owned()), ..Default::default() }]),
        component: Some(root),
        properties: Some(properties),
        supplier: Some(supplier(MAINTAINERS)),
        tools: Some(MetadataTools::Variant0(tools)),
        ..Default::default()
    }
}

/// Whether the list is whole. Without a bill it lacks what nobody could find in the executable.
fn composition(root: String, bill: &Fact<Bill>) -> Compositions {
    Compositions {
        aggregate: if bill.value().is_some() { AggregateType::Complete } else { AggregateType::Incomplete },
        assemblies: None,
        bom_ref: None,
        dependencies: Some(vec![root]),
        signature: None,
        vulnerabilities: None,
    }
}

fn needs(package: &Package, all: &[Package]) -> Dependency {
    depends(
        reference(package),
        package.dependencies.iter().filter_map(|index| all.get(*index)).map(reference).collect(),
    )
}

fn depends(ref_: String, on: Vec<String>) -> Dependency {
    Dependency { depends_on: Some(on), provides: None, ref_ }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::Value;

    use super::*;
    use crate::facts::component::{DERIVATION, EXECUTABLE, MANIFEST};

    pub(crate) fn audited() -> VersionInfo {
        let json = r#"{"packages": [
            {"name": "cc", "version": "1.2.0", "source": "crates.io", "kind": "build"},
            {"name": "rocket", "version": "0.5.2+really", "source": "crates.io", "dependencies": [3]},
            {"name": "walkthrough", "version": "0.1.0", "source": "local", "dependencies": [0, 1], "root": true},
            {"name": "tokio", "version": "1.54.1", "source": "crates.io"}
        ]}"#;
        json.parse().unwrap()
    }

    /// The document beside a bill that is written so.
    fn with(bill: Fact<Bill>) -> Value {
        serde_json::to_value(document(&audited(), &bill).unwrap()).unwrap()
    }

    fn billed() -> Value {
        with(Fact(Ok(include_str!("../../tests/scenarios/bill.json").parse().unwrap())))
    }

    fn component<'a>(document: &'a Value, name: &str) -> &'a Value {
        document["components"].as_array().unwrap().iter().find(|component| component["name"] == name).unwrap()
    }

    fn needed<'a>(document: &'a Value, reference: &Value) -> &'a Value {
        let entry = document["dependencies"].as_array().unwrap().iter().find(|entry| entry["ref"] == *reference);
        &entry.unwrap()["dependsOn"]
    }

    #[test]
    fn every_package_is_named_once_and_what_is_missing_is_told() {
        let document = with(Fact::unknown("there is none"));
        assert_eq!(document["specVersion"], "1.6");
        assert_eq!(document["metadata"]["component"]["name"], "walkthrough");
        assert_eq!(document["components"].as_array().unwrap().len(), 3);
        assert_eq!(component(&document, "cc")["scope"], "excluded");
        let rocket = component(&document, "rocket");
        assert_eq!(rocket["purl"], "pkg:cargo/rocket@0.5.2%2Breally");
        assert_eq!(needed(&document, &rocket["bom-ref"])[0], "pkg:cargo/tokio@1.54.1");
        // Without a bill it says that it is incomplete, and why.
        assert_eq!(document["compositions"][0]["aggregate"], "incomplete");
        let missing = &document["metadata"]["properties"][1]["value"];
        assert_eq!(missing, "what is linked besides crates: there is none");
    }

    #[test]
    fn the_bill_adds_components_licences_and_checksums_by_whoever_tells_them() {
        let document = billed();
        assert_eq!(document["compositions"][0]["aggregate"], "complete");
        let glibc = component(&document, "glibc");
        assert_eq!(glibc["cpe"], "cpe:2.3:a:gnu:glibc:2.42:*:*:*:*:*:*:*");
        assert_eq!(glibc["supplier"]["name"], "nixpkgs");
        assert_eq!(glibc["licenses"][0]["expression"], "LGPL-2.0-or-later");
        assert_eq!(glibc["properties"][0]["value"], DERIVATION);
        assert_eq!(glibc["externalReferences"][1]["type"], "source-distribution");
        let root = &document["metadata"]["component"]["bom-ref"];
        assert!(needed(&document, root).as_array().unwrap().contains(&glibc["bom-ref"]));
        // A part hangs on its whole, and has a reference of its own beside the same crate of the executable's list.
        let parts: Vec<_> =
            document["components"].as_array().unwrap().iter().filter(|it| it["name"] == "tokio").collect();
        assert_eq!((parts.len(), parts[0]["purl"] == parts[1]["purl"]), (2, true));
        assert_ne!(parts[0]["bom-ref"], parts[1]["bom-ref"]);
        let library = component(&document, "rust-std");
        assert_eq!(needed(&document, &library["bom-ref"])[0], parts[1]["bom-ref"]);
        assert_eq!(parts[1]["supplier"]["name"], "crates.io");
        // A crate of the list has the licence and the checksum that the bill gives it.
        let rocket = component(&document, "rocket");
        assert_eq!(rocket["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(rocket["hashes"][0]["content"], "ab".repeat(32));
        let by: Vec<_> = rocket["properties"].as_array().unwrap().iter().map(|property| &property["value"]).collect();
        assert_eq!(by, [EXECUTABLE, MANIFEST]);
        // The executable lists it, and the bill says nothing of it.
        assert!(component(&document, "cc").get("licenses").is_none());
    }
}
