"""What is run by the clock: the audit with its issue, and the update with its pull request."""

import re

from act import RUN_URL, Workflow

ARM = "case $5 in runner) printf ubuntu-24.04-arm ;; esac"

# One issue may be touched, told from others by its label; and one pull request, that of this repository's branch.
ISSUES = "issue list --label audit --state open --limit 1 --json number --jq .[].number"
TITLE = "--title What is deployed has known vulnerabilities, or could not be audited"
LABEL = "label create audit --force --description What is deployed, by what is known today"
OPEN_ISSUE = [ISSUES, LABEL, f"issue create --label audit {TITLE} --body-file BODY"]
EDIT_ISSUE = [ISSUES, f"issue edit 7 {TITLE} --body-file BODY"]
CLOSE_ISSUE = [ISSUES, f"issue close 7 --comment Nothing is wrong any more: {RUN_URL}"]
PULL_REQUESTS = (
    "pr list --head update --base main --state open --json number,isCrossRepository"
    " --jq map(select(.isCrossRepository | not)) | .[0].number // empty"
)
OPEN_PULL_REQUEST = [PULL_REQUESTS, "pr create --head update --base main --title Update flake.lock and Cargo.lock --body-file BODY"]
EDIT_PULL_REQUEST = [PULL_REQUESTS, "pr edit 8 --body-file BODY"]


def asked(run):
    """What gh was asked for, in full; the file of a text has another name each time."""
    return [re.sub(r"--body-file .+", "--body-file BODY", command) for command in run.commands("gh")]


class Audit(Workflow):
    def audit(self, code=0, result="success", issue="success"):
        run = self.act("schedule", "audit", code=code)
        self.assertEqual(run.jobs, {"architecture": "success", "audit": result, "issue": issue}, run.log)
        self.assertEqual(run.commands("nix", "audit"), ["run .#audit"])
        # What is deployed may be an older commit.
        self.assertEqual([inputs["fetch-depth"] for inputs in run.inputs("actions/checkout", "audit")], ["0"])
        self.assertEqual({call.job for call in run.calls if call.token}, {"issue"}, "the token is with gh alone")
        self.assertEqual([call.what for call in run.calls if call.role], [])
        return asked(run)

    def reports(self, text, code=1):
        (self.stage / "report").write_text(text)
        self.answer(
            "audit", f'{{ echo "report<<the end"; cat "$STAGE/report"; echo; echo "the end"; }} >>"$GITHUB_OUTPUT"\nexit {code}'
        )

    def body(self):
        return (self.stage / "body").read_text()

    def open_issue(self):
        self.answer("gh", '[ "$1 $2" != "issue list" ] || echo 7')

    def test_nothing_is_wrong(self):
        self.assertEqual(self.audit(), [ISSUES])
        self.open_issue()
        self.assertEqual(self.audit(), CLOSE_ISSUE)

    def test_something_is_wrong(self):
        self.reports("## production\n\nA finding.")
        self.assertEqual(self.audit(code=1, result="failure"), OPEN_ISSUE)
        self.assertEqual(self.body(), f"## production\n\nA finding.\n\n{RUN_URL}\n")
        self.open_issue()
        self.assertEqual(self.audit(code=1, result="failure"), EDIT_ISSUE)

    def test_a_crash_without_a_report_is_told(self):
        self.fails("audit", "curl: no such program")
        self.assertEqual(self.audit(code=1, result="failure"), OPEN_ISSUE)
        self.assertIn("ended with failure before it could report anything", self.body())

    def test_a_report_is_a_text_and_nothing_else(self):
        touched = self.stage / "touched"
        report = f'$(touch {touched}) `touch {touched}`\n"; touch {touched}; "\nRESULT=success\n::set-output name=report::none'
        self.reports(report)
        self.audit(code=1, result="failure")
        self.assertEqual(self.body(), f"{report}\n\n{RUN_URL}\n")
        self.assertFalse(touched.exists())

    def test_it_is_done_where_the_image_can_be_built(self):
        self.answer("eval", ARM)
        run = self.act("schedule", "audit", inlined=True)
        self.assertEqual({call.job: call.runner for call in run.calls}["audit"], "ubuntu-24.04-arm", run.log)

    def test_a_machine_that_is_not_known_is_told(self):
        self.fails("eval", "dev is for amd64")
        run = self.act("schedule", "audit", code=1)
        # act says nothing of a job that it skips.
        self.assertEqual(run.jobs, {"architecture": "failure", "issue": "success"}, run.log)
        self.assertEqual(asked(run), OPEN_ISSUE)

    def test_an_issue_that_can_not_be_written_is_red(self):
        self.fails("gh", "HTTP 403")
        self.audit(code=1, issue="failure")


