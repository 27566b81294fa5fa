//! Where a rollout stands: decided from what was observed, and nothing else.
//!
//! The traps are known. A service that is stable may be stable on the release before: so it is a service
//! deployment that is watched, and not the service. The newest one need not be the one that was asked for, and
//! one that is `IN_PROGRESS` is nothing yet. Only `SUCCESSFUL` is a success.

use crate::observation::{ServiceDeployment, Status, last_part};

/// What is to be thought of a service deployment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict<D> {
    /// It goes on.
    UnderWay,
    /// ECS counts it as a success. Whether it is one is for [`crate::verification`] to say.
    Succeeded,
    /// ECS put the previous revision back, for that reason.
    RolledBack(D),
    /// ECS could not put the previous revision back.
    RollbackFailed(D),
    /// It was stopped where it was, by a newer one or by a person.
    Stopped(D),
}

/// The verdict on one service deployment.
#[must_use]
pub fn verdict(observed: &ServiceDeployment) -> Verdict<String> {
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

    #[test]
    fn earlier_is_a_lower_revision_of_the_same_family() {
        assert!(is_earlier("arn:x:task-definition/f:9", "arn:x:task-definition/f:10"));
        assert!(!is_earlier("f:10", "f:9"));
        assert!(!is_earlier("f:9", "f:9"));
        assert!(!is_earlier("g:1", "f:9"));
        assert!(!is_earlier("f", "f:9"));
    }
}
