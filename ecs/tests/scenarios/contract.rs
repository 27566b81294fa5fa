//! What a site has to tell, by the schema of `docs/contract`, and by what the deployer reads.

use aws_stand_in::Fate;
use boon::{Compiler, Schemas};
use deploy::site::Answer;
use serde_json::{Value, json};

use crate::story::{SECOND, SECOND_COMMIT, Story};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/contract/release.schema.json");

/// Whether the schema accepts the document, and whether the deployer can read it.
fn accepted(document: &Value) -> (bool, bool) {
    let mut schemas = Schemas::new();
    let schema = Compiler::new().compile(SCHEMA, &mut schemas).unwrap();
    (schemas.validate(document, schema).is_ok(), serde_json::from_value::<Answer>(document.clone()).is_ok())
}

/// What both sides need, by the schema.
fn required() -> Vec<String> {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(SCHEMA).unwrap()).unwrap();
    serde_json::from_value(schema["required"].clone()).unwrap()
}

fn whole() -> Value {
    json!({"commit": SECOND_COMMIT, "image_digest": SECOND, "something": ["more"]})
}

#[test]
fn the_site_of_the_stand_in_keeps_the_contract() {
    let story = Story::with_second(Fate::Healthy);
    story.apply_second().expect(0, &["deployed and verified"]);
    let answer = story.aws.change(|world| {
        let task = world.services["walkthrough"].tasks.last().unwrap().arn.clone();
        world.tasks.answer(&task, "/release.json")
    });
    let (status, body) = answer.unwrap();
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, accepted(&document)), (200, (true, true)), "{document}");
    assert_eq!((&document["commit"], &document["image_digest"]), (&whole()["commit"], &whole()["image_digest"]));
}

#[test]
fn what_the_contract_accepts_the_deployer_reads() {
    assert_eq!(accepted(&whole()), (true, true));
    for member in required() {
        let mut unknown = whole();
        unknown[&member] = Value::Null;
        assert_eq!(accepted(&unknown), (true, true), "{member}");
    }
}

#[test]
fn what_lacks_a_member_or_has_one_of_another_type_both_refuse() {
    let required = required();
    assert!(!required.is_empty());
    for member in required {
        let mut lacking = whole();
        lacking.as_object_mut().unwrap().remove(&member);
        assert_eq!(accepted(&lacking), (false, false), "without {member}");
        for wrong in [json!(1), json!(true), json!([]), json!({})] {
            let mut other = whole();
            other[&member] = wrong.clone();
            assert_eq!(accepted(&other), (false, false), "{member} is {wrong}");
        }
    }
    for document in [json!(null), json!("healthy"), json!([]), json!({})] {
        assert_eq!(accepted(&document), (false, false), "{document}");
    }
}

#[test]
fn a_value_of_another_form_breaks_the_contract_and_is_named_as_it_is() {
    for (member, value) in [("commit", "main"), ("image_digest", "latest")] {
        let mut document = whole();
        document[member] = value.into();
        assert_eq!(accepted(&document), (false, true), "{member}");
    }
    let story = Story::with_second(Fate::SiteNamesCommit("main".to_owned()));
    story.apply_second().expect(1, &["the public address names the commit main, not 2222222"]);
}
