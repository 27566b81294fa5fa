//! Where credentials come from: every source that the SDK knows, each by its own small fixture.

use std::fs;

use aws_stand_in::Script;

use crate::story::{Story, end};

/// Every place that is written to a file or a variable: `HOME` and `URL` stand for the home and for AWS.
fn signed_with(files: &[(&str, &str)], variables: &[(&str, &str)], key: &str) {
    let story = Story::begin(Script::default());
    let home = story.file("home");
    let placed = |text: &str| text.replace("HOME", home.to_str().unwrap()).replace("URL", story.aws.url());
    for (name, text) in files {
        let file = home.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, placed(text)).unwrap();
    }
    let mut command = story.command(&["status", "staging"]);
    command.env("HOME", &home);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_EC2_METADATA_DISABLED");
    command.envs(variables.iter().map(|(name, value)| (name, placed(value))));
    end(command.spawn().unwrap()).expect(0, &["nothing is deployed"]);
    assert_eq!(story.aws.change(|world| world.callers.last().cloned()).as_deref(), Some(key));
}

const CONFIG: &str = ".aws/config";
const CREDENTIALS: &str = ".aws/credentials";

/// A profile with a key of its own.
const BASE: &str = "[profile base]\naws_access_key_id = of-base\naws_secret_access_key = a-secret\n";

#[test]
fn of_the_environment() {
    signed_with(
        &[],
        &[("AWS_ACCESS_KEY_ID", "of-the-environment"), ("AWS_SECRET_ACCESS_KEY", "s")],
        "of-the-environment",
    );
}

#[test]
fn of_a_profile() {
    let file = "[default]\naws_access_key_id = of-a-profile\naws_secret_access_key = a-secret\n";
    signed_with(&[(CREDENTIALS, file)], &[], "of-a-profile");
    signed_with(&[(CONFIG, BASE)], &[("AWS_PROFILE", "base")], "of-base");
}

#[test]
fn of_a_process() {
    let process = r#"printf '{"Version": 1, "AccessKeyId": "of-a-process", "SecretAccessKey": "a-secret"}'"#;
    signed_with(&[(CONFIG, &format!("[default]\ncredential_process = {process}\n"))], &[], "of-a-process");
}

#[test]
fn of_a_console_session() {
    // Where `aws login` leaves them: the file is named by the session's SHA-256.
    let session = ".aws/login/cache/c4ec9e5a217538bd573c72dc683a4d485df9175b91c872671eb2be9c2cecb611.json";
    let token = r#"{
        "accessToken": {
            "accessKeyId": "of-a-console-session", "secretAccessKey": "a-secret", "sessionToken": "a-token",
            "accountId": "123456789012", "expiresAt": "2099-01-01T00:00:00Z"
        },
        "tokenType": "aws_sigv4", "refreshToken": "a-token", "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "a-key"
    }"#;
    let config = "[default]\nlogin_session = arn:aws:iam::123456789012:user/somebody\n";
    signed_with(&[(CONFIG, config), (session, token)], &[], "of-a-console-session");
}

#[test]
fn of_identity_center() {
    let config = "[default]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = a-role\n\
                  [sso-session work]\nsso_region = eu-central-1\nsso_start_url = https://example.org/start\n";
    // The file is named by the SHA-1 of the session's name.
    let token = r#"{"accessToken": "a-token", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-central-1"}"#;
    let cached = ".aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json";
    signed_with(&[(CONFIG, config), (cached, token)], &[], "of-sso");
}

#[test]
fn of_a_role_by_way_of_another_profile() {
    let chained = format!("{BASE}[default]\nrole_arn = arn:aws:iam::123456789012:role/a-role\nsource_profile = base\n");
    signed_with(&[(CONFIG, &chained)], &[], "OF_AN_ASSUMED_ROLE");
}

#[test]
fn of_a_role_by_way_of_a_container() {
    let config = "[default]\nrole_arn = arn:aws:iam::123456789012:role/a-role\ncredential_source = EcsContainer\n";
    signed_with(&[(CONFIG, config)], &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "URL/container")], "OF_AN_ASSUMED_ROLE");
}

#[test]
fn of_a_web_identity() {
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a-role"),
        ("AWS_ROLE_SESSION_NAME", "a-session"),
    ];
    signed_with(&[("token", "a-token")], &variables, "OF_A_WEB_IDENTITY");
}

#[test]
fn of_a_container() {
    signed_with(&[], &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "URL/container")], "of-the-container");
}

#[test]
fn of_an_instance() {
    signed_with(&[], &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "URL")], "of-the-instance");
}
