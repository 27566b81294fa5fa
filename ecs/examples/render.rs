//! Prints what the deployer would send for an environment, with infrastructure and a release that do not exist:
//! `cargo run -q -p deploy --example render -- staging`.

use std::io::Write;
use std::path::Path;

use deploy::environment::{self, Environment};
use deploy::infrastructure::Infrastructure;
use deploy::release::Release;
use deploy::render;
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("usage: render ENVIRONMENT")?;
    let directory = Path::new("ecs");
    let environment = Environment::load(directory, &name)?;
    let infrastructure = Infrastructure {
        subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        security_group: "sg-1".to_owned(),
        target_group: "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/walkthrough/1".to_owned(),
        task_role: "arn:aws:iam::123456789012:role/task".to_owned(),
        execution_role: "arn:aws:iam::123456789012:role/execution".to_owned(),
        log_group: "/walkthrough/site".to_owned(),
        alarms: vec!["walkthrough-latency".to_owned()],
        assign_public_ip: "ENABLED".to_owned(),
    };
    let release = Release {
        image: format!("123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough@sha256:{}", "a".repeat(64))
            .parse()?,
        commit: "b".repeat(40).parse()?,
        run_url: Some("https://example.org/runs/1".to_owned()),
    };
    let peers = environment::peers(directory)?;
    let task_definition = render::task_definition(directory, &environment, &peers, &infrastructure, &release)?;
    let arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/walkthrough:1";
    let service = render::service(directory, &environment, &infrastructure, arn)?;
    let documents = json!({
        "taskDefinition": task_definition,
        "service": service,
        "update": render::update(service.clone()),
    });
    writeln!(std::io::stdout(), "{documents:#}")?;
    Ok(())
}
