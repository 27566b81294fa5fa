//! Whether what runs is what is expected: decided from what was observed, and nothing else.

use crate::discrepancy::Discrepancy;
use crate::observation::{Service, Task, last_part};
use crate::release::Release;
use crate::service::SERVICE;
use crate::site::{Answer, SiteError};

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
    site: &Result<Answer, SiteError>,
) -> Vec<Discrepancy> {
    let mut found = service.map_or_else(|| vec![Discrepancy::NoService], |service| in_service(expected, service));
    found.extend(in_tasks(expected, minimum, tasks));
    found.extend(at_site(expected, site));
    found
}

fn in_service(expected: &Expected, service: &Service) -> Vec<Discrepancy> {
    if let Some(why) = service.unusable() {
        return vec![Discrepancy::Unusable(why)];
    }
    let Some(primary) = service.primary() else { return vec![Discrepancy::NoPrimary] };
    let mut differences = Vec::new();
    if let Some(expected) = &expected.task_definition
        && *expected != primary.task_definition
    {
        let (found, expected) = (last_part(&primary.task_definition).to_owned(), last_part(expected).to_owned());
        differences.push(Discrepancy::Primary { found, expected });
    }
    if primary.rollout_state.as_deref() != Some("COMPLETED") {
        let (state, reason) = (primary.rollout_state.clone(), primary.rollout_state_reason.clone());
        differences.push(Discrepancy::Rollout { state, reason });
    }
    if service.desired_count == 0 {
        differences.push(Discrepancy::ScaledToZero);
    }
    differences
}

fn in_tasks(expected: &Expected, minimum: u32, tasks: &[Task]) -> Vec<Discrepancy> {
    let mut differences = Vec::new();
    // A task that starts has no digest yet, and one that stops is of another release, or no longer needed.
    let running: Vec<_> = tasks.iter().filter(|task| task.last_status == "RUNNING").collect();
    let healthy = running.iter().filter(|task| task.is_healthy()).count();
    if running.is_empty() {
        differences.push(Discrepancy::NoTask);
    } else if u32::try_from(healthy).is_ok_and(|healthy| healthy < minimum) {
        differences.push(Discrepancy::FewHealthy { healthy, minimum });
    }
    for task in running {
        let id = || task.id().to_owned();
        if let Some(expected) = &expected.task_definition
            && *expected != task.task_definition_arn
        {
            let (found, expected) = (last_part(&task.task_definition_arn).to_owned(), last_part(expected).to_owned());
            differences.push(Discrepancy::TaskDefinition { task: id(), found, expected });
        }
        let container = task.containers.iter().find(|container| container.name == SERVICE.name);
        let digest = container.and_then(|container| container.image_digest.clone());
        if let Some(expected) = &expected.digest
            && digest.as_ref() != Some(expected)
        {
            differences.push(Discrepancy::Image { task: id(), found: digest, expected: expected.clone() });
        }
    }
    differences
}

