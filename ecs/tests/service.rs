//! What `service.toml` says, and what can't read it says again.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::fs;
use std::path::Path;

use deploy::service::SERVICE;
use serde_json::Value;
use walkthrough::config::{Config, VARIABLES};

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)).unwrap()
}

/// A CloudFormation template. Its own tags are not of interest here.
fn stack(name: &str) -> Value {
    serde_saphyr::from_str(&read(&format!("ecs/stacks/{name}.yaml"))).unwrap()
}

#[test]
fn the_package_and_its_variables_have_the_name() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some(SERVICE.name.as_str()));
    assert_eq!(SERVICE.prefix, format!("{}_", SERVICE.name.to_uppercase().replace('-', "_")));
    let own = VARIABLES.iter().filter(|(name, ..)| name.starts_with(&SERVICE.prefix)).count();
    let frameworks = VARIABLES.iter().filter(|(name, ..)| name.starts_with("ROCKET_")).count();
    assert!(own > 0 && own + frameworks == VARIABLES.len(), "{own} and {frameworks} of {}", VARIABLES.len());
    for name in [SERVICE.commit_variable(), SERVICE.run_url_variable()] {
        assert!(VARIABLES.iter().any(|(variable, ..)| *variable == name), "{name}");
    }
}

#[test]
fn a_task_listens_where_the_service_does_by_default() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folders = ["ROCKET_TEMPLATE_DIR".to_owned(), format!("{}STATIC_DIR", SERVICE.prefix)].map(|name| (name, root));
    let config = Config::from_variables(folders).unwrap();
    assert_eq!(config.listen.port(), SERVICE.port);
}

#[test]
fn the_crate_that_a_scan_must_have_seen_is_one_of_the_service() {
    let described: toml::Table = toml::from_str(&read("service.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let name = described["crate"].as_str().unwrap();
    assert!(manifest["dependencies"].get(name).is_some(), "{name}");
}

#[test]
fn the_stacks_are_made_for_the_service() {
    let environment = &stack("environment")["Parameters"];
    assert_eq!(environment["ContainerPort"]["Default"], SERVICE.port);
    for (stack, parameter) in
        [("environment", "ServiceName"), ("environment", "RepositoryName"), ("registry", "RepositoryName")]
    {
        assert_eq!(self::stack(stack)["Parameters"][parameter]["Default"], SERVICE.name, "{stack}: {parameter}");
    }
    let text = read("ecs/stacks/environment.yaml");
    assert_eq!(text.matches(&SERVICE.port.to_string()).count(), 1, "the port is the parameter's alone");
}

#[test]
fn the_documents_name_port_and_budget() {
    let port = SERVICE.port;
    let described: toml::Table = toml::from_str(&read("service.toml")).unwrap();
    let budget = described["budget"].as_integer().unwrap();
    assert_eq!(budget % 1_000_000, 0, "whole megabytes are read more easily");
    for (file, phrase) in [
        ("README.md", format!("--publish {port}:{port} {}:latest", SERVICE.name)),
        ("docs/contract/README.md", format!("Plain HTTP on port {port} of every address")),
        ("docs/budgets.md", format!("| image, compressed | {} MB |", budget / 1_000_000)),
        ("templates/verify.html.j2", format!("--publish {port}:{port}")),
    ] {
        assert!(read(file).contains(&phrase), "{file} does not say {phrase:?}");
    }
}
