//! Two documents of AWS's, member by member: what is described, and what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::defaults::is_default;
use super::{Change, Difference};

/// What the items of a list may be told apart by.
const KEYS: [&str; 4] = ["name", "key", "containerName", "containerPort"];

type Side<'a> = Option<&'a Value>;

/// Every difference. What is at a path that is skipped counts for nothing.
pub(super) fn compare(current: Side<'_>, wanted: &Value, is_skipped: &dyn Fn(&str) -> bool) -> Difference {
    let found = Difference::default();
    let mut comparison = Comparison { is_new: current.is_none(), is_skipped, found };
    comparison.walk("", current, Some(wanted), false);
    comparison.found
}

struct Comparison<'a> {
    /// Whether nothing is there at all, so that a default is news as well.
    is_new: bool,
    is_skipped: &'a dyn Fn(&str) -> bool,
    found: Difference,
}

impl Comparison<'_> {
    /// `stays` is whether what is there and not wanted is left as it is.
    fn walk(&mut self, path: &str, current: Side<'_>, wanted: Side<'_>, stays: bool) {
        let path = path.trim_start_matches('.');
        let (current, wanted) = (current.filter(|value| !value.is_null()), wanted.filter(|value| !value.is_null()));
        if (self.is_skipped)(path) {
            return;
        }
        if !(has_parts(current) && has_parts(wanted)) {
            self.leaf(path, current, wanted, stays);
            return;
        }
        // By what is wanted: AWS may come to give the items names of its own.
        let key = key(wanted).or_else(|| key(current));
        let (there, asked) = (parts(current, key), parts(wanted, key));
        for part in there.keys().chain(asked.keys()).collect::<BTreeSet<_>>() {
            // A list is given as a whole, so one that is described has no other items; a member that is not may be AWS's.
            let stays = if wanted.is_some() { !part.starts_with('[') } else { stays };
            self.walk(&format!("{path}{part}"), there.get(part).copied(), asked.get(part).copied(), stays);
        }
    }

    fn leaf(&mut self, path: &str, current: Side<'_>, wanted: Side<'_>, stays: bool) {
        let is_nothing = !self.is_new && is_default(path, current) && is_default(path, wanted);
        let [old, new] = [current, wanted].map(|side| side.map(|value| in_order(path, value)));
        if old == new || is_nothing {
            return;
        }
        let is_beside = new.is_none() && stays;
        let change = Change { path: path.to_owned(), old, new };
        if is_beside { self.found.besides.push(change) } else { self.found.changes.push(change) }
    }
}

/// Whether it is compared part by part: an object, a list of objects, or nothing.
fn has_parts(value: Side<'_>) -> bool {
    match value {
        None | Some(Value::Object(_)) => true,
        Some(Value::Array(items)) => items.iter().all(Value::is_object),
        Some(_) => false,
    }
}

/// What each item of a list has, if it is one and has items.
fn key(list: Side<'_>) -> Option<&'static str> {
    let items = list?.as_array().filter(|items| !items.is_empty())?;
    KEYS.into_iter().find(|key| items.iter().all(|item| item.get(key).is_some()))
}

/// The parts of an object or of a list, by what they add to the path. The order of a list's items means nothing to AWS.
fn parts<'a>(value: Side<'a>, key: Option<&str>) -> BTreeMap<String, &'a Value> {
    match value {
        Some(Value::Object(members)) => members.iter().map(|(name, member)| (format!(".{name}"), member)).collect(),
        Some(Value::Array(items)) => {
            let mut named = BTreeMap::new();
            for (index, item) in items.iter().enumerate() {
                let name = match key.and_then(|key| item.get(key)) {
                    Some(Value::String(name)) => format!("[{name}]"),
                    Some(Value::Number(number)) => format!("[{number}]"),
                    _ => format!("[{index}]"),
                };
                // Two of a name are two: a container may be behind several target groups.
                let name = if named.contains_key(&name) { format!("[{index}]{name}") } else { name };
                named.insert(name, item);
            }
            named
        }
        _ => BTreeMap::new(),
    }
}

