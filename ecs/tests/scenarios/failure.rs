//! A release that fails: never green, and the release before runs again.

use aws_stand_in::{CallFault, Fate, Script};

use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, end, image};

#[track_caller]
fn rolled_back_by_ecs(fate: Fate, phrases: &[&str]) {
    let story = Story::with_second(fate);
    story
        .apply_second()
        .expect(1, &["failed and rolled back: walkthrough-staging:1 runs again, verified"])
        .expect(1, phrases);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"], "ECS did it by itself");
    assert_eq!(story.state().deployments, ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]);
    story.expect_first();
}

/// ECS counts it as a success, so the deployer has to put the release before back by an update.
#[track_caller]
fn put_back(fate: Fate, phrases: &[&str]) {
    let story = Story::with_second(fate);
    story
        .apply_second()
        .expect(1, &["putting walkthrough-staging:1 back", "failed and rolled back: walkthrough-staging:1 runs again"])
        .expect(1, phrases);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "UpdateService"]);
    story.expect_first();
}

#[test]
fn tasks_that_never_get_healthy_are_rolled_back_by_the_circuit_breaker() {
    rolled_back_by_ecs(Fate::NeverHealthy, &["circuit breaker, after", "Task failed container health checks"]);
}

#[test]
fn tasks_that_end_are_told_of_with_their_exit_codes() {
    rolled_back_by_ecs(
        Fate::Exits(17),
        &[
            "failed tasks with a threshold of 3",
            "Essential container in task exited",
            "container walkthrough: exit code 17",
        ],
    );
}

#[test]
fn what_a_task_said_last_is_told_beside_the_reason() {
    let story = Story::with_second(Fate::Exits(17));
    let ended = story.apply_second().expect(
        1,
        &[
            "container walkthrough: exit code 17",
            " logged: line 12 before the end with 17",
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/",
        ],
    );
    // Of the last task, and bounded.
    assert_eq!(ended.out.matches(" logged: ").count(), 10, "{ended:#?}");
    assert_eq!(story.called("GetLogEvents"), 1);

    let story = Story::with_second(Fate::Exits(17));
    story.fail("GetLogEvents", CallFault::Denied);
    story
        .apply_second()
        .expect(1, &["exit code 17", "can't be read: logs:GetLogEvents: AccessDeniedException", "https://"]);
}

#[test]
fn an_alarm_during_the_bake_is_named() {
    rolled_back_by_ecs(Fate::Alarm("walkthrough-errors".to_owned()), &["alarm walkthrough-errors"]);
}

#[test]
fn a_deployment_that_stays_in_progress_is_stopped_and_rolled_back() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"1s\"");
    story.apply_second().expect(
        1,
        &[
            "it had not ended after 1 s",
            "asking ECS to stop it",
            "failed and rolled back: walkthrough-staging:1 runs again, verified",
        ],
    );
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
    story.expect_first();
}

#[test]
fn a_success_that_comes_too_late_is_no_success() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"1s\"");
    // It can't be stopped, and gets there while that is tried.
    story.fail("StopServiceDeployment", CallFault::Denied);
    let child = story.start_second();
    story.wait_for_call("StopServiceDeployment");
    story.aws.change(|world| world.script.images[1].fate = Fate::Healthy);
    let ended = end(child).expect(1, &["failed and rolled back: walkthrough-staging:1 runs again, verified"]);
    for reason in ["it had not ended after 1 s", "ecs:StopServiceDeployment: AccessDeniedException"] {
        assert!(ended.out.contains(reason), "{reason:?} is no reason: {ended:#?}");
    }
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment", "UpdateService"]);
    story.expect_first();
}

#[test]
fn a_deployment_that_ecs_never_lists_is_put_back() {
    put_back(Fate::ListedAfter(u32::MAX), &["ECS lists no service deployment for it, within 1 s"]);
}

