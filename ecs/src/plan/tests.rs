use serde_json::json;

use super::*;

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn paths(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.path.as_str()).collect()
}

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
    assert_eq!(paths(&found.changes), ["healthCheckGracePeriodSeconds"]);
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
    assert_eq!(service(Some(&there), &wanted), Difference::default());

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
        let found = service(Some(&there), &wanted);
        assert_eq!((&found.changes[..], paths(&found.besides)), (&[][..], vec![path]));
    }

    // A list is replaced, and so is what somebody put into it.
    let mut there = there.clone();
    there["loadBalancers"].as_array_mut().unwrap().push(json!({"containerName": "b"}));
    let found = service(Some(&there), &wanted);
    assert_eq!((paths(&found.changes), found.besides), (vec!["loadBalancers[b].containerName"], vec![]));
}

#[test]
fn what_aws_adds_or_orders_otherwise_is_no_change() {
    assert_eq!(task_definition(Some(&described()), &wanted()), Difference::default());
}

#[test]
fn what_aws_comes_to_add_is_no_change_wherever_it_is() {
    for (pointer, value, path) in [
        ("", json!("some"), "new"),
        ("", json!([{"name": "a"}]), "new[a].name"),
        ("/containerDefinitions/0", json!({"a": 1}), "containerDefinitions[walkthrough].new.a"),
        ("/containerDefinitions/0/healthCheck", json!(30), "containerDefinitions[walkthrough].healthCheck.new"),
        (
            "/containerDefinitions/0/environment/0",
            json!("plain"),
            "containerDefinitions[walkthrough].environment[B].new",
        ),
        ("/tags/0", json!("some"), "tags[commit].new"),
    ] {
        let mut current = described();
        current.pointer_mut(pointer).unwrap()["new"] = value;
        let found = task_definition(Some(&current), &wanted());
        assert_eq!((&found.changes[..], paths(&found.besides)), (&[][..], vec![path]));
    }
}

#[test]
fn a_tag_of_aws_is_none_of_ours() {
    let mut current = described();
    let tags = current["tags"].as_array_mut().unwrap();
    tags.push(json!({"key": "aws:resource", "value": "a"}));
    assert_eq!(task_definition(Some(&current), &wanted()), Difference::default());
    current["tags"].as_array_mut().unwrap().push(json!({"key": "by-hand", "value": "a"}));
    assert_eq!(
        paths(&task_definition(Some(&current), &wanted()).changes),
        ["tags[by-hand].key", "tags[by-hand].value"]
    );
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
        let found = task_definition(Some(&current), &wanted()).changes;
        assert_eq!(paths(&found), [*path]);
        assert!(found[0].old.is_some() && found[0].new.is_some() && found[0].old != found[0].new);
    }
}

#[test]
fn what_was_put_into_a_list_that_is_described_is_a_change() {
    let mut current = described();
    let container = &mut current["containerDefinitions"][0];
    container["environment"].as_array_mut().unwrap().push(json!({"name": "OLD", "value": "x"}));
    container["secrets"] = json!([{"name": "S", "valueFrom": "arn:s"}]);
    container["linuxParameters"]["capabilities"]["add"] = json!(["NET_ADMIN"]);
    let mut wanted = wanted();
    wanted["containerDefinitions"][0]["secrets"] = json!([]);
    wanted["containerDefinitions"][0]["linuxParameters"]["capabilities"]["add"] = json!([]);
    let found = task_definition(Some(&current), &wanted);
    assert_eq!(
        lines(&found.changes),
        [
            "containerDefinitions[walkthrough].environment[OLD].name: \"OLD\" → nothing",
            "containerDefinitions[walkthrough].environment[OLD].value: \"x\" → nothing",
            "containerDefinitions[walkthrough].linuxParameters.capabilities.add: [\"NET_ADMIN\"] → []",
            "containerDefinitions[walkthrough].secrets[S].name: \"S\" → nothing",
            "containerDefinitions[walkthrough].secrets[S].valueFrom: \"arn:s\" → nothing",
        ]
    );
    assert_eq!(found.besides, []);
}

#[test]
fn the_run_that_deploys_is_no_part_of_the_release() {
    let mut current = described();
    current["containerDefinitions"][0]["environment"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "WALKTHROUGH_RUN_URL", "value": "https://example.org/runs/1"}));
    assert_eq!(task_definition(Some(&current), &wanted()), Difference::default());
}

#[test]
fn where_there_is_nothing_everything_is_new() {
    let found = task_definition(None, &wanted()).changes;
    assert!(found.iter().all(|change| change.old.is_none() && change.new.is_some()));
    assert!(found.iter().any(|change| change.path == "family"));
    let found = service(None, &json!({"serviceName": "s", "taskDefinition": "", "desiredCount": 2}));
    assert_eq!(paths(&found.changes), ["desiredCount", "serviceName"]);
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
    assert_eq!(service(Some(&current), &wanted), Difference::default());
    current["deploymentConfiguration"]["alarms"]["alarmNames"] = json!(["a"]);
    current["healthCheckGracePeriodSeconds"] = 0.into();
    let found = lines(&service(Some(&current), &wanted).changes);
    let alarms = r#"deploymentConfiguration.alarms.alarmNames: ["a"] → ["a","b"]"#;
    assert_eq!(found, [alarms, "healthCheckGracePeriodSeconds: 0 → 30"]);
}
