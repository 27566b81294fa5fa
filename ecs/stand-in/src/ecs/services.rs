//! Services: created, updated and described.

use serde_json::{Value, json};

use super::deployments::counted;
use super::members::{OF_BOTH, OF_CREATION, OF_UPDATE, STARTING, known_members};
use super::task_definitions::without_tags;
use super::{Answer, PLATFORM, Refusal, text, texts};
use crate::defaults;
use crate::world::{Service, World};
use crate::{ACCOUNT, REGION};

pub(super) fn create(world: &mut World, input: &Value) -> Answer {
    known_members(input, &[OF_BOTH, OF_CREATION])?;
    let name = text(input, "serviceName")?.to_owned();
    if world.services.get(&name).is_some_and(|there| there.status != "INACTIVE") {
        return Err(("InvalidParameterException", "Creation of service was not idempotent.".to_owned()));
    }
    let task_definition = existing(world, input)?;
    let desired = input["desiredCount"].as_u64().unwrap_or_default();
    let mut service = Service {
        cluster: text(input, "cluster")?.to_owned(),
        name: name.clone(),
        status: "ACTIVE",
        document: input.clone(),
        desired: usize::try_from(desired).unwrap_or_default(),
        primary: 0,
        stable: None,
        rollout_state: "IN_PROGRESS",
        revisions: Vec::new(),
        deployments: Vec::new(),
        tasks: Vec::new(),
        events: Vec::new(),
    };
    defaults::service(&mut service.document, &Value::Null);
    world.deploy(&mut service, &task_definition);
    let described = describe(&service);
    world.services.insert(name, service);
    Ok(json!({"service": described}))
}

fn existing(world: &World, input: &Value) -> Result<String, Refusal> {
    let found = world.task_definition(text(input, "taskDefinition")?);
    if found.is_some_and(|found| found["status"] != "ACTIVE") {
        return Err(("ClientException", "TaskDefinition is inactive".to_owned()));
    }
    let arn = found.and_then(|found| found["taskDefinitionArn"].as_str());
    arn.map(str::to_owned).ok_or_else(|| ("ClientException", "TaskDefinition not found.".to_owned()))
}

/// The service that a call is about, by name and cluster.
pub(super) fn service<'a>(world: &'a World, input: &Value) -> Result<&'a Service, Refusal> {
    let name = text(input, "service")?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let found = world.services.get(name).filter(|found| input["cluster"] == found.cluster.as_str());
    let found = found.filter(|found| found.status != "INACTIVE");
    found.ok_or_else(|| ("ServiceNotFoundException", "Service not found.".to_owned()))
}

pub(super) fn update(world: &mut World, input: &Value) -> Answer {
    known_members(input, &[OF_BOTH, OF_UPDATE])?;
    let mut changed = service(world, input)?.clone();
    if changed.status != "ACTIVE" {
        return Err(("ServiceNotActiveException", "Service was not ACTIVE.".to_owned()));
    }
    let task_definition = existing(world, input)?;
    if let (Some(document), Some(members)) = (changed.document.as_object_mut(), input.as_object()) {
        let of_the_call = ["service", "forceNewDeployment"];
        document.extend(members.clone().into_iter().filter(|(name, _)| !of_the_call.contains(&name.as_str())));
    }
    let before = service(world, input)?.document.clone();
    defaults::service(&mut changed.document, &before);
    if let Some(desired) = input["desiredCount"].as_u64() {
        changed.desired = usize::try_from(desired).unwrap_or_default();
    }
    let is_new = |name: &&&str| changed.document[**name] != before[**name];
    let is_other = changed.revisions[changed.primary] != task_definition || STARTING.iter().find(is_new).is_some();
    // An update to what is there already starts nothing.
    if is_other || input["forceNewDeployment"] == true {
        world.deploy(&mut changed, &task_definition);
        if world.fate(&changed, changed.primary) == crate::Fate::TakenOver {
            taken_over(world, &mut changed);
        }
    }
    let described = describe(&changed);
    world.services.insert(changed.name.clone(), changed);
    Ok(json!({"service": described}))
}

