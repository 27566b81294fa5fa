//! The one call of Amazon CloudWatch Logs that a deployment makes: the last lines of a task.

use serde_json::{Value, json};

use crate::ecs::Refusal;
use crate::world::World;

/// Answers a call.
pub(crate) fn call(world: &World, operation: &str, input: &Value) -> Result<Value, Refusal> {
    if operation != "GetLogEvents" {
        return Err(("InvalidParameterException", format!("{operation} is none of the calls that are answered here")));
    }
    let group = world.script.outputs.as_ref().and_then(|outputs| outputs.get("LogGroup"));
    let (found, stream) = (input["logGroupName"].as_str(), input["logStreamName"].as_str().unwrap_or_default());
    let task = stream.strip_prefix("site/walkthrough/").and_then(|id| {
        let mut tasks = world.services.values().flat_map(|service| &service.tasks);
        tasks.find(|task| task.arn.rsplit('/').next() == Some(id))
    });
    let (Some(task), true) = (task, group.map(String::as_str) == found) else {
        return Err(("ResourceNotFoundException", "The specified log stream does not exist.".to_owned()));
    };
    let mut lines = vec!["starting".to_owned()];
    if let Some((_, _, Some(code))) = &task.stopped {
        lines.extend((1..=12).map(|line| format!("line {line} before the end with {code}")));
    }
    let limit = input["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10_000);
    let last = lines.iter().skip(lines.len().saturating_sub(limit));
    let event = |line: &String| json!({"timestamp": 1_767_225_600_000_u64, "ingestionTime": 1_767_225_600_000_u64, "message": line});
    Ok(json!({"events": last.map(event).collect::<Vec<_>>(), "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}))
}
