"""Runs the workflows on this machine, by nektos/act: no container, no network, and nobody's rights.

Actions of others are the small ones under actions/, and Nix, gh and the deployer the programs under programs/: each tells
what it was called with, and does what the next step needs. Where act is not GitHub:

- A called workflow that fails ends the run, even what is there for `always()` (nektos/act#1793); and what a job that was
  skipped hands on is the text of its expression, where GitHub has nothing. What fails is therefore tried with the
  called jobs in the place of the call: inline.py.
- `runs-on` is any machine: inline.py also lets each job tell which one it asked for.
- Filters of branches, concurrency, environments, permissions and timeouts have no effect. For concurrency and
  environments there is GitHub's own parser (test_parser.py), for all of them ecs/tests/workflows.rs.
- What the legs of a matrix hand on gets lost. None does here.
- A run can't be repeated in part: run again is all of it again, beside what the first one left.
- Exit code 2 is a crash of act itself; it gets one more try.
"""

import atexit
import collections
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import inline

HERE = pathlib.Path(__file__).parent
# What is run: the list of mutants names another tree.
ROOT = pathlib.Path(os.environ.get("WORKFLOWS_OF", HERE.parents[1]))
# Nobody of this machine, where it can be had.
NOBODY = 65534
LABELS = ("ubuntu-24.04", "ubuntu-24.04-arm")
VARIABLES = {
    "AWS_REGION": "eu-central-1",
    "AWS_PUSH_ROLE": "arn:aws:iam::123456789012:role/push",
    "AWS_DEPLOY_ROLE": "arn:aws:iam::123456789012:role/deploy",
    "ECR_REPOSITORY": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough",
}
DIGEST = "sha256:" + "1" * 64
OTHER_DIGEST = "sha256:" + "2" * 64
RUN_URL = "https://github.com/example/walkthrough/actions/runs/1"

# What Nix and the programs do when all is well; each is a shell script, sourced by the one that was called.
ANSWERS = {
    "eval": """case $5 in runner) printf ubuntu-24.04 ;; other) printf ubuntu-24.04-arm ;; esac""",
    "check": "",
    "rehearse": "",
    "stacks": "",
    "dependencies": "",
    # The digest is that of the test, or of the job.
    "image": """
image=$(mktemp --directory)
mkdir -p "$image/oci/blobs/sha256"
digest=$STAGE/digests/$GITHUB_JOB
[ -e "$digest" ] || digest=$STAGE/digests/all
cp "$digest" "$image/digest"
printf '{"imageLayoutVersion":"1.0.0"}' >"$image/oci/oci-layout"
jq --null-input --rawfile digest "$digest" '{manifests: [{digest: ($digest | rtrimstr("\\n"))}]}' >"$image/oci/index.json"
ln --symbolic --no-dereference --force "$image" result""",
    "pictures": """
pictures=$(mktemp --directory)
echo PNG >"$pictures/overview.png"
ln --symbolic --no-dereference --force "$pictures" result""",
    "deployer": """
mkdir -p "$STAGE/store/deploy/bin"
cp "$STAGE/deploy" "$STAGE/store/deploy/bin"
echo "$STAGE/store/deploy\"""",
    # What another machine gets is what is in the folder.
    "hand-over": """
folder=${3#file://}
mkdir -p "$folder/nar"
tar --create --file "$folder/nar/deploy.nar" --directory "$(dirname "$4")" "$(basename "$4")"
touch "$folder/$(basename "$4").narinfo"
rm -rf "$4\"""",
    "take-over": """
folder=${4#file://}
[ -e "$folder/$(basename "$5").narinfo" ] || { echo "error: path '$5' is not valid" >&2 && exit 1; }
tar --extract --file "$folder/nar/deploy.nar" --directory "$(dirname "$5")\"""",
    "scan": """
while [ $# -gt 1 ]; do
  case $1 in
    --digest) digest=$2 ;;
    --sarif) sarif=$2 ;;
    *) echo "scan: there is no option $1" >&2 && exit 2 ;;
  esac
  shift 2
done
found=$(jq --raw-output '.manifests[0].digest' "$1/oci/index.json")
if [ "$found" != "${digest-$found}" ]; then
  echo "scan: $1 has $found, and not $digest" >&2
  exit 2
fi
findings=0
[ ! -e "$STAGE/findings" ] || findings=1
printf '{"version":"2.1.0"}' >"$sarif"
exit "$findings\"""",
    "push": """
[ "$1" ] || { echo "push: which repository?" >&2 && exit 2; }
[ "${AWS_ACCESS_KEY_ID:-}" ] || { echo "push: AWS gives no login" >&2 && exit 1; }
digest=$STAGE/digests/$GITHUB_JOB
[ -e "$digest" ] || digest=$STAGE/digests/all
echo "$1@$(cat "$digest")\"""",
    "apply": """
printf 'url=https://%s.example.org\\nsummary=%s\\n' "$2" "$2 runs it" >>"$GITHUB_OUTPUT\"""",
    "rollback": """
printf 'url=https://%s.example.org\\nsummary=%s\\n' "$2" "$2 is back" >>"$GITHUB_OUTPUT\"""",
    "audit": """
printf 'report<<end of it\\n## dev\\n\\nNothing.\\nend of it\\n' >>"$GITHUB_OUTPUT\"""",
    "update": """
mkdir "$1"
echo newer | tee "$1/flake.lock" >"$1/Cargo.lock"
echo 'The image is another one.' >"$1/body.md\"""",
    "gh": "",
}

