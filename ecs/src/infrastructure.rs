//! What the environment's CloudFormation stack made, by its outputs.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

/// A stack lacks an output, or has an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the stack {stack} has no output {output}: update it from stacks/environment.yaml of this commit")]
pub struct MissingOutput {
    /// The stack.
    pub stack: String,
    /// The output's key.
    pub output: &'static str,
}

/// The outputs of `stacks/environment.yaml` that a task definition and a service are rendered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Infrastructure {
    /// Subnet ids, one per zone.
    pub subnets: Vec<String>,
    /// The tasks' security group's id.
    pub security_group: String,
    /// The target group's ARN.
    pub target_group: String,
    /// The ARN of the role that the program has.
    pub task_role: String,
    /// The ARN of the role that ECS fetches the image and writes the log with.
    pub execution_role: String,
    /// The log group's name.
    pub log_group: String,
    /// The names of the alarms that stop a deployment.
    pub alarms: Vec<String>,
    /// `ENABLED` or `DISABLED`.
    pub assign_public_ip: String,
}

/// The statuses of a stack whose resources are there; "Stack status codes" in the CloudFormation user guide.
const USABLE: [&str; 10] = [
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
];

/// What to do about a stack of that status, if nothing can be deployed on it.
#[must_use]
pub fn unusable(status: &str) -> Option<&'static str> {
    match status {
        status if USABLE.contains(&status) => None,
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => {
            Some("its creation failed; delete it, and create it again from stacks/environment.yaml")
        }
        status if status.starts_with("DELETE_") => Some("it is being deleted, or was not deleted in full"),
        status if status.ends_with("_IN_PROGRESS") => Some("wait for its end"),
        _ => Some("nothing can be deployed on it as it is"),
    }
}

impl Infrastructure {
    /// Reads the outputs of `stack`.
    pub fn from_outputs(stack: &str, outputs: &BTreeMap<String, String>) -> Result<Self, MissingOutput> {
        let value = |output: &'static str| match outputs.get(output).map(|value| value.trim()) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(MissingOutput { stack: stack.to_owned(), output }),
        };
        let list = |key| Ok(value(key)?.split(',').map(|item| item.trim().to_owned()).collect());
        Ok(Self {
            subnets: list("Subnets")?,
            security_group: value("SecurityGroup")?,
            target_group: value("TargetGroup")?,
            task_role: value("TaskRole")?,
            execution_role: value("ExecutionRole")?,
            log_group: value("LogGroup")?,
            alarms: list("Alarms")?,
            assign_public_ip: value("AssignPublicIp")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 8] = [
        "Subnets",
        "SecurityGroup",
        "TargetGroup",
        "TaskRole",
        "ExecutionRole",
        "LogGroup",
        "Alarms",
        "AssignPublicIp",
    ];

    #[test]
    fn a_stack_that_is_not_there_in_full_is_not_used() {
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"] {
            assert_eq!(unusable(status), None, "{status}");
        }
        for (status, remedy) in [
            ("ROLLBACK_COMPLETE", "delete it"),
            ("CREATE_IN_PROGRESS", "wait"),
            ("ROLLBACK_IN_PROGRESS", "wait"),
            ("DELETE_IN_PROGRESS", "deleted"),
            ("DELETE_FAILED", "deleted"),
            ("REVIEW_IN_PROGRESS", "wait"),
            ("A_STATUS_OF_NEXT_YEAR", "as it is"),
            ("", "as it is"),
        ] {
            assert!(unusable(status).unwrap().contains(remedy), "{status}");
        }
    }

    #[test]
    fn an_output_that_is_missing_is_named() {
        let all: BTreeMap<_, _> = KEYS.iter().map(|key| ((*key).to_owned(), "a, b".to_owned())).collect();
        let read = Infrastructure::from_outputs("walkthrough-dev", &all).unwrap();
        assert_eq!(read.subnets, ["a", "b"]);
        for key in KEYS {
            let mut some = all.clone();
            some.remove(key);
            let missing = Err(MissingOutput { stack: "walkthrough-dev".to_owned(), output: key });
            assert_eq!(Infrastructure::from_outputs("walkthrough-dev", &some), missing);
            some.insert(key.to_owned(), " ".to_owned());
            assert_eq!(Infrastructure::from_outputs("walkthrough-dev", &some), missing, "empty");
        }
    }
}
