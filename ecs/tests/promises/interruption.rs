//! SIGINT and SIGTERM: ECS is asked to stop with rollback, and the deployer leaves.

use aws_stand_in::{CallFault, Fate};
use rustix::process::Signal;

use crate::story::{Story, end, signal};

#[test]
fn a_signal_in_the_middle_stops_with_rollback() {
    for with in [Signal::INT, Signal::TERM] {
        let story = Story::with_second(Fate::NeverEnds);
        story.describe("rollout", "\"30s\"");
        let child = story.start_second();
        story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
        signal(&child, with);
        end(child).expect(7, &["interrupted: ECS was asked to stop and to put the former release back"]);
        assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
        story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_SUCCESSFUL"));
        story.expect_first();
    }
}

#[test]
fn a_signal_that_can_not_be_heeded_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story.fail("StopServiceDeployment", CallFault::Denied);
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(3, &["interrupted, and ECS could not be asked to stop", "AccessDeniedException"]);
}

#[test]
fn a_signal_before_anything_is_changed_leaves_all_as_it_is() {
    let story = Story::with_second(Fate::Healthy);
    // Tried again and again, so that there is time for a signal.
    story.fail("ListServiceDeployments", CallFault::Throttled(4));
    let child = story.start_second();
    story.wait_for_call("ListServiceDeployments");
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted before anything was changed"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_first();
}

#[test]
fn a_signal_is_heeded_at_once() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"5m\"");
    // Longer than this waits for the deployer's end.
    story.describe("poll", "\"2m\"");
    let child = story.start_second();
    story.wait_for_call("DescribeServiceDeployments");
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted: ECS was asked to stop"]);
}

#[test]
fn a_signal_while_ecs_goes_back_asks_for_nothing_more() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"500ms\"");
    story.goes_back_for_ever();
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted: ECS was asked to stop and to put the former release back"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
}

#[test]
fn a_signal_while_a_rollback_stops_a_release_leaves_that_to_ecs() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story.goes_back_for_ever();
    let mut bad = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    // Whoever started it is gone.
    bad.kill().unwrap();
    end(bad);
    let child = story.start(&["rollback", "staging"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted: ECS was asked to stop and to put the former release back"]);
    assert_eq!(story.called("StopServiceDeployment"), 1);
}

#[test]
fn a_signal_during_the_verification_leaves_what_runs() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.describe("site", "\"5m\"");
    let child = story.start_second();
    story.wait(|state| state.deployments == ["SUCCESSFUL", "SUCCESSFUL"]);
    signal(&child, Signal::TERM);
    end(child).expect(7, &["what runs was not verified; ask `verify`"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
}

#[test]
fn a_signal_while_the_former_release_is_put_back_leaves_that_to_ecs() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.first_becomes(Fate::NeverEnds);
    let child = story.start_second();
    story.wait(|state| state.deployments.len() == 3);
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted: ECS goes on putting walkthrough-staging:1 back"]);
    // Stopped it would go back to the release that failed.
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "UpdateService"]);
}

#[test]
fn a_signal_after_a_stop_that_was_refused_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"500ms\"");
    story.describe("rollback", "\"5m\"");
    story.fail("StopServiceDeployment", CallFault::Denied);
    let child = story.start_second();
    story.wait_for_call("StopServiceDeployment");
    signal(&child, Signal::TERM);
    end(child).expect(3, &["interrupted, and ECS could not be asked to stop", "AccessDeniedException"]);
}