Call = collections.namedtuple("Call", "job what arguments inputs role token runner")


@functools.cache
def installed():
    """What all tests share, in a folder that anybody may read: act, the stand-ins and a repository."""
    folder = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    shutil.copytree(HERE / "actions", folder / "actions")
    (folder / "programs").mkdir()
    for name in ("tell", "gh"):
        shutil.copy(HERE / "programs" / name, folder / "programs")
    found = {name: shutil.which(name) for name in ("act", "node")}
    for name, program in found.items():
        if not program:
            raise FileNotFoundError(f"{name} is not on the path; tests/requirements.txt and .ci/run say where it is from")
    # It may be where nobody else can look.
    shutil.copy(found["act"], folder / "programs")
    # For hashFiles.
    (folder / "programs" / "node").symlink_to(found["node"])
    return folder


class Run:
    """What act says of a run: which jobs ended how, what was called, and what the summary is."""

    def __init__(self, ended, names):
        self.code = ended.returncode
        self.jobs, self.calls, self.summary = {}, [], ""
        story = []
        for line in ended.stdout.splitlines():
            if not line.startswith("{"):
                story.append(line)
                continue
            said = json.loads(line)
            if "jobResult" in said or "raw_output" in said or said["level"] not in ("info", "debug"):
                story.append(f"{said.get('jobID', '')}: {said['msg'].rstrip()}")
            # The caller's name before the called workflow's and the job's.
            path = said.get("job", "").split("/")
            job = f"{path[0].strip()}/{said['jobID']}" if len(path) > 2 else said.get("jobID")
            job = names.get(job, job)
            if job is None:
                continue
            if "jobResult" in said:
                self.jobs[job] = said["jobResult"]
            elif said.get("command") == "summary":
                self.summary += said["content"]
            elif said.get("raw_output") and said["msg"].startswith("@call "):
                self.calls.append(Call(job=job, **json.loads(said["msg"].removeprefix("@call "))))
        self.log = "\n".join(["", *story, ended.stderr])

    def called(self, what, job=None):
        """The calls of that name, in that job, in their order."""
        return [call for call in self.calls if call.what == what and job in (None, call.job)]

    def commands(self, what, job=None):
        """The same, as the command lines that they are."""
        return [" ".join(call.arguments) for call in self.called(what, job)]

    def inputs(self, what, job=None):
        return [call.inputs for call in self.called(what, job)]