/// A list of plain values in an order of our own: to AWS it means nothing, but in a command.
fn in_order(path: &str, value: &Value) -> Value {
    let is_ordered = path.ends_with("command") || path.ends_with("entryPoint");
    match value {
        Value::Array(items) if !is_ordered => {
            let mut items = items.clone();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What it is about, what is there, what is wanted, the changes, and what is there besides.
    type Case<'a> = (&'a str, Value, Value, &'a [&'a str], &'a [&'a str]);

    /// The changes and what is there besides, a line each.
    fn found(current: &Value, wanted: &Value) -> (Vec<String>, Vec<String>) {
        let found = compare(Some(current), wanted, &|_| false);
        let lines = |changes: Vec<Change>| changes.iter().map(ToString::to_string).collect();
        (lines(found.changes), lines(found.besides))
    }

    #[test]
    fn what_is_wanted_is_compared_and_what_is_there_besides_is_told_apart() {
        let cases: &[Case<'_>] = &[
            ("the same", json!({"a": {"b": 1}}), json!({"a": {"b": 1}}), &[], &[]),
            ("another value", json!({"a": {"b": 1}}), json!({"a": {"b": 2}}), &["a.b: 1 → 2"], &[]),
            ("another type", json!({"a": {"b": 1}}), json!({"a": "b"}), &["a: {\"b\":1} → \"b\""], &[]),
            ("a member", json!({"a": 1, "b": {"c": 1}}), json!({"a": 1}), &[], &["b.c: 1 → nothing"]),
            ("a member inside", json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1}}), &[], &["a.c: 2 → nothing"]),
            ("a default", json!({"a": 1, "b": {"c": false}, "d": []}), json!({"a": 1}), &[], &[]),
            ("a default that is not told", json!({}), json!({"a": false, "b": [], "c": {}}), &[], &[]),
            ("nothing in place of a default", json!({"a": true}), json!({"a": false}), &["a: true → false"], &[]),
            ("null", json!({"a": null}), json!({"b": null}), &[], &[]),
            ("null in place of a value", json!({"a": null}), json!({"a": 1}), &["a: nothing → 1"], &[]),
            ("a list of AWS's", json!({"l": [{"name": "n"}]}), json!({}), &[], &["l[n].name: \"n\" → nothing"]),
            (
                "an item in a list that is described",
                json!({"l": [{"name": "n", "x": {"y": 1}}]}),
                json!({"l": []}),
                &["l[n].name: \"n\" → nothing", "l[n].x.y: 1 → nothing"],
                &[],
            ),
            (
                "a member of an item that is described",
                json!({"l": [{"name": "n", "x": 1}]}),
                json!({"l": [{"name": "n"}]}),
                &[],
                &["l[n].x: 1 → nothing"],
            ),
            ("values in a list that is to be empty", json!({"l": ["x"]}), json!({"l": []}), &["l: [\"x\"] → []"], &[]),
            ("another order", json!({"l": ["y", "x"]}), json!({"l": ["x", "y"]}), &[], &[]),
            (
                "another order of a command",
                json!({"command": ["y", "x"]}),
                json!({"command": ["x", "y"]}),
                &["command: [\"y\",\"x\"] → [\"x\",\"y\"]"],
                &[],
            ),
            (
                "items that AWS gives names",
                json!({"l": [{"containerPort": 2, "name": "b"}, {"containerPort": 1, "name": "a"}]}),
                json!({"l": [{"containerPort": 1}, {"containerPort": 2}]}),
                &[],
                &["l[1].name: \"a\" → nothing", "l[2].name: \"b\" → nothing"],
            ),
            (
                "two items of a name",
                json!({"l": [{"name": "n", "x": 1}, {"name": "n", "x": 2}]}),
                json!({"l": [{"name": "n", "x": 1}]}),
                &["l[1][n].name: \"n\" → nothing", "l[1][n].x: 2 → nothing"],
                &[],
            ),
        ];
        for (what, current, wanted, changes, besides) in cases {
            let (changed, beside) = found(current, wanted);
            assert_eq!(changed, *changes, "{what}");
            assert_eq!(beside, *besides, "{what}");
        }
    }
}
