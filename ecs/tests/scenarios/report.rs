//! The result, for programs and for GitHub.

use std::fs;

use aws_stand_in::Fate;

use crate::story::{FIRST, FIRST_COMMIT, SECOND, SECOND_COMMIT, Story, end, image, json};

#[test]
fn a_program_reads_one_json_document() {
    let story = Story::with_second(Fate::Exits(3));
    let ended = story
        .deploy(&["apply", "staging", "--json", "--image", &image(SECOND), "--commit", SECOND_COMMIT])
        .expect(1, &[]);
    let report = json(&ended);
    assert_eq!(report["outcome"], "rolled-back");
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["environment"], "staging");
    assert_eq!(report["facts"]["digest"], SECOND);
    assert!(report["facts"]["task-definition"].as_str().unwrap().ends_with("walkthrough-staging:2"));
    assert!(
        report["reasons"].as_array().unwrap().iter().any(|reason| reason.as_str().unwrap().contains("exit code 3"))
    );
    assert!(report["changes"].as_array().unwrap().iter().any(|change| change["path"] == "tags[commit].value"));

    let wrong = json(&story.deploy(&["status", "nowhere", "--json"]).expect(4, &[]));
    assert_eq!((&wrong["outcome"], &wrong["exit_code"]), (&"bad-input".into(), &4.into()));
}

#[test]
fn arguments_that_are_wrong_are_told_as_was_asked_for() {
    let story = Story::with_second(Fate::Healthy);
    for wrong in [
        &["--json"][..],
        &["roll", "--json"],
        &["--json", "status"],
        &["rollback", "staging", "--to", "x", "--json"],
        &["apply", "staging", "--json", "--image", "walkthrough:latest", "--commit", FIRST_COMMIT],
        &["status", "staging", "--json", "--colour"],
    ] {
        let report = json(&story.deploy(wrong).expect(4, &[]));
        assert_eq!((&report["outcome"], &report["exit_code"]), (&"bad-input".into(), &4.into()), "{wrong:?}");
        assert!(!report["summary"].as_str().unwrap().is_empty(), "{wrong:?}");
    }
    let plain = story.deploy(&["rollback", "staging", "--to", "x"]).expect(4, &["--to"]);
    assert!(!plain.out.contains('{'), "{}", plain.out);
    story.deploy(&["rollback", "--help", "--json"]).expect(0, &["status", "90 days", "--dry-run"]);
}

#[test]
fn github_gets_a_summary_and_outputs() {
    let story = Story::with_second(Fate::Exits(3));
    let (summary, outputs) = (story.file("summary"), story.file("outputs"));
    fs::write(&summary, "before\n").unwrap();
    let run = |digest: &str, commit: &str| {
        let mut command = story.command(&["apply", "staging", "--image", &image(digest), "--commit", commit]);
        command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &outputs);
        end(command.spawn().unwrap())
    };
    run(FIRST, FIRST_COMMIT).expect(0, &[]);
    let text = fs::read_to_string(&outputs).unwrap();
    for line in [
        "outcome=done".to_owned(),
        format!("image={}", image(FIRST)),
        format!("digest={FIRST}"),
        format!("commit={FIRST_COMMIT}"),
        format!("url={}", story.aws.site_url()),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n### ✅ staging: nothing to change"), "{text}");
    assert!(text.contains(&format!("| digest | `{FIRST}` |")), "{text}");

    run(SECOND, SECOND_COMMIT).expect(1, &[]);
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.contains("### ❌ staging: failed and rolled back") && text.contains("exit code 3"), "{text}");
    assert!(text.contains("| `tags[commit].value` |"), "{text}");
    assert!(fs::read_to_string(&outputs).unwrap().contains("outcome=rolled-back\nsummary=failed and rolled back: "));
}

#[test]
fn a_summary_that_can_not_be_written_changes_nothing() {
    let story = Story::with_second(Fate::Healthy);
    let mut command = story.command(&["status", "staging"]);
    command.env("GITHUB_STEP_SUMMARY", story.file("no/such/folder"));
    end(command.spawn().unwrap()).expect(0, &["can't be written"]);
}

#[test]
fn the_help_lists_the_exit_codes() {
    let story = Story::with_second(Fate::Healthy);
    let ended = story.deploy(&["--help"]).expect(0, &["Exit codes:"]);
    for code in 0..=7 {
        assert!(ended.out.contains(&format!("\n  {code}  ")), "{code}");
    }
}
