//! An environment's file, as far as the task definition that is made of it.

use std::path::Path;

use deploy::environment::Environment;
use deploy::infrastructure::Infrastructure;
use deploy::release::Release;
use deploy::render;
use toml::Value;

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let file = Path::new("staging.toml");
    let environment = match Environment::parse(file, "staging", &text) {
        Ok(environment) => environment,
        Err(why) => return assert!(why.to_string().starts_with("staging.toml: "), "{why}"),
    };
    let mut written = Value::try_from(&environment).unwrap();
    // The name is the file's.
    written.as_table_mut().unwrap().remove("name");
    let written = toml::to_string(&written).unwrap();
    assert_eq!(Environment::parse(file, "staging", &written).unwrap(), environment, "{written}");

    let release = release();
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ecs"));
    let peers = [("staging".to_owned(), environment.url.clone())];
    let infrastructure = Infrastructure::from_outputs("stack", &aws_stand_in::script::outputs()).unwrap();
    let document = render::task_definition(directory, &environment, &peers, &infrastructure, &release).unwrap();
    assert_eq!(Release::of(&document), Some(release));
    let variables = document["containerDefinitions"][0]["environment"].as_array().unwrap();
    let given = variables.iter().map(|pair| (pair["name"].as_str().unwrap(), pair["value"].as_str().unwrap()));
    crate::configuration::read(given).expect("the service starts with it");
}

fn release() -> Release {
    let image = format!("registry.example.org/walkthrough@sha256:{}", "a".repeat(64));
    Release { image: image.parse().unwrap(), commit: "b".repeat(40).parse().unwrap(), run_url: None }
}
