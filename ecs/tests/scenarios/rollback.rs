//! `rollback`: to the last success, or to a revision that is named.

use aws_stand_in::{CallFault, Fate, Script};
use rustix::process::Signal;

use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, image};

fn rollback(story: &Story, more: &[&str]) -> crate::story::Ended {
    story.deploy(&[&["rollback", "staging"], more].concat())
}

#[test]
fn a_rollback_goes_to_the_last_success_through_the_same_way() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    rollback(&story, &[]).expect(
        0,
        &[
            "going from walkthrough-staging:2 to walkthrough-staging:1",
            "walkthrough-staging:1 is deployed and verified",
            FIRST_COMMIT,
        ],
    );
    assert_eq!(story.state().registered, 2, "nothing is registered for it");
    story.expect_first();
    // Never forward again: somebody went back from that one.
    rollback(&story, &[]).expect(4, &["no earlier revision", "--to"]);
    rollback(&story, &["--to", "2"]).expect(0, &["walkthrough-staging:2 is deployed"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_release_that_was_rejected_is_not_where_a_rollback_goes() {
    let third = format!("sha256:{}", "3".repeat(64));
    let story = Story::with_second_in(Script::default().image(&third, Fate::SiteStatus(502)), Fate::Healthy);
    story.apply_second().expect(0, &[]);
    // To ECS it is a success.
    story.deploy(&["apply", "staging", "--image", &image(&third), "--commit", SECOND_COMMIT]).expect(1, &[]);
    story.expect_running("walkthrough-staging:2", SECOND);
    rollback(&story, &[]).expect(0, &["to walkthrough-staging:1"]);
    story.expect_first();
}

#[test]
fn a_revision_that_failed_is_not_where_a_rollback_goes() {
    let story = Story::with_second(Fate::Exits(1));
    story.apply_second().expect(1, &[]);
    story
        .deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", SECOND_COMMIT])
        .expect(0, &["walkthrough-staging:3 is deployed"]);
    rollback(&story, &[]).expect(0, &["to walkthrough-staging:1"]);
    story.expect_first();
}

#[test]
fn a_revision_that_was_deregistered_is_not_where_a_rollback_goes() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story
        .deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", SECOND_COMMIT])
        .expect(0, &["walkthrough-staging:3 is deployed"]);
    let deregister = |index: usize, status: &str| {
        story.aws.change(|world| world.task_definitions[index]["status"] = status.into());
    };
    deregister(1, "INACTIVE");
    rollback(&story, &["--to", "2"]).expect(4, &["walkthrough-staging:2 is INACTIVE", "--to"]);
    rollback(&story, &[])
        .expect(0, &["passing over walkthrough-staging:2: it was deregistered", "to walkthrough-staging:1"]);
    story.expect_first();

    rollback(&story, &["--to", "3"]).expect(0, &[]);
    deregister(0, "DELETE_IN_PROGRESS");
    story.aws.change(|world| world.calls.clear());
    rollback(&story, &[]).expect(4, &["no earlier revision", "--to"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_rollback_goes_to_the_revision_that_is_named() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    rollback(&story, &["--to", "1"]).expect(0, &["walkthrough-staging:1 is deployed and verified"]);
    story.expect_first();
    rollback(&story, &["--to", "1"]).expect(4, &["is what the service has already"]);
    rollback(&story, &["--to", "9"]).expect(4, &["there is no task definition walkthrough-staging:9"]);
    for wrong in ["first", "0", "walkthrough-staging"] {
        rollback(&story, &["--to", wrong]).expect(4, &["--to", "a number such as 41, FAMILY:41, or the ARN"]);
    }

    let second = story.state().running.unwrap().replace(":1", ":2");
    let arn = story.aws.change(|world| world.task_definitions[1]["taskDefinitionArn"].as_str().unwrap().to_owned());
    let other = arn.replace("walkthrough-staging", "walkthrough-production");
    rollback(&story, &["--to", &other])
        .expect(4, &["is no revision of what the service runs", "walkthrough-staging:NUMBER"]);
    rollback(&story, &["--to", &arn]).expect(0, &["walkthrough-staging:2 is deployed"]);
    rollback(&story, &["--to", "walkthrough-staging:1"]).expect(0, &["walkthrough-staging:1 is deployed"]);
    rollback(&story, &["--to", &second]).expect(0, &["walkthrough-staging:2 is deployed"]);
}

#[test]
fn a_dry_run_says_where_a_rollback_would_go_and_changes_nothing() {
    let story = Story::with_second_in(Script { speed: 10.0, ..Script::default() }, Fate::NeverEnds);
    rollback(&story, &["--dry-run"]).expect(4, &["no earlier revision"]);
    let release = begun_and_left(&story);
    rollback(&story, &["--dry-run"]).expect(
        0,
        &["would stop the deployment that is under way", "walkthrough-staging:1 runs then", "nothing was changed"],
    );
    asked_back(&story);
    rollback(&story, &["--dry-run"]).expect(0, &["walkthrough-staging:1 runs: would watch it", "nothing was changed"]);
    assert_eq!(story.changes(), release);

    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story.aws.change(|world| world.calls.clear());
    let ended = rollback(&story, &["--dry-run", "--json"]).expect(0, &[]);
    let report = crate::story::json(&ended);
    let summary = "would roll back from walkthrough-staging:2 to walkthrough-staging:1; nothing was changed";
    assert_eq!((&report["summary"], &report["facts"]["commit"]), (&summary.into(), &FIRST_COMMIT.into()));
    rollback(&story, &["--dry-run", "--to", "2"]).expect(4, &["is what the service has already"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_rollback_that_ecs_takes_back_says_that_what_was_to_be_left_runs_again() {
    let story = Story::with_second(Fate::Exits(9));
    story.apply_second().expect(1, &[]);
    rollback(&story, &["--to", "2"])
        .expect(3, &["ECS went back to walkthrough-staging:1, which was to be left; it runs again", "exit code 9"]);
    story.expect_first();
}

#[test]
fn a_rollback_that_can_not_be_verified_does_not_bring_back_what_was_to_be_left() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.apply_second().expect(1, &[]);
    story.aws.change(|world| world.calls.clear());
    rollback(&story, &["--to", "2"]).expect(3, &["what runs now is not known to be good", "502"]);
    assert_eq!(story.changes(), ["UpdateService"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

/// The second release runs, and there is time to see a rollback under way.
fn slow() -> Story {
    let story = Story::with_second_in(Script { speed: 10.0, ..Script::default() }, Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story.aws.change(|world| world.calls.clear());
    story
}

#[test]
fn a_signal_lets_a_rollback_go_on() {
    let story = slow();
    let child = story.start(&["rollback", "staging"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    crate::story::signal(&child, Signal::INT);
    crate::story::end(child).expect(7, &["interrupted: ECS goes on with the rollback"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "SUCCESSFUL"));
    assert_eq!(story.changes(), ["UpdateService"]);
    story.expect_first();
}

#[test]
fn a_rollback_beside_another_watches_that() {
    let story = slow();
    let first = story.start(&["rollback", "staging"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    rollback(&story, &[])
        .expect(0, &["a rollback is under way already", "went back: walkthrough-staging:1 runs, verified"]);
    crate::story::end(first).expect(0, &["walkthrough-staging:1 is deployed and verified"]);
    assert_eq!(story.changes(), ["UpdateService"]);
    story.expect_first();
}

#[test]
fn a_rollback_that_is_watched_and_that_ecs_takes_back_brings_back_what_was_to_be_left() {
    let story = slow();
    story.first_becomes(Fate::Exits(9));
    let first = story.start(&["rollback", "staging"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    let told = "ECS went back to walkthrough-staging:2, which was to be left; it runs again";
    rollback(&story, &[]).expect(3, &["a rollback is under way already", told, "circuit breaker"]);
    crate::story::end(first).expect(3, &[told]);
    assert_eq!(story.changes(), ["UpdateService"]);
}

#[test]
fn a_rollback_while_ecs_goes_back_watches_that() {
    let story = Story::with_second_in(Script { speed: 2.0, ..Script::default() }, Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    let bad = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    asked_back(&story);
    rollback(&story, &[])
        .expect(0, &["a rollback is under way already", "went back: walkthrough-staging:1 runs, verified"]);
    crate::story::end(bad).expect(1, &["walkthrough-staging:1 runs again, verified"]);
    assert_eq!(story.called("StopServiceDeployment"), 0);
    story.expect_first();
}

#[test]
fn a_rollback_while_ecs_rolls_back_watches_that() {
    let story = Story::with_second_in(Script { speed: 4.0, ..Script::default() }, Fate::NeverEnds);
    let bad = begun_and_left(&story);
    // One more task of the previous release has to start first.
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 3);
    asked_back(&story);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_IN_PROGRESS"));
    // To ECS the previous one is the service's again already.
    assert_eq!(story.state().running.as_deref(), Some("walkthrough-staging:1"));
    rollback(&story, &[])
        .expect(0, &["a rollback is under way already", "went back: walkthrough-staging:1 runs, verified"]);
    assert_eq!(story.changes(), bad);
    assert_eq!(story.state().images, [image(FIRST), image(FIRST), image(FIRST)]);
}

/// The second release is under way, and whoever started it is gone; the calls that changed something so far.
fn begun_and_left(story: &Story) -> Vec<String> {
    let mut bad = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    bad.kill().unwrap();
    crate::story::end(bad);
    story.changes()
}

/// ECS wants to go back by itself, and begins so late that whoever asks still sees it.
fn asked_back(story: &Story) {
    story.aws.change(|world| {
        let now = world.now + 5.0;
        let last = world.services.get_mut("walkthrough").unwrap().deployments.last_mut().unwrap();
        (last.status, last.since) = ("ROLLBACK_REQUESTED", now);
    });
}

#[test]
fn a_rollback_that_ecs_forestalls_does_not_go_one_release_too_far() {
    let story = Story::with_second(Fate::NeverEnds);
    begun_and_left(&story);
    story.aws.change(|world| world.calls.clear());
    // ECS is back before the list of what goes on is there.
    story.fail("ListServiceDeployments", CallFault::Throttled(4));
    let child = story.start(&["rollback", "staging"]);
    story.wait_for_call("ListServiceDeployments");
    asked_back(&story);
    crate::story::end(child).expect(6, &["the service changed meanwhile", "nothing was changed", "`status staging`"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_first();
}

#[test]
fn a_signal_before_a_rollback_changed_anything_leaves_all_as_it_is() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story.aws.change(|world| world.calls.clear());
    // Tried again and again, so that there is time for a signal.
    story.fail("ListServiceDeployments", CallFault::Throttled(4));
    let child = story.start(&["rollback", "staging"]);
    story.wait_for_call("ListServiceDeployments");
    crate::story::signal(&child, Signal::INT);
    crate::story::end(child).expect(7, &["interrupted before"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_release_that_is_done_before_it_could_be_stopped_is_rolled_back_like_any_other() {
    let story = Story::with_second_in(Script { speed: 10.0, ..Script::default() }, Fate::Healthy);
    story.fail("StopServiceDeployment", CallFault::Denied);
    let release = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    rollback(&story, &[]).expect(0, &["going from walkthrough-staging:2 to walkthrough-staging:1"]);
    story.expect_first();
    drop(crate::story::end(release));
}

#[test]
fn a_rollback_needs_somewhere_to_go() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    rollback(&story, &[]).expect(4, &["there is no service walkthrough in cluster walkthrough-staging"]);
    story.apply_first().expect(0, &[]);
    rollback(&story, &[]).expect(4, &["name one with --to"]);
}

#[test]
fn a_rollback_while_a_bad_release_is_under_way_stops_that() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    let bad = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    rollback(&story, &["--to", "1"]).expect(6, &["is in progress"]);
    rollback(&story, &[]).expect(0, &["went back: walkthrough-staging:1 runs, verified"]);
    story.expect_first();
    crate::story::end(bad).expect(1, &["StopServiceDeployment", "failed and rolled back"]);
    assert_eq!(story.called("StopServiceDeployment"), 1);
}

#[test]
fn a_rollback_that_must_not_be_watched_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story.goes_back_for_ever();
    story.abandon_second();
    let child = story.start(&["rollback", "staging"]);
    story.wait_for_call("StopServiceDeployment");
    story.fail("DescribeServiceDeployments", CallFault::Denied);
    crate::story::end(child).expect(3, &["ECS does not tell how it goes", "not known to be good"]);
}
