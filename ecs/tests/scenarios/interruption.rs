//! SIGINT and SIGTERM: ECS is asked to stop with rollback, and the deployer leaves.

use std::time::{Duration, Instant};

use aws_stand_in::{CallFault, Fate, Script};
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
        end(child).expect(7, &["interrupted: ECS was asked to stop and to put the previous release back"]);
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
    end(child).expect(7, &["interrupted before"]);
    assert_eq!(story.changes(), [""; 0]);
    story.expect_first();
}

#[test]
fn a_signal_is_heeded_at_once() {
    // Found by the first list: between two of them is the pause that the signal is to end.
    let story = Story::with_second_in(Script { listed_after: 0.0, ..Script::default() }, Fate::NeverEnds);
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
    end(child).expect(7, &["interrupted: ECS was asked to stop and to put the previous release back"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
}

#[test]
fn a_signal_while_a_rollback_stops_a_release_leaves_that_to_ecs() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story.goes_back_for_ever();
    story.abandon_second();
    let child = story.start(&["rollback", "staging"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted: ECS was asked to stop and to put the previous release back"]);
    assert_eq!(story.called("StopServiceDeployment"), 1);
}

#[test]
fn a_signal_during_the_verification_leaves_what_runs() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.describe("site", "\"5m\"");
    let child = story.start_second();
    story.wait(|state| state.deployments == ["SUCCESSFUL", "SUCCESSFUL"]);
    // The deployer has seen that, too, when it looks at the tasks again and again.
    let looks = story.called("ListTasks");
    story.wait(|_| story.called("ListTasks") > looks + 1);
    signal(&child, Signal::TERM);
    end(child).expect(7, &["what runs was not verified; ask `verify`"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
}

#[test]
fn a_signal_while_the_previous_release_is_put_back_leaves_that_to_ecs() {
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
fn a_signal_before_ecs_lists_what_puts_the_previous_release_back_says_what_is_known() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.first_becomes(Fate::ListedAfter(u32::MAX));
    let child = story.start_second();
    story.wait(|_| story.called("UpdateService") == 2);
    signal(&child, Signal::TERM);
    end(child)
        .expect(7, &["ECS accepted that walkthrough-staging:1 is put back and had not listed its deployment yet"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "UpdateService"]);
}

#[test]
fn a_signal_during_a_registration_that_works_all_the_same_starts_nothing() {
    let story = Story::with_second(Fate::Healthy);
    // Tried again and again, so that there is time for a signal.
    story.fail("RegisterTaskDefinition", CallFault::Throttled(2));
    let child = story.start_second();
    story.wait_for_call("RegisterTaskDefinition");
    signal(&child, Signal::TERM);
    end(child).expect(7, &["interrupted before", "an unused revision was registered, walkthrough-staging:2"]);
    assert_eq!(story.called("UpdateService"), 0);
    story.expect_first();
}

#[test]
fn a_signal_whose_stop_is_not_answered_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story.fail("StopServiceDeployment", CallFault::DroppedAfterwards(6));
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(3, &["it is not known whether ECS heard"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_SUCCESSFUL"));
}

#[test]
fn a_signal_after_a_stop_that_was_not_answered_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"500ms\"");
    story.describe("rollback", "\"5m\"");
    // Not one of the errors with which nothing began: it may have been heard.
    let code = "ServiceDeploymentNotFoundException";
    story.fail("StopServiceDeployment", CallFault::Refused(1, code, "Service deployment not found."));
    let child = story.start_second();
    story.wait_for_call("StopServiceDeployment");
    signal(&child, Signal::TERM);
    end(child).expect(3, &["it is not known whether ECS heard", code]);
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

/// The states that a release and a rollback go through, each by the call that waits in it, and by how often that was
/// answered before.
const STATES: [(&str, &str, u32, i32, &str); 22] = [
    ("apply", "DescribeStacks", 0, 7, "before the service was changed"),
    ("apply", "BatchGetImage", 0, 7, "before the service was changed"),
    ("apply", "GetDownloadUrlForLayer", 0, 7, "before the service was changed"),
    ("apply", "DescribeServices", 0, 7, "before the service was changed"),
    ("apply", "DescribeTaskDefinition", 0, 7, "before the service was changed"),
    ("apply", "ListServiceDeployments", 0, 7, "before the service was changed"),
    ("apply", "DescribeServices", 1, 7, "before the service was changed"),
    ("apply", "ListServiceDeployments", 1, 7, "before the service was changed"),
    ("apply", "RegisterTaskDefinition", 0, 7, "before the service was changed"),
    ("apply", "ListServiceDeployments", 2, 7, "before the service was changed"),
    ("apply", "UpdateService", 0, 7, "it is not known whether ECS began a deployment of walkthrough-staging:2"),
    ("apply", "ListServiceDeployments", 3, 7, "had not listed it yet, so that it could not be stopped: it goes on"),
    ("apply", "DescribeServiceRevisions", 0, 7, "ECS was asked to stop and to put the previous release back"),
    ("apply", "DescribeServiceDeployments", 0, 7, "ECS was asked to stop and to put the previous release back"),
    ("apply", "DescribeServiceDeployments", 2, 7, "ECS was asked to stop and to put the previous release back"),
    ("apply", "ListTasks", 0, 7, "the rollout is over, and what runs was not verified"),
    ("apply", "DescribeTasks", 0, 7, "the rollout is over, and what runs was not verified"),
    ("rollback", "DescribeServices", 0, 7, "before the service was changed"),
    ("rollback", "ListServiceDeployments", 1, 7, "before the service was changed"),
    ("rollback", "DescribeServiceRevisions", 0, 7, "before the service was changed"),
    ("status", "ListTasks", 0, 7, "before the service was changed"),
    ("verify", "DescribeTasks", 0, 7, "what runs was not verified"),
];

#[test]
fn a_signal_is_answered_within_three_seconds_in_every_state() {
    // Four at a time: mostly they wait.
    for some in STATES.chunks(4) {
        std::thread::scope(|scope| {
            for (command, call, times, code, phrase) in some {
                scope.spawn(move || answered(command, call, *times, *code, phrase));
            }
        });
    }
}

fn answered(command: &str, call: &str, times: u32, code: i32, phrase: &str) {
    // What is to be stopped must not end by itself meanwhile.
    let is_watched = command == "apply" && call.starts_with("DescribeService") && call != "DescribeServices";
    let story = Story::with_second(if is_watched { Fate::NeverEnds } else { Fate::Healthy });
    if command == "rollback" {
        story.apply_second().expect(0, &[]);
    }
    story.describe("site", "\"5m\"");
    story.fail(call, CallFault::HangsAfter(times));
    let child = match command {
        "apply" => story.start_second(),
        other => story.start(&[other, "staging"]),
    };
    story.wait(|_| story.aws.change(|world| world.hanging) > 0);
    let sent = Instant::now();
    signal(&child, Signal::INT);
    let ended = end(child);
    let waited = sent.elapsed();
    assert!(waited < Duration::from_secs(3), "{command}, {call} {times}: {waited:?}: {ended:#?}");
    ended.expect(code, &["interrupted", phrase]);
}

#[test]
fn a_signal_while_our_own_deployment_is_not_listed_is_answered_with_what_goes_on() {
    let story = Story::with_second(Fate::ListedAfter(u32::MAX));
    story.describe("site", "\"5m\"");
    let child = story.start_second();
    story.wait_for_call("UpdateService");
    let sent = Instant::now();
    signal(&child, Signal::INT);
    end(child).expect(7, &["had not listed it yet, so that it could not be stopped: it goes on", "ask `status`"]);
    assert!(sent.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_signal_just_after_the_rollout_ended_says_so() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("DescribeServiceDeployments", CallFault::HangsAfter(0));
    let child = story.start_second();
    story.wait(|state| state.deployments == ["SUCCESSFUL", "SUCCESSFUL"]);
    signal(&child, Signal::INT);
    end(child).expect(7, &["had ended when ECS was asked to stop it", "ask `verify`"]);
}

#[test]
fn a_signal_while_the_site_does_not_answer_is_answered() {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let story = Story::with_second(Fate::Healthy);
    story.describe("url", &format!("\"http://{}\"", silent.local_addr().unwrap()));
    let child = story.start(&["verify", "staging"]);
    story.wait_for_call("DescribeTasks");
    let sent = Instant::now();
    signal(&child, Signal::INT);
    end(child).expect(7, &["interrupted: what runs was not verified"]);
    assert!(sent.elapsed() < Duration::from_secs(3));
}
