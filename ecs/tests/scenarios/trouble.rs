//! Trouble on the way to AWS.

use aws_stand_in::{CallFault, Fate, Script};

use crate::story::{FIRST, FIRST_COMMIT, SECOND, Story, image};

#[test]
fn throttled_and_broken_calls_are_made_again() {
    let script = Script::default()
        .image(FIRST, Fate::Healthy)
        .call("DescribeStacks", CallFault::Throttled(1))
        .call("BatchGetImage", CallFault::Throttled(2))
        .call("RegisterTaskDefinition", CallFault::Throttled(2))
        .call("CreateService", CallFault::Unavailable(1))
        .call("ListServiceDeployments", CallFault::Dropped(1))
        .call("DescribeServiceDeployments", CallFault::Throttled(2));
    let story = Story::begin(script);
    story.apply_first().expect(0, &["is deployed and verified"]);
    assert_eq!(story.called("RegisterTaskDefinition"), 3);
    assert_eq!(story.state().registered, 1);
    story.expect_first();
}

#[test]
fn a_refusal_that_passes_is_told_by_its_message_and_tried_again() {
    let (code, message) =
        ("ClientException", "Too many concurrent attempts to create a new revision of the specified family.");
    let story = Story::with_second(Fate::Healthy);
    story.fail("RegisterTaskDefinition", CallFault::Refused(2, code, message));
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.called("RegisterTaskDefinition"), 3);

    // The same code with another message is not.
    let story = Story::with_second(Fate::Healthy);
    story.fail("RegisterTaskDefinition", CallFault::Refused(2, code, "No such role."));
    story.apply_second().expect(5, &["ecs:RegisterTaskDefinition: ClientException: No such role."]);
    assert_eq!(story.called("RegisterTaskDefinition"), 1);
}

#[test]
fn an_update_whose_answer_got_lost_is_found_and_not_made_twice() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("UpdateService", CallFault::DroppedAfterwards(1));
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL", "SUCCESSFUL"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn an_update_whose_answer_never_comes_is_found() {
    // As often as a call is tried.
    let story = Story::with_second(Fate::Healthy);
    story.fail("UpdateService", CallFault::DroppedAfterwards(6));
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!((story.called("UpdateService"), story.state().deployments.len()), (6, 2));
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn an_update_that_is_never_taken_leaves_the_service_alone() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("UpdateService", CallFault::Throttled(1000));
    story.apply_second().expect(5, &["the service was left as it is", "ecs:UpdateService", "ThrottlingException"]);
    assert_eq!(story.state().deployments, ["SUCCESSFUL"]);
    story.expect_first();
}

#[test]
fn an_update_without_an_answer_is_told_by_what_the_service_has_where_nothing_is_listed() {
    for (fault, phrases) in [
        (CallFault::Dropped(6), &["it is not known whether ECS began a deployment of walkthrough-staging:2"][..]),
        (CallFault::DroppedAfterwards(6), &["putting walkthrough-staging:1 back", "failed and not rolled back"]),
    ] {
        let story = Story::with_second(Fate::Healthy);
        story.fail("UpdateService", fault);
        let child = story.start_second();
        story.wait_for_call("UpdateService");
        story.fail("ListServiceDeployments", CallFault::Denied);
        crate::story::end(child).expect(3, phrases);
    }
}

