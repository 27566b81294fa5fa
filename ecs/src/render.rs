//! From descriptions to AWS's own documents: `task-definition.json.j2` and `service.json.j2`, rendered.
//!
//! Undefined variables are errors, and every value is written as JSON.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, UndefinedBehavior, context};
use serde_json::Value;
use thiserror::Error;

use crate::environment::Environment;
use crate::infrastructure::Infrastructure;
use crate::release::Release;
use crate::service::SERVICE;

/// Why a document can't be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The template can't be read.
    #[error("{}: {source}", file.display())]
    File {
        /// The template.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The template has a fault.
    #[error("{}: {source:#}", file.display())]
    Template {
        /// The template.
        file: PathBuf,
        /// What is wrong, and in which line.
        source: minijinja::Error,
    },
    /// What comes of the template is no document.
    #[error("{}: what comes out is not JSON: {source}", file.display())]
    NotJson {
        /// The template.
        file: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
}

/// The members of `CreateService`'s input that `UpdateService` does not have, or that belong to the scaling
/// once the service is there.
pub(crate) const CREATE_ONLY_FIELDS: [&str; 6] =
    ["clientToken", "deploymentController", "desiredCount", "launchType", "schedulingStrategy", "tags"];

/// The input of `RegisterTaskDefinition`.
pub fn task_definition(
    directory: &Path,
    environment: &Environment,
    peers: &[(String, String)],
    infrastructure: &Infrastructure,
    release: &Release,
) -> Result<Value, RenderError> {
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
) -> Result<Value, RenderError> {
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
    members.retain(|name, _| !CREATE_ONLY_FIELDS.contains(&name.as_str()));
    if let Some(name) = members.remove("serviceName") {
        members.insert("service".to_owned(), name);
    }
    Value::Object(members)
}

fn render(file: &Path, values: minijinja::Value) -> Result<Value, RenderError> {
    let named = || file.to_owned();
    let template = fs::read_to_string(file).map_err(|source| RenderError::File { file: named(), source })?;
    let mut engine = minijinja::Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Json);
    let text = engine.render_str(&template, values);
    let text = text.map_err(|source| RenderError::Template { file: named(), source })?;
    serde_json::from_str(&text).map_err(|source| RenderError::NotJson { file: named(), source })
}

#[cfg(test)]
mod tests {
    use minijinja::ErrorKind;
    use serde_json::json;

    use super::*;

    fn rendered(template: &str, values: minijinja::Value) -> Result<Value, RenderError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json.j2");
        fs::write(&file, template).unwrap();
        render(&file, values)
    }

    #[test]
    fn no_value_breaks_out_of_its_place() {
        let odd = "a\"}, {\"b\": \"\\ </script> \u{2028}";
        assert_eq!(rendered("{\"a\": {{ odd }}}", context! { odd }).unwrap(), json!({"a": odd}));
    }

    #[test]
    fn a_template_with_a_fault_is_named() {
        let fault = |template| match rendered(template, context! {}).unwrap_err() {
            RenderError::Template { file, source } if file.ends_with("a.json.j2") => source.kind(),
            other => panic!("{other:?}"),
        };
        assert_eq!(fault("{\"a\": {{ nothing }}}"), ErrorKind::UndefinedError);
        assert_eq!(fault("{% if %}"), ErrorKind::SyntaxError);
        let text = rendered("{\"a\": }", context! {}).unwrap_err();
        assert!(matches!(text, RenderError::NotJson { .. }), "{text:?}");
    }

    #[test]
    fn an_update_leaves_to_the_creation_and_the_scaling_what_is_theirs() {
        let service =
            json!({"serviceName": "s", "desiredCount": 2, "launchType": "FARGATE", "taskDefinition": "t", "tags": []});
        assert_eq!(update(service), json!({"service": "s", "taskDefinition": "t"}));
    }
}
