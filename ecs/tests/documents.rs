//! What the documents say in tables is what the code says.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use deploy::report::{EXIT_CODES, Outcome};
use walkthrough::config::VARIABLES;

/// The rows of the table whose first cell is called that.
fn table(file: &str, first: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    let cells =
        |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.replace('`', "").trim().to_owned()).collect();
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let mut help: Vec<(String, String)> = Vec::new();
    for line in EXIT_CODES.lines().skip(1) {
        match line.trim_start().split_once("  ") {
            Some((code, text)) if line.starts_with("  ") && !line.starts_with("   ") => {
                help.push((code.to_owned(), text.to_owned()));
            }
            _ => {
                let last = &mut help.last_mut().unwrap().1;
                *last = format!("{last} {}", line.trim());
            }
        }
    }
    let told: Vec<_> =
        table("README.md", "exit code").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(told, help);

    let outcomes = [
        Outcome::Done,
        Outcome::Differs,
        Outcome::RolledBack,
        Outcome::Changes,
        Outcome::NotRolledBack,
        Outcome::BadInput,
        Outcome::Unreachable,
        Outcome::Busy,
        Outcome::Interrupted,
    ];
    let mut codes: Vec<_> = outcomes.iter().map(|outcome| outcome.code().to_string()).collect();
    codes.dedup();
    assert_eq!(codes, help.into_iter().map(|(code, _)| code).collect::<Vec<_>>());
}

#[test]
fn the_variables_are_those_of_the_service() {
    let told: BTreeMap<_, _> = table("../README.md", "variable").into_iter().map(|row| (row[0].clone(), row)).collect();
    assert_eq!(told.len(), VARIABLES.len());
    for (name, default, meaning) in VARIABLES {
        let row = &told[*name];
        assert_eq!(row[1], *default, "{name}");
        // The document says more, as what the image has.
        assert!(row[2].starts_with(meaning), "{name}: {:?} is not {meaning:?}", row[2]);
    }
}
