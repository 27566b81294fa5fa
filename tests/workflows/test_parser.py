"""The workflows as GitHub's own parser and evaluator see them: what has no effect in act."""

import json
import subprocess
import unittest

from act import HERE, ROOT

GROUP = ("concurrency", "group")
CANCEL = ("concurrency", "cancel-in-progress")


def github(event, number=None, run=1, workflow="check", sha="c0ffee"):
    """The context of a run. GitHub has nothing where an event has no such thing."""
    told = {"pull_request": {"number": number}} if number else {}
    return {"github": {"workflow": workflow, "event_name": event, "event": told, "run_id": run, "sha": sha}}


def ask(questions):
    """The errors by file and the answers: each question is a file, a path in it and what is known."""
    asked = [{"workflow": f"{name}.yml", "path": list(path), **known} for name, path, known in questions]
    command = ["node", HERE / "parser.mjs", ROOT / ".github" / "workflows"]
    ended = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60)
    if ended.returncode:
        raise ValueError(f"{ended.stderr}\nIs it installed? npm install --prefix tests/workflows")
    told = json.loads(ended.stdout)
    return told["errors"], told["answers"]


class Parsed(unittest.TestCase):
    def expect(self, *table):
        """Each row: a file, a path, what is known, and what GitHub makes of it."""
        _, answers = ask([row[:3] for row in table])
        for (name, path, known, expected), found in zip(table, answers, strict=True):
            with self.subTest(name, path=path, **known):
                self.assertEqual(found, expected)

    def test_nothing_is_wrong_in_any_file(self):
        errors, _ = ask([])
        self.assertEqual(errors, {file.name: [] for file in (ROOT / ".github" / "workflows").iterdir()})

    def test_a_newer_push_to_a_pull_request_alone_ends_an_older_check(self):
        def check(path, *told, **more):
            return ("check", path, {"contexts": github(*told, **more)})

        self.expect(
            (*check(GROUP, "pull_request", 7), "check-check-7"),
            (*check(GROUP, "pull_request", 7, run=2), "check-check-7"),
            (*check(GROUP, "pull_request", 8), "check-check-8"),
            (*check(GROUP, "merge_group", run=3), "check-check-3"),
            (*check(GROUP, "merge_group", run=4), "check-check-4"),
            # Called by a release, it has the release's name, event and run.
            (*check(GROUP, "push", run=5, workflow="release"), "check-release-5"),
            (*check(GROUP, "push", run=6, workflow="release"), "check-release-6"),
            (*check(CANCEL, "pull_request", 7), "true"),
            (*check(CANCEL, "merge_group"), "false"),
            (*check(CANCEL, "push", workflow="release"), "false"),
        )

    def test_one_deployment_at_a_time_and_rollbacks_are_some(self):
        rows = []
        for environment in ("dev", "staging", "production"):
            known = {"contexts": {"inputs": {"environment": environment}}}
            for name, job in (("deploy", "deploy"), ("rollback", "rollback")):
                at = ("jobs", job)
                rows += [
                    (name, (*at, *GROUP), known, f"deploy-{environment}"),
                    (name, (*at, *CANCEL), known, "false"),
                    (name, (*at, "environment", "name"), known, environment),
                ]
            rows.append(("rollback", ("jobs", "rollback", "name"), known, f"roll {environment} back"))
        self.expect(*rows)

    def test_no_release_and_no_rollback_waits_for_another_or_ends_it(self):
        rows = []
        for number in (1, 2):
            known = {"contexts": github("push", run=number, sha=f"sha{number}")}
            rows.append(("release", GROUP, known, f"release-sha{number}"))
            rows.append(("rollback", GROUP, known, f"rollback-{number}"))
        rows += [(name, CANCEL, {}, "false") for name in ("release", "rollback", "cache", "audit", "update")]
        rows += [(name, GROUP, {}, name) for name in ("cache", "audit", "update")]
        self.expect(*rows)

    def test_names_and_machines(self):
        other = {"contexts": {"needs": {"architecture": {"outputs": {"runner": "here", "other": "there"}}}}}
        arm = {"contexts": {"matrix": {"runner": "ubuntu-24.04-arm"}}}
        self.expect(
            ("cache", ("jobs", "dependencies", "name"), arm, "dependencies (ubuntu-24.04-arm)"),
            ("cache", ("jobs", "dependencies", "runs-on"), arm, "ubuntu-24.04-arm"),
            ("check", ("jobs", "flake", "runs-on"), other, "here"),
            ("check", ("jobs", "image", "runs-on"), other, "here"),
            ("check", ("jobs", "other", "runs-on"), other, "there"),
            ("deploy", ("jobs", "deploy", "runs-on"), {"contexts": {"inputs": {"runner": "here"}}}, "here"),
        )

    def test_what_is_left_out_and_what_goes_on(self):
        def at(name, job, condition, expected, step=None, status="success", files=True, **contexts):
            path = ("jobs", job, "if") if step is None else ("jobs", job, "steps", step, "if")
            return (name, path, {"status": status, "files": files, "contexts": contexts}, expected)

        def sarif(told):
            return {"scan": {"outputs": {"sarif": told} if told else {}}}

        rows = []
        for event in ("pull_request", "merge_group", "push"):
            known = github(event)
            for job in ("flake", "other"):
                rows.append(at("check", job, "restore", event == "pull_request", step=2, **known))
            rows += [at("check", "flake", "upload", event == "push", step=step, **known) for step in (7, 8)]
            rows.append(at("check", "flake", "upload", False, step=7, status="failure", **known))
        for status in ("success", "failure", "cancelled"):
            ends = status != "cancelled"
            rows += [
                at("release", "scan", "upload", ends, step=4, status=status),
                at("release", "scan", "upload", False, step=4, status=status, files=False),
                at("release", "findings", "", ends, status=status, needs=sarif("1"), vars={}),
                at("release", "findings", "", ends, status=status, needs=sarif("1"), vars={"CODE_SCANNING": "true"}),
                at("release", "findings", "", False, status=status, needs=sarif("1"), vars={"CODE_SCANNING": "false"}),
                at("release", "findings", "", False, status=status, needs=sarif(""), vars={}),
                at("release", "summary", "", True, status=status),
                at("audit", "issue", "", ends, status=status),
            ]
        for told, expected in (("true", True), ("false", False), ("", False)):
            rows.append(at("release", "attest", "", expected, step=0, vars={"ATTEST": told} if told else {}))
        for status, artifact in (("success", "1"), ("success", ""), ("failure", "1")):
            needs = {"update": {"outputs": {"changed": artifact} if artifact else {}}}
            expected = (status, artifact) == ("success", "1")
            rows.append(at("update", "pull-request", "", expected, status=status, needs=needs))
        for ref, expected in (("refs/heads/main", True), ("refs/heads/other", False), ("refs/tags/main", False)):
            rows.append(at("cache", "dependencies", "", expected, github={"ref": ref}))
        self.expect(*rows)

    def test_the_summary_of_what_was_skipped(self):
        """In act a job that was skipped hands on the text of its expressions; this is what GitHub makes of it."""
        names = ("dev", "staging", "production")
        needs = {"push": {"result": "skipped", "outputs": {}}, **{name: {"result": "skipped", "outputs": {}} for name in names}}
        path = ("jobs", "summary", "steps", 0, "env", "TABLE")
        _, [table] = ask([("release", path, {"contexts": {"needs": needs}})])
        # It leaves a block its indentation.
        lines = [line.strip() for line in table.splitlines()]
        self.assertEqual(lines[0], "### Nothing was pushed")
        self.assertEqual(lines[4:7], [f"| {name} | skipped |  |" for name in names])
