"""What .github/pull-request.sh promises: one pull request, and no write but that of two lock files."""

import json
import re
import shutil
import subprocess

from stage import Stage, quoted

# One pull request may be touched: that of the branch "update" of this repository.
LIST = (
    "pr list --head update --base main --state open --json number,isCrossRepository"
    " --jq map(select(.isCrossRepository | not)) | .[0].number // empty"
)
CREATE = "pr create --head update --base main --title Update flake.lock and Cargo.lock --body-file BODY"
EDIT = "pr edit 7 --body-file BODY"


class PullRequest(Stage):
    def setUp(self):
        super().setUp()
        self.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        self.origin, self.clone = self.folder / "origin", self.folder / "clone"
        self.git("init", "--quiet", "--bare", self.origin)
        self.git("clone", "--quiet", self.origin, self.clone)
        for name in ("flake.lock", "Cargo.lock", "README.md"):
            (self.clone / name).write_text("old\n")
        self.in_clone("add", ".")
        self.in_clone("commit", "--quiet", "--message", "a")
        self.handed = self.clone / "update"
        self.handed.mkdir()
        for name in ("flake.lock", "Cargo.lock"):
            (self.handed / name).write_text("new\n")
        (self.handed / "body.md").write_text("what changed\n")
        self.gh()

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], check=True, env=self.environment, capture_output=True, text=True).stdout

    def in_clone(self, *arguments):
        return self.git("-C", self.clone, "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments)

    def gh(self, *found, fails="no call"):
        """What gh finds for the branch's name, as it would answer, and which of its calls fails."""
        (self.folder / "found").write_text(json.dumps(found))
        self.fake(
            "gh",
            f"""echo "$*" >>{quoted(self.folder)}/told
case $* in "{fails}"*) echo "HTTP 403" >&2 && exit 1 ;; esac
list= jq=
[ "$1 $2" != "pr list" ] || list=1
while [ $# -gt 0 ]; do
  [ "$1" != --body-file ] || cat "$2" >{quoted(self.folder)}/body
  [ "$1" != --jq ] || jq=$2
  shift
done
[ -z "$list" ] || {quoted(shutil.which("jq"))} --raw-output "$jq" {quoted(self.folder)}/found""",
        )

    def run_script(self, folder="update", code=0, says=()):
        return self.run_program("pull-request", folder, code=code, says=says, folder=self.clone)

    def told(self):
        file = self.folder / "told"
        # The text's file has another name each time.
        return [re.sub(r"--body-file .+", "--body-file BODY", line) for line in file.read_text().splitlines()] if file.exists() else []

    def pushed(self):
        return self.git("-C", self.origin, "branch", "--list").split()

    def test_one_is_opened_from_the_lock_files_and_the_text(self):
        self.run_script()
        self.assertEqual(self.told(), [LIST, CREATE])
        self.assertEqual((self.folder / "body").read_text(), "what changed\n")
        for name in ("flake.lock", "Cargo.lock"):
            self.assertEqual(self.git("-C", self.origin, "show", f"update:{name}"), "new\n")

    def test_one_that_is_open_is_brought_up_to_date(self):
        self.gh({"number": 7, "isCrossRepository": False})
        self.run_script()
        self.assertEqual(self.told(), [LIST, EDIT])

    def test_one_of_a_fork_is_left_alone(self):
        forks = [{"number": number, "isCrossRepository": True} for number in (8, 9)]
        self.gh(*forks)
        self.run_script()
        self.assertEqual(self.told(), [LIST, CREATE])
        (self.folder / "told").unlink()
        self.in_clone("reset", "--quiet", "--hard", "HEAD~1")
        self.gh(forks[0], {"number": 7, "isCrossRepository": False}, forks[1])
        self.run_script()
        self.assertEqual(self.told(), [LIST, EDIT])

    def test_what_can_not_be_written_is_no_success(self):
        for call in ("pr list", "pr create"):
            self.gh(fails=call)
            self.run_script(code=1, says=["HTTP 403"])
            self.in_clone("reset", "--quiet", "--hard", "HEAD~1")
        self.git("-C", self.origin, "config", "receive.denyNonFastForwards", "true")
        self.in_clone("commit", "--quiet", "--amend", "--message", "b")
        (self.folder / "told").unlink()
        self.run_script(code=1)
        self.assertEqual(self.told(), [])

    def test_nothing_else_that_is_handed_over_is_committed(self):
        (self.handed / "README.md").write_text("theirs\n")
        (self.handed / ".github").mkdir()
        (self.clone / "README.md").write_text("lies about\n")
        self.in_clone("add", "README.md")
        self.run_script()
        changed = self.git("-C", self.origin, "show", "--name-only", "--format=", "update").split()
        self.assertEqual(changed, ["Cargo.lock", "flake.lock"])

    def test_what_is_no_file_is_refused_and_nothing_is_pushed(self):
        for name in ("flake.lock", "Cargo.lock", "body.md"):
            file = self.handed / name
            kept = file.read_text()
            file.unlink()
            self.run_script(code=1, says=[f"update/{name} is not a file"])
            file.symlink_to("/etc/passwd")
            self.run_script(code=1, says=[f"update/{name} is not a file"])
            file.unlink()
            file.write_text(kept)
        self.assertEqual((self.told(), self.pushed()), ([], []))

    def test_a_text_that_is_too_long_is_cut(self):
        (self.handed / "body.md").write_text("x" * 100_000)
        self.run_script()
        self.assertEqual(len((self.folder / "body").read_text()), 60_000)