#[test]
fn a_deployment_that_is_listed_late_is_waited_for() {
    let story = Story::with_second(Fate::ListedAfter(300));
    story.describe("site", "\"20s\"");
    let child = story.start_second();
    story.wait_for_call("UpdateService");
    // As often as a call is tried: a list that can't be had is one more reason to wait.
    story.fail("ListServiceDeployments", CallFault::Throttled(6));
    crate::story::end(child).expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_deployment_that_is_not_known_now_and_then_is_asked_for_again() {
    // Slowly, so that it is asked for several times.
    let story = Story::with_second_in(Script { speed: 20.0, ..Script::default() }, Fate::GoneNowAndThen);
    story.apply_second().expect(0, &["walkthrough-staging:2 is deployed and verified"]);
    story.expect_running("walkthrough-staging:2", SECOND);
}

#[test]
fn a_rollout_that_can_not_be_watched_for_a_while_is_watched_again() {
    let story = Story::with_second(Fate::Healthy);
    // As often as a call is tried.
    story.fail("DescribeServiceDeployments", CallFault::Throttled(6));
    story.apply_second().expect(0, &["ThrottlingException: Rate exceeded; asking again", "is deployed and verified"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
}

#[test]
fn tasks_that_must_not_be_seen_are_no_success() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("ListTasks", CallFault::Denied);
    story.apply_second().expect(3, &["ecs:ListTasks: AccessDeniedException", "failed and not rolled back"]);
}

#[test]
fn calls_that_are_throttled_for_ever_end_within_bounds() {
    let story = Story::begin(
        Script::default().image(FIRST, Fate::Healthy).call("DescribeServices", CallFault::Throttled(1000)),
    );
    story.apply_first().expect(5, &["the service was left as it is", "ecs:DescribeServices", "ThrottlingException"]);
    assert_eq!(story.called("DescribeServices"), 6);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_call_that_is_not_allowed_is_named() {
    for (operation, name) in [
        ("DescribeStacks", "cloudformation:DescribeStacks"),
        ("BatchGetImage", "ecr:BatchGetImage"),
        ("DescribeServices", "ecs:DescribeServices"),
        ("RegisterTaskDefinition", "ecs:RegisterTaskDefinition"),
        ("CreateService", "ecs:CreateService"),
    ] {
        let story = Story::begin(Script::default().image(FIRST, Fate::Healthy).call(operation, CallFault::Denied));
        story.apply_first().expect(5, &["the service was left as it is", name, "AccessDeniedException"]);
        assert_eq!(story.called(operation), 1, "a refusal is not asked again");
        assert_eq!(story.state().running, None);
    }
}

#[test]
fn an_update_that_is_not_allowed_leaves_the_service_alone() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("UpdateService", CallFault::Denied);
    let unused = "an unused revision was registered, walkthrough-staging:2";
    story
        .apply_second()
        .expect(5, &["the service was left as it is", "ecs:UpdateService", "AccessDeniedException", unused]);
    story.expect_first();
}

#[test]
fn a_rollout_that_must_not_be_watched_is_taken_back() {
    let story = Story::with_second(Fate::Healthy);
    story.fail("DescribeServiceDeployments", CallFault::Denied);
    story.apply_second().expect(3, &["ECS does not tell how it goes", "asking ECS to stop it"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_SUCCESSFUL"));
    story.expect_first();
}

#[test]
fn a_creation_whose_answer_got_lost_is_found_and_watched() {
    // The second try is refused: the first one was heard.
    let script = Script::default().image(FIRST, Fate::Healthy).call("CreateService", CallFault::DroppedAfterwards(1));
    let story = Story::begin(script);
    story.apply_first().expect(0, &["walkthrough-staging:1 is deployed and verified"]);
    assert_eq!(story.called("CreateService"), 2);
    story.expect_first();
}

#[test]
fn a_deployment_whose_target_is_not_told_is_watched_all_the_same() {
    for (fate, code, phrase) in [
        (Fate::Healthy, 0, "walkthrough-staging:2 is deployed and verified"),
        (Fate::Exits(3), 1, "walkthrough-staging:1 runs again, verified"),
        (Fate::SiteStatus(502), 1, "walkthrough-staging:1 runs again, verified"),
    ] {
        let story = Story::with_second(fate);
        story.fail("DescribeServiceRevisions", CallFault::Denied);
        story.apply_second().expect(code, &["the only new one, for ours", phrase]);
    }
}

#[test]
fn nobody_at_the_other_end_is_no_success() {
    let story = Story::begin(Script::default());
    let mut command = story.command(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]);
    // A port that nobody can listen on.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    crate::story::end(command.spawn().unwrap())
        .expect(5, &["the service was left as it is", "cloudformation:DescribeStacks: it can't be reached", "refused"]);
}

#[test]
fn no_credentials_are_told_as_such() {
    let story = Story::begin(Script::default());
    let mut command = story.command(&["status", "staging"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", story.folder.path());
    let ended = crate::story::end(command.spawn().unwrap())
        .expect(5, &["ecs:DescribeServices: no credentials in the variables", "AWS_PROFILE", "run `aws login`"]);
    assert_eq!(ended.out.lines().count(), 1, "{ended:#?}");
}

#[test]
fn credentials_that_are_set_up_and_fail_are_told_as_such() {
    let profile = |text: &str| {
        let story = Story::begin(Script::default());
        std::fs::create_dir(story.file(".aws")).unwrap();
        std::fs::write(story.file(".aws/config"), format!("[default]\n{text}\n")).unwrap();
        let mut command = story.command(&["status", "staging"]);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", story.folder.path());
        crate::story::end(command.spawn().unwrap())
    };
    let sso = "sso_session = a\nsso_account_id = 1\nsso_role_name = r\n[sso-session a]\nsso_region = eu-central-1\n\
               sso_start_url = https://example.org/start";
    for (text, phrase) in [
        ("login_session = arn:aws:iam::123456789012:user/nobody", "failed to read"),
        ("credential_process = exit 7", "exit status: 7"),
        ("credential_process = echo nothing", "the credentials can't be had"),
        ("role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = nobody", "nobody"),
        (sso, "failed to load the cached SSO token"),
    ] {
        let ended =
            profile(text).expect(5, &["ecs:DescribeServices: the credentials can't be had", phrase, "aws login"]);
        assert_eq!(ended.out.lines().count(), 1, "{ended:#?}");
    }
}
