//! `rollback`: to the last success, or to a revision that is named.

use aws_stand_in::{Fate, Script};

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
    // And back again: the last success is the other one now.
    rollback(&story, &[]).expect(0, &["walkthrough-staging:2 is deployed"]);
    story.expect_running("walkthrough-staging:2", SECOND);
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
fn a_rollback_goes_to_the_revision_that_is_named() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    rollback(&story, &["--to", "1"]).expect(0, &["walkthrough-staging:1 is deployed and verified"]);
    story.expect_first();
    rollback(&story, &["--to", "1"]).expect(4, &["is what the service has already"]);
    rollback(&story, &["--to", "9"]).expect(4, &["there is no task definition walkthrough-staging:9"]);
    rollback(&story, &["--to", "first"]).expect(4, &["--to"]);
}

#[test]
fn a_rollback_to_a_revision_that_fails_goes_back_to_where_it_was() {
    let story = Story::with_second(Fate::Exits(9));
    story.apply_second().expect(1, &[]);
    rollback(&story, &["--to", "2"])
        .expect(1, &["failed and rolled back: walkthrough-staging:1 runs again", "exit code 9"]);
    story.expect_first();
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
    rollback(&story, &[]).expect(0, &["the deployment that was under way is stopped", "verified"]);
    story.expect_first();
    crate::story::end(bad).expect(1, &["StopServiceDeployment", "failed and rolled back"]);
    assert_eq!(story.called("StopServiceDeployment"), 1);
}