#[test]
fn a_deployment_that_ecs_no_longer_knows_is_put_back() {
    let story = Story::with_second(Fate::Gone);
    story
        .apply_second()
        .expect(1, &["ECS no longer knows the service deployment", "walkthrough-staging:1 runs again, verified"]);
    story.expect_first();
}

#[test]
fn a_service_that_is_stable_on_the_old_revision_is_no_success() {
    let story = Story::with_second(Fate::FalseGreen);
    story.apply_second().expect(
        1,
        &[
            "ECS counts it as a success",
            "the service's primary deployment is of walkthrough-staging:1, not of walkthrough-staging:2",
        ],
    );
    // It is there already: another update would start nothing to watch.
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    story.expect_first();
}

#[test]
fn tasks_that_run_another_digest_are_no_success() {
    let other = format!("sha256:{}", "f".repeat(64));
    put_back(Fate::ReportsDigest(other.clone()), &[&format!("runs the image {other}, not {SECOND}")]);
}

#[test]
fn fewer_healthy_tasks_than_the_minimum_are_no_success() {
    let story = Story::with_second(Fate::OneMissing);
    story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = 3);
    story.describe("minimum", "4");
    story.describe("desired", "4");
    let mut command = story.command(&["verify", "staging"]);
    end(command.spawn().unwrap()).expect(1, &["2 tasks are healthy, of at least 4"]);
}

#[test]
fn tasks_that_are_counted_and_not_to_be_found_are_no_success() {
    put_back(Fate::TasksUnseen, &["no task runs"]);
}

#[test]
fn tasks_of_another_revision_of_the_same_image_are_no_success() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Stragglers));
    story.apply_first().expect(0, &[]);
    let again = story.deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", SECOND_COMMIT]);
    // Whichever revision it is: the other's tasks stay beside it.
    again.expect(3, &["runs walkthrough-staging:1, not walkthrough-staging:2", "failed and not rolled back"]);
}

#[test]
fn a_site_that_names_the_old_commit_is_no_success() {
    put_back(
        Fate::SiteNamesCommit(FIRST_COMMIT.to_owned()),
        &[&format!("the public address names the commit {FIRST_COMMIT}, not")],
    );
}

#[test]
fn a_site_that_names_the_right_commit_now_and_then_is_no_success() {
    put_back(
        Fate::SiteWavers(FIRST_COMMIT.to_owned()),
        &[&format!("the public address names the commit {FIRST_COMMIT}, not")],
    );
}

#[test]
fn putting_the_previous_release_back_is_given_its_time() {
    let story = Story::with_second_in(Script { speed: 10.0, ..Script::default() }, Fate::SiteStatus(502));
    // Far less than a rollout takes.
    story.describe("site", "\"200ms\"");
    story.apply_second().expect(1, &["walkthrough-staging:1 runs again, verified"]);
    story.expect_first();
}

#[test]
fn putting_the_previous_release_back_brings_its_settings_back() {
    let story = Story::with_second(Fate::SiteStatus(502));
    let grace = |story: &Story| {
        story.aws.change(|world| world.services["walkthrough"].document["healthCheckGracePeriodSeconds"].clone())
    };
    let before = grace(&story);
    story.describe("health_check_grace", "\"77s\"");
    story.apply_second().expect(1, &["healthCheckGracePeriodSeconds", "walkthrough-staging:1 runs again, verified"]);
    assert_ne!(before, 77);
    assert_eq!(grace(&story), before);
}

#[test]
fn a_previous_release_that_does_not_get_back_needs_a_person() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.describe("rollback", "\"1s\"");
    story.first_becomes(Fate::NeverEnds);
    story
        .apply_second()
        .expect(3, &["putting walkthrough-staging:1 back: it had not ended after 1 s", "failed and not rolled back"]);
}