fn at_site(expected: &Expected, site: &Result<Answer, SiteError>) -> Vec<Discrepancy> {
    // Of a release that names neither, the site need not have an answer: it may be another program.
    if expected.commit.is_none() && expected.digest.is_none() {
        return Vec::new();
    }
    let answer = match site {
        Ok(answer) => answer,
        Err(error) => return vec![Discrepancy::Site(error.to_string())],
    };
    let facts =
        [("commit", &expected.commit, &answer.commit), ("image digest", &expected.digest, &answer.image_digest)];
    let differs = |(fact, expected, found): (_, &Option<String>, &Option<String>)| {
        let expected = expected.clone().filter(|expected| found.as_ref() != Some(expected))?;
        Some(Discrepancy::Named { fact, found: found.clone(), expected })
    };
    facts.into_iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::observation::Unusable;

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

    fn found(
        expected: &Expected,
        service: &Value,
        tasks: &[Value],
        site: &Result<Answer, SiteError>,
    ) -> Vec<Discrepancy> {
        let service: Service = serde_json::from_value(service.clone()).unwrap();
        let tasks: Vec<Task> = tasks.iter().map(|task| serde_json::from_value(task.clone()).unwrap()).collect();
        discrepancies(expected, 1, Some(&service), &tasks, site)
    }

    fn site(commit: Option<&str>, digest: Option<&str>) -> Answer {
        Answer { commit: commit.map(str::to_owned), image_digest: digest.map(str::to_owned) }
    }

    #[test]
    fn what_is_as_expected_has_no_discrepancy() {
        let right = Ok(site(Some("c2"), Some("sha256:2")));
        assert_eq!(found(&expected(), &service(), &[task()], &right), []);
        // A task on its way up is no matter; what is not expected is not looked at.
        let mut starting = task();
        starting["lastStatus"] = "PENDING".into();
        assert_eq!(found(&expected(), &service(), &[task(), starting], &right), []);
        assert_eq!(found(&Expected::default(), &service(), &[task()], &Err(SiteError::Interrupted)), []);
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
            assert_eq!(found(&expected(), &service, &[task()], &right), []);
            assert_eq!(moving(&serde_json::from_value(service).unwrap()).as_deref(), told);
        }
        // What has no health check, as a release of another make may have none, is as healthy as it can be.
        let mut unchecked = task();
        unchecked.as_object_mut().unwrap().remove("healthStatus");
        assert_eq!(found(&expected(), &service(), &[unchecked], &right), []);
    }

    #[test]
    fn each_thing_that_is_wrong_is_told_once() {
        let right = Ok(site(Some("c2"), Some("sha256:2")));
        let (old, new) = (|| "f:1".to_owned(), || "f:2".to_owned());
        let rollout = |state: Option<&str>| Discrepancy::Rollout { state: state.map(str::to_owned), reason: None };
        for (pointer, value, wrong) in [
            ("/status", json!("DRAINING"), Discrepancy::Unusable(Unusable::BeingDeleted)),
            ("/status", json!("ODD"), Discrepancy::Unusable(Unusable::UnknownStatus("ODD".to_owned()))),
            ("/deployments/0/taskDefinition", json!("a/f:1"), Discrepancy::Primary { found: old(), expected: new() }),
            ("/deployments/0/rolloutState", json!("IN_PROGRESS"), rollout(Some("IN_PROGRESS"))),
            ("/deployments/0/rolloutState", Value::Null, rollout(None)),
            ("/deployments/0/status", json!("ACTIVE"), Discrepancy::NoPrimary),
            ("/desiredCount", json!(0), Discrepancy::ScaledToZero),
        ] {
            let mut service = service();
            *service.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(&expected(), &service, &[task()], &right), [wrong]);
        }
        let image = |found: Option<&str>| Discrepancy::Image {
            task: "7".to_owned(),
            found: found.map(str::to_owned),
            expected: "sha256:2".to_owned(),
        };
        let few = || Discrepancy::FewHealthy { healthy: 0, minimum: 1 };
        for (pointer, value, wrong) in [
            (
                "/taskDefinitionArn",
                json!("a/f:1"),
                Discrepancy::TaskDefinition { task: "7".to_owned(), found: old(), expected: new() },
            ),
            ("/containers/1/imageDigest", json!("sha256:1"), image(Some("sha256:1"))),
            ("/containers/1/imageDigest", Value::Null, image(None)),
            ("/containers/1/name", json!("other"), image(None)),
            ("/lastStatus", json!("PENDING"), Discrepancy::NoTask),
            ("/healthStatus", json!("UNHEALTHY"), few()),
            ("/healthStatus", json!("UNKNOWN"), few()),
        ] {
            let mut task = task();
            *task.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(&expected(), &service(), &[task], &right), [wrong]);
        }
        assert_eq!(found(&expected(), &service(), &[], &right), [Discrepancy::NoTask]);
        for (answer, wrong) in [
            (
                Ok(site(Some("c1"), Some("sha256:2"))),
                Discrepancy::Named { fact: "commit", found: Some("c1".to_owned()), expected: "c2".to_owned() },
            ),
            (
                Ok(site(Some("c2"), None)),
                Discrepancy::Named { fact: "image digest", found: None, expected: "sha256:2".to_owned() },
            ),
            (Err(SiteError::Interrupted), Discrepancy::Site(SiteError::Interrupted.to_string())),
        ] {
            assert_eq!(found(&expected(), &service(), &[task()], &answer), [wrong]);
        }
        let none = discrepancies(&Expected::default(), 1, None, &[], &right);
        assert_eq!(none, [Discrepancy::NoService, Discrepancy::NoTask]);
    }
}
