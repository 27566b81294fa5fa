//! The calls of Amazon ECS that a deployment makes, by the API reference of 2014-11-13.
//!
//! A member that a call does not have is refused, as are references to what is not there.

use serde_json::{Map, Value, json};

use crate::defaults;
use crate::rolling::is_under_way;
use crate::world::{Deployment, Service, Task, World};
use crate::{ACCOUNT, REGION};

/// What "LATEST" stands for.
const PLATFORM: &str = "1.4.0";

/// Why a call is refused: AWS's code for it, and a sentence.
pub(crate) type Refusal = (&'static str, String);

type Answer = Result<Value, Refusal>;

/// Answers a call.
pub(crate) fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    match operation {
        "RegisterTaskDefinition" => register(world, input),
        "DescribeTaskDefinition" => describe_task_definition(world, input),
        "CreateService" => create(world, input),
        "UpdateService" => update(world, input),
        "DescribeServices" => Ok(describe_services(world, input)),
        "ListServiceDeployments" => list_deployments(world, input),
        "DescribeServiceDeployments" => Ok(describe_deployments(world, input)),
        "DescribeServiceRevisions" => Ok(describe_revisions(world, input)),
        "StopServiceDeployment" => stop(world, input),
        "ListTasks" => list_tasks(world, input),
        "DescribeTasks" => Ok(describe_tasks(world, input)),
        _ => Err(("InvalidParameterException", format!("{operation} is none of the calls that are answered here"))),
    }
}

const OF_A_TASK_DEFINITION: &[&str] = &[
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "tags",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
];

