//! What the site tells of its release is what the deployer reads: `docs/contract`.

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::service::{DIGEST, client, deployment, release};

/// Reads a `/release.json`, which has to keep the contract.
#[track_caller]
pub(crate) fn read(text: &str) -> Value {
    let document = serde_json::from_str(text).unwrap();
    if let Err(why) = check(&document) {
        panic!("{why}: {document:#}");
    }
    document
}

fn check(document: &Value) -> Result<(), String> {
    let mut schemas = Schemas::new();
    let schema = Compiler::new().compile("docs/contract/release.schema.json", &mut schemas).unwrap();
    schemas.validate(document, schema).map_err(|error| error.to_string())
}

#[test]
fn a_release_of_which_nothing_is_known_keeps_the_contract() {
    let bare = release(&client(&[]));
    assert!(bare["commit"].is_null() && bare["image_digest"].is_null(), "{bare}");
}

#[test]
fn a_fact_of_another_form_breaks_the_contract() {
    let known = release(&client(&deployment()));
    for (name, wrong) in [
        ("commit", Value::from("main")),
        ("commit", Value::from(1)),
        ("image_digest", Value::from(&DIGEST[7..])),
        ("system", Value::from("Linux, 64 bits")),
        ("repository", Value::from("git@example.org:it")),
        ("started_at", Value::from("yesterday")),
    ] {
        let mut document = known.clone();
        document[name] = wrong;
        let why = check(&document).unwrap_err();
        assert!(why.contains(name), "{why}");
    }
}
