//! `plan`, `status` and `verify` read, and change nothing.

use std::collections::BTreeSet;

use aws_stand_in::{Fate, Script};

use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, image, json};

fn plan(story: &Story, digest: &str, commit: &str) -> crate::story::Ended {
    story.deploy(&["plan", "staging", "--image", &image(digest), "--commit", commit])
}

#[test]
fn a_plan_of_the_first_deployment_says_what_would_be_created() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    plan(&story, FIRST, FIRST_COMMIT)
        .expect(2, &["the service walkthrough would be created", "readonlyRootFilesystem: nothing → true"]);
    assert_eq!((story.changes(), story.state().registered), (vec![], 0));
}

#[test]
fn a_plan_tells_field_by_field_old_and_new() {
    let story = Story::with_second(Fate::Healthy);
    story.describe("memory", "1024");
    story.describe("health_check_grace", "\"45s\"");
    let ended = plan(&story, SECOND, SECOND_COMMIT).expect(
        2,
        &[
            "5 fields would change from walkthrough-staging:1",
            &format!("containerDefinitions[walkthrough].image: {:?} → {:?}", image(FIRST), image(SECOND)),
            &format!("environment[WALKTHROUGH_COMMIT].value: {FIRST_COMMIT:?} → {SECOND_COMMIT:?}"),
            "memory: \"512\" → \"1024\"",
            &format!("tags[commit].value: {FIRST_COMMIT:?} → {SECOND_COMMIT:?}"),
            "healthCheckGracePeriodSeconds: 30 → 45",
        ],
    );
    assert_eq!(ended.out.matches('→').count(), 5, "{}", ended.out);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_plan_with_nothing_to_change_says_so() {
    let story = Story::with_second(Fate::Healthy);
    plan(&story, FIRST, FIRST_COMMIT).expect(0, &["nothing would change; walkthrough-staging:1 stays"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn what_ecs_answers_of_its_own_is_neither_a_change_nor_an_obstacle() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    story.apply_first().expect(0, &["walkthrough-staging:1 is deployed and verified"]);
    story.aws.change(|world| world.calls.clear());
    let planned = plan(&story, FIRST, FIRST_COMMIT).expect(0, &["nothing would change; walkthrough-staging:1 stays"]);
    assert!(!planned.out.contains("not described"), "{planned:#?}");
    let status = story.deploy(&["--json", "status", "staging"]).expect(0, &[]);
    let facts = &json(&status)["facts"];
    assert_eq!((&facts["digest"], &facts["commit"]), (&FIRST.into(), &FIRST_COMMIT.into()), "{status:#?}");
    story.deploy(&["verify", "staging"]).expect(0, &["walkthrough-staging:1 runs as expected"]);
    story.apply_first().expect(0, &["nothing to change: walkthrough-staging:1 runs, verified"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn what_ecs_comes_to_add_to_a_task_definition_is_told_and_is_no_change() {
    let story = Story::with_second(Fate::Healthy);
    let added = |pointer: &'static str, value: serde_json::Value| {
        story.aws.change(|world| {
            let described = world.task_definitions.last_mut().unwrap().pointer_mut(pointer).unwrap();
            described["aMemberOfNextYear"] = value;
        });
    };
    added("", serde_json::json!([{"name": "com.amazonaws.ecs.something"}]));
    added("/containerDefinitions/0", serde_json::json!({"type": "SOME", "percent": 7}));
    added("/containerDefinitions/0/healthCheck", 30.into());
    added("/containerDefinitions/0/portMappings/0", "http".into());
    plan(&story, FIRST, FIRST_COMMIT).expect(
        0,
        &[
            "nothing would change",
            "not described    aMemberOfNextYear[com.amazonaws.ecs.something].name: \"com.amazonaws.ecs.something\"",
            "not described    containerDefinitions[walkthrough].aMemberOfNextYear.percent: 7",
            "not described    containerDefinitions[walkthrough].healthCheck.aMemberOfNextYear: 30",
            "not described    containerDefinitions[walkthrough].portMappings[8000].aMemberOfNextYear: \"http\"",
        ],
    );
    story.apply_first().expect(0, &["nothing to change: walkthrough-staging:1 runs, verified", "aMemberOfNextYear"]);
    assert_eq!(story.changes(), [""; 0]);

    // What is described is what has to be there, whoever changed it.
    story.aws.change(|world| {
        let container = &mut world.task_definitions.last_mut().unwrap()["containerDefinitions"][0];
        container["command"] = serde_json::json!(["something-else"]);
        container["privileged"] = true.into();
        container["secrets"] = serde_json::json!([{"name": "A", "valueFrom": "arn:a"}]);
    });
    plan(&story, FIRST, FIRST_COMMIT).expect(
        2,
        &[
            "4 fields would change",
            "containerDefinitions[walkthrough].command: [\"something-else\"] → []",
            "containerDefinitions[walkthrough].privileged: true → false",
            "containerDefinitions[walkthrough].secrets[A].valueFrom: \"arn:a\" → nothing",
        ],
    );
    story.apply_first().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    plan(&story, FIRST, FIRST_COMMIT).expect(0, &["nothing would change; walkthrough-staging:2 stays"]);
}

#[test]
fn what_somebody_changed_by_hand_is_told() {
    let story = Story::with_second(Fate::Healthy);
    let by_hand = |pointer: &str, value: serde_json::Value| {
        story.aws.change(|world| {
            let configuration = &mut world.services.get_mut("walkthrough").unwrap().document["deploymentConfiguration"];
            configuration[pointer] = value;
        });
    };
    // Nothing that is described, and nothing that an update would change: AWS may have come to add it.
    by_hand("aMemberOfNextYear", serde_json::json!({"type": "SOME", "percent": 7}));
    plan(&story, FIRST, FIRST_COMMIT).expect(
        0,
        &[
            "nothing would change",
            "not described    deploymentConfiguration.aMemberOfNextYear.percent: 7",
            "not described    deploymentConfiguration.aMemberOfNextYear.type: \"SOME\"",
        ],
    );
    story.apply_first().expect(0, &["nothing to change: walkthrough-staging:1 runs, verified", "aMemberOfNextYear"]);
    assert_eq!(story.changes(), [""; 0]);

    let threshold = serde_json::json!({"type": "COUNT", "value": 1});
    by_hand(
        "deploymentCircuitBreaker",
        serde_json::json!({"enable": true, "rollback": true, "thresholdConfiguration": threshold}),
    );
    plan(&story, FIRST, FIRST_COMMIT).expect(
        2,
        &[
            "deploymentCircuitBreaker.thresholdConfiguration.type: \"COUNT\" → \"BOUNDED_PERCENT\"",
            "deploymentCircuitBreaker.thresholdConfiguration.value: 1 → 50",
        ],
    );
    story.apply_first().expect(0, &["is deployed and verified"]);
    plan(&story, FIRST, FIRST_COMMIT).expect(0, &["nothing would change"]);
}

#[test]
fn a_status_tells_what_runs_and_what_goes_on() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    story.deploy(&["status", "staging"]).expect(0, &["nothing is deployed"]);

    let story = Story::with_second(Fate::NeverEnds);
    let one = story.deploy(&["--json", "status", "staging"]).expect(0, &["has reached a steady state"]);
    let one = json(&one);
    assert_eq!(one["facts"]["digest"], FIRST);
    assert_eq!(one["facts"]["commit"], FIRST_COMMIT);
    assert_eq!(one["facts"]["rollout"], "COMPLETED");
    assert!(one["facts"]["since"].as_str().unwrap().starts_with("2026-01-01T"), "{one}");
    assert_eq!(one["facts"]["site"], format!("commit {FIRST_COMMIT}, image {FIRST}"));
    assert_eq!(one["lists"]["task"].as_array().unwrap().len(), 2);
    assert_eq!(one["lists"]["under way"].as_array().unwrap().len(), 0);

    story.describe("rollout", "\"30s\"");
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    story.deploy(&["status", "staging"]).expect(0, &["under way", "in progress", SECOND]);
    crate::story::signal(&child, rustix::process::Signal::TERM);
    crate::story::end(child).expect(7, &[]);
}

#[test]
fn a_verification_holds_what_runs_against_what_is_expected() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    story.deploy(&["verify", "staging"]).expect(1, &["there is no service walkthrough"]);

    let story = Story::with_second(Fate::Healthy);
    story.deploy(&["verify", "staging"]).expect(0, &["walkthrough-staging:1 runs as expected", FIRST]);
    story.deploy(&["verify", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]).expect(0, &[]);
    story
        .deploy(&["verify", "staging", "--image", &image(SECOND)])
        .expect(1, &["what runs is not what is expected", &format!("names the image digest {FIRST}, not {SECOND}")]);
    story
        .deploy(&["verify", "staging", "--commit", SECOND_COMMIT])
        .expect(1, &[&format!("the commit {FIRST_COMMIT}, not")]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_site_that_never_answers_is_not_waited_for_without_end() {
    let story = Story::with_second(Fate::Healthy);
    // Connections are taken in, by the system, and nobody answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    story.describe("url", &format!("\"http://{}\"", silent.local_addr().unwrap()));
    story.deploy(&["verify", "staging"]).expect(1, &["/release.json does not answer: no answer within 10 s"]);
}

/// Holds a sample of the runbook against what was really said: its lines are there in their order, but for what an
/// ellipsis stands for. Each kind of line that there is has to be in a sample that is `whole`.
fn holds(first: &str, ended: &crate::story::Ended, story: &Story, whole: bool) {
    let runbook = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/runbook.md")).unwrap();
    let sample: Vec<_> = runbook.lines().skip_while(|line| line.trim() != first).collect();
    let sample: Vec<_> = sample.into_iter().map_while(|line| line.strip_prefix("    ")).collect();
    assert!(!sample.is_empty(), "the runbook has no sample {first:?}");

    let said = ended.out.replace(&story.aws.site_url(), "https://staging.walkthrough.example.org");
    let mut lines = said.lines();
    for wanted in &sample {
        let is_like = |line: &str| {
            let mut rest = Some(line);
            for part in wanted.split('…') {
                rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
            }
            rest.is_some()
        };
        assert!(lines.any(is_like), "{wanted:?} is not said, or not there: {said}");
    }
    let kind = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let shown: BTreeSet<_> = sample.iter().filter_map(|line| kind(line)).collect();
    let missing: BTreeSet<_> = said.lines().filter_map(kind).filter(|kind| !shown.contains(kind)).collect();
    assert!(!whole || missing.is_empty(), "the sample does not show {missing:?}");
}

#[test]
fn the_samples_of_the_runbook_are_what_a_status_says() {
    let script = Script { rollback_fails: true, ..Script::default() };
    let story = Story::with_second_in(script, Fate::NeverHealthy);
    let status = || story.deploy(&["status", "staging"]).expect(0, &[]);
    holds("staging: 2 of 2 tasks run, of walkthrough-staging:1", &status(), &story, true);
    story.apply_second().expect(3, &["could not put"]);
    holds("staging: 2 of 2 tasks run, of walkthrough-staging:2", &status(), &story, false);
}

#[test]
fn the_environments_are_listed_as_they_are_described() {
    let story = Story::begin(Script::default());
    let listed = json(&story.deploy(&["environments", "--json"]).expect(0, &[]));
    let staging = listed.as_array().unwrap().iter().find(|environment| environment["name"] == "staging").unwrap();
    assert_eq!(staging["url"], format!("http://{}/site", story.address()));
    story.deploy(&["environments"]).expect(0, &["staging ", "X86_64 ", &format!(" http://{}/site\n", story.address())]);
    story.describe("memory", "1");
    let refused = story.deploy(&["environments", "--json"]).expect(4, &[]);
    assert!(json(&refused)["summary"].as_str().unwrap().contains("staging.toml"), "{}", refused.out);
}