const OF_BOTH: &[&str] = &[
    "cluster",
    "taskDefinition",
    "desiredCount",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "availabilityZoneRebalancing",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "healthCheckGracePeriodSeconds",
    "deploymentController",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "loadBalancers",
    "propagateTags",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// The members whose change starts a deployment, beside the task definition; see `UpdateService` in the API reference.
const STARTING: &[&str] = &[
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

const OF_CREATION: &[&str] = &["serviceName", "clientToken", "launchType", "role", "schedulingStrategy", "tags"];
const OF_UPDATE: &[&str] = &["service", "forceNewDeployment"];

fn known_members(input: &Value, known: &[&[&str]]) -> Result<(), Refusal> {
    let names = input.as_object().into_iter().flat_map(Map::keys);
    match names.into_iter().find(|name| !known.iter().any(|some| some.contains(&name.as_str()))) {
        Some(name) => Err(("SerializationException", format!("there is no member {name}"))),
        None => Ok(()),
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

fn register(world: &mut World, input: &Value) -> Answer {
    known_members(input, &[OF_A_TASK_DEFINITION])?;
    let family = text(input, "family")?.to_owned();
    for container in input["containerDefinitions"].as_array().into_iter().flatten() {
        text(container, "name")?;
        text(container, "image")?;
    }
    let prefix = format!("{family}:");
    let of_family = |found: &&Value| found["family"] == family.as_str();
    let revision = world.task_definitions.iter().filter(of_family).count() + 1;
    let mut described = input.clone();
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{prefix}{revision}");
    described["taskDefinitionArn"] = arn.into();
    described["revision"] = revision.into();
    described["status"] = "ACTIVE".into();
    described["registeredAt"] = world.now.into();
    defaults::task_definition(&mut described);
    world.task_definitions.push(described.clone());
    Ok(json!({"taskDefinition": without_tags(described)}))
}

fn without_tags(mut described: Value) -> Value {
    if let Some(members) = described.as_object_mut() {
        members.remove("tags");
    }
    described
}

fn describe_task_definition(world: &World, input: &Value) -> Answer {
    let name = text(input, "taskDefinition")?;
    let Some(found) = world.task_definition(name) else {
        return Err(("ClientException", "Unable to describe task definition.".to_owned()));
    };
    let tags = texts(input, "include").contains(&"TAGS".to_owned()).then(|| found["tags"].clone());
    Ok(json!({"taskDefinition": without_tags(found.clone()), "tags": tags.unwrap_or_else(|| json!([]))}))
}

fn create(world: &mut World, input: &Value) -> Answer {
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
fn service<'a>(world: &'a World, input: &Value) -> Result<&'a Service, Refusal> {
    let name = text(input, "service")?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let found = world.services.get(name).filter(|found| input["cluster"] == found.cluster.as_str());
    let found = found.filter(|found| found.status != "INACTIVE");
    found.ok_or_else(|| ("ServiceNotFoundException", "Service not found.".to_owned()))
}

fn update(world: &mut World, input: &Value) -> Answer {
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

fn describe_services(world: &World, input: &Value) -> Value {
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

fn service_arn(service: &Service) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/{}/{}", service.cluster, service.name)
}

fn cluster_arn(service: &Service) -> String {
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

fn revision_arn(service: &Service, revision: usize) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-revision/{}/{}/{revision}", service.cluster, service.name)
}

/// A revision of a service, with how many tasks it has.
fn counted(service: &Service, revision: usize) -> Value {
    let running = service.running(revision).filter(|task| task.healthy).count();
    json!({
        "arn": revision_arn(service, revision),
        "requestedTaskCount": if revision == service.primary { service.desired } else { 0 },
        "runningTaskCount": running,
        "pendingTaskCount": service.running(revision).count() - running,
    })
}

fn list_deployments(world: &World, input: &Value) -> Answer {
    let service = service(world, input)?;
    let states = texts(input, "status");
    let is_listed = |found: &Deployment| {
        let after = match world.fate(service, found.target) {
            crate::Fate::ListedAfter(seconds) => f64::from(seconds),
            _ => world.script.listed_after,
        };
        world.now - found.created_at >= after
    };
    let in_state = |found: &Deployment| states.is_empty() || states.iter().any(|state| state == found.status);
    let wanted = |found: &&Deployment| is_listed(found) && in_state(found);
    let brief = |found: &Deployment| {
        json!({
            "serviceDeploymentArn": found.arn,
            "serviceArn": service_arn(service),
            "clusterArn": cluster_arn(service),
            "createdAt": found.created_at,
            "startedAt": (found.status != "PENDING").then_some(found.created_at),
            "finishedAt": (!is_under_way(found.status)).then_some(found.since),
            "targetServiceRevisionArn": revision_arn(service, found.target),
            "status": found.status,
            "statusReason": found.reason,
        })
    };
    // Oldest first: the API reference promises no order.
    let listed = service.deployments.iter().filter(wanted).map(brief).collect();
    Ok(page(input, "serviceDeployments", listed))
}

/// Every service deployment, with the service that it is of.
fn deployments(world: &World) -> impl Iterator<Item = (&Service, &Deployment)> {
    world.services.values().flat_map(|service| service.deployments.iter().map(move |found| (service, found)))
}

fn describe_deployments(world: &World, input: &Value) -> Value {
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for arn in texts(input, "serviceDeploymentArns") {
        let found = deployments(world).find(|(_, found)| found.arn == arn);
        let asked = world.calls.iter().filter(|call| *call == "DescribeServiceDeployments").count();
        let is_known = |service: &Service, found: &Deployment| match world.fate(service, found.target) {
            crate::Fate::Gone => false,
            crate::Fate::GoneNowAndThen => asked.is_multiple_of(3),
            _ => true,
        };
        match found.filter(|(service, found)| is_known(service, found)) {
            Some((service, found)) => described.push(describe_deployment(service, found)),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    json!({"serviceDeployments": described, "failures": failures})
}

fn describe_deployment(service: &Service, found: &Deployment) -> Value {
    let ended = (!is_under_way(found.status)).then_some(found.since);
    let went_back = found.status.starts_with("ROLLBACK");
    let rollback = went_back.then(|| {
        json!({
            "reason": found.reason,
            "startedAt": found.since,
            "serviceRevisionArn": service.stable.map(|stable| revision_arn(service, stable)),
        })
    });
    let watched = |triggered: bool| match triggered {
        true => "TRIGGERED",
        false if ended.is_some() => "MONITORING_COMPLETE",
        false => "MONITORING",
    };
    let mut described = service.document.clone();
    defaults::of_a_description(&mut described);
    let mut target = counted(service, found.target);
    target["requestedTaskCount"] = service.desired.into();
    json!({
        "serviceDeploymentArn": found.arn,
        "serviceArn": service_arn(service),
        "clusterArn": cluster_arn(service),
        "createdAt": found.created_at,
        "startedAt": (found.status != "PENDING").then_some(found.created_at),
        "updatedAt": found.since,
        "finishedAt": ended,
        "stoppedAt": ended.filter(|_| found.status == "STOPPED"),
        "status": found.status,
        "statusReason": found.reason,
        "sourceServiceRevisions": found.source.into_iter().map(|source| counted(service, source)).collect::<Vec<_>>(),
        "targetServiceRevision": target,
        "deploymentConfiguration": described["deploymentConfiguration"],
        "rollback": rollback,
        "deploymentCircuitBreaker": {
            "status": watched(found.broken),
            "failureCount": found.failures,
            "threshold": service.threshold(),
        },
        "alarms": {
            "status": watched(found.alarm.is_some()),
            "alarmNames": service.document["deploymentConfiguration"]["alarms"]["alarmNames"],
            "triggeredAlarmNames": found.alarm.iter().collect::<Vec<_>>(),
        },
    })
}

fn describe_revisions(world: &World, input: &Value) -> Value {
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for arn in texts(input, "serviceRevisionArns") {
        let all = world.services.values();
        let mut all = all.flat_map(|service| (0..service.revisions.len()).map(move |revision| (service, revision)));
        match all.find(|(service, revision)| revision_arn(service, *revision) == arn) {
            Some((service, revision)) => described.push(describe_revision(world, service, revision)),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    json!({"serviceRevisions": described, "failures": failures})
}

fn describe_revision(world: &World, service: &Service, revision: usize) -> Value {
    let image = world.image_of(&service.revisions[revision]);
    let target_groups = service.document["loadBalancers"].as_array().into_iter().flatten();
    let target_groups = target_groups.map(|found| json!({"targetGroupArn": found["targetGroupArn"]}));
    json!({
        "serviceRevisionArn": revision_arn(service, revision),
        "serviceArn": service_arn(service),
        "clusterArn": cluster_arn(service),
        "taskDefinition": service.revisions[revision],
        "launchType": service.document["launchType"],
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "loadBalancers": service.document["loadBalancers"],
        "networkConfiguration": service.document["networkConfiguration"],
        "containerImages": [{
            "containerName": "walkthrough",
            "imageDigest": image.split_once('@').map(|(_, digest)| digest),
            "image": image,
        }],
        "guardDutyEnabled": false,
        "createdAt": service.deployments.iter().find(|found| found.target == revision).map(|found| found.created_at),
        "resolvedConfiguration": {"loadBalancers": target_groups.collect::<Vec<_>>()},
    })
}

fn stop(world: &mut World, input: &Value) -> Answer {
    let arn = text(input, "serviceDeploymentArn")?.to_owned();
    let now = world.now;
    let rollback = match input["stopType"].as_str() {
        Some("ROLLBACK") | None => true,
        Some("ABORT") => false,
        Some(other) => return Err(("InvalidParameterException", format!("there is no stop type {other}"))),
    };
    let mut all = world.services.values_mut().flat_map(|service| &mut service.deployments);
    let Some(found) = all.find(|found| found.arn == arn) else {
        return Err(("ServiceDeploymentNotFoundException", "The service deployment was not found.".to_owned()));
    };
    if !is_under_way(found.status) {
        return Err(("ConflictException", format!("The service deployment is {}.", found.status)));
    }
    found.status = if rollback { "ROLLBACK_REQUESTED" } else { "STOP_REQUESTED" };
    found.since = now;
    found.reason = Some("Service deployment was stopped by StopServiceDeployment.".to_owned());
    Ok(json!({"serviceDeploymentArn": arn}))
}

fn list_tasks(world: &World, input: &Value) -> Answer {
    let name = text(input, "serviceName")?;
    let Some(service) = world.services.get(name).filter(|found| input["cluster"] == found.cluster.as_str()) else {
        return Err(("ServiceNotFoundException", "Service not found.".to_owned()));
    };
    let stopped = input["desiredStatus"] == "STOPPED";
    if world.fate(service, service.primary) == crate::Fate::TasksUnseen {
        return Ok(json!({"taskArns": []}));
    }
    let arns =
        service.tasks.iter().filter(|task| task.stopped.is_some() == stopped).map(|task| task.arn.clone().into());
    Ok(page(input, "taskArns", arns.collect()))
}

fn describe_tasks(world: &World, input: &Value) -> Value {
    let wanted = texts(input, "tasks");
    let all = world.services.values().flat_map(|service| service.tasks.iter().map(move |task| (service, task)));
    let described =
        all.filter(|(_, task)| wanted.contains(&task.arn)).map(|(service, task)| describe_task(world, service, task));
    json!({"tasks": described.collect::<Vec<_>>(), "failures": []})
}

/// Seconds that a task on its way down spends in each state: it leaves the load balancer, its container ends, its
/// network interface goes; "Task lifecycle" in the developer guide.
const GOING_DOWN: [&str; 3] = ["DEACTIVATING", "STOPPING", "DEPROVISIONING"];
const EACH_STATE: f64 = 1.0;

/// What a task is at, if it was stopped at that time.
fn last_status(now: f64, stopped: Option<f64>, task: &Task) -> &'static str {
    let Some(stopped) = stopped else { return if task.healthy { "RUNNING" } else { "PENDING" } };
    let passed = GOING_DOWN.iter().zip([1.0, 2.0, 3.0]).find(|(_, end)| now - stopped < end * EACH_STATE);
    passed.map_or("STOPPED", |(state, _)| state)
}

fn describe_task(world: &World, service: &Service, task: &Task) -> Value {
    let task_definition = &service.revisions[task.revision];
    let registered = world.task_definition(task_definition).cloned().unwrap_or_default();
    let (stopping, reason, code) = match &task.stopped {
        Some((at, reason, code)) => (Some(*at), Some(reason.clone()), *code),
        None => (None, None, None),
    };
    let status = last_status(world.now, stopping, task);
    let is_down = status == "STOPPED";
    let started = (status != "PENDING").then_some(task.started_at);
    let id = task.arn.rsplit('/').next().unwrap_or_default();
    let health = if task.healthy { "HEALTHY" } else { "UNKNOWN" };
    let by_itself = reason.as_deref().is_some_and(|reason| reason.starts_with("Essential container"));
    let detail = |name: &str, value: &str| json!({"name": name, "value": value});
    let container = match status {
        "DEACTIVATING" | "STOPPING" if !by_itself => "RUNNING",
        "PENDING" | "RUNNING" => status,
        _ => "STOPPED",
    };
    let mut described = defaults::of_a_task();
    let live = json!({
        "taskArn": task.arn,
        "clusterArn": cluster_arn(service),
        "taskDefinitionArn": task_definition,
        "group": format!("service:{}", service.name),
        "startedBy": format!("ecs-svc/{}", task.revision),
        "cpu": registered["cpu"],
        "memory": registered["memory"],
        "lastStatus": status,
        "desiredStatus": if stopping.is_some() { "STOPPED" } else { "RUNNING" },
        "healthStatus": health,
        "createdAt": task.started_at,
        "connectivityAt": task.started_at,
        "pullStartedAt": task.started_at,
        "pullStoppedAt": started,
        "startedAt": started,
        "stoppingAt": stopping,
        "executionStoppedAt": stopping.filter(|_| container == "STOPPED"),
        "stoppedAt": stopping.filter(|_| is_down),
        "stoppedReason": reason,
        "stopCode": stopping.map(|_| if by_itself { "EssentialContainerExited" } else { "ServiceSchedulerInitiated" }),
        "attachments": [{
            "id": "1f2e3d4c-0000-4000-8000-000000000001",
            "type": "ElasticNetworkInterface",
            "status": if is_down { "DELETED" } else { "ATTACHED" },
            "details": [
                detail("subnetId", "subnet-1"),
                detail("networkInterfaceId", "eni-0123456789abcdef0"),
                detail("macAddress", "0a:00:00:00:00:01"),
                detail("privateDnsName", "ip-10-0-0-10.eu-central-1.compute.internal"),
                detail("privateIPv4Address", "10.0.0.10"),
            ],
        }],
        "containers": [{
            "containerArn": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:container/{}/{id}/1", service.cluster),
            "taskArn": task.arn,
            "name": "walkthrough",
            "image": world.image_of(task_definition),
            "imageDigest": task.digest,
            "runtimeId": format!("{id}-0527074092"),
            "lastStatus": container,
            "exitCode": code.filter(|_| container == "STOPPED"),
            "networkBindings": [],
            "networkInterfaces": [{
                "attachmentId": "1f2e3d4c-0000-4000-8000-000000000001",
                "privateIpv4Address": "10.0.0.10",
            }],
            "healthStatus": health,
            "cpu": "0",
        }],
    });
    if let (Value::Object(described), Value::Object(live)) = (&mut described, live) {
        described.extend(live);
    }
    described
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
