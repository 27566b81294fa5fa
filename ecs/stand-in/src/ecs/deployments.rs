//! Service deployments and service revisions: listed, described and stopped.

use serde_json::{Value, json};

use super::services::{cluster_arn, service, service_arn};
use super::{Answer, PLATFORM, page, text, texts};
use crate::defaults;
use crate::rolling::is_under_way;
use crate::world::{Deployment, Service, World};
use crate::{ACCOUNT, REGION};

fn revision_arn(service: &Service, revision: usize) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-revision/{}/{}/{revision}", service.cluster, service.name)
}

/// A revision of a service, with how many tasks it has.
pub(super) fn counted(service: &Service, revision: usize) -> Value {
    let running = service.running(revision).filter(|task| task.healthy).count();
    json!({
        "arn": revision_arn(service, revision),
        "requestedTaskCount": if revision == service.primary { service.desired } else { 0 },
        "runningTaskCount": running,
        "pendingTaskCount": service.running(revision).count() - running,
    })
}

pub(super) fn list_deployments(world: &World, input: &Value) -> Answer {
    let service = service(world, input)?;
    let states = texts(input, "status");
    let is_listed = |found: &Deployment| {
        let after = match world.fate(service, found.target) {
            crate::Fate::ListedAfter(seconds) => f64::from(seconds),
            _ => world.script.listed_after,
        };
        (world.now - found.created_at).max(0.0) >= after
    };
    let in_state = |found: &Deployment| states.is_empty() || states.iter().any(|state| state == found.status);
    let wanted = |found: &&Deployment| is_listed(found) && in_state(found);
    let brief = |found: &Deployment| {
        let mut brief = summary(service, found);
        brief["targetServiceRevisionArn"] = revision_arn(service, found.target).into();
        brief
    };
    // Oldest first: the API reference promises no order.
    let listed = service.deployments.iter().filter(wanted).map(brief).collect();
    Ok(page(input, "serviceDeployments", listed))
}

/// Every service deployment, with the service that it is of.
pub(super) fn deployments(world: &World) -> impl Iterator<Item = (&Service, &Deployment)> {
    world.services.values().flat_map(|service| service.deployments.iter().map(move |found| (service, found)))
}

pub(super) fn describe_deployments(world: &World, input: &Value) -> Value {
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

/// What a list and a description both say of a deployment.
fn summary(service: &Service, found: &Deployment) -> Value {
    json!({
        "serviceDeploymentArn": found.arn,
        "serviceArn": service_arn(service),
        "clusterArn": cluster_arn(service),
        "createdAt": found.created_at,
        "startedAt": (found.status != "PENDING").then_some(found.created_at),
        "finishedAt": (!is_under_way(found.status)).then_some(found.since),
        "status": found.status,
        "statusReason": found.reason,
    })
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
    let details = json!({
        "updatedAt": found.since,
        "stoppedAt": ended.filter(|_| found.status == "STOPPED"),
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
    });
    let members = [summary(service, found), details].into_iter().filter_map(|part| part.as_object().cloned()).flatten();
    Value::Object(members.collect())
}

pub(super) fn describe_revisions(world: &World, input: &Value) -> Value {
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

pub(super) fn stop(world: &mut World, input: &Value) -> Answer {
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
