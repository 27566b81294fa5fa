//! Where a rollout stands: decided from what was observed, and nothing else.
//!
//! The traps are known. A service that is stable may be stable on the release before: so it is a service
//! deployment that is watched, and not the service. The newest one need not be the one that was asked for, and
//! one that is `IN_PROGRESS` is nothing yet. Only `SUCCESSFUL` is a success.

use std::collections::BTreeSet;

use crate::observation::{ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, Status, last_part};

/// What is to be thought of a service deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    UnderWay,
    /// ECS counts it as a success. Whether it is one is for [`crate::verification`] to say.
    Succeeded,
    /// ECS put the previous revision back, for that reason.
    RolledBack(String),
    /// ECS could not put the previous revision back.
    RollbackFailed(String),
    /// It was stopped where it was, by a newer one or by a person.
    Stopped(String),
}

/// The verdict on one service deployment.
#[must_use]
pub fn verdict(observed: &ServiceDeployment) -> Verdict {
    match observed.status {
        Status::Successful => Verdict::Succeeded,
        Status::RollbackSuccessful => Verdict::RolledBack(reason(observed)),
        Status::RollbackFailed => Verdict::RollbackFailed(reason(observed)),
        Status::Stopped => Verdict::Stopped(reason(observed)),
        Status::Pending
        | Status::InProgress
        | Status::StopRequested
        | Status::RollbackRequested
        | Status::RollbackInProgress
        | Status::Unknown => Verdict::UnderWay,
    }
}

/// Everything that AWS tells of why it went wrong: alarm, circuit breaker, its own words.
fn reason(observed: &ServiceDeployment) -> String {
    let mut reasons = Vec::new();
    if let Some(alarms) = &observed.alarms
        && !alarms.triggered_alarm_names.is_empty()
    {
        reasons.push(format!("alarm {}", alarms.triggered_alarm_names.join(", ")));
    }
    if let Some(breaker) = &observed.deployment_circuit_breaker
        && breaker.status.as_deref() == Some("TRIGGERED")
    {
        reasons.push(format!(
            "circuit breaker, after {} failed tasks with a threshold of {}",
            breaker.failure_count, breaker.threshold
        ));
    }
    let rollback = observed.rollback.as_ref().and_then(|rollback| rollback.reason.clone());
    for words in [rollback, observed.status_reason.clone()].into_iter().flatten() {
        if !reasons.contains(&words) {
            reasons.push(words);
        }
    }
    if reasons.is_empty() { "ECS gives no reason".to_owned() } else { reasons.join("; ") }
}

/// The service deployment that was started here, by its ARN: among those that are new, the one on the way to that
/// task definition.
///
/// `new` may hold newer ones that somebody else started.
#[must_use]
pub fn own(new: &[ServiceDeploymentBrief], revisions: &[ServiceRevision], task_definition: &str) -> Option<String> {
    let ours = new.iter().find(|brief| target(brief, revisions) == Some(task_definition))?;
    Some(ours.service_deployment_arn.clone())
}

/// A service deployment that somebody else started: among those that are new, one that is known to lead to a task
/// definition that was not deployed here.
#[must_use]
pub fn foreign<'a>(
    new: &'a [ServiceDeploymentBrief],
    revisions: &[ServiceRevision],
    deployed_here: &BTreeSet<String>,
) -> Option<&'a ServiceDeploymentBrief> {
    new.iter().find(|brief| target(brief, revisions).is_some_and(|leads_to| !deployed_here.contains(leads_to)))
}

/// The task definition that a service deployment leads to, if that is known.
fn target<'a>(brief: &ServiceDeploymentBrief, revisions: &'a [ServiceRevision]) -> Option<&'a str> {
    let arn = brief.target_service_revision_arn.as_ref()?;
    let revision = revisions.iter().find(|revision| revision.service_revision_arn == *arn)?;
    Some(&revision.task_definition)
}

/// Whether one task definition is an earlier revision than the other. Of different families neither is.
#[must_use]
pub fn is_earlier(one: &str, other: &str) -> bool {
    let parts = |arn: &str| {
        let (family, revision) = last_part(arn).rsplit_once(':')?;
        Some((family.to_owned(), revision.parse::<u64>().ok()?))
    };
    match (parts(one), parts(other)) {
        (Some((family, revision)), Some((of, than))) => family == of && revision < than,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn observed(status: &str, more: serde_json::Value) -> ServiceDeployment {
        let mut document = json!({"serviceDeploymentArn": "arn:d", "status": status});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn only_successful_is_a_success() {
        let goes_on = |status| assert_eq!(verdict(&observed(status, json!({}))), Verdict::UnderWay, "{status}");
        Status::UNDER_WAY.into_iter().for_each(goes_on);
        goes_on("A_STATE_OF_NEXT_YEAR");
        let none = || "ECS gives no reason".to_owned();
        for (status, expected) in [
            ("SUCCESSFUL", Verdict::Succeeded),
            ("STOPPED", Verdict::Stopped(none())),
            ("ROLLBACK_SUCCESSFUL", Verdict::RolledBack(none())),
            ("ROLLBACK_FAILED", Verdict::RollbackFailed(none())),
        ] {
            assert_eq!(verdict(&observed(status, json!({}))), expected);
        }
    }

    #[test]
    fn a_reason_has_all_that_aws_tells() {
        let told = observed(
            "ROLLBACK_SUCCESSFUL",
            json!({
                "statusReason": "rolled back",
                "rollback": {"reason": "it failed"},
                "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
                "alarms": {"triggeredAlarmNames": ["errors", "latency"]},
            }),
        );
        let reason = "alarm errors, latency; circuit breaker, after 3 failed tasks with a threshold of 3; it failed; rolled back";
        assert_eq!(verdict(&told), Verdict::RolledBack(reason.to_owned()));
    }

    fn brief(arn: &str, revision: &str) -> ServiceDeploymentBrief {
        serde_json::from_value(json!({
            "serviceDeploymentArn": arn, "targetServiceRevisionArn": revision, "status": "IN_PROGRESS"
        }))
        .unwrap()
    }

    #[test]
    fn ours_is_the_one_that_leads_to_our_task_definition_and_need_not_be_the_newest() {
        let new = [brief("newest", "r3"), brief("ours", "r2"), brief("untold", "r9")];
        let revision = |arn: &str, task: &str| ServiceRevision {
            service_revision_arn: arn.to_owned(),
            task_definition: task.to_owned(),
        };
        let revisions = [revision("r2", "t2"), revision("r3", "t3")];
        let found = |task| own(&new, &revisions, task);
        assert_eq!(found("t2").as_deref(), Some("ours"));
        assert_eq!(found("t3").as_deref(), Some("newest"));
        assert_eq!(found("t4"), None);

        let theirs = |here: &[&str]| {
            let here = here.iter().map(|task| (*task).to_owned()).collect();
            foreign(&new, &revisions, &here).map(|found| found.service_deployment_arn.clone())
        };
        assert_eq!(theirs(&["t2"]).as_deref(), Some("newest"));
        // Of one whose target is not told nothing is known.
        assert_eq!(theirs(&["t2", "t3"]), None);
    }

    #[test]
    fn earlier_is_a_lower_revision_of_the_same_family() {
        assert!(is_earlier("arn:x:task-definition/f:9", "arn:x:task-definition/f:10"));
        assert!(!is_earlier("f:10", "f:9"));
        assert!(!is_earlier("f:9", "f:9"));
        assert!(!is_earlier("g:1", "f:9"));
        assert!(!is_earlier("f", "f:9"));
    }
}
