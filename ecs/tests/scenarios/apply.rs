//! A release that works.

use aws_stand_in::{Fate, Script};

use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, end, image};

#[test]
fn the_first_deployment_creates_the_service() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    story
        .apply_first()
        .expect(0, &["registered walkthrough-staging:1", "walkthrough-staging:1 is deployed and verified", FIRST]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "CreateService"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL"]);
    story.expect_first();
}

#[test]
fn a_new_image_takes_the_place_of_the_one_before() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &["successful: 2 of 2 tasks run", "walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL", "SUCCESSFUL"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn what_ecs_tells_on_the_way_is_told() {
    let story = Story::with_second(Fate::Healthy);
    let ended = story.apply_second().expect(
        0,
        &["ECS: (service walkthrough) has started tasks", "ECS: (service walkthrough) has reached a steady state."],
    );
    let steady = ended.err.matches("has reached a steady state").count();
    assert_eq!(steady, 1, "what was told before, or already, is not told again: {ended:#?}");
}

#[test]
fn nothing_is_deployed_when_nothing_changed() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_first().expect(0, &["nothing to change: walkthrough-staging:1 runs, verified"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_first();
}

#[test]
fn what_runs_is_deployed_anew_when_that_is_asked_for() {
    let story = Story::with_second(Fate::Healthy);
    let forced = ["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT, "--force"];
    story.deploy(&forced).expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL", "SUCCESSFUL"]);
    story.expect_running("walkthrough-staging:2", FIRST);

    // And taken back like any other.
    story.describe("rollout", "\"1s\"");
    story.aws.change(|world| world.script.images[0].fate = Fate::NeverEnds);
    story.deploy(&forced).expect(1, &["had not ended after 1 s", "walkthrough-staging:2 runs again, verified"]);
}

#[test]
fn another_run_of_the_same_release_changes_nothing() {
    let story = Story::with_second(Fate::Healthy);
    let run = [
        "apply",
        "staging",
        "--image",
        &image(FIRST),
        "--commit",
        FIRST_COMMIT,
        "--run-url",
        "https://example.org/runs/2",
    ];
    story.deploy(&run).expect(0, &["nothing to change"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn another_commit_of_the_same_image_is_a_release() {
    let story = Story::with_second(Fate::Healthy);
    story
        .deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", SECOND_COMMIT])
        .expect(0, &["walkthrough-staging:2 is deployed"]);
    story.expect_running("walkthrough-staging:2", FIRST);
}

#[test]
fn the_same_release_by_another_description_is_deployed() {
    let story = Story::with_second(Fate::Healthy);
    // What runs is that image and that commit already.
    story.describe("memory", "1024");
    story.apply_first().expect(0, &["walkthrough-staging:2 is deployed and verified", "\"512\" → \"1024\""]);
    story.expect_running("walkthrough-staging:2", FIRST);
}

#[test]
fn a_service_that_was_deleted_is_created_again() {
    let story = Story::with_second(Fate::Healthy);
    // AWS remembers it for a while.
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().status = "INACTIVE");
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "CreateService"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_release_is_given_its_time_to_be_as_expected() {
    let story = Story::with_second(Fate::OneMissing);
    story.describe("site", "\"30s\"");
    let child = story.start_second();
    // It was looked at, and a task was missing.
    story.wait_for_call("DescribeTasks");
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 2);
    end(child).expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_good_release_stays_whatever_the_scaling_does_meanwhile() {
    // One more task is wanted when the rollout ends, and does not come in time.
    let story = Story::with_second(Fate::OneMissing);
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    story.expect_running("walkthrough-staging:2", SECOND);

    // One too many still runs.
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story.describe("minimum", "1");
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 1);
    story.deploy(&["verify", "staging"]).expect(0, &["walkthrough-staging:2 runs as expected"]);
}

#[test]
fn a_release_that_is_unchanged_and_unwell_is_deployed_again() {
    let story = Story::with_second(Fate::Healthy);
    // The tasks are gone, and ECS has not yet started others.
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().rollout_state = "FAILED");
    story
        .apply_first()
        .expect(0, &["nothing would change, but", "deploying the same again", "walkthrough-staging:2 is deployed"]);
    story.expect_running("walkthrough-staging:2", FIRST);
}

#[test]
fn an_image_by_its_own_manifest_and_one_by_an_index_are_both_known() {
    let mut script = Script::default().image(FIRST, Fate::Healthy);
    script.images[0].is_index = true;
    script.images[0].architectures = vec!["arm64".to_owned(), "amd64".to_owned()];
    let story = Story::begin(script);
    story.apply_first().expect(0, &["is deployed and verified"]);
}

#[test]
fn the_count_of_a_service_that_is_there_belongs_to_the_scaling() {
    let story = Story::with_second(Fate::Healthy);
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 3);
    story.apply_second().expect(0, &["successful: 3 of 3 tasks run"]);
    assert_eq!(story.state().images.len(), 3);
}

#[test]
fn nothing_to_change_and_a_task_on_its_way_up_is_waited_for() {
    let story = Story::with_second(Fate::Healthy);
    story.describe("site", "\"10s\"");
    let desired = |count| story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = count);
    desired(3);
    let child = story.start(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    desired(2);
    end(child).expect(0, &["nothing to change: walkthrough-staging:1 runs, verified"]);
    assert_eq!(story.changes(), [""; 0]);
}
