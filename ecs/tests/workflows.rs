//! The workflows, held against the rest: what they run exists, and the way to production has no other gate.
//!
//! What GitHub itself would refuse is for actionlint, and what an attacker could use for zizmor; here is what only this
//! repository can know.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what isn't there fails, as it should")]
#![allow(clippy::panic, reason = "so does one that says why")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use deploy::environment::Environment;
use serde_json::Value;

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// As cargo says it when the tests run: the list of mutants in tests/workflows names changed copies.
fn root() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("..")
}

struct Workflow {
    name: String,
    text: String,
    document: Value,
}

static READ: LazyLock<Vec<Workflow>> = LazyLock::new(|| {
    let files = fs::read_dir(root().join(".github/workflows")).unwrap();
    let read = files.map(|file| {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let document = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Workflow { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), text, document }
    });
    read.collect()
});

fn workflows() -> &'static [Workflow] {
    let names: BTreeSet<_> = READ.iter().map(|workflow| workflow.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["audit", "cache", "check", "deploy", "release", "rollback", "update"]));
    &READ
}

fn workflow(name: &str) -> &'static Workflow {
    workflows().iter().find(|workflow| workflow.name == name).unwrap()
}

impl Workflow {
    fn jobs(&self) -> impl Iterator<Item = (String, &Value)> {
        let jobs = self.document["jobs"].as_object().unwrap();
        jobs.iter().map(|(name, job)| (format!("{}: {name}", self.name), job))
    }

    fn job(&self, name: &str) -> &Value {
        let job = &self.document["jobs"][name];
        assert!(job.is_object(), "{} has no job {name}", self.name);
        job
    }
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().into_iter().flatten()
}

/// What a job's steps run, in their order.
fn runs(job: &Value) -> impl Iterator<Item = &str> {
    steps(job).filter_map(|step| step["run"].as_str())
}

/// The one step that uses an action.
fn step_using<'a>(job: &'a Value, action: &str) -> &'a Value {
    let mut found = steps(job).filter(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with(action)));
    let step = found.next().unwrap_or_else(|| panic!("no step uses {action}"));
    assert!(found.next().is_none(), "several steps use {action}");
    step
}

/// Everything that a workflow has in some `run`, by where it is.
fn commands(workflows: &[Workflow]) -> Vec<(String, String)> {
    let jobs = workflows.iter().flat_map(Workflow::jobs);
    let found: Vec<_> = jobs.flat_map(|(name, job)| runs(job).map(move |run| (name.clone(), run.to_owned()))).collect();
    assert!(!found.is_empty());
    found
}

