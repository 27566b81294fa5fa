//! What ECS adds to what it is given: defaults, and members of its own, as it sends them in 2026.

use serde_json::{Value, json};

/// Puts the members in that are not there.
fn add(into: &mut Value, defaults: Value) {
    if let (Value::Object(members), Value::Object(defaults)) = (into, defaults) {
        for (name, default) in defaults {
            members.entry(name).or_insert(default);
        }
    }
}

/// A task definition, as it is described.
pub(crate) fn task_definition(described: &mut Value) {
    add(
        described,
        json!({
            "compatibilities": ["EC2", "FARGATE"],
            "enableFaultInjection": false,
            "placementConstraints": [],
            "registeredBy": "arn:aws:sts::123456789012:assumed-role/deploy/a-session",
            "requiresAttributes": [
                {"name": "com.amazonaws.ecs.capability.logging-driver.awslogs"},
                {"name": "ecs.capability.execution-role-awslogs"},
                {"name": "com.amazonaws.ecs.capability.docker-remote-api.1.19"},
                {"name": "ecs.capability.container-health-check"},
                {"name": "ecs.capability.task-eni"},
            ],
            "volumes": [],
        }),
    );
    for container in described["containerDefinitions"].as_array_mut().into_iter().flatten() {
        let lists = ["environment", "mountPoints", "portMappings", "systemControls", "volumesFrom"];
        add(container, lists.into_iter().map(|name| (name.to_owned(), json!([]))).collect());
        add(container, json!({"cpu": 0, "essential": true}));
        for port in container["portMappings"].as_array_mut().into_iter().flatten() {
            let same = port["containerPort"].clone();
            add(port, json!({"hostPort": same, "protocol": "tcp"}));
        }
        if container["logConfiguration"].is_object() {
            add(&mut container["logConfiguration"], json!({"secretOptions": []}));
        }
        if container["linuxParameters"]["capabilities"].is_object() {
            add(&mut container["linuxParameters"]["capabilities"], json!({"add": [], "drop": []}));
        }
        if container["healthCheck"].is_object() {
            add(&mut container["healthCheck"], json!({"interval": 30, "timeout": 5, "retries": 3}));
        }
    }
}

/// What a service has that was created or updated. The circuit breaker's half that is not given is filled in since
/// July 2026, from what was there before.
pub(crate) fn service(document: &mut Value, before: &Value) {
    const BREAKER: &str = "/deploymentConfiguration/deploymentCircuitBreaker";
    let before = before.pointer(BREAKER).cloned().unwrap_or_default();
    let Some(breaker) = document.pointer_mut(BREAKER) else { return };
    let threshold = json!({"type": "BOUNDED_PERCENT", "value": 50});
    for (name, default) in [("resetOnHealthyTask", json!(true)), ("thresholdConfiguration", threshold)] {
        let kept = before.get(name).cloned().unwrap_or(default);
        add(breaker, json!({name: kept}));
    }
}

/// What only the description of a service has.
pub(crate) fn of_a_description(described: &mut Value) {
    add(
        described,
        json!({
            "createdBy": "arn:aws:iam::123456789012:role/deploy",
            "deploymentController": {"type": "ECS"},
            "enableECSManagedTags": false,
            "enableExecuteCommand": false,
            "healthCheckGracePeriodSeconds": 0,
            "placementConstraints": [],
            "placementStrategy": [],
            "platformFamily": "Linux",
            "propagateTags": "NONE",
            "resourceManagementType": "CUSTOMER",
            "roleArn": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "schedulingStrategy": "REPLICA",
            "serviceRegistries": [],
        }),
    );
    let configuration = &mut described["deploymentConfiguration"];
    add(configuration, json!({"bakeTimeInMinutes": 0, "lifecycleHooks": [], "strategy": "ROLLING"}));
    let network = &mut described["networkConfiguration"]["awsvpcConfiguration"];
    add(network, json!({"assignPublicIp": "DISABLED", "securityGroups": []}));
}

/// What is the same in every task.
pub(crate) fn of_a_task() -> Value {
    json!({
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": "eu-central-1a",
        "connectivity": "CONNECTED",
        "enableExecuteCommand": false,
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
        "launchType": "FARGATE",
        "overrides": {"containerOverrides": [{"name": "walkthrough"}], "inferenceAcceleratorOverrides": []},
        "platformFamily": "Linux",
        "platformVersion": "1.4.0",
        "tags": [],
        "version": 3,
    })
}
