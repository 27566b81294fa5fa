//! The members that a call may have, by the API reference.

use serde_json::{Map, Value};

use super::Refusal;

pub(super) const OF_A_TASK_DEFINITION: &[&str] = &[
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

pub(super) const OF_BOTH: &[&str] = &[
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
pub(super) const STARTING: &[&str] = &[
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

pub(super) const OF_CREATION: &[&str] =
    &["serviceName", "clientToken", "launchType", "role", "schedulingStrategy", "tags"];
pub(super) const OF_UPDATE: &[&str] = &["service", "forceNewDeployment"];

pub(super) fn known_members(input: &Value, known: &[&[&str]]) -> Result<(), Refusal> {
    let names = input.as_object().into_iter().flat_map(Map::keys);
    match names.into_iter().find(|name| !known.iter().any(|some| some.contains(&name.as_str()))) {
        Some(name) => Err(("SerializationException", format!("there is no member {name}"))),
        None => Ok(()),
    }
}
