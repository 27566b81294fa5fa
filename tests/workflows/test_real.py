"""One release with the real push, deployer, registry and stand-in for AWS in the place of scripted answers.

Built before: `cargo build --workspace`, and target/apps and target/image of it, as .ci/run does.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from act import HERE, VARIABLES, Workflow

sys.path.append(str(HERE.parent / "apps"))
from stage import Registry  # noqa: E402

ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BUILT, IMAGE = TARGET / "debug", TARGET / "image"
ENVIRONMENTS = ("dev", "staging", "production")

# For the registry, which Debian has under another name.
os.environ["PATH"] += f"{os.pathsep}{TARGET / 'apps' / 'tools' / 'tests'}"


class Real(Workflow):
    network = True
    first = True

    def setUp(self):
        super().setUp()
        for file in (IMAGE / "digest", BUILT / "deploy", BUILT / "aws-stand-in"):
            self.assertTrue(file.exists(), f"{file} is not built: .ci/run has the commands")
        # For the servers, which nobody else has to do with.
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.registry = Registry(self, "", self.folder / "registry")
        self.sites = {}
        shutil.copytree(ROOT / "ecs" / "environments", self.stage / "ecs" / "environments")
        for file in (ROOT / "ecs").glob("*.j2"):
            shutil.copy(file, self.stage / "ecs")
        cases = [self.account(name) for name in ENVIRONMENTS]
        # What may be where nobody else can look.
        shutil.copy(BUILT / "deploy", self.stage / "real-deploy")
        shutil.copy(ROOT / "nix" / "apps" / "push.sh", self.stage)
        shutil.copy(ROOT / "ecs" / "src" / "ecr-hosts.txt", self.stage)
        (self.stage / "own").mkdir()
        program = self.stage / "own" / "registry-manifest"
        program.write_text(f"#!/usr/bin/env bash\nset -euo pipefail\n{(ROOT / 'nix' / 'image' / 'registry-manifest.sh').read_text()}")
        program.chmod(0o755)
        shutil.copytree(IMAGE, self.stage / "image")
        (self.stage / "deploy").write_text(f"""#!/usr/bin/env bash
set -euo pipefail
tell deploy "$@"
case $2 in
{chr(10).join(cases)}
esac
exec "$STAGE/real-deploy" --directory "$STAGE/ecs" "$@"
""")
        self.answer("image", 'ln --symbolic --no-dereference --force "$STAGE/image" result')
        self.answer("push", 'export ECR_HOSTS=$STAGE/ecr-hosts.txt PATH=$STAGE/own:$PATH\nIMAGE=$PWD/result exec bash -euo pipefail "$STAGE/push.sh" "$@"')

    def account(self, name):
        """Starts an account for the environment, and describes it as that. The deployer's way there."""
        log = self.folder / f"{name}.env"
        # At the speed of a real clock: other tests run beside it, and a task that is late is a bad release.
        command = [
            BUILT / "aws-stand-in",
            "--speed",
            "1",
            "--repository",
            self.registry.repository,
            "--folder",
            self.folder / name,
        ]
        environment = {**os.environ, "PATH": f"{TARGET / 'apps'}:{os.environ['PATH']}"}
        with log.open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
        # Its tasks end with it.
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        for _ in range(200):
            found = dict(re.findall(r"(?m)^(AWS_ENDPOINT_URL|SITE_URL)=(\S+)$", log.read_text()))
            if len(found) == 2:
                break
            time.sleep(0.05)
        else:
            self.fail(f"the stand-in does not start: {log.read_text()}")
        self.sites[name] = found["SITE_URL"]
        file = self.stage / "ecs" / "environments" / f"{name}.toml"
        # A rollout is over in seconds here, and the image is for this machine.
        architecture = "ARM64" if os.uname().machine == "aarch64" else "X86_64"
        text = file.read_text()
        for pattern, by in (
            (r"^url = .*", f'url = "{found["SITE_URL"]}"'),
            (r"^architecture = .*", f'architecture = "{architecture}"'),
            (r"^poll = .*", 'poll = "200ms"'),
            (r"^(rollout|rollback|site) = .*", r'\1 = "1m"'),
        ):
            text = re.sub(pattern, by, text, flags=re.MULTILINE)
        file.write_text(text)
        return f"  {name}) export AWS_ENDPOINT_URL={found['AWS_ENDPOINT_URL']} ;;"

    def test_a_release_goes_all_the_way_and_again(self):
        variables = {**VARIABLES, "ECR_REPOSITORY": self.registry.repository}
        digest = (IMAGE / "digest").read_text().strip()
        run = self.act("push", "release", variables=variables)
        self.assertEqual(set(run.jobs.values()), {"success"}, run.log)
        self.assertEqual(self.registry.digest(self.commit), digest)
        self.assertIn(f"### {self.registry.repository}@{digest}\n", run.summary)
        for name in ENVIRONMENTS:
            with urllib.request.urlopen(f"{self.sites[name]}/release.json", timeout=10) as answer:
                told = json.load(answer)
            self.assertEqual((told["commit"], told["image_digest"], told["environment"]), (self.commit, digest, name))
            self.assertIn(f"| {name} | success | walkthrough-{name}:1 is deployed and verified |\n", run.summary)
        pushed = self.registry.changes()
        # What is there already is left alone.
        run = self.act("push", "release", variables=variables)
        self.assertEqual(set(run.jobs.values()), {"success"}, run.log)
        self.assertEqual(self.registry.changes(), pushed)
        for name in ENVIRONMENTS:
            self.assertIn(f"| {name} | success | nothing to change: walkthrough-{name}:1 runs, verified |\n", run.summary)
