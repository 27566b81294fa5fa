//! AWS's answers, and the site's: judged without a panic, and never for better than they are.

use deploy::infrastructure::unusable;
use deploy::log::Stream;
use deploy::observation::{Service, ServiceDeployment, ServiceDeploymentBrief, ServiceRevision, Status, Task};
use deploy::release::{Release, can_run};
use deploy::rollout::{Verdict, verdict};
use deploy::site::{Answer, SiteError};
use deploy::verification::{Expected, discrepancies, moving};
use serde_json::Value;

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let (of_aws, of_site) = crate::halves(&text);
    let Ok(document) = serde_json::from_str::<Value>(of_aws) else { return };
    deployment(&document);
    definition(&document);
    verification(&document, of_site);
}

fn deployment(document: &Value) {
    _ = serde_json::from_value::<ServiceDeploymentBrief>(document.clone());
    _ = serde_json::from_value::<ServiceRevision>(document.clone());
    let Ok(observed) = serde_json::from_value::<ServiceDeployment>(document.clone()) else { return };
    let verdict = verdict(&observed);
    assert_eq!(verdict == Verdict::Succeeded, document["status"] == "SUCCESSFUL");
    assert!(observed.status != Status::Unknown || verdict == Verdict::UnderWay);
    _ = unusable(document["status"].as_str().unwrap());
}

fn definition(document: &Value) {
    _ = can_run(document);
    if let Some(release) = Release::of(document) {
        assert_eq!(release.image.to_string().parse(), Ok(release.image));
    }
    if let Some(stream) = Stream::of(document, "0") {
        assert!(stream.place().contains(&stream.region));
    }
}

/// Green is a service that is active, with a task of that task definition and image, and a site that says so.
fn verification(document: &Value, of_site: &str) {
    let service = serde_json::from_value::<Service>(document.clone()).ok();
    let tasks: Vec<Task> = serde_json::from_value(document["tasks"].clone()).unwrap_or_default();
    let site = serde_json::from_str::<Answer>(of_site)
        .map_err(|source| SiteError::NotTheRelease { place: "https://example.org/release.json".to_owned(), source });
    _ = service.as_ref().and_then(moving);
    let expected = Expected {
        task_definition: Some("f:7".to_owned()),
        digest: Some("sha256:1".to_owned()),
        commit: Some("c1".to_owned()),
    };
    if !discrepancies(&expected, 1, service.as_ref(), &tasks, &site).is_empty() {
        return;
    }
    assert_eq!(document["status"], "ACTIVE");
    let told: Value = serde_json::from_str(of_site).unwrap();
    assert_eq!((&told["commit"], &told["image_digest"]), (&"c1".into(), &"sha256:1".into()));
    let tasks = document["tasks"].as_array().unwrap();
    let runs = |task: &Value| {
        task["taskDefinitionArn"] == "f:7" && task["containers"].to_string().contains("\"imageDigest\":\"sha256:1\"")
    };
    assert!(tasks.iter().any(runs), "a task runs it");
}
