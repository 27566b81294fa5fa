//! Why tasks of ours stopped: mostly that is the answer. It is a help, and not to get it is told as such.

use crate::cloud::{Cloud, TaskFilter};
use crate::log::{self, Stream};
use crate::observation::Task;

/// How many stopped tasks are told of: they mostly say the same.
const TASKS_TOLD: usize = 5;

/// A sentence each.
pub(super) async fn of<C: Cloud>(cloud: &C, task_definition: &str) -> Vec<String> {
    let Ok(tasks) = cloud.tasks(TaskFilter::Stopped).await else { return Vec::new() };
    let mut stopped: Vec<_> = tasks.into_iter().filter(|task| task.task_definition_arn == task_definition).collect();
    stopped.sort_by(|a, b| b.stopped_at.unwrap_or_default().total_cmp(&a.stopped_at.unwrap_or_default()));
    let mut reasons: Vec<_> = stopped.iter().take(TASKS_TOLD).map(stopped_task).collect();
    if let Some(last) = stopped.first() {
        reasons.extend(last_words(cloud, task_definition, last.id()).await);
    }
    reasons
}

/// What the task said last, and where the rest is.
async fn last_words<C: Cloud>(cloud: &C, task_definition: &str, task: &str) -> Vec<String> {
    let Ok(Some(described)) = cloud.task_definition(task_definition).await else { return Vec::new() };
    let Some(stream) = Stream::of(&described, task) else { return Vec::new() };
    let mut words = match cloud.log(&stream, log::LINES).await {
        Ok(lines) if lines.is_empty() => vec![format!("task {task} has logged nothing yet")],
        Ok(lines) => lines.iter().map(|line| format!("task {task} logged: {}", log::line(line))).collect(),
        Err(error) => vec![format!("the log of task {task} can't be read: {error}")],
    };
    words.push(format!("the log of task {task}: {}", stream.place()));
    words
}

fn stopped_task(task: &Task) -> String {
    let mut line = format!("task {} stopped", task.id());
    if let Some(reason) = &task.stopped_reason {
        line = format!("{line}: {reason}");
    }
    for container in &task.containers {
        let code = container.exit_code.map(|code| format!("exit code {code}"));
        let told: Vec<_> = code.into_iter().chain(container.reason.clone()).collect();
        if !told.is_empty() {
            line = format!("{line}; container {}: {}", container.name, told.join(", "));
        }
    }
    line
}
