//! The calls of Amazon ECS that a deployment makes, by the API reference of 2014-11-13.
//!
//! A member that a call does not have is refused, as are references to what is not there.

mod deployments;
mod members;
mod services;
mod task_definitions;
mod tasks;

use serde_json::{Value, json};

use crate::world::World;

pub(crate) use services::somebody_deploys;

/// What "LATEST" stands for.
const PLATFORM: &str = "1.4.0";

/// Why a call is refused: AWS's code for it, and a sentence.
pub(crate) type Refusal = (&'static str, String);

type Answer = Result<Value, Refusal>;

/// Answers a call.
pub(crate) fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    match operation {
        "RegisterTaskDefinition" => task_definitions::register(world, input),
        "DescribeTaskDefinition" => task_definitions::describe_task_definition(world, input),
        "CreateService" => services::create(world, input),
        "UpdateService" => services::update(world, input),
        "DescribeServices" => Ok(services::describe_services(world, input)),
        "ListServiceDeployments" => deployments::list_deployments(world, input),
        "DescribeServiceDeployments" => Ok(deployments::describe_deployments(world, input)),
        "DescribeServiceRevisions" => Ok(deployments::describe_revisions(world, input)),
        "StopServiceDeployment" => deployments::stop(world, input),
        "ListTasks" => tasks::list_tasks(world, input),
        "DescribeTasks" => Ok(tasks::describe_tasks(world, input)),
        _ => Err(("InvalidParameterException", format!("{operation} is none of the calls that are answered here"))),
    }
}

fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    let missing = || ("InvalidParameterException", format!("{member} can not be blank."));
    input[member].as_str().filter(|text| !text.is_empty()).ok_or_else(missing)
}

fn texts(input: &Value, member: &str) -> Vec<String> {
    input[member].as_array().into_iter().flatten().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
}

/// How much of a list is given at once: little, so that whoever asks has to ask for the rest.
const PAGE: usize = 2;

/// A part of a list, under its name, and where the next one begins.
fn page(input: &Value, name: &str, all: Vec<Value>) -> Value {
    let from = input["nextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    let part: Vec<_> = all.into_iter().skip(from).take(PAGE).collect();
    json!({name: part, "nextToken": next})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Fate, Script};
    use crate::tasks::Scripted;

    /// A world with one service.
    fn world() -> World {
        let digest = format!("sha256:{}", "1".repeat(64));
        let script = Script::default().image(&digest, Fate::Healthy);
        let mut world = World::new(script.clone(), Box::new(Scripted::new(script.images)), None);
        let container = json!({"name": "walkthrough", "image": format!("i@{digest}")});
        let family = json!({"family": "f", "containerDefinitions": [container]});
        call(&mut world, "RegisterTaskDefinition", &family).unwrap();
        let breaker = json!({"enable": true, "rollback": true});
        let service = json!({
            "cluster": "c", "serviceName": "s", "taskDefinition": "f:1", "desiredCount": 2,
            "deploymentConfiguration": {"deploymentCircuitBreaker": breaker},
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        });
        call(&mut world, "CreateService", &service).unwrap();
        world
    }

    #[test]
    fn what_starts_a_deployment_and_what_does_not() {
        for (member, value, starts) in [
            ("networkConfiguration", json!({"awsvpcConfiguration": {"subnets": ["subnet-2"]}}), true),
            ("networkConfiguration", json!({"awsvpcConfiguration": {"subnets": ["subnet-1"]}}), false),
            ("platformVersion", json!("1.4.0"), true),
            ("forceNewDeployment", json!(true), true),
            ("desiredCount", json!(3), false),
            ("healthCheckGracePeriodSeconds", json!(9), false),
        ] {
            let mut world = world();
            let update = json!({"cluster": "c", "service": "s", "taskDefinition": "f:1", member: value});
            call(&mut world, "UpdateService", &update).unwrap();
            let started = world.services["s"].deployments.len() - 1;
            assert_eq!(started == 1, starts, "{member}: {value}");
        }
    }

    #[test]
    fn the_threshold_is_that_of_the_circuit_breaker_and_is_kept_when_it_is_left_out() {
        let mut world = world();
        let update = |threshold: Value| {
            let mut breaker = json!({"enable": true, "rollback": true});
            if !threshold.is_null() {
                breaker["thresholdConfiguration"] = threshold;
            }
            let configuration = json!({"deploymentCircuitBreaker": breaker});
            json!({"cluster": "c", "service": "s", "taskDefinition": "f:1", "deploymentConfiguration": configuration})
        };
        assert_eq!(world.services["s"].threshold(), 3);
        for (given, threshold) in [
            (json!({"type": "COUNT", "value": 7}), 7),
            (Value::Null, 7),
            (json!({"type": "BOUNDED_PERCENT", "value": 50}), 3),
            (json!({"type": "UNBOUNDED_PERCENT", "value": 50}), 1),
        ] {
            call(&mut world, "UpdateService", &update(given.clone())).unwrap();
            assert_eq!(world.services["s"].threshold(), threshold, "{given}");
        }
    }

    #[test]
    fn a_description_has_what_ecs_adds() {
        let mut world = world();
        let services = json!({"cluster": "c", "services": ["s"]});
        let answer = call(&mut world, "DescribeServices", &services).unwrap();
        let found = &answer["services"][0];
        assert_eq!(found["deploymentConfiguration"]["deploymentCircuitBreaker"]["resetOnHealthyTask"], true);
        assert_eq!(found["deploymentConfiguration"]["bakeTimeInMinutes"], 0);
        assert_eq!(found["schedulingStrategy"], "REPLICA");
        assert_eq!(found["placementConstraints"], json!([]));
    }
}
