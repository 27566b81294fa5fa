//! Task definitions: registered, and described.

use serde_json::{Value, json};

use super::members::{OF_A_TASK_DEFINITION, known_members};
use super::{Answer, text, texts};
use crate::defaults;
use crate::world::World;
use crate::{ACCOUNT, REGION};

pub(super) fn register(world: &mut World, input: &Value) -> Answer {
    known_members(input, &[OF_A_TASK_DEFINITION])?;
    let family = text(input, "family")?.to_owned();
    for container in input["containerDefinitions"].as_array().into_iter().flatten() {
        text(container, "name")?;
        text(container, "image")?;
    }
    let prefix = format!("{family}:");
    let of_family = |found: &&Value| found["family"] == family.as_str();
    let revision = world.task_definitions.iter().filter(of_family).count() + 1;
    let mut described = input.clone();
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{prefix}{revision}");
    described["taskDefinitionArn"] = arn.into();
    described["revision"] = revision.into();
    described["status"] = "ACTIVE".into();
    described["registeredAt"] = world.now.into();
    defaults::task_definition(&mut described);
    world.task_definitions.push(described.clone());
    Ok(json!({"taskDefinition": without_tags(described)}))
}

pub(super) fn without_tags(mut described: Value) -> Value {
    if let Some(members) = described.as_object_mut() {
        members.remove("tags");
    }
    described
}

pub(super) fn describe_task_definition(world: &World, input: &Value) -> Answer {
    let name = text(input, "taskDefinition")?;
    let Some(found) = world.task_definition(name) else {
        return Err(("ClientException", "Unable to describe task definition.".to_owned()));
    };
    let tags = texts(input, "include").contains(&"TAGS".to_owned()).then(|| found["tags"].clone());
    Ok(json!({"taskDefinition": without_tags(found.clone()), "tags": tags.unwrap_or_else(|| json!([]))}))
}
