//! Which values a description may have.

use std::fmt::Debug;

use super::{BadValue, Deployment, Environment};
use crate::grammar;

/// Finds the first value that can't work.
pub(super) fn check(environment: &Environment) -> Result<(), BadValue> {
    names(environment)?;
    task(environment)?;
    counts(environment)?;
    times(environment)
}

fn require(is_right: bool, key: &'static str, value: &dyn Debug, remedy: impl Into<String>) -> Result<(), BadValue> {
    if is_right { Ok(()) } else { Err(BadValue::new(key, value, remedy)) }
}

fn names(Environment { region, cluster, service, stack, url, repository, .. }: &Environment) -> Result<(), BadValue> {
    for (key, value) in [("region", region), ("cluster", cluster), ("service", service), ("stack", stack)] {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_right = (1..=128).contains(&value.len()) && value.chars().all(allowed);
        require(is_right, key, value, "expected 1 to 128 letters, digits, hyphens and underscores")?;
    }
    for (key, value) in [("url", url), ("repository", repository)] {
        grammar::address(value).map_err(|remedy| BadValue::new(key, value, remedy))?;
    }
    Ok(())
}

fn task(Environment { task, deployment, .. }: &Environment) -> Result<(), BadValue> {
    let sizes = fargate_memory(task.cpu);
    require(
        !sizes.is_empty(),
        "task.cpu",
        &task.cpu,
        "expected one of Fargate's sizes: 256, 512, 1024, 2048, 4096, 8192 or 16384",
    )?;
    let (first, last) = (sizes.first().copied().unwrap_or_default(), sizes.last().copied().unwrap_or_default());
    let remedy = format!("Fargate has from {first} to {last} MiB for {} units of CPU, in its own steps", task.cpu);
    require(sizes.contains(&task.memory), "task.memory", &task.memory, remedy)?;
    for (key, value, allowed) in [
        ("task.stop_timeout", task.stop_timeout, 2..=120),
        ("deployment.health_check_grace", deployment.health_check_grace, 0..=3600),
    ] {
        let is_right = value.subsec_nanos() == 0 && allowed.contains(&value.as_secs());
        require(
            is_right,
            key,
            &value,
            format!("expected whole seconds from {} to {}", allowed.start(), allowed.end()),
        )?;
    }
    Ok(())
}

fn counts(Environment { count, deployment, .. }: &Environment) -> Result<(), BadValue> {
    require(
        count.minimum > 0,
        "count.minimum",
        &count.minimum,
        "expected 1 or more: what does not run can't be verified",
    )?;
    require(count.desired >= count.minimum, "count.desired", &count.desired, "expected count.minimum or more")?;
    let Deployment { minimum_healthy_percent: minimum, maximum_percent: maximum, .. } = deployment;
    require(*minimum <= 100, "deployment.minimum_healthy_percent", minimum, "expected 100 or less")?;
    require(
        (101..=200).contains(maximum),
        "deployment.maximum_percent",
        maximum,
        "expected 101 to 200: a task is replaced, and moved to another zone, by starting one more",
    )
}

fn times(Environment { limits, .. }: &Environment) -> Result<(), BadValue> {
    for (key, value) in [
        ("limits.poll", limits.poll),
        ("limits.rollout", limits.rollout),
        ("limits.rollback", limits.rollback),
        ("limits.site", limits.site),
    ] {
        require(!value.is_zero(), key, &value, "expected a time, such as \"5s\" or \"20m\"")?;
    }
    Ok(())
}

/// The sizes of memory, in MiB, that Fargate has for so much CPU; see "Fargate task CPU and memory" in the
/// Amazon ECS developer guide.
fn fargate_memory(cpu: u32) -> Vec<u32> {
    let steps = |from: usize, to: usize, by: usize| {
        (from..=to).step_by(by).filter_map(|gib| u32::try_from(gib * 1024).ok()).collect()
    };
    match cpu {
        256 => vec![512, 1024, 2048],
        512 => steps(1, 4, 1),
        1024 => steps(2, 8, 1),
        2048 => steps(4, 16, 1),
        4096 => steps(8, 30, 1),
        8192 => steps(16, 60, 4),
        16384 => steps(32, 120, 8),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../environments/staging.toml");

    fn checked(text: &str) -> Result<(), BadValue> {
        check(&toml::from_str(text).unwrap())
    }

    #[test]
    fn a_value_that_cannot_work_is_named_with_its_remedy() {
        checked(GOOD).unwrap();
        for (key, wrong, remedy) in [
            ("region", r#""""#, "1 to 128"),
            ("cluster", r#""a cluster""#, "1 to 128"),
            ("service", r#""a/b""#, "1 to 128"),
            ("stack", r#""stack!""#, "1 to 128"),
            ("url", r#""https://example.org/""#, "no slash"),
            ("url", r#""example.org""#, "http or https"),
            ("url", r#""https://""#, "http or https"),
            ("url", r#""https://a_b.example.org""#, "http or https"),
            ("url", r#""https://übung.example.org""#, "http or https"),
            ("url", r#""https://somebody@example.org""#, "no user name"),
            ("url", r#""https://example.org:99999""#, "http or https"),
            ("repository", r#""https://a,b""#, "http or https"),
            ("task.cpu", "300", "one of Fargate's"),
            ("task.memory", "300", "512 to 2048"),
            ("task.stop_timeout", r#""121s""#, "from 2 to 120"),
            ("task.stop_timeout", r#""1s""#, "from 2 to 120"),
            ("task.stop_timeout", r#""2500ms""#, "whole seconds"),
            ("deployment.health_check_grace", r#""2h""#, "from 0 to 3600"),
            ("count.minimum", "0", "1 or more"),
            ("count.desired", "1", "count.minimum or more"),
            ("deployment.minimum_healthy_percent", "101", "100 or less"),
            ("deployment.maximum_percent", "100", "101 to 200"),
            ("deployment.maximum_percent", "201", "101 to 200"),
            ("limits.poll", r#""0s""#, "a time"),
            ("limits.rollout", r#""0s""#, "a time"),
            ("limits.rollback", r#""0s""#, "a time"),
            ("limits.site", r#""0s""#, "a time"),
        ] {
            let last = key.rsplit('.').next().unwrap();
            let lines = GOOD.lines().map(|line| match line.split_once(" = ") {
                Some((found, _)) if found == last => format!("{last} = {wrong}"),
                _ => line.to_owned(),
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            assert_ne!(text, GOOD.trim_end(), "{key} is in the file");
            let error = checked(&text).unwrap_err();
            assert!(error.key == key && error.remedy.contains(remedy), "{key} = {wrong}: {error}");
        }
    }
}
