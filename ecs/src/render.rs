//! From descriptions to AWS's own documents: `task-definition.json.j2` and `service.json.j2`, rendered.
//!
//! Undefined variables are errors, and every value is written as JSON.

use std::fs;
use std::path::Path;

use minijinja::{AutoEscape, UndefinedBehavior, context};
use serde_json::Value;

use crate::environment::{Environment, Invalid};
use crate::infrastructure::Infrastructure;
use crate::release::Release;
use crate::service::SERVICE;

/// The members of `CreateService`'s input that `UpdateService` does not have, or that belong to the scaling
/// once the service is there.
pub(crate) const OF_THE_CREATION: [&str; 6] =
    ["clientToken", "deploymentController", "desiredCount", "launchType", "schedulingStrategy", "tags"];

/// The input of `RegisterTaskDefinition`.
pub fn task_definition(
    directory: &Path,
    environment: &Environment,
    peers: &[(String, String)],
    infrastructure: &Infrastructure,
    release: &Release,
) -> Result<Value, Invalid> {
    let peers: Vec<_> = peers.iter().map(|(name, url)| format!("{name}={url}")).collect();
    render(
        &directory.join("task-definition.json.j2"),
        context! {
            service => &*SERVICE,
            environment,
            infrastructure,
            peers => peers.join(","),
            release => context! {
                image => release.image.to_string(),
                commit => release.commit.to_string(),
                run_url => release.run_url,
            },
            stop_timeout_seconds => environment.task.stop_timeout.as_secs(),
        },
    )
}

/// The input of `CreateService`, with a task definition by its ARN.
pub fn service(
    directory: &Path,
    environment: &Environment,
    infrastructure: &Infrastructure,
    task_definition: &str,
) -> Result<Value, Invalid> {
    render(
        &directory.join("service.json.j2"),
        context! {
            service => &*SERVICE,
            environment,
            infrastructure,
            task_definition,
            health_check_grace_seconds => environment.deployment.health_check_grace.as_secs(),
        },
    )
}

/// The input of `UpdateService` that makes a service what [`service`] describes.
#[must_use]
pub fn update(service: Value) -> Value {
    let Value::Object(mut members) = service else { return service };
    members.retain(|name, _| !OF_THE_CREATION.contains(&name.as_str()));
    if let Some(name) = members.remove("serviceName") {
        members.insert("service".to_owned(), name);
    }
    Value::Object(members)
}

fn render(file: &Path, values: minijinja::Value) -> Result<Value, Invalid> {
    let wrong = |why: String| Invalid(format!("{}: {why}", file.display()));
    let template = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let mut engine = minijinja::Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Json);
    // The cause has the line and the name.
    let text = engine.render_str(&template, values).map_err(|error| wrong(format!("{error:#}")))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("what comes out is not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(template: &str, values: minijinja::Value) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json.j2");
        fs::write(&file, template).unwrap();
        render(&file, values).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn no_value_breaks_out_of_its_place() {
        let odd = "a\"}, {\"b\": \"\\ </script> \u{2028}";
        assert_eq!(rendered("{\"a\": {{ odd }}}", context! { odd }).unwrap(), json!({"a": odd}));
    }

    #[test]
    fn a_template_with_a_fault_is_named() {
        let undefined = rendered("{\"a\": {{ nothing }}}", context! {}).unwrap_err();
        assert!(undefined.contains("a.json.j2") && undefined.contains("undefined"), "{undefined}");
        let broken = rendered("{% if %}", context! {}).unwrap_err();
        assert!(broken.contains("syntax error"), "{broken}");
        let text = rendered("{\"a\": }", context! {}).unwrap_err();
        assert!(text.contains("not JSON"), "{text}");
    }

    #[test]
    fn an_update_leaves_to_the_creation_and_the_scaling_what_is_theirs() {
        let service =
            json!({"serviceName": "s", "desiredCount": 2, "launchType": "FARGATE", "taskDefinition": "t", "tags": []});
        assert_eq!(update(service), json!({"service": "s", "taskDefinition": "t"}));
    }
}
