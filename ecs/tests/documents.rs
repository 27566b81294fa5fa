//! What the documents say in tables is what the code says.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use deploy::report::{EXIT_CODES, Outcome};
use deploy::service::SERVICE;
use serde_json::Value;
use walkthrough::config::VARIABLES;

/// The rows of the table whose first cell is called that.
fn table(file: &str, first: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    let cells =
        |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.replace('`', "").trim().to_owned()).collect();
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// The documents, by their paths from the root.
fn documents() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files: Vec<_> = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "ecs/README.md"]
        .map(PathBuf::from)
        .into_iter()
        .chain([PathBuf::from("ecs/stand-in/README.md")])
        .collect();
    for folder in ["docs", "docs/contract", "docs/decisions", "docs/examples"] {
        let names = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let documents = names.filter(|name| Path::new(name).extension().is_some_and(|it| it == "md"));
        files.extend(documents.map(|name| Path::new(folder).join(name)));
    }
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(root.join(file)).unwrap())).collect()
}

/// How GitHub makes an anchor of a heading: <https://docs.github.com/en/get-started/writing-on-github>.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn a_link_from_one_document_to_another_leads_to_a_section_that_is_there() {
    let documents = documents();
    let mut links = 0;
    for (file, text) in &documents {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
            let mut to = if path.is_empty() { file.clone() } else { file.parent().unwrap().to_owned() };
            for part in Path::new(path).components() {
                match part {
                    Component::ParentDir => assert!(to.pop(), "{}: {target} leaves the project", file.display()),
                    part => to.push(part),
                }
            }
            if to.extension().is_none_or(|it| it != "md") {
                continue;
            }
            links += 1;
            let there = documents.get(&to).unwrap_or_else(|| panic!("{}: there is no {target}", file.display()));
            let headings = there.lines().filter(|line| line.starts_with('#')).map(anchor);
            let is_there = fragment.is_empty() || headings.into_iter().any(|heading| heading == fragment);
            assert!(is_there, "{}: {target} has no such section", file.display());
        }
    }
    assert!(links > 40, "{links}");
}

#[test]
fn each_decision_is_in_the_index_under_its_title() {
    let documents = documents();
    let index = &documents[Path::new("docs/decisions/README.md")];
    let mut number = 0;
    for (file, text) in documents.iter().filter(|(file, _)| file.starts_with("docs/decisions")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name != "README.md" {
            number += 1;
            assert_eq!(name[..4].parse(), Ok(number));
            let title = text.lines().next().unwrap().trim_start_matches("# ");
            assert!(index.contains(&format!("\n{number}. [{title}]({name})\n")), "{name}: {title}");
        }
    }
    assert!(number > 10);
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
        table("../docs/runbook.md", "exit code").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(told, help);

    let outcomes = [
        Outcome::Done,
        Outcome::Differs,
        Outcome::RolledBack,
        Outcome::Changes,
        Outcome::NotRolledBack,
        Outcome::BadInput,
        Outcome::AwsCallFailed,
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

#[test]
fn the_contract_has_the_members_of_its_schema_and_the_variables_of_the_task() {
    let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let contract = "../docs/contract/README.md";
    let told = |first| table(contract, first).into_iter();
    let schema: Value = serde_json::from_str(&read("../docs/contract/release.schema.json")).unwrap();
    let members: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told("member").map(|row| row[0].clone()).collect::<BTreeSet<_>>(), members);
    let needed = told("member").filter(|row| row[1].starts_with("nothing can be deployed")).map(|row| row[0].clone());
    assert_eq!(needed.collect::<Value>(), schema["required"]);
    let version = read(contract).lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(schema["title"], format!("/release.json, version {version} of the contract"));

    let template = read("task-definition.json.j2");
    let (_, rest) = template.split_once("\"environment\": [").unwrap();
    let variables = rest.split_once("\n      ]").unwrap().0.split("service.prefix ~ \"").skip(1);
    let variables = variables.map(|rest| format!("{}{}", SERVICE.prefix, rest.split('"').next().unwrap()));
    let handed_over: Vec<_> = variables.collect();
    assert_eq!(told("variable").map(|row| row[0].clone()).collect::<Vec<_>>(), handed_over);
    let optional: Vec<_> = told("variable").filter(|row| row[2] == "no").map(|row| row[0].clone()).collect();
    assert_eq!(optional, [SERVICE.run_url_variable()]);
}
