//! Whether what runs is what is expected: decided from what was observed, and nothing else.

use std::fmt;

use serde::Serialize;

use crate::observation::{Service, Task, last_part};
use crate::release::Release;
use crate::service::SERVICE;
use crate::site::Answer;

/// What ought to run. What is not given is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The task definition's ARN.
    pub task_definition: Option<String>,
    /// The digest of the image.
    pub digest: Option<String>,
    /// The commit.
    pub commit: Option<String>,
}

impl Expected {
    /// A release, by a task definition. Of one that did not name its image by digest and its commit, the
    /// task definition alone.
    #[must_use]
    pub fn of(task_definition: &str, release: Option<&Release>) -> Self {
        Self {
            task_definition: Some(task_definition.to_owned()),
            digest: release.map(|release| release.image.digest.clone()),
            commit: release.map(|release| release.commit.to_string()),
        }
    }
}

/// One thing that is not as it ought to be, a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy(pub String);

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the number of tasks is on its way to another one, in words. The scaling may move it at any time, so it is
/// waited for, and is not what a release is judged by.
#[must_use]
pub fn moving(service: &Service) -> Option<String> {
    let running = service.primary()?.running_count;
    (running != service.desired_count).then(|| format!("{running} of {} tasks run", service.desired_count))
}

/// All that is not as expected, in the service, in its running tasks and at the public address.
///
/// `minimum` is how many tasks have to be healthy. How many there are beyond that is for the scaling to say.
#[must_use]
pub fn discrepancies(
    expected: &Expected,
    minimum: u32,
    service: Option<&Service>,
    tasks: &[Task],
    site: &Result<Answer, String>,
) -> Vec<Discrepancy> {
    let mut found = match service {
        Some(service) => in_service(expected, service),
        None => vec!["there is no service".to_owned()],
    };
    found.extend(in_tasks(expected, minimum, tasks));
    found.extend(at_site(expected, site));
    found.into_iter().map(Discrepancy).collect()
}

fn in_service(expected: &Expected, service: &Service) -> Vec<String> {
    if let Some(why) = service.unusable() {
        return vec![format!("the service {why}")];
    }
    let mut found = Vec::new();
    let Some(primary) = service.primary() else {
        return vec!["the service has no primary deployment".to_owned()];
    };
    if let Some(ours) = &expected.task_definition
        && *ours != primary.task_definition
    {
        let (theirs, ours) = (last_part(&primary.task_definition), last_part(ours));
        found.push(format!("the service's primary deployment is of {theirs}, not of {ours}"));
    }
    if primary.rollout_state.as_deref() != Some("COMPLETED") {
        let state = primary.rollout_state.as_deref().unwrap_or("not told");
        let why = primary.rollout_state_reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        found.push(format!("the primary deployment's rollout is {state}, not COMPLETED{why}"));
    }
    if service.desired_count == 0 {
        found.push("the service is scaled to zero: nothing runs".to_owned());
    }
    found
}

fn in_tasks(expected: &Expected, minimum: u32, tasks: &[Task]) -> Vec<String> {
    let mut found = Vec::new();
    // A task that is on its way up has no digest yet, and one on its way down is not ours to judge.
    let running: Vec<_> = tasks.iter().filter(|task| task.last_status == "RUNNING").collect();
    let healthy = running.iter().filter(|task| task.is_healthy()).count();
    if running.is_empty() {
        found.push("no task runs".to_owned());
    } else if u32::try_from(healthy).is_ok_and(|healthy| healthy < minimum) {
        found.push(format!("{healthy} tasks are healthy, of at least {minimum}"));
    }
    for task in running {
        if let Some(ours) = &expected.task_definition
            && *ours != task.task_definition_arn
        {
            found.push(format!(
                "task {} runs {}, not {}",
                task.id(),
                last_part(&task.task_definition_arn),
                last_part(ours)
            ));
        }
        let container = task.containers.iter().find(|container| container.name == SERVICE.name);
        let digest = container.and_then(|container| container.image_digest.as_deref());
        if let Some(ours) = &expected.digest
            && digest != Some(ours)
        {
            found.push(format!(
                "task {} runs the image {}, not {ours}",
                task.id(),
                digest.unwrap_or("of no known digest")
            ));
        }
    }
    found
}

