//! What would change: the rendered documents beside what AWS describes, field by field.
//!
//! AWS gives back more than it was given: names of its own, defaults, empty lists, another order. None of that
//! is a change, and of the members that it may come to add none is known: so what is wanted is compared, and what
//! is there besides is a change only where a deployment would take it away.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::release::RUN_URL_VARIABLE;
use crate::render::OF_THE_CREATION;

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

/// What AWS adds to a task definition of its own accord, by path.
const OF_AWS_IN_A_TASK_DEFINITION: [&str; 9] = [
    "compatibilities",
    "deregisteredAt",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "revision",
    "status",
    "taskDefinitionArn",
    "enableFaultInjection",
];

/// The same of a service. What is not among the members that are wanted is mostly about its state, so here only
/// those are compared, and these are not at all, as are those that no update sends: the task definition is what a
/// deployment is about, and the rest can't be changed once it is there.
const NOT_OF_A_SERVICE: [&str; 4] = ["cluster", "platformVersion", "serviceName", "taskDefinition"];

/// What would change in a task definition. `current` is AWS's description of the one that runs, `wanted` the
/// input of `RegisterTaskDefinition`.
#[must_use]
pub fn task_definition(current: Option<&Value>, wanted: &Value) -> Vec<Change> {
    let wanted = flat(wanted);
    let current = current.map(flat).unwrap_or_default();
    let of_aws = |path: &String| {
        let first = path.split(['.', '[']).next().unwrap_or_default();
        // The run that deploys a release is no part of what is released.
        OF_AWS_IN_A_TASK_DEFINITION.contains(&first) || path.contains(RUN_URL_VARIABLE)
    };
    let paths = wanted.keys().chain(current.keys()).filter(|path| !of_aws(path));
    changes(paths, &current, &wanted)
}

/// What AWS fills in where nothing is asked for, by the end of its path and as JSON; see the API reference at each
/// name. Anything else that is no, none, zero or empty is a default, too.
const DEFAULTS: [(&str, &str); 10] = [
    ("assignPublicIp", "\"DISABLED\""),
    ("deploymentCircuitBreaker.resetOnHealthyTask", "true"),
    ("deploymentCircuitBreaker.thresholdConfiguration.type", "\"BOUNDED_PERCENT\""),
    ("deploymentCircuitBreaker.thresholdConfiguration.value", "50"),
    ("essential", "true"),
    ("healthCheck.interval", "30"),
    ("healthCheck.retries", "3"),
    ("healthCheck.timeout", "5"),
    ("protocol", "\"tcp\""),
    ("versionConsistency", "\"enabled\""),
];

/// What would change in a service. `current` is AWS's description of it, `wanted` the input of
/// `CreateService`.
#[must_use]
pub fn service(current: Option<&Value>, wanted: &Value) -> Vec<Change> {
    let (wanted, current) = compared(current, wanted);
    let unasked = |path: &&String| !is_left(&wanted, path);
    changes(wanted.keys().chain(current.keys()).filter(unasked), &current, &wanted)
}

/// What a service has that nobody described and that an update leaves as it is: set by hand, or a default that AWS
/// came to add. Not to be mistaken for a change: it would be one for ever.
#[must_use]
pub fn left_in_service(current: Option<&Value>, wanted: &Value) -> Vec<Change> {
    let (wanted, current) = compared(current, wanted);
    changes(current.keys().filter(|path| is_left(&wanted, path)), &current, &wanted)
}

/// Whether what is at that path is not described, and no item of a list either: an update brings lists as a whole.
fn is_left(wanted: &BTreeMap<String, Value>, path: &str) -> bool {
    let item = path.rfind(']').map_or("", |end| &path[..=end]);
    !wanted.contains_key(path) && wanted.keys().any(|known| known.starts_with(item))
}