/// Somebody else deploys that revision, or one of their own, to every service.
pub(crate) fn somebody_deploys(world: &mut World, revision: Option<&str>) {
    let arn = revision.and_then(|name| world.task_definition(name)?["taskDefinitionArn"].as_str().map(str::to_owned));
    let mut services = std::mem::take(&mut world.services);
    for service in services.values_mut() {
        match &arn {
            Some(arn) => world.deploy(service, arn),
            None => taken_over(world, service),
        }
    }
    world.services = services;
}

/// Somebody else deploys the release before, by a task definition of their own.
fn taken_over(world: &mut World, service: &mut Service) {
    let before = service.revisions[service.stable.unwrap_or_default()].clone();
    let Some(mut theirs) = world.task_definition(&before).cloned() else { return };
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/somebody-elses:1");
    theirs["taskDefinitionArn"] = arn.clone().into();
    world.task_definitions.push(theirs);
    world.deploy(service, &arn);
}

pub(super) fn describe_services(world: &World, input: &Value) -> Value {
    let cluster = &input["cluster"];
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for name in texts(input, "services") {
        match world.services.get(&name).filter(|found| *cluster == found.cluster.as_str()) {
            Some(found) => {
                let mut described = describe(found);
                if !texts(input, "include").contains(&"TAGS".to_owned()) {
                    described = without_tags(described);
                }
                services.push(described);
            }
            None => failures.push(json!({"arn": name, "reason": "MISSING"})),
        }
    }
    json!({"services": services, "failures": failures})
}

pub(super) fn service_arn(service: &Service) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/{}/{}", service.cluster, service.name)
}

pub(super) fn cluster_arn(service: &Service) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{}", service.cluster)
}

fn describe(service: &Service) -> Value {
    let deployment = |revision: usize, status: &str| {
        let running = service.running(revision).filter(|task| task.healthy).count();
        let all = service.running(revision).count();
        let last = service.deployments.last().filter(|last| last.target == revision);
        json!({
            "id": format!("ecs-svc/{revision}"),
            "status": status,
            "taskDefinition": service.revisions[revision],
            "createdAt": service.deployments.iter().rev().find(|found| found.target == revision).map(|found| found.created_at),
            "updatedAt": service.deployments.iter().rev().find(|found| found.target == revision).map(|found| found.since),
            "launchType": service.document["launchType"],
            "platformVersion": PLATFORM,
            "platformFamily": "Linux",
            "networkConfiguration": service.document["networkConfiguration"],
            "desiredCount": if status == "PRIMARY" { service.desired } else { 0 },
            "runningCount": running,
            "pendingCount": all - running,
            "failedTasks": last.map_or(0, |last| last.failures),
            "rolloutState": if status == "PRIMARY" { service.rollout_state } else { "COMPLETED" },
            "rolloutStateReason": "as the script has it",
        })
    };
    let others = (0..service.revisions.len()).filter(|revision| *revision != service.primary);
    let others = others.filter(|revision| service.running(*revision).next().is_some());
    let mut deployments = vec![deployment(service.primary, "PRIMARY")];
    deployments.extend(others.map(|revision| deployment(revision, "ACTIVE")));
    let running = service.tasks.iter().filter(|task| task.stopped.is_none() && task.healthy).count();

    let mut described = service.document.clone();
    defaults::of_a_description(&mut described);
    // Members of the request alone.
    for name in ["cluster", "clientToken", "role"] {
        described.as_object_mut().and_then(|members| members.remove(name));
    }
    described["clusterArn"] = cluster_arn(service).into();
    described["createdAt"] = service.deployments.first().map(|first| first.created_at).into();
    described["currentServiceDeployment"] = service.deployments.last().map(|last| last.arn.clone()).into();
    described["currentServiceRevisions"] = json!([counted(service, service.primary)]);
    described["serviceArn"] = service_arn(service).into();
    described["status"] = service.status.into();
    described["desiredCount"] = service.desired.into();
    described["runningCount"] = running.into();
    described["pendingCount"] = 0.into();
    described["taskDefinition"] = service.revisions[service.primary].clone().into();
    described["deployments"] = deployments.into();
    let event = |(id, at, message): &(String, f64, String)| json!({"id": id, "createdAt": at, "message": message});
    described["events"] = service.events.iter().map(event).collect();
    described
}
