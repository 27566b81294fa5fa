"""What is run by the clock: the audit with its issue, and the update with its pull request."""

from act import RUN_URL, Workflow


class Audit(Workflow):
    def audit(self, code=0, result="success", issue="success"):
        run = self.act("schedule", "audit", code=code)
        self.assertEqual(run.jobs, {"audit": result, "issue": issue}, run.log)
        self.assertEqual(run.commands("nix"), ["run .#audit"])
        # What is deployed may be an older commit.
        self.assertEqual([inputs["fetch-depth"] for inputs in run.inputs("actions/checkout")], ["0", "1"])
        self.assertEqual({call.job for call in run.calls if call.token}, {"issue"}, "the token is with gh alone")
        self.assertEqual([call.what for call in run.calls if call.role], [])
        return [" ".join(call.arguments[:2]) for call in run.called("gh")]

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
        self.assertEqual(self.audit(), ["issue list"])
        self.open_issue()
        self.assertEqual(self.audit(), ["issue list", "issue close"])

    def test_something_is_wrong(self):
        self.reports("## production\n\nA finding.")
        self.assertEqual(self.audit(code=1, result="failure"), ["issue list", "label create", "issue create"])
        self.assertEqual(self.body(), f"## production\n\nA finding.\n\n{RUN_URL}\n")
        self.open_issue()
        self.assertEqual(self.audit(code=1, result="failure"), ["issue list", "issue edit"])

    def test_a_crash_without_a_report_is_told(self):
        self.fails("audit", "curl: no such program")
        self.assertEqual(self.audit(code=1, result="failure"), ["issue list", "label create", "issue create"])
        self.assertIn("ended with failure before it could report anything", self.body())

    def test_a_report_is_a_text_and_nothing_else(self):
        touched = self.stage / "touched"
        report = f'$(touch {touched}) `touch {touched}`\n"; touch {touched}; "\nRESULT=success\n::set-output name=report::none'
        self.reports(report)
        self.audit(code=1, result="failure")
        self.assertEqual(self.body(), f"{report}\n\n{RUN_URL}\n")
        self.assertFalse(touched.exists())

    def test_an_issue_that_can_not_be_written_is_red(self):
        self.fails("gh", "HTTP 403")
        self.audit(code=1, issue="failure")


class Update(Workflow):
    def update(self, code=0, **jobs):
        run = self.act("schedule", "update", code=code)
        self.assertEqual(run.jobs, {name.replace("_", "-"): result for name, result in jobs.items()}, run.log)
        self.assertEqual(run.commands("nix"), ["run .#update -- update"])
        self.assertLessEqual({call.job for call in run.calls if call.token}, {"pull-request"}, "the token is with gh alone")
        self.assertEqual(self.git("status", "--porcelain"), "")
        return [" ".join(call.arguments[:2]) for call in run.called("gh")]

    def branches(self):
        return self.git("branch", "--format", "%(refname:short)").split()

    def test_something_is_newer(self):
        self.assertEqual(self.update(update="success", pull_request="success"), ["pr list", "pr create"])
        self.assertEqual((self.stage / "body").read_text(), "The image is another one.\n")
        for lock in ("flake.lock", "Cargo.lock"):
            self.assertEqual(self.git("show", f"update:{lock}"), "newer")
        self.answer("gh", '[ "$1 $2" != "pr list" ] || echo 8')
        self.assertEqual(self.update(update="success", pull_request="success"), ["pr list", "pr edit"])

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
        self.assertEqual(self.update(update="success", pull_request="success"), ["pr list", "pr create"])
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
