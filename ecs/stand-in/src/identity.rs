//! Whom AWS takes a caller for: the places that hand out credentials, each with an access key of its own, and the key
//! that a call was signed with.

use serde_json::json;

/// Long after every story.
const EXPIRATION: &str = "2099-01-01T00:00:00Z";
const EXPIRATION_IN_MILLISECONDS: u64 = 4_070_908_800_000;

/// The access key in the header of a signed call.
pub(crate) fn caller(authorization: &str) -> Option<&str> {
    authorization.split_once("Credential=")?.1.split('/').next()
}

/// The pages that need no signature: IAM Identity Center's portal, the container's endpoint, and the instance's metadata.
/// Kind and body.
pub(crate) fn page(method: &str, path: &str) -> Option<(&'static str, String)> {
    let of = |key: &str| json!({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "a-secret", "Token": "a-token", "Expiration": EXPIRATION});
    let roles = ["/latest/meta-data/iam/security-credentials", "/latest/meta-data/iam/security-credentials-extended"];
    let role = roles.iter().find_map(|place| path.strip_prefix(place)?.strip_prefix('/'));
    match (method, path, role) {
        ("GET", "/federation/credentials", _) => {
            let credentials = json!({
                "accessKeyId": "of-sso", "secretAccessKey": "a-secret", "sessionToken": "a-token",
                "expiration": EXPIRATION_IN_MILLISECONDS,
            });
            Some(("application/json", json!({"roleCredentials": credentials}).to_string()))
        }
        ("GET", "/container", _) => Some(("application/json", of("of-the-container").to_string())),
        ("PUT", "/latest/api/token", _) => Some(("text/plain", "a-token".to_owned())),
        ("GET", _, Some("")) => Some(("text/plain", "a-role".to_owned())),
        ("GET", _, Some("a-role")) => Some(("application/json", of("of-the-instance").to_string())),
        _ => None,
    }
}

/// AWS STS's answer to the calls by which somebody becomes somebody else.
pub(crate) fn assume(operation: &str) -> Option<String> {
    let key = match operation {
        "AssumeRole" => "OF_AN_ASSUMED_ROLE",
        "AssumeRoleWithWebIdentity" => "OF_A_WEB_IDENTITY",
        _ => return None,
    };
    Some(format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result><Credentials>\
         <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>a-secret</SecretAccessKey><SessionToken>a-token</SessionToken>\
         <Expiration>{EXPIRATION}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>an-id</AssumedRoleId>\
         <Arn>arn:aws:sts::123456789012:assumed-role/a-role/a-session</Arn></AssumedRoleUser></{operation}Result>\
         </{operation}Response>"
    ))
}
