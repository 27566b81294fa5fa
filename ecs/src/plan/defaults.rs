//! What AWS fills in where nothing is asked for.

use serde_json::Value;

/// By the end of the path, as JSON; see the API reference at each name. Anything else that is no, none, zero or empty is
/// a default, too.
const DEFAULTS: [(&str, &str); 10] = [
    ("assignPublicIp", "\"DISABLED\""),
    ("deploymentCircuitBreaker.resetOnHealthyTask", "true"),
    ("deploymentCircuitBreaker.thresholdConfiguration.type", "\"BOUNDED_PERCENT\""),
    ("deploymentCircuitBreaker.thresholdConfiguration.value", "50"),
    ("essential", "true"),
    ("healthCheck.interval", "30"),
    ("healthCheck.retries", "3"),
    ("healthCheck.timeout", "5"),
    ("protocol", "\"tcp\""),
    ("versionConsistency", "\"enabled\""),
];

/// Whether AWS would have that value at that path, had nobody asked for it. Of the values in an answer, none is as good as
/// the default.
pub(super) fn is_default(path: &str, value: Option<&Value>) -> bool {
    let known = DEFAULTS
        .iter()
        .find(|(end, _)| path.strip_suffix(end).is_some_and(|rest| rest.ends_with(['.', ']']) || rest.is_empty()));
    match (known, value) {
        (_, None | Some(Value::Null)) => true,
        (Some((_, default)), Some(value)) => {
            serde_json::from_str::<Value>(default).is_ok_and(|default| default == *value)
        }
        (None, Some(Value::Bool(set))) => !set,
        // "cpu": 0 of a container that takes what the task has.
        (None, Some(Value::Number(number))) => number.as_f64() == Some(0.0),
        (None, Some(Value::Array(items))) => items.is_empty(),
        (None, Some(Value::Object(members))) => members.is_empty(),
        (None, Some(Value::String(text))) => text.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_a_default_and_so_is_what_is_known_as_one() {
        for (path, value, expected) in [
            ("containerDefinitions[a].privileged", json!(false), true),
            ("containerDefinitions[a].privileged", json!(true), false),
            ("containerDefinitions[a].cpu", json!(0), true),
            ("containerDefinitions[a].essential", json!(true), true),
            ("containerDefinitions[a].essential", json!(false), false),
            ("containerDefinitions[a].healthCheck.interval", json!(30), true),
            ("containerDefinitions[a].healthCheck.interval", json!(0), false),
            // The name alone is not the end of this path.
            ("containerDefinitions[a].appProtocol", json!("tcp"), false),
            ("pidMode", json!(""), true),
            ("pidMode", json!("host"), false),
            ("volumes", json!([]), true),
            ("volumes", Value::Null, true),
        ] {
            assert_eq!(is_default(path, Some(&value)), expected, "{path} = {value}");
        }
        assert!(is_default("containerDefinitions[a].essential", None));
    }
}