/// The names behind `prefix` in a command.
fn after<'a>(command: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    command.split(prefix).skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// What a job waits for.
fn needs(job: &Value) -> BTreeSet<&str> {
    match &job["needs"] {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn an_app_that_is_run_is_an_app_of_the_flake() {
    let apps = |name: &str| root().join(format!("nix/apps/{name}.sh")).exists() || name == "deploy";
    let mut seen = BTreeSet::new();
    for (place, command) in commands(workflows()) {
        for name in after(&command, "nix run .#") {
            assert!(apps(name), "{place} runs {name}, and there is no nix/apps/{name}.sh");
            seen.insert(name.to_owned());
        }
        for name in after(&command, "nix build .#") {
            assert!(["dependencies", "deploy", "image", "pictures"].contains(&name), "{place}: {name}");
        }
    }
    // What nobody runs need not be there: `verify` alone is for visitors.
    let scripts = fs::read_dir(root().join("nix/apps")).unwrap().filter_map(|file| {
        let path = file.unwrap().path();
        let is_script = path.extension().is_some_and(|ending| ending == "sh");
        is_script.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
    });
    let mut expected: BTreeSet<_> = scripts.collect();
    expected.remove("verify");
    expected.insert("deploy".to_owned());
    assert_eq!(seen, expected);
}

#[test]
fn environments_are_those_that_are_described() {
    let described = fs::read_dir(root().join("ecs/environments")).unwrap();
    let described: BTreeSet<_> =
        described.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(described, ENVIRONMENTS.map(str::to_owned).into());
    let release = workflow("release");
    for name in ENVIRONMENTS {
        assert_eq!(release.job(name)["with"]["environment"], name);
    }
    let deployed = release.jobs().filter(|(_, job)| job["uses"].as_str().is_some_and(|uses| uses.contains("deploy")));
    assert_eq!(deployed.count(), ENVIRONMENTS.len(), "each once");
    let offered = &workflow("rollback").document["on"]["workflow_dispatch"]["inputs"]["environment"]["options"];
    assert_eq!(*offered, serde_json::json!(ENVIRONMENTS));
}

#[test]
fn every_action_of_others_is_pinned_to_a_commit() {
    for Workflow { name, text, document } in workflows() {
        let lines = text.lines().filter_map(|line| line.split_once("uses: ").map(|(_, rest)| rest));
        let mut counted = 0;
        for line in lines {
            counted += 1;
            if line.starts_with("./.github/workflows/") {
                continue;
            }
            let (action, version) = line.split_once(" # ").unwrap_or((line, ""));
            let commit = action.split_once('@').map_or("", |(_, commit)| commit);
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit, "{name}: {line}: pin it to a commit");
            assert!(
                version.starts_with('v') && version.split('.').count() == 3,
                "{name}: {line}: say which version that is"
            );
        }
        assert_eq!(counted, document.to_string().matches("\"uses\":").count(), "{name}: each was seen");
    }
}

#[test]
fn no_workflow_runs_strangers_code_with_our_rights() {
    for Workflow { name, document, .. } in workflows() {
        let triggers = document["on"].as_object().unwrap_or_else(|| panic!("{name} has no triggers"));
        for trigger in ["pull_request_target", "workflow_run", "issue_comment"] {
            assert!(!triggers.contains_key(trigger), "{name}: {trigger}");
        }
    }
    for (place, command) in commands(workflows()) {
        assert!(!command.contains("${{"), "{place}: hand values over by `env`: {command}");
    }
}

#[test]
fn no_failure_gets_lost_in_a_pipe() {
    // GitHub's shell looks at the last program of a pipe alone, unless it is told otherwise.
    for (place, command) in commands(workflows()) {
        assert!(!command.contains('|'), "{place}: {command}");
    }
}

#[test]
fn nothing_that_fails_is_passed_over() {
    let mut conditions = BTreeSet::new();
    for workflow in workflows() {
        // Another shell, and it may go on after a line that failed.
        assert!(workflow.document["defaults"].is_null(), "{}: defaults", workflow.name);
        for (place, job) in workflow.jobs() {
            for part in [job].into_iter().chain(steps(job)) {
                for key in ["continue-on-error", "shell", "defaults"] {
                    assert!(part[key].is_null(), "{place}: {key}: {}", part[key]);
                }
                if !part["if"].is_null() {
                    let condition = part["if"].as_str().map_or_else(|| part["if"].to_string(), str::to_owned);
                    let what = part["uses"].as_str().map_or("", |uses| uses.split('@').next().unwrap());
                    conditions.insert(format!("{place}: {what}: {condition}"));
                }
            }
        }
    }
    // What is left out, or goes on after a failure, is what tells of it, and what not every plan of GitHub has.
    let expected = [
        "audit: issue: : ${{ !cancelled() }}",
        "cache: dependencies: : github.ref == 'refs/heads/main'",
        "check: flake: : github.event_name == 'pull_request'",
        "check: flake: actions/upload-artifact: github.event_name == 'pull_request'",
        "check: flake: actions/upload-artifact: github.event_name == 'push'",
        "check: flake: nix-community/cache-nix-action/restore: github.event_name == 'pull_request'",
        "check: other: nix-community/cache-nix-action/restore: github.event_name == 'pull_request'",
        "release: attest: actions/attest: vars.ATTEST == 'true'",
        "release: findings: : \
         ${{ !cancelled() && needs.scan.outputs.sarif != '' && vars.CODE_SCANNING != 'false' }}",
        "release: scan: actions/upload-artifact: ${{ !cancelled() && hashFiles('scan.sarif') != '' }}",
        "release: summary: : always()",
        "update: pull-request: : needs.update.outputs.changed != ''",
        "update: update: actions/upload-artifact: hashFiles('update/body.md') != ''",
    ];
    assert_eq!(conditions, expected.map(str::to_owned).into());
}

#[test]
fn a_job_that_is_a_gate_runs_what_it_is_named_after() {
    for (name, job, command) in [
        ("check", "flake", "nix flake check "),
        ("check", "flake", "nix run .#rehearse"),
        ("check", "other", "nix flake check "),
        ("check", "image", "nix build .#image "),
        ("check", "stacks", ".ci/stacks"),
        ("check", "same", "diff - <(echo \"$SECOND\") <<<\"$FIRST\"\n"),
        ("release", "scan", "nix run .#scan -- --digest \"$DIGEST\" --sarif scan.sarif image"),
        ("release", "push", "image=$(nix run .#push -- \"$REPOSITORY\" --tag \"$GITHUB_SHA\")\n"),
        (
            "deploy",
            "deploy",
            "exec \"$DEPLOYER/bin/deploy\" apply \"$ENVIRONMENT\" --image \"$IMAGE\" --commit \"$COMMIT\" ",
        ),
        ("rollback", "revision", "if ! [[ $REVISION =~ ^([1-9][0-9]{0,8})?$ ]]; then\n"),
        ("rollback", "rollback", "exec \"$DEPLOYER/bin/deploy\" rollback \"$ENVIRONMENT\" "),
        ("audit", "audit", "nix run .#audit"),
        ("audit", "issue", ".github/issue.sh"),
        ("update", "update", "nix run .#update -- update"),
        ("update", "pull-request", ".github/pull-request.sh update"),
    ] {
        let workflow = workflow(name);
        assert!(runs(workflow.job(job)).any(|run| run.starts_with(command)), "{name}: {job} does not run {command}");
    }
}

#[test]
fn the_job_stacks_runs_every_test_of_what_is_meant_for_aws() {
    // What only .ci/run calls is no gate: no workflow runs that.
    let script = fs::read_to_string(root().join(".ci/stacks")).unwrap();
    let runs = |command: &str| script.lines().any(|line| line == command || line.starts_with(&format!("{command} ")));
    assert!(script.contains("\nset -euo pipefail\n") && runs("cfn-lint"), "{script}");
    let tests: Vec<_> = fs::read_dir(root().join("ecs/tests"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    let imported = |name: &str| {
        let ways = [format!("import {name}"), format!("from {name} import ")];
        tests.iter().flat_map(|(_, text)| text.lines()).any(|line| line == ways[0] || line.starts_with(&ways[1]))
    };
    for needed in ["alarms", "documents", "models", "moto", "policy", "retention"] {
        assert!(tests.iter().any(|(name, _)| name == needed), "there is no ecs/tests/{needed}.py");
        assert!(runs(&format!("python ecs/tests/{needed}.py")), ".ci/stacks does not run {needed}.py");
    }
    for (name, _) in &tests {
        let runs = runs(&format!("python ecs/tests/{name}.py"));
        assert!(runs || imported(name), "nobody runs ecs/tests/{name}.py, and nobody imports it");
    }
}

#[test]
fn main_asks_for_every_check_that_there_is() {
    // What is not required is no gate: the ruleset is set up by hand, from the document.
    let text = fs::read_to_string(root().join("docs/github.md")).unwrap();
    let step = text.split("4. **What main asks for**").nth(1).unwrap().split("\n\n").next().unwrap();
    let step = step.split_whitespace().collect::<Vec<_>>().join(" ");
    let required: BTreeSet<_> = step.split('`').skip(1).step_by(2).collect();
    let check = workflow("check");
    let names: BTreeSet<_> = check.jobs().map(|(_, job)| job["name"].as_str().unwrap()).collect();
    assert_eq!(required, names);
}

#[test]
fn each_workflow_starts_when_it_is_meant_to() {
    let on = |name: &str| workflow(name).document["on"].clone();
    let triggers = |name: &str| on(name).as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(triggers("check"), set(&["merge_group", "pull_request", "workflow_call"]));
    // A filter would leave a change unchecked, and its required checks waiting for ever.
    assert!(on("check")["pull_request"].is_null() && on("check")["merge_group"].is_null());
    assert_eq!(on("release"), serde_json::json!({ "push": { "branches": ["main"] } }));
    // An environment is deployed to from a release, or rolled back by a person.
    assert_eq!(triggers("deploy"), set(&["workflow_call"]));
    assert_eq!(triggers("rollback"), set(&["workflow_dispatch"]));
    assert_eq!(triggers("cache"), set(&["push", "schedule", "workflow_dispatch"]));
    assert_eq!(on("cache")["push"], serde_json::json!({ "branches": ["main"], "paths": ["flake.lock", "Cargo.lock"] }));
    for (name, days) in [("audit", "* * *"), ("update", "* * 1")] {
        assert_eq!(triggers(name), set(&["schedule", "workflow_dispatch"]), "{name}");
        let schedule = on(name)["schedule"].clone();
        let cron = schedule[0]["cron"].as_str().unwrap();
        assert_eq!(cron.splitn(3, ' ').nth(2), Some(days), "{name}");
        assert!(cron.split(' ').take(2).all(|field| field.parse::<u8>().is_ok()), "{name}: once on such a day: {cron}");
    }
}

#[test]
fn no_job_has_a_right_that_is_not_known_to_be_needed() {
    let mut found = BTreeSet::new();
    for workflow in workflows() {
        for (place, job) in workflow.jobs() {
            for (scope, access) in job["permissions"].as_object().unwrap() {
                if scope != "contents" || access != "read" {
                    found.insert(format!("{place}: {scope}: {}", access.as_str().unwrap()));
                }
            }
        }
    }
    let expected = [
        "audit: issue: issues: write",
        "deploy: deploy: id-token: write",
        "release: attest: attestations: write",
        "release: attest: id-token: write",
        "release: dev: id-token: write",
        "release: findings: actions: read",
        "release: findings: security-events: write",
        "release: production: id-token: write",
        "release: push: id-token: write",
        "release: staging: id-token: write",
        "rollback: rollback: id-token: write",
        "update: pull-request: contents: write",
        "update: pull-request: pull-requests: write",
    ];
    assert_eq!(found, expected.map(str::to_owned).into(), "beside reading the contents");
}

#[test]
fn every_job_has_its_own_rights_and_an_end() {
    for workflow in workflows() {
        assert_eq!(workflow.document["permissions"], serde_json::json!({}), "{}", workflow.name);
        for (place, job) in workflow.jobs() {
            let permissions = job["permissions"].as_object().unwrap_or_else(|| panic!("{place} has no permissions"));
            // GitHub has no time limit for a job that calls a workflow; its jobs have theirs.
            if job["uses"].is_null() {
                assert!(job["timeout-minutes"].is_u64(), "{place} has no timeout-minutes");
            }
            let calls = job["uses"].as_str().is_some_and(|uses| uses.contains("deploy.yml"));
            let signs_in = ["aws-actions/configure-aws-credentials@", "actions/attest@"];
            let signs_in = steps(job)
                .filter_map(|step| step["uses"].as_str())
                .any(|uses| signs_in.iter().any(|action| uses.starts_with(action)));
            assert_eq!(
                permissions.contains_key("id-token"),
                calls || signs_in,
                "{place}: id-token is for a role or a signature, and for nothing else"
            );
            let keeps = |step: &Value| step["with"]["persist-credentials"] != false;
            let checkout =
                |step: &&Value| step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout"));
            assert!(!steps(job).filter(checkout).any(keeps), "{place}: a checkout keeps the token");
        }
    }
}

#[test]
fn the_way_to_production_is_through_dev_and_staging_with_one_digest() {
    let release = workflow("release");
    assert!(release.job("check")["uses"].as_str().unwrap().ends_with("/check.yml"));
    for (job, waits_for) in [
        ("scan", &["check"][..]),
        ("push", &["check", "scan"]),
        ("attest", &["check", "push"]),
        ("dev", &["check", "push", "attest"]),
        ("staging", &["check", "push", "dev"]),
        ("production", &["check", "push", "staging"]),
    ] {
        assert_eq!(needs(release.job(job)), waits_for.iter().copied().collect(), "{job}");
    }
    for name in ENVIRONMENTS {
        let with = &release.job(name)["with"];
        assert_eq!(with["image"], "${{ needs.push.outputs.image }}", "{name}");
        assert_eq!(with["commit"], "${{ github.sha }}", "{name}");
        for output in ["runner", "deployer", "deployer_sha256"] {
            assert_eq!(with[output], format!("${{{{ needs.check.outputs.{output} }}}}"), "{name}: {output}");
        }
    }
    // What is scanned, pushed and attested is what two machines agreed on.
    let expected = "${{ needs.check.outputs.digest }}";
    let compares = |job: &str, command: &str| {
        steps(release.job(job)).any(|step| {
            step["env"]["DIGEST"] == expected && step["run"].as_str().is_some_and(|run| run.contains(command))
        })
    };
    assert!(compares("scan", "--digest \"$DIGEST\""));
    assert!(compares("push", "nix build .#image && diff result/digest - <<<\"$DIGEST\""));
    assert!(compares("push", "if [ \"$image\" != \"$REPOSITORY@$DIGEST\" ]; then"));
}

#[test]
fn what_two_machines_built_is_what_is_attested_and_deployed() {
    let (check, release, deploy) = (workflow("check"), workflow("release"), workflow("deploy"));
    // Handed on from hand to hand, under names that could mean something else on the way.
    let of_check = &check.document["on"]["workflow_call"]["outputs"]["digest"]["value"];
    assert_eq!(*of_check, "${{ jobs.same.outputs.digest }}");
    assert_eq!(check.job("same")["outputs"]["digest"], "${{ steps.compare.outputs.digest }}");
    let compare = steps(check.job("same")).find(|step| step["id"] == "compare").unwrap();
    assert_eq!(compare["env"]["FIRST"], "${{ needs.flake.outputs.digest }}");
    assert_eq!(compare["env"]["SECOND"], "${{ needs.image.outputs.digest }}");
    for job in ["flake", "image"] {
        assert_eq!(check.job(job)["outputs"]["digest"], "${{ steps.image.outputs.digest }}");
        let builds = steps(check.job(job)).find(|step| step["id"] == "image").unwrap()["run"].as_str().unwrap();
        assert!(builds.starts_with("nix build .#image"), "{job}");
        assert!(
            builds.contains("digest=$(cat result/digest)\necho \"digest=$digest\" >>\"$GITHUB_OUTPUT\"\n"),
            "{job}"
        );
    }

    let push = release.job("push");
    assert_eq!(push["outputs"]["image"], "${{ steps.push.outputs.image }}");
    let pushes = steps(push).find(|step| step["id"] == "push").unwrap();
    assert!(pushes["run"].as_str().unwrap().ends_with("echo \"image=$image\" >>\"$GITHUB_OUTPUT\"\n"));
    assert_eq!(pushes["env"]["REPOSITORY"], "${{ vars.ECR_REPOSITORY }}");
    let attested = &step_using(release.job("attest"), "actions/attest@")["with"];
    assert_eq!(attested["subject-name"], "${{ vars.ECR_REPOSITORY }}");
    assert_eq!(attested["subject-digest"], "${{ needs.check.outputs.digest }}");

    let deploys = steps(deploy.job("deploy")).find(|step| step["id"] == "deploy").unwrap();
    for (variable, input) in [("ENVIRONMENT", "environment"), ("IMAGE", "image"), ("COMMIT", "commit")] {
        assert_eq!(deploys["env"][variable], format!("${{{{ inputs.{input} }}}}"));
    }
}

#[test]
fn the_summary_says_of_every_environment_what_came_of_it() {
    let release = workflow("release");
    let summary = release.job("summary");
    assert_eq!(needs(summary), ["push"].into_iter().chain(ENVIRONMENTS).collect());
    let table = steps(summary).find_map(|step| step["env"]["TABLE"].as_str()).unwrap();
    for name in ENVIRONMENTS {
        let row = format!("| {name} | ${{{{ needs.{name}.result }}}} | ${{{{ needs.{name}.outputs.summary }}}} |");
        assert!(table.contains(&row), "{name}");
    }
    let deploy = workflow("deploy");
    let told = &deploy.document["on"]["workflow_call"]["outputs"]["summary"]["value"];
    assert_eq!(*told, "${{ jobs.deploy.outputs.summary }}");
    assert_eq!(deploy.job("deploy")["outputs"]["summary"], "${{ steps.deploy.outputs.summary }}");
}

#[test]
fn pinned_actions_do_not_grow_old() {
    let text = fs::read_to_string(root().join(".github/dependabot.yml")).unwrap();
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let updates = document["updates"].as_array().unwrap();
    let looks = |update: &Value| update["package-ecosystem"] == "github-actions" && update["directory"] == "/";
    assert!(updates.iter().any(looks));
}

#[test]
fn two_machines_that_share_nothing_have_to_agree_on_the_image() {
    let check = workflow("check");
    assert_eq!(needs(check.job("same")), BTreeSet::from(["flake", "image"]));
    for job in ["flake", "image"] {
        assert_eq!(needs(check.job(job)), BTreeSet::from(["architecture"]), "{job} gets nothing from the other");
        assert!(steps(check.job(job)).all(|step| !step["uses"].to_string().contains("download-artifact")), "{job}");
    }
}

#[test]
fn no_release_reads_a_cache_and_main_alone_writes_it() {
    let mut found = BTreeSet::new();
    for workflow in workflows() {
        for (place, job) in workflow.jobs() {
            for step in steps(job) {
                let uses = step["uses"].as_str().unwrap_or_default();
                if uses.contains("cache") || uses.contains("cachix-action") {
                    let action = uses.split('@').next().unwrap();
                    let condition = step["if"].as_str().or(job["if"].as_str()).unwrap_or_default();
                    found.insert(format!("{place}: {action}: {condition}"));
                    let key = "dependencies-${{ runner.arch }}-${{ hashFiles('flake.lock', 'Cargo.lock') }}";
                    assert_eq!(step["with"], serde_json::json!({ "primary-key": key }), "{place}");
                }
            }
        }
    }
    let expected = [
        "cache: dependencies: nix-community/cache-nix-action/save: github.ref == 'refs/heads/main'",
        "check: flake: nix-community/cache-nix-action/restore: github.event_name == 'pull_request'",
        "check: other: nix-community/cache-nix-action/restore: github.event_name == 'pull_request'",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn the_descriptions_decide_for_which_processor_a_release_is_built() {
    let (check, release, deploy) = (workflow("check"), workflow("release"), workflow("deploy"));
    let reads = steps(check.job("architecture")).find(|step| step["id"] == "read").unwrap()["run"].as_str().unwrap();
    for name in ["runner", "other"] {
        assert!(reads.contains(&format!("{name}=$(nix eval --raw --file nix/architecture.nix {name})\n")));
        let output = format!("${{{{ steps.read.outputs.{name} }}}}");
        assert_eq!(check.job("architecture")["outputs"][name], output);
    }
    // The site's image, and the one that an update changes, are of the same architecture.
    for name in ["audit", "update"] {
        let (architecture, job) = (workflow(name).job("architecture"), workflow(name).job(name));
        let run = runs(architecture).next().unwrap();
        assert!(run.starts_with("runner=$(nix eval --raw --file nix/architecture.nix runner)\n"), "{name}");
        assert_eq!(architecture["outputs"]["runner"], "${{ steps.read.outputs.runner }}", "{name}");
        assert_eq!(job["runs-on"], "${{ needs.architecture.outputs.runner }}", "{name}");
    }
    for (job, name) in [("flake", "runner"), ("image", "runner"), ("other", "other")] {
        assert_eq!(check.job(job)["runs-on"], format!("${{{{ needs.architecture.outputs.{name} }}}}"), "{job}");
    }
    let handed_on = &check.document["on"]["workflow_call"]["outputs"]["runner"]["value"];
    assert_eq!(*handed_on, "${{ jobs.architecture.outputs.runner }}");
    for job in ["scan", "push"] {
        assert_eq!(release.job(job)["runs-on"], "${{ needs.check.outputs.runner }}", "{job}");
    }
    // The deployer was built there, and runs there alone.
    assert_eq!(deploy.job("deploy")["runs-on"], "${{ inputs.runner }}");
}

/// From the start to the last thing that a deployer waits for: a release that fails at its end, and is rolled back.
fn longest() -> Duration {
    let of = |name: &str| {
        let limits = Environment::load(&root().join("ecs"), name).unwrap().limits;
        limits.rollout + limits.site + limits.rollback + limits.site
    };
    ENVIRONMENTS.iter().map(|name| of(name)).max().unwrap()
}

#[test]
fn a_job_outlives_the_deployer_that_it_runs() {
    for (workflow, job) in [("deploy", "deploy"), ("rollback", "rollback")] {
        let job = self::workflow(workflow).job(job);
        let minutes = Duration::from_mins(job["timeout-minutes"].as_u64().unwrap());
        let role = &step_using(job, "aws-actions/configure-aws-credentials")["with"]["role-duration-seconds"];
        let role = Duration::from_secs(role.as_u64().unwrap());
        for (what, lasts) in [("the job", minutes), ("its role", role)] {
            assert!(lasts >= longest() + Duration::from_mins(10), "{workflow}: {what} ends after {lasts:?}");
        }
    }
}

#[test]
fn a_deployer_runs_where_it_was_built_for_as_long_as_a_run_can_be_repeated() {
    let (check, rollback) = (workflow("check"), workflow("rollback"));
    let (built, runs) = (rollback.job("deployer"), rollback.job("rollback"));
    assert_eq!(built["runs-on"], runs["runs-on"]);
    let uploads = |job: &'static Value| {
        steps(job).filter(|step| step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/upload-artifact")))
    };
    let handed_over: Vec<_> = uploads(check.job("flake")).chain(uploads(built)).collect();
    // The image, the deployer twice, and the pictures.
    assert_eq!(handed_over.len(), 4);
    for upload in handed_over {
        assert_eq!(upload["with"]["retention-days"], 30, "{upload}");
        assert_eq!(upload["with"]["overwrite"], true, "{upload}");
        assert_eq!(upload["with"]["if-no-files-found"], "error", "{upload}");
    }
}

#[test]
fn a_deployer_is_built_without_rights_and_checked_before_it_gets_them() {
    let (check, deploy, rollback) = (workflow("check"), workflow("deploy"), workflow("rollback"));
    let outputs = &check.document["on"]["workflow_call"]["outputs"];
    assert_eq!(outputs["deployer"]["value"], "${{ jobs.flake.outputs.deployer }}");
    assert_eq!(outputs["deployer_sha256"]["value"], "${{ jobs.flake.outputs.deployer_sha256 }}");

    let hands_over = |job: &Value| steps(job).find(|step| step["id"] == "deployer").unwrap()["run"].clone();
    let (first, second) = (check.job("flake"), rollback.job("deployer"));
    assert_eq!(hands_over(first), hands_over(second));
    for (job, path, sum) in [(first, "deployer", "deployer_sha256"), (second, "path", "sha256")] {
        assert_eq!(job["permissions"], serde_json::json!({ "contents": "read" }));
        assert_eq!(job["outputs"][path], "${{ steps.deployer.outputs.path }}");
        assert_eq!(job["outputs"][sum], "${{ steps.deployer.outputs.sha256 }}");
    }

    for (job, path, sum) in [
        (deploy.job("deploy"), "${{ inputs.deployer }}", "${{ inputs.deployer_sha256 }}"),
        (rollback.job("rollback"), "${{ needs.deployer.outputs.path }}", "${{ needs.deployer.outputs.sha256 }}"),
    ] {
        let steps: Vec<_> = steps(job).collect();
        let at = |wanted: &dyn Fn(&Value) -> bool| steps.iter().position(|step| wanted(step)).unwrap();
        let checks = at(&|step| {
            step["run"]
                .as_str()
                .is_some_and(|run| run.starts_with("sha256sum --check --strict <<<\"$SHA256  deployer.tar\"\n"))
        });
        assert_eq!(steps[checks]["env"], serde_json::json!({ "DEPLOYER": path, "SHA256": sum }));
        let assumes = at(&|step| step["with"]["role-to-assume"].is_string());
        assert!(checks < assumes, "checked before there is a role");
        let runs =
            at(&|step| step["run"].as_str().is_some_and(|run| run.starts_with("exec \"$DEPLOYER/bin/deploy\" ")));
        assert!(assumes < runs);
        assert_eq!(steps[runs]["env"]["DEPLOYER"], path);
        assert!(steps.iter().all(|step| !step["run"].to_string().contains("nix build")), "nothing is compiled here");
    }
}

#[test]
fn who_may_write_runs_nothing_of_others() {
    for workflow in workflows() {
        for (place, job) in workflow.jobs() {
            let permissions = job["permissions"].as_object().unwrap();
            // The role that pushes is for who built: the sandbox is between the two.
            if permissions.values().all(|access| access != "write")
                || place == "release: push"
                || !job["uses"].is_null()
            {
                continue;
            }
            for run in runs(job) {
                for command in ["nix build", "nix run", "nix develop", "nix flake", "nix eval", "cargo"] {
                    assert!(!run.contains(command), "{place} may write, and runs {run}");
                }
            }
            let writes_here = ["contents", "issues", "pull-requests", "security-events", "attestations"];
            if writes_here.iter().any(|scope| permissions.get(*scope).is_some_and(|access| access == "write")) {
                assert!(steps(job).all(|step| !step["uses"].to_string().contains("install-nix")), "{place}");
            }
        }
    }
}

#[test]
fn a_deployment_is_never_broken_off_and_never_beside_another() {
    let (deploy, rollback) = (workflow("deploy"), workflow("rollback"));
    for job in [deploy.job("deploy"), rollback.job("rollback")] {
        assert_eq!(job["concurrency"]["group"], "deploy-${{ inputs.environment }}");
        assert_eq!(job["concurrency"]["cancel-in-progress"], false);
        assert_eq!(job["environment"]["name"], "${{ inputs.environment }}");
        assert!(job["environment"]["url"].as_str().is_some_and(|url| url.ends_with(".outputs.url }}")));
        // A shell would keep the signal of a run that is cancelled to itself.
        assert!(runs(job).any(|run| run.starts_with("exec \"$DEPLOYER/bin/deploy\" ")));
    }
    for workflow in workflows() {
        let cancels = &workflow.document["concurrency"]["cancel-in-progress"];
        let allowed = match workflow.name.as_str() {
            "check" => *cancels == "${{ github.event_name == 'pull_request' }}",
            _ => cancels.is_null() || *cancels == false,
        };
        assert!(allowed, "{}: cancel-in-progress: {cancels}", workflow.name);
    }
}

#[test]
fn the_role_that_pushes_and_those_that_deploy_are_kept_apart() {
    let role = |job: &Value| {
        let step = steps(job).find(|step| step["with"]["role-to-assume"].is_string());
        step.map(|step| step["with"]["role-to-assume"].as_str().unwrap().to_owned())
    };
    let release = workflow("release");
    let push = release.job("push");
    // The role trusts the branch: GitHub names an environment in the branch's place, if a job has one.
    assert!(push["environment"].is_null());
    assert_eq!(role(push).as_deref(), Some("${{ vars.AWS_PUSH_ROLE }}"));
    for (name, job) in [("deploy", "deploy"), ("rollback", "rollback")] {
        assert_eq!(role(workflow(name).job(job)).as_deref(), Some("${{ vars.AWS_DEPLOY_ROLE }}"));
    }
    for Workflow { name, document, .. } in workflows() {
        assert!(!document.to_string().contains("secrets"), "{name}: there is no secret to lose");
    }
}
