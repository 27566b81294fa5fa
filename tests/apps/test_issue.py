"""What .github/issue.sh promises: one issue about what is deployed, and no more than one."""

import re

from stage import Stage, quoted

# The one issue that may be touched is found, and told from others, by its label.
LIST = "issue list --label audit --state open --limit 1 --json number --jq .[].number"
TITLE = "--title What is deployed has known vulnerabilities, or could not be audited"
LABEL = "label create audit --force --description What is deployed, by what is known today"


class Issue(Stage):
    def setUp(self):
        super().setUp()
        self.gh()

    def gh(self, number="", code=0):
        self.fake(
            "gh",
            f"""echo "$*" >>{quoted(self.folder)}/told
while [ $# -gt 0 ]; do [ "$1" != --body-file ] || cat "$2" >{quoted(self.folder)}/body; shift; done
[ -z "{number}" ] || echo {number}
exit {code}""",
        )

    def told(self):
        file = self.folder / "told"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        # The text's file has another name each time.
        return [re.sub(r"--body-file .+", "--body-file BODY", line) for line in lines]

    def run_script(self, result, report="", code=0, says=()):
        told = {"RESULT": result, "REPORT": report, "RUN_URL": "https://example.org/run"}
        return self.run_program("issue", code=code, says=says, **told)

    def test_one_issue_is_opened_then_updated_then_closed(self):
        self.run_script("success")
        self.assertEqual(self.told(), [LIST])
        self.run_script("failure", "## dev `$(touch $HOME/x)`")
        self.assertEqual(self.told(), [LIST, LABEL, f"issue create --label audit {TITLE} --body-file BODY"])
        self.assertEqual((self.folder / "body").read_text(), "## dev `$(touch $HOME/x)`\n\nhttps://example.org/run\n")
        self.gh(number="7")
        self.run_script("failure", "still")
        self.assertEqual(self.told(), [LIST, f"issue edit 7 {TITLE} --body-file BODY"])
        self.run_script("success")
        self.assertEqual(self.told(), [LIST, "issue close 7 --comment Nothing is wrong any more: https://example.org/run"])

    def test_an_audit_that_could_not_report_is_told(self):
        self.run_script("failure")
        self.assertIn("before it could report anything", (self.folder / "body").read_text())

    def test_what_can_not_be_written_is_no_success(self):
        self.gh(code=1)
        self.run_script("failure", "a report", code=1)
        self.run_program("issue", code=1, says=["RESULT"], RESULT="")
