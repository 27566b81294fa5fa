//! Tasks: listed and described.

use serde_json::{Value, json};

use super::services::cluster_arn;
use super::{Answer, page, text, texts};
use crate::defaults;
use crate::world::{Service, Task, World};
use crate::{ACCOUNT, REGION};

pub(super) fn list_tasks(world: &World, input: &Value) -> Answer {
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

pub(super) fn describe_tasks(world: &World, input: &Value) -> Value {
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
