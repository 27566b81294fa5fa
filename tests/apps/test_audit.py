"""What `audit` promises: a report about what is deployed, and an exit code that says whether anything is wrong."""

import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import unittest
import urllib.parse

from stage import ROOT, Stage, quoted

# The deployer, where cargo built it.
REAL = pathlib.Path(shutil.which("audit") or ".").parent / "tools" / "rehearse" / "deploy"

COMMIT = "c" * 40


class Audit(Stage):
    def setUp(self):
        super().setUp()
        self.built, self.digest = self.image()
        self.says = {"commit": COMMIT, "image_digest": self.digest, "system": "x86_64-linux"}
        stage = self

        class Site(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(stage.says).encode())

            def log_message(self, *_):
                pass

        site = http.server.HTTPServer(("127.0.0.1", 0), Site)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        self.url = f"http://127.0.0.1:{site.server_port}"
        self.describes([{"name": "dev", "region": "a", "url": self.url}])
        subprocess.run(["git", "init", "--quiet", self.folder], check=True)
        self.nix()

    def describes(self, environments):
        """What the deployer says is described."""
        told = quoted(json.dumps(environments))
        self.fake("deploy", f'[ "$*" = "environments --json" ] || exit 2\nprintf "%s\\n" {told}')

    def nix(self, scan=0, build=0):
        self.fake(
            "nix",
            f"""echo "$*" >>{quoted(self.folder)}/asked
case "$*" in
*" build "*) echo it broke >&2; echo {quoted(self.built)}; exit {build};;
*" run "*) echo the table; echo a reason >&2; exit {scan};;
esac""",
        )

    def audit(self, *arguments, code=0, says=(), **environment):
        return self.run_program("audit", *arguments, code=code, says=says, **environment)

    def test_what_is_scanned_is_what_the_site_names_by_that_commits_own_scan(self):
        self.audit(says=["the table", self.digest])
        asked = (self.folder / "asked").read_text()
        flake = f"git+file://{urllib.parse.quote(str(self.folder))}?rev={COMMIT}&allRefs=1"
        self.assertIn(f"{flake}#packages.x86_64-linux.image", asked)
        self.assertIn(f"run {flake}#scan -- {self.built}\n", asked)

    def test_the_report_is_an_output_of_the_step(self):
        output = self.folder / "output"
        for scan in (0, 1):
            self.nix(scan=scan)
            output.unlink(missing_ok=True)
            report = self.audit(code=scan, GITHUB_OUTPUT=output)
            first, *lines, last, end = output.read_text().split("\n")
            name, mark = first.split("<<")
            self.assertEqual((name, mark, end), ("report", last, ""))
            self.assertGreaterEqual(len(mark), 64, "nothing in the report can be it")
            self.assertEqual("\n".join(lines).strip(), report.strip())

    def test_a_report_that_is_too_long_for_an_issue_is_cut(self):
        output = self.folder / "output"
        (self.folder / "long").write_text("x" * 100_000)
        self.fake("nix", f'case "$*" in *" build "*) echo {quoted(self.built)};; *) cat {quoted(self.folder)}/long; exit 1;; esac')
        self.audit(code=1, GITHUB_OUTPUT=output)
        self.assertLess(len(output.read_text()), 65_000)
        self.assertTrue(output.read_text().endswith("\n"))

    def test_what_it_starts_writes_no_output_and_no_summary(self):
        self.fake("nix", f'[ -z "${{GITHUB_OUTPUT:-}}${{GITHUB_STEP_SUMMARY:-}}" ] || exit 9\necho {quoted(self.built)}')
        self.audit(GITHUB_OUTPUT=self.folder / "output", GITHUB_STEP_SUMMARY=self.folder / "summary")

    def test_what_could_not_be_audited_is_told(self):
        self.nix(scan=3)
        self.audit(code=1, says=["The scan ended with 3: a reason"])
        self.nix(build=1)
        self.audit(code=1, says=["does not build here: it broke"])
        self.nix()
        other = f"sha256:{'0' * 64}"
        self.says["image_digest"] = other
        self.audit(code=1, says=["What runs is not what the commit builds to", self.digest])
        self.says = {"commit": "main"}
        self.audit(code=1, says=["does not say what runs there: commit main, digest not known"])
        self.says = ["no", "object"]
        self.audit(code=1, says=["does not say what runs there"])
        self.describes([{"name": "dev", "url": "http://127.0.0.1:1"}])
        self.audit(code=1, says=["http://127.0.0.1:1/release.json does not answer"])

    def test_every_environment_is_audited_whatever_is_wrong_with_another(self):
        bad = {"name": "dev", "url": "http://127.0.0.1:1"}
        self.describes([bad, {"name": "production", "url": self.url}, bad | {"name": "staging"}])
        self.audit(code=1, says=["## dev", "## production", "the table", "## staging", "In dev staging. Found"])

    def test_descriptions_that_can_not_be_read_are_no_clean_bill(self):
        self.describes([])
        self.audit(code=1, says=["no environment is described"])
        self.fake("deploy", "echo dev.toml has no url; exit 4")
        self.audit(code=1, says=["audit: dev.toml has no url"])

    @unittest.skipUnless(REAL.exists(), "no deployer is built; with Nix the deployer's own tests are for that")
    def test_a_description_is_read_as_the_deployer_reads_it(self):
        (self.folder / "fakes" / "deploy").unlink()
        described = (ROOT / "ecs" / "environments" / "dev.toml").read_text()
        (self.folder / "ecs" / "environments").mkdir(parents=True)
        for url in (f"url='{self.url}'", f'url="{self.url}" # of dev', f'url   = "{self.url}"'):
            text = re.sub(r"(?m)^url = .*", url, described).replace("\n", "\r\n")
            (self.folder / "ecs" / "environments" / "dev.toml").write_text(text, newline="")
            self.audit(says=["## dev", "the table"], DEPLOY_DIRECTORY=self.folder / "ecs")

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        self.ends_with_codes_of_its_own((0, 1), "audit", GITHUB_OUTPUT=self.folder / "output")

    def test_wrong_arguments_are_told(self):
        self.audit("--quick", code=2, says=["there is no argument --quick"])
        self.assertIn("Exit codes", self.audit("--help"))