class Update(Workflow):
    def update(self, code=0, **jobs):
        run = self.act("schedule", "update", code=code)
        expected = {"architecture": "success"} | {name.replace("_", "-"): result for name, result in jobs.items()}
        self.assertEqual(run.jobs, expected, run.log)
        self.assertEqual(run.commands("nix", "update"), ["run .#update -- update"])
        self.assertLessEqual({call.job for call in run.calls if call.token}, {"pull-request"}, "the token is with gh alone")
        self.assertEqual(self.git("status", "--porcelain"), "")
        return asked(run)

    def branches(self):
        return self.git("branch", "--format", "%(refname:short)").split()

    def test_something_is_newer(self):
        self.assertEqual(self.update(update="success", pull_request="success"), OPEN_PULL_REQUEST)
        self.assertEqual((self.stage / "body").read_text(), "The image is another one.\n")
        for lock in ("flake.lock", "Cargo.lock"):
            self.assertEqual(self.git("show", f"update:{lock}"), "newer")
        self.answer("gh", '[ "$1 $2" != "pr list" ] || echo 8')
        self.assertEqual(self.update(update="success", pull_request="success"), EDIT_PULL_REQUEST)

    def test_it_is_done_where_the_image_can_be_built(self):
        self.answer("eval", ARM)
        run = self.act("schedule", "update", inlined=True)
        self.assertEqual({call.job: call.runner for call in run.calls}["update"], "ubuntu-24.04-arm", run.log)

    def test_what_can_not_be_written_is_red(self):
        self.fails("gh", "HTTP 403")
        self.update(code=1, update="success", pull_request="failure")

    def test_nothing_is_newer(self):
        self.answer("update", "echo 'update: there is nothing newer' >&2")
        self.assertEqual(self.update(update="success"), [])
        self.assertEqual(self.branches(), ["main"])

    def test_an_update_that_fails_opens_nothing(self):
        for where in ("", 'mkdir "$1"; echo newer >"$1/Cargo.lock";'):
            with self.subTest(where):
                self.answer("update", f"{where} exit 1")
                self.assertEqual(self.update(code=1, update="failure"), [])
                self.assertEqual(self.branches(), ["main"])

    def test_a_text_is_a_text_and_nothing_else(self):
        touched = self.stage / "touched"
        text = f"$(touch {touched}) `touch {touched}`\n'; touch {touched}; '\n"
        self.alter("update", f"cat >body.md <<'END'\n{text}END")
        self.assertEqual(self.update(update="success", pull_request="success"), OPEN_PULL_REQUEST)
        self.assertEqual((self.stage / "body").read_text(), text)
        self.assertFalse(touched.exists())

    def test_nothing_but_the_two_lock_files_is_committed(self):
        self.alter(
            "update", "mkdir .github src; echo evil | tee .github/issue.sh src/main.rs flake.nix 'Cargo.lock; touch x' >README.md"
        )
        self.update(update="success", pull_request="success")
        self.assertEqual(self.git("diff", "--name-only", "main", "update").split(), ["Cargo.lock", "flake.lock"])

    def test_what_is_no_lock_file_is_refused(self):
        for script in ("ln -sf /etc/passwd Cargo.lock", "rm Cargo.lock", "rm flake.lock && mkdir flake.lock", "rm body.md"):
            with self.subTest(script):
                self.alter("update", script)
                self.assertEqual(self.update(code=1, update="success", pull_request="failure"), [])
                self.assertEqual(self.branches(), ["main"])