class Workflow(unittest.TestCase):
    """A stage of its own for each test, on which workflows are run."""

    # Whether there is anything but the run itself to be reached.
    network = False

    def setUp(self):
        self.stage = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.stage)
        for folder in ("answers", "altered", "artifacts", "digests", "home", "nix", "store", "repository/.github", "repository/.ci"):
            (self.stage / folder).mkdir(parents=True)
        for name, text in ANSWERS.items():
            self.answer(name, text)
        self.digest("all", DIGEST)
        shutil.copy(HERE / "programs" / "nix", self.stage / "nix")
        shutil.copy(HERE / "programs" / "deploy", self.stage)
        self.repository = self.stage / "repository"
        shutil.copytree(ROOT / ".github", self.repository / ".github", dirs_exist_ok=True)
        shutil.copy(HERE / "programs" / "stacks", self.repository / ".ci")
        for lock in ("flake.lock", "Cargo.lock"):
            (self.repository / lock).write_text("older\n")
        self.environment = {
            "PATH": f"{installed() / 'programs'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.stage / "home"),
            "TMPDIR": str(self.stage),
            "LANG": "C.UTF-8",
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", "https://github.com/example/walkthrough")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a commit")
        self.commit = self.git("rev-parse", "HEAD")

    def git(self, *arguments):
        settings = ("user.name=a", "user.email=a@example.org", "safe.directory=*")
        command = ["git", "-C", self.repository, *(part for setting in settings for part in ("-c", setting)), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def answer(self, name, script):
        """What the program, or Nix to that command, does in place of what is usual."""
        (self.stage / "answers" / name).write_text(script + "\n")

    def fails(self, name, why="it fails"):
        self.answer(name, f"echo '{why}' >&2\nexit 1")

    def digest(self, job, digest):
        """The digest that is built in that job."""
        (self.stage / "digests" / job).write_text(digest + "\n")

    def alter(self, artifact, script):
        """What somebody does to an artifact between the job that makes it and the one that takes it."""
        (self.stage / "altered" / artifact).write_text(script + "\n")

    def act(self, event, workflow, *, inlined=False, payload=None, variables=VARIABLES, code=0):
        """Runs a workflow for an event. `inlined`: without the limits of act that inline.py is for."""
        file, names = self.repository / ".github" / "workflows" / f"{workflow}.yml", {}
        if inlined:
            file, names = inline.put_inline(file, self.stage / "inlined.yml")
        (self.stage / "event.json").write_text(json.dumps(payload or {}))
        command = [
            "act",
            event,
            *("--workflows", file, "--eventpath", self.stage / "event.json"),
            *("--use-new-action-cache", "--no-skip-checkout", "--no-cache-server", "--json"),
            *("--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1"),
            *("--action-cache-path", self.stage / "machines"),
            *("--env", f"STAGE={self.stage}", "--secret", "GITHUB_TOKEN=ghs_of_the_job"),
            *(part for label in LABELS for part in ("--platform", f"{label}=-self-hosted")),
            *(part for name, value in variables.items() for part in ("--var", f"{name}={value}")),
            *(part for action in self.actions() for part in ("--local-repository", action)),
        ]
        # Without a terminal to be had: act gives each step one, and then loses what was said last.
        alone = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/dev/pts", "--die-with-parent"]
        command = [*alone, *([] if self.network else ["--unshare-net"]), *command]
        if os.geteuid() == 0:
            subprocess.run(["chown", "--recursive", f"{NOBODY}:{NOBODY}", self.stage], check=True)
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        for _ in range(2):
            ended = subprocess.run(
                [str(part) for part in command],
                cwd=self.repository,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            if ended.returncode != 2:
                break
        run = Run(ended, names)
        self.assertEqual(run.code, code, run.log)
        return run

    def assert_ran(self, run, *jobs, failed=()):
        """These jobs and no others, all of them with success but those."""
        self.assertEqual(run.jobs, {job: "failure" if job in failed else "success" for job in jobs}, run.log)

    def actions(self):
        """OWNER/REPOSITORY@COMMIT=FOLDER for every action of others."""
        used = set()
        for file in (self.repository / ".github" / "workflows").iterdir():
            used.update(re.findall(r"""uses"?: "?([\w-]+/[\w-]+)[\w/-]*@([0-9a-f]{40})""", file.read_text()))
        folder = installed() / "actions"
        for repository, commit in sorted(used):
            self.assertTrue((folder / repository).is_dir(), f"{repository} has no stand-in under {HERE}/actions")
            yield f"{repository}@{commit}={folder / repository}"
