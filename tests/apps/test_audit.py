"""What `audit` promises: one issue about what is deployed, and no more than one."""

import http.server
import json
import subprocess
import threading

from stage import Stage

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
        environments = self.folder / "ecs" / "environments"
        environments.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{site.server_port}"
        (environments / "dev.toml").write_text(f'region = "a"\nurl = "{self.url}"\n')
        subprocess.run(["git", "init", "--quiet", self.folder], check=True)
        self.nix()
        self.gh()

    def nix(self, scan=0, build=0):
        self.fake(
            "nix",
            f"""echo "$*" >>{self.folder}/asked
case "$*" in
*" build "*) echo it broke >&2; echo {self.built}; exit {build};;
*" run "*) echo the table; echo a reason >&2; exit {scan};;
esac""",
        )

    def gh(self, number="", code=0):
        self.fake(
            "gh",
            f"""echo "$*" >>{self.folder}/told
while [ $# -gt 0 ]; do [ "$1" != --body-file ] || cat "$2" >{self.folder}/body; shift; done
[ -z "{number}" ] || echo {number}
exit {code}""",
        )

    def told(self):
        file = self.folder / "told"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [" ".join(line.split()[:3]) for line in lines]

    def audit(self, *arguments, code=0, says=()):
        return self.run_program("audit", *arguments, code=code, says=says, DEPLOY_DIRECTORY=self.folder / "ecs")

    def test_nothing_wrong_opens_nothing(self):
        self.audit(says=["the table", self.digest])
        self.assertEqual(self.told(), ["issue list --label"])
        asked = (self.folder / "asked").read_text()
        flake = f"git+file://{self.folder}?rev={COMMIT}&allRefs=1"
        self.assertIn(f"{flake}#packages.x86_64-linux.image", asked)
        self.assertIn(f"run {flake}#scan -- {self.built}\n", asked, "the deployed commit's own scan, of its image")

    def test_one_issue_is_opened_then_updated_then_closed(self):
        self.nix(scan=1)
        self.audit(code=1)
        self.assertEqual(self.told(), ["issue list --label", "label create audit", "issue create --label"])
        self.assertIn("the table", (self.folder / "body").read_text())
        self.gh(number="7")
        self.audit(code=1)
        self.assertEqual(self.told(), ["issue list --label", "issue edit 7"])
        self.nix()
        self.audit()
        self.assertEqual(self.told(), ["issue list --label", "issue close 7"])

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
        (self.folder / "ecs/environments/dev.toml").write_text('url = "http://127.0.0.1:1"\n')
        self.audit(code=1, says=["http://127.0.0.1:1/release.json does not answer"])

    def test_a_dry_run_leaves_the_issue_alone(self):
        self.nix(scan=1)
        self.audit("--dry-run", code=1, says=["the table"])
        self.assertEqual(self.told(), [])

    def test_an_issue_that_can_not_be_written_is_told(self):
        self.gh(code=1)
        self.audit(code=3, says=["GH_TOKEN"])

    def test_wrong_arguments_are_told(self):
        self.audit("--quick", code=2, says=["there is no argument --quick"])
        self.assertIn("Exit codes", self.audit("--help"))
