//! What would change between a task definition, or a service, and another.

use deploy::plan::{self, Difference};
use deploy::service::SERVICE;
use serde_json::Value;

pub(crate) fn holds(bytes: &[u8]) {
    let text = crate::text(bytes);
    let (one, other) = crate::halves(&text);
    let Ok(one) = serde_json::from_str::<Value>(one) else { return };
    for Difference { changes, besides } in [plan::task_definition(Some(&one), &one), plan::service(Some(&one), &one)] {
        assert!(changes.is_empty() && besides.is_empty(), "it differs from itself: {changes:?} {besides:?}");
    }
    if let Ok(other) = serde_json::from_str::<Value>(other) {
        let found = [plan::task_definition(Some(&one), &other), plan::service(Some(&one), &other)];
        for change in found.iter().flat_map(|found| found.changes.iter().chain(&found.besides)) {
            assert!(change.old != change.new, "{change}");
        }
    }
    // No text of a container is changed unseen, wherever it stands.
    if one.is_object() && !text.contains(&SERVICE.run_url_variable()) {
        for index in 0..texts(&mut one["containerDefinitions"].clone()).len() {
            let mut changed = one.clone();
            texts(&mut changed["containerDefinitions"])[index].push_str("changed");
            assert!(!plan::task_definition(Some(&one), &changed).changes.is_empty(), "text {index}");
        }
    }
}

/// Every text in a document.
fn texts(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter_mut().flat_map(texts).collect(),
        Value::Object(members) => members.values_mut().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
