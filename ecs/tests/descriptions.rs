//! What the environments' descriptions promise, and the documents that come of them.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use deploy::environment::{self, Environment};
use deploy::infrastructure::Infrastructure;
use deploy::release::Release;
use deploy::render;
use serde_json::{Value, json};

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
const IMAGE: &str = "example.org/walkthrough@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const COMMIT: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn load(name: &str) -> Environment {
    Environment::load(directory(), name).unwrap()
}

fn rendered(name: &str, run_url: Option<&str>) -> (Value, Value) {
    let infrastructure = Infrastructure {
        subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        security_group: "sg-1".to_owned(),
        target_group: "arn:target-group".to_owned(),
        task_role: "arn:task-role".to_owned(),
        execution_role: "arn:execution-role".to_owned(),
        log_group: "/log".to_owned(),
        alarms: vec!["errors".to_owned(), "latency".to_owned()],
        assign_public_ip: "ENABLED".to_owned(),
    };
    let run_url = run_url.map(str::to_owned);
    let release = Release { image: IMAGE.parse().unwrap(), commit: COMMIT.parse().unwrap(), run_url };
    let environment = load(name);
    let peers = environment::peers(directory()).unwrap();
    (
        render::task_definition(directory(), &environment, &peers, &infrastructure, &release).unwrap(),
        render::service(directory(), &environment, &infrastructure, "arn:task-definition").unwrap(),
    )
}

/// Every leaf's path, without its value.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                paths(member, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                paths(item, &format!("{path}/{at}"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

fn shape(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    paths(value, "", &mut found);
    found
}

/// The paths whose values differ.
fn differences(one: &Value, other: &Value) -> Vec<String> {
    shape(one).into_iter().filter(|path| one.pointer(path) != other.pointer(path)).collect()
}

#[test]
fn staging_is_production_of_another_size() {
    let described = |name: &str| serde_json::to_value(load(name)).unwrap();
    let (staging, production) = (described("staging"), described("production"));
    assert_eq!(shape(&staging), shape(&production));
    assert_eq!(
        differences(&staging, &production),
        ["/cluster", "/count/desired", "/count/minimum", "/name", "/stack", "/task/cpu", "/task/memory", "/url"]
    );

    let (staging, production) = (rendered("staging", None), rendered("production", None));
    assert_eq!((shape(&staging.0), shape(&staging.1)), (shape(&production.0), shape(&production.1)));
    let container = "/containerDefinitions/0/environment";
    assert_eq!(
        differences(&staging.0, &production.0),
        [&format!("{container}/0/value"), "/cpu", "/family", "/memory", "/tags/0/value"]
    );
    assert_eq!(differences(&staging.1, &production.1), ["/cluster", "/desiredCount", "/tags/0/value"]);
}

