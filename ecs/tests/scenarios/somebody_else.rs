//! Somebody else deploys at the same time. Each of these orders was found by the exploration of the protocol.

use aws_stand_in::{CallFault, Fate, Script};

use crate::story::{Ended, FIRST, FIRST_COMMIT, Story, image};

/// The second release runs, and there is time to see another under way.
fn second() -> Story {
    let script = Script { speed: 10.0, listed_after: 0.0, ..Script::default() };
    let story = Story::with_second_in(script, Fate::Healthy);
    story.apply_second().expect(0, &[]);
    story.aws.change(|world| world.calls.clear());
    story
}

/// A rollback, just before whose list after so many somebody deploys that.
fn rollback(story: &Story, lists: u32, theirs: Option<&'static str>, to: &[&str]) -> Ended {
    story.fail("ListServiceDeployments", CallFault::SomebodyDeploys(lists, theirs));
    let ended = story.deploy(&[&["rollback", "staging"], to].concat());
    assert_eq!(story.changes(), [""; 0], "{ended:#?}");
    ended
}

#[test]
fn a_rollback_that_meets_the_rollback_of_somebody_else_starts_none() {
    rollback(&second(), 0, Some("walkthrough-staging:1"), &[])
        .expect(0, &["a rollback is under way already", "went back: walkthrough-staging:1 runs, verified"]);
    rollback(&second(), 1, Some("walkthrough-staging:1"), &[]).expect(6, &["the service changed meanwhile"]);
    rollback(&second(), 2, Some("walkthrough-staging:1"), &["--to", "1"])
        .expect(6, &["another deployment began meanwhile", "the service was not changed"]);

    // No list has it yet.
    let story = second();
    story.first_becomes(Fate::ListedAfter(u32::MAX));
    rollback(&story, 2, Some("walkthrough-staging:1"), &["--to", "1"])
        .expect(6, &["somebody else deployed walkthrough-staging:1 meanwhile; it was left alone"]);
}

#[test]
fn a_rollback_that_meets_the_release_of_somebody_else_leaves_that_alone() {
    for lists in [0, 1] {
        rollback(&second(), lists, None, &[]).expect(6, &["the service changed meanwhile; nothing was changed"]);
    }
}

#[test]
fn a_rollback_of_what_is_deployed_once_more_does_not_bring_it_back() {
    // Stopped, ECS would go back to just that.
    rollback(&second(), 0, Some("walkthrough-staging:2"), &[]).expect(6, &[": wait for its end"]);
}

#[test]
fn a_rollback_of_the_first_deployment_does_not_stop_it() {
    let story = Story::begin(Script::default().image(FIRST, Fate::NeverEnds));
    let mut first = story.start(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    first.kill().unwrap();
    crate::story::end(first);
    // Nobody can say what ECS would go back to.
    story.deploy(&["rollback", "staging"]).expect(6, &["is in progress: wait for its end"]);
    assert_eq!(story.called("StopServiceDeployment"), 0);
}

#[test]
fn of_two_deployments_of_one_revision_the_older_is_ours() {
    let story = Story::with_second_in(Script { listed_after: 0.0, ..Script::default() }, Fate::NeverEnds);
    story.describe("rollout", "\"1s\"");
    // The first list after the update.
    story.fail("ListServiceDeployments", CallFault::SomebodyDeploys(3, Some("walkthrough-staging:2")));
    story.apply_second().expect(6, &["a newer deployment took over"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"], "theirs is not touched");
}

#[test]
fn a_deployment_that_begins_just_before_the_previous_release_is_put_back_is_respected() {
    for (listed_after, phrase) in [
        (0.0, "a newer deployment took over"),
        (1e9, "somebody else deployed somebody-elses:1 meanwhile; it was left alone"),
    ] {
        let story = Story::with_second(Fate::SiteStatus(502));
        let child = story.start_second();
        // What runs is verified, in vain: the next list is the one before the release is put back.
        story.wait_for_call("ListTasks");
        story.aws.change(|world| world.script.listed_after = listed_after);
        story.fail("ListServiceDeployments", CallFault::SomebodyDeploys(0, None));
        crate::story::end(child).expect(6, &[phrase, "502"]);
        assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    }
}

#[test]
fn a_deployment_that_ours_stopped_is_none_that_took_over() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.fail("UpdateService", CallFault::SomebodyDeploys(0, None));
    story
        .apply_second()
        .expect(1, &["putting walkthrough-staging:1 back", "walkthrough-staging:1 runs again, verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "UpdateService"]);
    story.expect_first();
}