/// The leaves of the members that are compared: wanted, and current.
fn compared(current: Option<&Value>, wanted: &Value) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
    let mut wanted = wanted.clone();
    if let Some(members) = wanted.as_object_mut() {
        let compared = |name: &str| match current {
            Some(_) => !NOT_OF_A_SERVICE.contains(&name) && !OF_THE_CREATION.contains(&name),
            // It has no name yet: nothing is registered.
            None => name != "taskDefinition",
        };
        members.retain(|name, _| compared(name));
    }
    let mut current = current.cloned().unwrap_or_default();
    if let Some(members) = current.as_object_mut() {
        members.retain(|name, _| wanted.get(name).is_some());
    }
    (flat(&wanted), flat(&current))
}

fn changes<'a>(
    paths: impl Iterator<Item = &'a String>,
    current: &BTreeMap<String, Value>,
    wanted: &BTreeMap<String, Value>,
) -> Vec<Change> {
    let paths: std::collections::BTreeSet<_> = paths.collect();
    let different = paths.into_iter().filter(|path| current.get(*path) != wanted.get(*path));
    // A default that AWS fills in, and that is not asked for, is as good as nothing.
    let different = different.filter(|path| wanted.contains_key(*path) || !is_default(path, &current[*path]));
    let change =
        |path: &String| Change { path: path.clone(), old: current.get(path).cloned(), new: wanted.get(path).cloned() };
    different.map(change).collect()
}

/// Whether AWS would have that value at that path, had nobody asked for it.
fn is_default(path: &str, value: &Value) -> bool {
    let known = DEFAULTS
        .iter()
        .find(|(end, _)| path.strip_suffix(end).is_some_and(|rest| rest.ends_with(['.', ']']) || rest.is_empty()));
    match (known, value) {
        (Some((_, default)), value) => serde_json::from_str::<Value>(default).is_ok_and(|default| default == *value),
        (_, Value::Null) => true,
        (_, Value::Bool(set)) => !set,
        // "cpu": 0 of a container that takes what the task has.
        (_, Value::Number(number)) => number.as_f64() == Some(0.0),
        (_, Value::Array(items)) => items.is_empty(),
        (_, Value::Object(members)) => members.is_empty(),
        (_, Value::String(text)) => text.is_empty(),
    }
}

/// Every leaf by its path. Lists of named things go by name, and lists of plain values are leaves in an order
/// of their own: to AWS the order of neither means anything. A command is the exception, and keeps its own.
fn flat(document: &Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    walk(String::new(), document, &mut leaves);
    leaves
}

