//! Whether what runs is what is expected: decided from what was observed, and nothing else.

use std::fmt;

use serde::Serialize;

use crate::observation::{Service, Task, last_part};
use crate::release::Release;
use crate::site::Answer;

/// The container that the site runs in, in every task definition of it.
pub const CONTAINER: &str = "walkthrough";

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

/// All that is not as expected, in the service, in its running tasks and at the public address.
#[must_use]
pub fn discrepancies(
    expected: &Expected,
    service: Option<&Service>,
    tasks: &[Task],
    site: &Result<Answer, String>,
) -> Vec<Discrepancy> {
    let mut found = match service {
        Some(service) => in_service(expected, service),
        None => vec!["there is no service".to_owned()],
    };
    found.extend(in_tasks(expected, tasks));
    found.extend(at_site(expected, site));
    found.into_iter().map(Discrepancy).collect()
}

fn in_service(expected: &Expected, service: &Service) -> Vec<String> {
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
    } else if primary.running_count != service.desired_count {
        found.push(format!("{} of {} tasks run", primary.running_count, service.desired_count));
    }
    found
}

fn in_tasks(expected: &Expected, tasks: &[Task]) -> Vec<String> {
    let mut found = Vec::new();
    // A task that is on its way up has no digest yet, and one on its way down is not ours to judge.
    let running: Vec<_> = tasks.iter().filter(|task| task.last_status == "RUNNING").collect();
    if running.is_empty() {
        found.push("no task runs".to_owned());
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
        let container = task.containers.iter().find(|container| container.name == CONTAINER);
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
