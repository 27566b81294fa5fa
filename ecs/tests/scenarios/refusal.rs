//! What can't work is refused before anything is changed.

use aws_stand_in::{CallFault, Fate, Script};

use crate::network::{Authority, behind_tls};
use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, end, image, signal};
use rustix::process::Signal;

fn first() -> Script {
    Script::default().image(FIRST, Fate::Healthy)
}

#[track_caller]
fn refused(story: &Story, code: i32, phrases: &[&str]) {
    story.apply_first().expect(code, phrases);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_digest_that_is_not_in_the_registry() {
    refused(&Story::begin(Script::default()), 4, &[FIRST, "is not in the registry: push it first"]);
}

#[test]
fn a_repository_that_is_not_in_the_registry() {
    let story = Story::begin(first());
    let image = format!("example.org/other@{FIRST}");
    story
        .deploy(&["apply", "staging", "--image", &image, "--commit", FIRST_COMMIT])
        .expect(4, &["is not in the registry"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn an_image_of_another_architecture() {
    for is_index in [false, true] {
        let mut script = first();
        script.images[0].architectures = vec!["arm64".to_owned()];
        script.images[0].is_index = is_index;
        refused(
            &Story::begin(script),
            4,
            &["is for arm64", "are amd64", "task.architecture in environments/staging.toml"],
        );
    }
}

#[test]
fn an_image_of_no_known_architecture() {
    let mut script = first();
    // An index of nothing but attestations.
    script.images[0].architectures = Vec::new();
    script.images[0].is_index = true;
    refused(&Story::begin(script), 4, &["is for no known architecture", "are amd64"]);
}

#[test]
fn an_image_in_another_region() {
    let story = Story::begin(first());
    for host in [
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
        "123456789012.dkr-ecr.us-east-1.on.aws",
        "123456789012.dkr.ecr.us-east-1.amazonaws.eu",
    ] {
        let image = format!("{host}/walkthrough@{FIRST}");
        story
            .deploy(&["apply", "staging", "--image", &image, "--commit", FIRST_COMMIT])
            .expect(4, &["is in us-east-1, and the tasks of staging are in eu-central-1"]);
    }
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_tag_in_place_of_a_digest() {
    let story = Story::begin(first());
    let arguments = ["apply", "staging", "--image", "example.org/walkthrough:latest", "--commit", FIRST_COMMIT];
    story.deploy(&arguments).expect(4, &["--image", "by digest"]);
    story
        .deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", "main"])
        .expect(4, &["--commit", "40 hexadecimal"]);
    assert_eq!(story.aws.calls(), [""; 0], "nobody was asked");
}

#[test]
fn an_environment_that_is_not_described_or_described_wrongly() {
    let story = Story::begin(first());
    story.deploy(&["status", "prod"]).expect(4, &["there is no environment \"prod\"", "dev, staging"]);
    story.describe("cpu", "300");
    refused(&story, 4, &["environments/staging.toml", "task.cpu = 300", "Fargate"]);
    assert_eq!(story.aws.calls(), [""; 0], "nobody was asked");
}

#[test]
fn a_stack_that_is_not_there_or_too_old() {
    refused(
        &Story::begin(Script { outputs: None, ..first() }),
        4,
        &["there is no stack \"walkthrough-staging\"", "environment.yaml"],
    );
    let mut script = first();
    script.outputs.as_mut().unwrap().remove("Alarms");
    refused(&Story::begin(script), 4, &["no output Alarms", "walkthrough-staging"]);
}

#[test]
fn a_service_that_is_scaled_below_its_minimum() {
    let story = Story::with_second(Fate::Healthy);
    for desired in [0, 1] {
        story.aws.change(|world| world.services.get_mut("walkthrough").unwrap().desired = desired);
        let told = format!("is scaled to {desired} tasks, below count.minimum = 2");
        story.apply_second().expect(4, &[&told, "--desired-count 2"]);
        assert_eq!(story.changes(), [""; 0]);
    }
}

#[test]
fn a_deployment_beside_one_that_is_under_way() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    let one = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    story.apply_first().expect(6, &["service deployment", "is in progress", "`status staging` tells"]);
    assert_eq!(story.state().deployments.last().unwrap(), "IN_PROGRESS", "it was left alone");
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"]);
    signal(&one, Signal::TERM);
    end(one).expect(7, &[]);
}

#[test]
fn a_deployment_that_takes_over_is_left_alone() {
    let story = Story::with_second(Fate::TakenOver);
    // The newest one is a success. It is not ours.
    story.apply_second().expect(6, &["a newer deployment took over", "a newer deployment took its place"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService"], "theirs is not touched");
    story.wait(|state| state.deployments == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]);
    story.expect_running("somebody-elses:1", FIRST);
}

#[test]
fn two_at_once_never_both_succeed_with_different_images() {
    let story = Story::with_second(Fate::Healthy);
    let third = format!("sha256:{}", "3".repeat(64));
    story.aws.change(|world| {
        let image = aws_stand_in::Image {
            digest: third.clone(),
            architectures: vec!["amd64".to_owned()],
            is_index: false,
            fate: Fate::Healthy,
        };
        world.script.images.push(image);
    });
    let both = [
        story.start_second(),
        story.start(&["apply", "staging", "--image", &image(&third), "--commit", SECOND_COMMIT]),
    ];
    let ended = both.map(end);
    let codes = ended.each_ref().map(|ended| ended.code);
    assert!(codes == [0, 6] || codes == [6, 0], "{ended:#?}");
    let winner = if codes[0] == 0 { SECOND } else { &third };
    story.expect_running(&story.state().running.unwrap(), winner);
}

#[test]
fn a_deployment_that_begins_at_the_last_moment_is_respected() {
    // By the list, or by what the service says while no list has it.
    for (listed_after, phrases) in [
        (0.0, ["another deployment began meanwhile", "the service was not changed; an unused revision was registered"]),
        (1e9, ["somebody else deployed somebody-elses:1 meanwhile", "left alone; an unused revision was registered"]),
    ] {
        let story = Story::with_second(Fate::Healthy);
        story.aws.change(|world| world.script.listed_after = listed_after);
        story.fail("RegisterTaskDefinition", CallFault::SomebodyDeploys(0, None));
        story.apply_second().expect(6, &[phrases[0], phrases[1], "walkthrough-staging:3"]);
        assert_eq!(story.changes(), ["RegisterTaskDefinition"]);
        story.wait(|state| state.deployments == ["SUCCESSFUL", "SUCCESSFUL"]);
        story.expect_running("somebody-elses:1", FIRST);
    }
}

#[test]
fn a_deployment_that_takes_over_after_a_rollback_is_left_alone() {
    let story = Story::with_second(Fate::Exits(1));
    // Long enough for somebody else to deploy before the deployer looks again.
    story.describe("poll", "\"4s\"");
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_SUCCESSFUL"));
    story.describe("poll", "\"20ms\"");
    story
        .deploy(&["apply", "staging", "--image", &image(FIRST), "--commit", SECOND_COMMIT])
        .expect(0, &["walkthrough-staging:3 is deployed"]);
    end(child).expect(6, &["a newer deployment took over", "circuit breaker"]);
    story.expect_running("walkthrough-staging:3", FIRST);
}

#[test]
fn a_service_that_changes_while_it_is_planned_is_left_alone() {
    let story = Story::with_second(Fate::Healthy);
    // After the service was looked at, and before it is remembered what is there.
    story.fail("DescribeTaskDefinition", CallFault::SomebodyDeploys(0, None));
    story.apply_second().expect(6, &["the service changed while this was planned; nothing was changed"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_service_that_is_being_deleted_is_waited_for_by_whoever_asks() {
    let story = Story::with_second(Fate::Healthy);
    story.aws.change(|world| {
        let service = world.services.get_mut("walkthrough").unwrap();
        (service.status, service.desired) = ("DRAINING", 0);
    });
    let wanted = [&image(SECOND), "--commit", SECOND_COMMIT];
    for (command, more) in [("plan", &wanted[..]), ("apply", &wanted), ("verify", &[]), ("rollback", &[])] {
        let image: &[&str] = if more.is_empty() { &[] } else { &["--image"] };
        story.deploy(&[&[command, "staging"], image, more].concat()).expect(6, &["is being deleted: wait"]);
    }
    story.deploy(&["status", "staging"]).expect(0, &["the service walkthrough is being deleted: wait"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn an_address_that_the_site_would_refuse_is_refused_here() {
    let story = Story::begin(first());
    for run in ["runs/1", "https://somebody:secret@example.org/runs/1", "https://a_b.example.org/", "ftp://example.org"]
    {
        let wanted = ["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT, "--run-url", run];
        story.deploy(&wanted).expect(4, &["--run-url", "expected an http or https URL"]);
    }
    // Of another environment: it is one of the peers.
    std::fs::copy(story.file("environments/dev.toml"), story.file("environments/QA_1.toml")).unwrap();
    refused(&story, 4, &["environments/QA_1.toml", "lower-case letters"]);
    std::fs::rename(story.file("environments/QA_1.toml"), story.file("environments/.#dev.toml")).unwrap();
    story.apply_first().expect(0, &[]);
}

#[test]
fn a_stack_whose_creation_failed_is_named_with_what_to_do() {
    refused(
        &Story::begin(Script { stack: "ROLLBACK_COMPLETE", ..first() }),
        4,
        &["the stack walkthrough-staging is ROLLBACK_COMPLETE", "delete it, and create it again"],
    );
}

#[test]
fn a_site_that_could_never_be_verified_is_found_before_anything_changes() {
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    let (ours, other) = (Authority::new(), Authority::new());
    std::fs::write(story.file("ours.pem"), ours.pem()).unwrap();
    let apply = |url: &str| {
        story.describe("url", &format!("{url:?}"));
        let mut command = story.command(&["apply", "staging", "--image", &image(FIRST), "--commit", FIRST_COMMIT]);
        command.env("SSL_CERT_FILE", story.file("ours.pem"));
        end(command.spawn().unwrap())
    };
    let of_another_authority = behind_tls(other.certificate_for(&["127.0.0.1"]), story.address());
    let of_another_name = behind_tls(ours.certificate_for(&["example.org"]), story.address());
    for (address, phrase) in [
        (of_another_authority, "its certificate is of an authority that is not among"),
        (of_another_name, "its certificate is for another name"),
        // It speaks no TLS at all.
        (story.address(), "it does not speak TLS"),
    ] {
        apply(&format!("https://{address}/site"))
            .expect(4, &["/site can't be verified", phrase, "environments/staging.toml", "SSL_CERT_FILE"]);
    }
    assert_eq!(story.changes(), [""; 0]);

    // One that nobody listens at is merely down: the release may bring it up.
    apply("http://127.0.0.1:1").expect(3, &["does not answer"]);
    assert_eq!(story.changes(), ["RegisterTaskDefinition", "CreateService"]);
}

#[test]
fn a_site_whose_name_nobody_knows_is_found_before_anything_changes() {
    let name = "walkthrough.invalid";
    let looked_up = std::net::ToSocketAddrs::to_socket_addrs(&(name, 443)).unwrap_err().to_string();
    if looked_up.contains("Temporary failure") {
        eprintln!("SKIPPED: there is no resolver here that could say that there is no {name}");
        return;
    }
    let story = Story::begin(Script::default().image(FIRST, Fate::Healthy));
    story.describe("url", &format!("\"http://{name}\""));
    story.apply_first().expect(4, &["http://walkthrough.invalid can't be verified", "environments/staging.toml"]);
    assert_eq!(story.changes(), [""; 0]);
}

#[test]
fn a_site_that_can_not_be_verified_is_no_obstacle_to_a_rollback() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &[]);
    let authority = Authority::new();
    std::fs::write(story.file("ours.pem"), authority.pem()).unwrap();
    story.describe("url", &format!("\"https://{}/site\"", story.address()));
    let mut command = story.command(&["rollback", "staging"]);
    command.env("SSL_CERT_FILE", story.file("ours.pem"));
    end(command.spawn().unwrap()).expect(3, &["rolling back all the same", "it does not speak TLS"]);
    story.expect_first();
}