#[test]
fn every_setting_that_keeps_a_task_harmless_or_a_rollout_safe_is_there() {
    for name in ENVIRONMENTS {
        let environment = load(name);
        let (task, service) = rendered(name, None);
        let container = &task["containerDefinitions"][0];
        let expected = [
            (&task, "/requiresCompatibilities", json!(["FARGATE"])),
            (&task, "/networkMode", json!("awsvpc")),
            (&task, "/runtimePlatform", json!({"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"})),
            (&task, "/executionRoleArn", json!("arn:execution-role")),
            (&task, "/taskRoleArn", json!("arn:task-role")),
            (container, "/image", json!(IMAGE)),
            (container, "/user", json!("65532:65532")),
            (container, "/readonlyRootFilesystem", json!(true)),
            (container, "/privileged", json!(false)),
            (container, "/linuxParameters", json!({"capabilities": {"add": [], "drop": ["ALL"]}})),
            (container, "/ulimits", json!([{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}])),
            (container, "/healthCheck/command", json!(["CMD", "/bin/walkthrough", "healthcheck"])),
            (container, "/stopTimeout", json!(environment.task.stop_timeout.as_secs())),
            (container, "/logConfiguration/logDriver", json!("awslogs")),
            (container, "/logConfiguration/options/awslogs-group", json!("/log")),
            (container, "/logConfiguration/options/mode", json!("non-blocking")),
            (container, "/logConfiguration/options/max-buffer-size", json!("25m")),
            (&service, "/deploymentController/type", json!("ECS")),
            (&service, "/deploymentConfiguration/strategy", json!("ROLLING")),
            (&service, "/deploymentConfiguration/minimumHealthyPercent", json!(100)),
            (&service, "/deploymentConfiguration/maximumPercent", json!(200)),
            (
                &service,
                "/deploymentConfiguration/deploymentCircuitBreaker",
                json!({
                    "enable": true, "rollback": true, "resetOnHealthyTask": true,
                    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
                }),
            ),
            (
                &service,
                "/deploymentConfiguration/alarms",
                json!({"alarmNames": ["errors", "latency"], "enable": true, "rollback": true}),
            ),
            (&service, "/healthCheckGracePeriodSeconds", json!(30)),
            (&service, "/availabilityZoneRebalancing", json!("ENABLED")),
            (&service, "/enableExecuteCommand", json!(false)),
            (&service, "/propagateTags", json!("TASK_DEFINITION")),
            (
                &service,
                "/networkConfiguration/awsvpcConfiguration",
                json!({"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}),
            ),
            (
                &service,
                "/loadBalancers",
                json!([{"targetGroupArn": "arn:target-group", "containerName": "walkthrough", "containerPort": 8000}]),
            ),
        ];
        for (document, pointer, value) in expected {
            assert_eq!(document.pointer(pointer), Some(&value), "{name}: {pointer}");
        }
        // Fargate refuses it.
        assert_eq!(container.pointer("/linuxParameters/tmpfs"), None);
    }
}

#[test]
fn the_facts_of_a_release_are_variables() {
    let variables = |run_url| {
        let (task, _) = rendered("staging", run_url);
        let pairs = task["containerDefinitions"][0]["environment"].as_array().unwrap().clone();
        pairs
            .iter()
            .map(|pair| format!("{}={}", pair["name"].as_str().unwrap(), pair["value"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let peers = "WALKTHROUGH_PEERS=dev=https://dev.walkthrough.example.org,production=https://walkthrough.example.org,staging=https://staging.walkthrough.example.org";
    let known = [
        "WALKTHROUGH_ENVIRONMENT=staging",
        &format!("WALKTHROUGH_COMMIT={COMMIT}"),
        "WALKTHROUGH_REPOSITORY=https://github.com/example/walkthrough",
    ];
    assert_eq!(variables(None), [&known[..], &[peers]].concat());
    let run = "WALKTHROUGH_RUN_URL=https://example.org/runs/1";
    assert_eq!(variables(Some("https://example.org/runs/1")), [&known[..], &[run, peers]].concat());
}

#[test]
fn a_task_is_let_go_of_before_it_has_to_end() {
    let stack = fs::read_to_string(directory().join("stacks/environment.yaml")).unwrap();
    let (_, rest) = stack.split_once("deregistration_delay.timeout_seconds, Value: \"").unwrap();
    let delay: u64 = rest.split('"').next().unwrap().parse().unwrap();
    assert!((10..=30).contains(&delay), "{delay} s");
    for name in ENVIRONMENTS {
        assert!(delay < load(name).task.stop_timeout.as_secs(), "{name}");
    }
}

#[test]
fn the_stack_has_every_output_that_is_read() {
    let stack = fs::read_to_string(directory().join("stacks/environment.yaml")).unwrap();
    let (_, outputs) = stack.split_once("\nOutputs:\n").unwrap();
    let values = outputs.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let values = values.filter(|key| !key.starts_with(' ')).map(|key| (key.to_owned(), "a".to_owned())).collect();
    Infrastructure::from_outputs("walkthrough-dev", &values).unwrap();
}

#[test]
fn the_role_that_deploys_registers_task_definitions_of_its_own_family_alone() {
    let stack = fs::read_to_string(directory().join("stacks/environment.yaml")).unwrap();
    let statements: Vec<_> = stack.split("- Sid: ").skip(1).collect();
    let of = |action: &str| {
        let granting = statements.iter().filter(|statement| statement.contains(action));
        granting.map(|statement| statement.lines().find(|line| line.contains("Resource:")).unwrap().trim()).collect()
    };
    let registering: Vec<&str> = of("Action: ecs:RegisterTaskDefinition");
    assert_eq!(registering.len(), 1, "{registering:?}");
    assert!(registering[0].ends_with(":task-definition/${ServiceName}-${EnvironmentName}:*\""), "{registering:?}");
    // The role, and the policy of who is on call.
    assert_eq!(of("ecs:DescribeTaskDefinition"), ["Resource: \"*\""; 2]);
}