fn at_site(expected: &Expected, site: &Result<Answer, String>) -> Vec<String> {
    // Of a release that names neither, the site need not have an answer: it may be another program.
    if expected.commit.is_none() && expected.digest.is_none() {
        return Vec::new();
    }
    let answer = match site {
        Ok(answer) => answer,
        Err(why) => return vec![why.clone()],
    };
    let pairs =
        [("commit", &expected.commit, &answer.commit), ("image digest", &expected.digest, &answer.image_digest)];
    let wrong = pairs.into_iter().filter(|(_, ours, theirs)| ours.is_some() && ours != theirs);
    wrong
        .map(|(what, ours, theirs)| {
            let told = theirs.as_deref().map_or_else(|| format!("no {what}"), |theirs| format!("the {what} {theirs}"));
            format!("the public address names {told}, not {}", ours.as_deref().unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OURS: &str = "arn:aws:ecs:r:1:task-definition/f:2";

    fn expected() -> Expected {
        Expected {
            task_definition: Some(OURS.to_owned()),
            digest: Some("sha256:2".to_owned()),
            commit: Some("c2".to_owned()),
        }
    }

    fn service() -> Value {
        json!({
            "status": "ACTIVE", "desiredCount": 1, "runningCount": 1, "taskDefinition": OURS,
            "deployments": [{"status": "PRIMARY", "taskDefinition": OURS, "runningCount": 1, "rolloutState": "COMPLETED"}],
        })
    }

    fn task() -> Value {
        json!({
            "taskArn": "arn:aws:ecs:r:1:task/c/7", "taskDefinitionArn": OURS, "lastStatus": "RUNNING", "healthStatus": "HEALTHY",
            "containers": [{"name": "sidecar", "imageDigest": "sha256:9"}, {"name": SERVICE.name, "imageDigest": "sha256:2"}],
        })
    }

    fn found(expected: &Expected, service: &Value, tasks: &[Value], site: &Result<Answer, String>) -> Vec<String> {
        let service: Service = serde_json::from_value(service.clone()).unwrap();
        let tasks: Vec<Task> = tasks.iter().map(|task| serde_json::from_value(task.clone()).unwrap()).collect();
        discrepancies(expected, 1, Some(&service), &tasks, site).iter().map(ToString::to_string).collect()
    }

    fn site(commit: Option<&str>, digest: Option<&str>) -> Answer {
        Answer { commit: commit.map(str::to_owned), image_digest: digest.map(str::to_owned) }
    }

    #[test]
    fn what_is_as_expected_has_no_discrepancy() {
        let right = Ok(site(Some("c2"), Some("sha256:2")));
        assert_eq!(found(&expected(), &service(), &[task()], &right), [""; 0]);
        // A task on its way up is no matter; what is not expected is not looked at.
        let mut starting = task();
        starting["lastStatus"] = "PENDING".into();
        assert_eq!(found(&expected(), &service(), &[task(), starting], &right), [""; 0]);
        assert_eq!(found(&Expected::default(), &service(), &[task()], &Err("502".to_owned())), [""; 0]);
    }

    #[test]
    fn a_number_of_tasks_that_moves_is_no_discrepancy() {
        let right = Ok(site(Some("c2"), Some("sha256:2")));
        for (pointer, value, told) in [
            ("/desiredCount", json!(1), None),
            ("/desiredCount", json!(2), Some("1 of 2 tasks run")),
            ("/deployments/0/runningCount", json!(2), Some("2 of 1 tasks run")),
        ] {
            let mut service = service();
            *service.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(&expected(), &service, &[task()], &right), [""; 0]);
            assert_eq!(moving(&serde_json::from_value(service).unwrap()).as_deref(), told);
        }
        // What has no health check, as a release of another make may have none, is as healthy as it can be.
        let mut unchecked = task();
        unchecked.as_object_mut().unwrap().remove("healthStatus");
        assert_eq!(found(&expected(), &service(), &[unchecked], &right), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_wrong_is_told_once() {
        let right = Ok(site(Some("c2"), Some("sha256:2")));
        for (pointer, value, told) in [
            (
                "/status",
                json!("DRAINING"),
                "the service is being deleted: wait until it is gone, with `aws ecs wait services-inactive`",
            ),
            ("/status", json!("ODD"), "the service is ODD, which is neither ACTIVE nor gone"),
            ("/deployments/0/taskDefinition", json!("a/f:1"), "the service's primary deployment is of f:1, not of f:2"),
            (
                "/deployments/0/rolloutState",
                json!("IN_PROGRESS"),
                "the primary deployment's rollout is IN_PROGRESS, not COMPLETED",
            ),
            ("/deployments/0/rolloutState", Value::Null, "the primary deployment's rollout is not told, not COMPLETED"),
            ("/deployments/0/status", json!("ACTIVE"), "the service has no primary deployment"),
            ("/desiredCount", json!(0), "the service is scaled to zero: nothing runs"),
        ] {
            let mut wrong = service();
            *wrong.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(&expected(), &wrong, &[task()], &right), [told]);
        }
        for (pointer, value, told) in [
            ("/taskDefinitionArn", json!("a/f:1"), "task 7 runs f:1, not f:2"),
            ("/containers/1/imageDigest", json!("sha256:1"), "task 7 runs the image sha256:1, not sha256:2"),
            ("/containers/1/imageDigest", Value::Null, "task 7 runs the image of no known digest, not sha256:2"),
            ("/containers/1/name", json!("other"), "task 7 runs the image of no known digest, not sha256:2"),
            ("/lastStatus", json!("PENDING"), "no task runs"),
            ("/healthStatus", json!("UNHEALTHY"), "0 tasks are healthy, of at least 1"),
            ("/healthStatus", json!("UNKNOWN"), "0 tasks are healthy, of at least 1"),
        ] {
            let mut wrong = task();
            *wrong.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(&expected(), &service(), &[wrong], &right), [told]);
        }
        assert_eq!(found(&expected(), &service(), &[], &right), ["no task runs"]);
        for (answer, told) in [
            (Ok(site(Some("c1"), Some("sha256:2"))), "the public address names the commit c1, not c2"),
            (Ok(site(Some("c2"), None)), "the public address names no image digest, not sha256:2"),
            (Err("it does not answer".to_owned()), "it does not answer"),
        ] {
            assert_eq!(found(&expected(), &service(), &[task()], &answer), [told]);
        }
        let none = discrepancies(&Expected::default(), 1, None, &[], &right);
        assert_eq!(none.iter().map(ToString::to_string).collect::<Vec<_>>(), ["there is no service", "no task runs"]);
    }
}
