//! What the environment's CloudFormation stack made, by its outputs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::environment::Invalid;

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

impl Infrastructure {
    /// Reads the outputs of `stack`.
    pub fn from_outputs(stack: &str, outputs: &BTreeMap<String, String>) -> Result<Self, Invalid> {
        let value = |key: &str| match outputs.get(key).map(|value| value.trim()) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(Invalid(format!(
                "the stack {stack} has no output {key}: update it from stacks/environment.yaml of this commit"
            ))),
        };
        let list = |key: &str| Ok(value(key)?.split(',').map(|item| item.trim().to_owned()).collect());
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
    fn an_output_that_is_missing_is_named() {
        let all: BTreeMap<_, _> = KEYS.iter().map(|key| ((*key).to_owned(), "a, b".to_owned())).collect();
        let read = Infrastructure::from_outputs("walkthrough-dev", &all).unwrap();
        assert_eq!(read.subnets, ["a", "b"]);
        for key in KEYS {
            let mut some = all.clone();
            some.remove(key);
            let error = Infrastructure::from_outputs("walkthrough-dev", &some).unwrap_err().to_string();
            assert!(
                error.contains(key) && error.contains("walkthrough-dev") && error.contains("environment.yaml"),
                "{error}"
            );
            some.insert(key.to_owned(), " ".to_owned());
            assert!(Infrastructure::from_outputs("walkthrough-dev", &some).is_err(), "{key}");
        }
    }
}
