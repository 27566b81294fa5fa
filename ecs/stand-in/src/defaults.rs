//! What ECS adds to what it is given: defaults, and members of its own, as it sends them in 2026.
//!
//! They are in `defaults.json`, by what they belong to and by the path of the object that they are added to; of a list each
//! item is meant. `ecs/tests/moto.py` adds the same to what moto answers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// By the path of the object that they are added to.
type Defaults = BTreeMap<String, Map<String, Value>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    task_definition: Defaults,
    service: Defaults,
    circuit_breaker: Map<String, Value>,
    task: Value,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    serde_json::from_str(include_str!("defaults.json")).unwrap_or_else(|error| unreachable!("defaults.json: {error}"))
});

/// Puts the members in that are not there.
fn add(into: &mut Value, defaults: &Map<String, Value>) {
    if let Value::Object(members) = into {
        for (name, default) in defaults {
            members.entry(name).or_insert_with(|| default.clone());
        }
    }
}

/// The objects at that path.
fn at<'a>(value: &'a mut Value, path: &str) -> Vec<&'a mut Value> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::Array(items) => items.iter_mut().flat_map(|item| at(item, path)).collect(),
        found if path.is_empty() => vec![found],
        found => found.get_mut(name).map(|member| at(member, rest)).unwrap_or_default(),
    }
}

fn add_all(described: &mut Value, defaults: &Defaults) {
    for (path, members) in defaults {
        for object in at(described, path) {
            add(object, members);
        }
    }
}

/// A task definition, as it is described.
pub(crate) fn task_definition(described: &mut Value) {
    add_all(described, &KNOWN.task_definition);
    for port in at(described, "containerDefinitions.portMappings") {
        let same = port["containerPort"].clone();
        add(port, &Map::from_iter([("hostPort".to_owned(), same)]));
    }
}

/// What a service has that was created or updated. The circuit breaker's half that is not given is filled in since
/// July 2026, from what was there before.
pub(crate) fn service(document: &mut Value, before: &Value) {
    const BREAKER: &str = "/deploymentConfiguration/deploymentCircuitBreaker";
    let Some(breaker) = document.pointer_mut(BREAKER) else { return };
    if let Some(Value::Object(before)) = before.pointer(BREAKER) {
        let kept = before.iter().filter(|(name, _)| KNOWN.circuit_breaker.contains_key(*name));
        add(breaker, &kept.map(|(name, value)| (name.clone(), value.clone())).collect());
    }
    add(breaker, &KNOWN.circuit_breaker);
}

/// What only the description of a service has.
pub(crate) fn of_a_description(described: &mut Value) {
    add_all(described, &KNOWN.service);
}

/// What is the same in every task.
pub(crate) fn of_a_task() -> Value {
    KNOWN.task.clone()
}