#[test]
fn a_previous_release_that_must_not_be_put_back_needs_a_person() {
    let story = Story::with_second(Fate::SiteStatus(502));
    let child = story.start_second();
    story.wait_for_call("UpdateService");
    story.fail("UpdateService", CallFault::Denied);
    end(child).expect(
        3,
        &["putting walkthrough-staging:1 back: ecs:UpdateService: AccessDeniedException", "failed and not rolled back"],
    );
}

#[test]
fn a_site_that_answers_with_something_else_is_no_success() {
    put_back(Fate::SiteStatus(200), &["answers with something else than the release"]);
}

#[test]
fn a_site_that_answers_with_an_error_is_no_success() {
    put_back(Fate::SiteStatus(502), &["/site/release.json answers 502"]);
}

#[test]
fn a_site_that_does_not_answer_is_no_success() {
    put_back(Fate::SiteSilent, &["/site/release.json does not answer"]);
}

#[test]
fn a_service_that_is_scaled_to_zero_on_the_way_is_no_success() {
    let story = Story::with_second(Fate::ScaledToZero);
    story.apply_second().expect(3, &["the service is scaled to zero: nothing runs", "failed and not rolled back"]);
    assert_eq!(story.state().images, [""; 0]);
}

#[test]
fn a_rollback_that_fails_as_well_needs_a_person() {
    let script = Script { rollback_fails: true, ..Script::default() };
    let story = Story::with_second_in(script, Fate::Exits(1));
    story
        .apply_second()
        .expect(3, &["ECS could not put the previous release back", "failed and not rolled back", "exit code 1"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL", "ROLLBACK_FAILED"]);
}

#[test]
fn a_stop_that_leads_nowhere_needs_a_person() {
    let script = Script { rollback_fails: true, ..Script::default() };
    let story = Story::with_second_in(script, Fate::NeverEnds);
    story.describe("rollout", "\"500ms\"");
    story.apply_second().expect(3, &["it had not ended", "ECS could not put the previous release back"]);
}

#[test]
fn a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Exits(1)));
    story.apply_first().expect(3, &["failed and not rolled back", "exit code 1"]);
}

#[test]
fn a_first_deployment_that_ecs_takes_for_a_success_has_nothing_to_go_back_to() {
    let story = Story::begin(Script::default().image(FIRST, Fate::SiteStatus(502)));
    story.apply_first().expect(3, &["has no previous release", "502"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "CreateService"]);
}

#[test]
fn a_release_over_one_that_was_deregistered_says_first_that_there_is_no_rollback() {
    let story = Story::with_second(Fate::SiteStatus(502));
    story.aws.change(|world| world.task_definitions[0]["status"] = "INACTIVE".into());
    let ended = story.apply_second().expect(3, &["putting walkthrough-staging:1 back", "TaskDefinition is inactive"]);
    let warned = ended.err.find("there will be no rollback: what runs, walkthrough-staging:1, is INACTIVE").unwrap();
    assert!(warned < ended.err.find("registered walkthrough-staging:2").unwrap(), "{ended:#?}");
}

/// What comes back is broken by now.
#[track_caller]
fn back_and_unwell(second: Fate, first: Fate, phrase: &str) {
    let story = Story::with_second(second);
    story.first_becomes(first);
    let told = format!("walkthrough-staging:1 is back, but {phrase}");
    story.apply_second().expect(3, &[&told, "failed and not rolled back"]);
}

#[test]
fn a_previous_release_that_is_put_back_and_unwell_is_no_rollback() {
    back_and_unwell(Fate::SiteStatus(502), Fate::SiteStatus(502), "http");
}

#[test]
fn a_previous_release_that_is_put_back_with_another_commit_is_no_rollback() {
    let other = Fate::SiteNamesCommit(SECOND_COMMIT.to_owned());
    back_and_unwell(Fate::SiteStatus(502), other, "the public address names the commit");
}

#[test]
fn a_previous_release_that_ecs_put_back_and_is_unwell_is_no_rollback() {
    // Its tasks, which ran on, are of no known image now.
    back_and_unwell(Fate::Exits(1), Fate::Healthy, "task");
}