fn walk(path: String, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(path, member, leaves);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                let name = ["name", "key", "containerName", "containerPort"].iter().find_map(|key| match &item[key] {
                    Value::String(name) => Some(name.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                });
                walk(format!("{path}[{}]", name.unwrap_or_else(|| index.to_string())), item, leaves);
            }
        }
        Value::Array(items) if !path.ends_with("ommand") && !path.ends_with("entryPoint") => {
            let mut items = items.clone();
            items.sort_by_key(Value::to_string);
            leaves.insert(path, Value::Array(items));
        }
        leaf => {
            leaves.insert(path, leaf.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted() -> Value {
        json!({
            "family": "f",
            "cpu": "256",
            "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": [{
                "name": "walkthrough",
                "image": "i@sha256:1",
                "environment": [{"name": "WALKTHROUGH_COMMIT", "value": "c1"}, {"name": "B", "value": "b"}],
                "healthCheck": {"command": ["CMD", "/bin/walkthrough", "healthcheck"]},
                "linuxParameters": {"capabilities": {"drop": ["ALL", "A"]}},
            }],
            "tags": [{"key": "commit", "value": "c1"}],
        })
    }

    /// As AWS describes what it was given.
    fn described() -> Value {
        json!({
            "taskDefinitionArn": "arn:t:7", "revision": 7, "status": "ACTIVE", "registeredAt": 1.5, "registeredBy": "arn:me",
            "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.ecr-auth"}], "compatibilities": ["EC2", "FARGATE"],
            "volumes": [], "placementConstraints": [], "enableFaultInjection": false,
            "family": "f",
            "cpu": "256",
            "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": [{
                "name": "walkthrough", "cpu": 0, "mountPoints": [], "volumesFrom": [], "systemControls": [],
                "versionConsistency": "enabled",
                "image": "i@sha256:1",
                "environment": [{"name": "B", "value": "b"}, {"name": "WALKTHROUGH_COMMIT", "value": "c1"}],
                "healthCheck": {"command": ["CMD", "/bin/walkthrough", "healthcheck"]},
                "linuxParameters": {"capabilities": {"drop": ["A", "ALL"], "add": []}},
            }],
            "tags": [{"key": "commit", "value": "c1"}],
        })
    }

    #[test]
    fn what_no_update_can_change_is_no_change() {
        let wanted = json!({"launchType": "FARGATE", "desiredCount": 2, "healthCheckGracePeriodSeconds": 30});
        let there = json!({"capacityProviderStrategy": [], "desiredCount": 5, "healthCheckGracePeriodSeconds": 60});
        let found = service(Some(&there), &wanted);
        assert_eq!(
            found.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(),
            ["healthCheckGracePeriodSeconds"]
        );
    }

    #[test]
    fn what_an_update_would_leave_is_told_and_is_no_change() {
        let wanted = json!({
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true}},
            "loadBalancers": [{"containerName": "a", "containerPort": 1}],
        });
        let there = json!({
            "deploymentConfiguration": {
                "bakeTimeInMinutes": 0,
                "deploymentCircuitBreaker": {
                    "enable": true, "resetOnHealthyTask": true,
                    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
                },
            },
            "loadBalancers": [{"containerName": "a", "containerPort": 1}],
            "events": [{"id": "e"}],
        });
        let paths = |found: Vec<Change>| found.into_iter().map(|change| change.path).collect::<Vec<_>>();
        assert_eq!(service(Some(&there), &wanted), []);
        assert_eq!(left_in_service(Some(&there), &wanted), []);

        // By hand, or by AWS next year.
        let breaker = "deploymentConfiguration.deploymentCircuitBreaker";
        for (pointer, value, path) in [
            ("/deploymentConfiguration/bakeTimeInMinutes", json!(10), "deploymentConfiguration.bakeTimeInMinutes"),
            (
                "/deploymentConfiguration/deploymentCircuitBreaker/resetOnHealthyTask",
                json!(false),
                &format!("{breaker}.resetOnHealthyTask"),
            ),
            (
                "/deploymentConfiguration/deploymentCircuitBreaker/thresholdConfiguration/value",
                json!(90),
                &format!("{breaker}.thresholdConfiguration.value"),
            ),
        ] {
            let mut there = there.clone();
            *there.pointer_mut(pointer).unwrap() = value;
            assert_eq!(service(Some(&there), &wanted), [], "{path}");
            assert_eq!(paths(left_in_service(Some(&there), &wanted)), [path]);
        }

        // A list is replaced, and so is what somebody put into it.
        let mut there = there.clone();
        there["loadBalancers"].as_array_mut().unwrap().push(json!({"containerName": "b"}));
        assert_eq!(paths(service(Some(&there), &wanted)), ["loadBalancers[b].containerName"]);
        assert_eq!(left_in_service(Some(&there), &wanted), []);
    }

    #[test]
    fn what_aws_adds_or_orders_otherwise_is_no_change() {
        assert_eq!(task_definition(Some(&described()), &wanted()), []);
    }

    #[test]
    fn each_difference_is_one_change() {
        let cases: &[(&str, Value, &str)] = &[
            ("/containerDefinitions/0/image", json!("i@sha256:0"), "containerDefinitions[walkthrough].image"),
            (
                "/containerDefinitions/0/environment/1/value",
                json!("c0"),
                "containerDefinitions[walkthrough].environment[WALKTHROUGH_COMMIT].value",
            ),
            (
                "/containerDefinitions/0/healthCheck/command",
                json!(["CMD", "healthcheck", "/bin/walkthrough"]),
                "containerDefinitions[walkthrough].healthCheck.command",
            ),
            (
                "/containerDefinitions/0/linuxParameters/capabilities/drop",
                json!(["ALL"]),
                "containerDefinitions[walkthrough].linuxParameters.capabilities.drop",
            ),
            ("/cpu", json!("512"), "cpu"),
            ("/tags/0/value", json!("c0"), "tags[commit].value"),
        ];
        for (pointer, value, path) in cases {
            let mut current = described();
            *current.pointer_mut(pointer).unwrap() = value.clone();
            let found = task_definition(Some(&current), &wanted());
            assert_eq!(found.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), [*path]);
            assert!(found[0].old.is_some() && found[0].new.is_some() && found[0].old != found[0].new);
        }
    }

    #[test]
    fn what_is_there_and_not_wanted_is_a_change_unless_it_is_a_default() {
        let mut current = described();
        current["containerDefinitions"][0]["privileged"] = false.into();
        assert_eq!(task_definition(Some(&current), &wanted()), []);
        current["containerDefinitions"][0]["privileged"] = true.into();
        current["containerDefinitions"][0]["environment"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "OLD", "value": "x"}));
        let found: Vec<_> = task_definition(Some(&current), &wanted()).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "containerDefinitions[walkthrough].environment[OLD].name: \"OLD\" → nothing",
                "containerDefinitions[walkthrough].environment[OLD].value: \"x\" → nothing",
                "containerDefinitions[walkthrough].privileged: true → nothing",
            ]
        );
    }

    #[test]
    fn the_run_that_deploys_is_no_part_of_the_release() {
        let mut current = described();
        current["containerDefinitions"][0]["environment"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "WALKTHROUGH_RUN_URL", "value": "https://example.org/runs/1"}));
        assert_eq!(task_definition(Some(&current), &wanted()), []);
    }

    #[test]
    fn where_there_is_nothing_everything_is_new() {
        let found = task_definition(None, &wanted());
        assert!(found.iter().all(|change| change.old.is_none() && change.new.is_some()));
        assert!(found.iter().any(|change| change.path == "family"));
        let found = service(None, &json!({"serviceName": "s", "taskDefinition": "", "desiredCount": 2}));
        assert_eq!(
            found.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(),
            ["desiredCount", "serviceName"]
        );
    }

    #[test]
    fn of_a_service_only_what_is_wanted_is_compared() {
        let wanted = json!({
            "serviceName": "s", "taskDefinition": "t:8", "desiredCount": 2, "healthCheckGracePeriodSeconds": 30,
            "deploymentConfiguration": {"maximumPercent": 200, "alarms": {"alarmNames": ["b", "a"], "enable": true}},
            "loadBalancers": [{"targetGroupArn": "arn:g", "containerName": "walkthrough", "containerPort": 8000}],
        });
        let mut current = json!({
            "serviceArn": "arn:s", "status": "ACTIVE", "runningCount": 3, "events": [{"id": "1"}], "deployments": [],
            "serviceName": "s", "taskDefinition": "t:7", "desiredCount": 3, "healthCheckGracePeriodSeconds": 30,
            "deploymentConfiguration": {"maximumPercent": 200, "bakeTimeInMinutes": 0, "alarms": {"alarmNames": ["a", "b"], "enable": true}},
            "loadBalancers": [{"targetGroupArn": "arn:g", "containerName": "walkthrough", "containerPort": 8000}],
        });
        assert_eq!(service(Some(&current), &wanted), []);
        current["deploymentConfiguration"]["alarms"]["alarmNames"] = json!(["a"]);
        current["healthCheckGracePeriodSeconds"] = 0.into();
        let found: Vec<_> = service(Some(&current), &wanted).iter().map(ToString::to_string).collect();
        let alarms = r#"deploymentConfiguration.alarms.alarmNames: ["a"] → ["a","b"]"#;
        assert_eq!(found, [alarms, "healthCheckGracePeriodSeconds: 0 → 30"]);
    }
}
