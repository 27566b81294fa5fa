//! What would change: the rendered documents beside what AWS describes, field by field.
//!
//! AWS gives back more than it was given: names of its own, defaults, empty lists, another order. None of that
//! is a change, and the members that it may come to add are not known: so what is wanted is compared. What is there
//! besides is told apart. Were it a change, one that AWS adds would be one for ever, and every release a rollout.

mod comparison;
mod defaults;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use self::comparison::compare;
use crate::render::CREATE_ONLY_FIELDS;
use crate::service::SERVICE;

/// One field that is not as wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where: `containerDefinitions[walkthrough].environment[WALKTHROUGH_COMMIT].value`.
    pub path: String,
    /// What is there now, if anything.
    pub old: Option<Value>,
    /// What is wanted, if anything.
    pub new: Option<Value>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(f, "{}: {} → {}", self.path, shown(&self.old), shown(&self.new))
    }
}

/// How what is there differs from what is wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// What is not as wanted.
    pub changes: Vec<Change>,
    /// What is there and nobody described: a default that AWS came to add, or set by hand.
    pub besides: Vec<Change>,
}

/// What AWS says of a task definition, and nobody of what it is to be.
const OF_AWS_IN_A_TASK_DEFINITION: [&str; 9] = [
    "compatibilities",
    "deleteRequestedAt",
    "deregisteredAt",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "revision",
    "status",
    "taskDefinitionArn",
];

/// A tag that nobody but AWS can set; "Tag naming limits" in its reference on tags.
const RESERVED_TAG: &str = "tags[aws:";

/// What of a service is not compared, as no update sends it: the task definition is what a deployment is about, and the rest
/// can't be changed once it is there.
const UNCOMPARED_FIELDS: [&str; 4] = ["cluster", "platformVersion", "serviceName", "taskDefinition"];

/// What would change in a task definition. `current` is AWS's description of the one that runs, `wanted` the
/// input of `RegisterTaskDefinition`.
#[must_use]
pub fn task_definition(current: Option<&Value>, wanted: &Value) -> Difference {
    let run_url = SERVICE.run_url_variable();
    compare(current, wanted, &|path| {
        // The run that deploys a release is no part of what is released.
        OF_AWS_IN_A_TASK_DEFINITION.contains(&path) || path.starts_with(RESERVED_TAG) || path.contains(&run_url)
    })
}

/// What would change in a service. `current` is AWS's description of it, `wanted` the input of
/// `CreateService`.
#[must_use]
pub fn service(current: Option<&Value>, wanted: &Value) -> Difference {
    // What is not among the members that are wanted is mostly about its state.
    let is_state = |name: &str| !name.is_empty() && !name.contains(['.', '[']) && wanted.get(name).is_none();
    compare(current, wanted, &|path| match current {
        Some(_) => is_state(path) || UNCOMPARED_FIELDS.contains(&path) || CREATE_ONLY_FIELDS.contains(&path),
        // It has no name yet: nothing is registered.
        None => path == "taskDefinition",
    })
}
