"""What `update` promises: one pull request with what changed and what that does to the image."""

import subprocess

from stage import Stage


class Update(Stage):
    def setUp(self):
        super().setUp()
        self.before, self.first = self.image("before")
        self.after, self.second = self.image("after", files={"bin/walkthrough": b"another"})
        self.origin, self.clone = self.folder / "origin", self.folder / "clone"
        self.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
        self.environment |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
        self.git("init", "--quiet", "--bare", self.origin)
        self.git("init", "--quiet", self.clone)
        (self.clone / "flake.lock").write_text("old\n")
        (self.clone / "Cargo.lock").write_text("old\n")
        self.git("-C", self.clone, "add", ".")
        self.git("-C", self.clone, "commit", "--quiet", "--message", "a")
        self.git("-C", self.clone, "remote", "add", "origin", self.origin)
        self.nix()
        self.gh()

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], check=True, env=self.environment, capture_output=True, text=True).stdout

    def nix(self, newer="new", build=0):
        """A nix whose image changes with flake.lock."""
        self.fake(
            "nix",
            f"""case "$*" in
*"flake update"*) echo {newer} >flake.lock; echo "• Updated input 'nixpkgs':"; echo "    'github:a'"; echo "  → 'github:b'"; echo noise;;
*"cargo update"*) echo {newer} >Cargo.lock; echo "    Updating rocket v0.5.1 -> v0.5.2"; echo "    Locking 1 package";;
*build*) if grep -q old flake.lock; then echo {self.before}; else echo {self.after}; fi; exit {build};;
esac""",
        )

    def gh(self, number=""):
        self.fake(
            "gh",
            f"""echo "$*" >>{self.folder}/told
case "$1" in pr) [ -z "{number}" ] || [ "$2" != list ] || echo {number};; esac""",
        )

    def update(self, *arguments, code=0, says=()):
        return self.run_program("sh", "-c", f'cd {self.clone} && exec update "$@"', "update", *arguments, code=code, says=says)

    def told(self):
        return [" ".join(line.split()[:3]) for line in (self.folder / "told").read_text().splitlines()]

    def test_the_pull_request_has_both_digests_and_what_changed(self):
        body = self.update()
        for phrase in (self.first, self.second, "another one", "Updated input 'nixpkgs'", "→ 'github:b'", "rocket v0.5.1 -> v0.5.2"):
            self.assertIn(phrase, body)
        self.assertNotIn("noise", body)
        self.assertEqual(self.told(), ["pr list --head", "pr create --head"])
        self.assertEqual(self.git("-C", self.origin, "show", "update:flake.lock"), "new\n")
        self.assertEqual(self.git("-C", self.origin, "show", "update:Cargo.lock"), "new\n")

    def test_one_that_is_open_is_brought_up_to_date(self):
        self.gh(number="7")
        self.update()
        self.assertEqual(self.told(), ["pr list --head", "pr edit 7"])

    def test_nothing_newer_is_no_pull_request(self):
        self.nix(newer="old")
        self.update(says=["there is nothing newer"])
        self.assertFalse((self.folder / "told").exists())

    def test_a_dry_run_pushes_nothing(self):
        self.assertIn(self.second, self.update("--dry-run"))
        self.assertFalse((self.folder / "told").exists())
        self.assertEqual(self.git("-C", self.origin, "branch"), "")

    def test_what_does_not_build_is_not_proposed(self):
        self.nix(build=1)
        self.update(code=1)
        self.assertFalse((self.folder / "told").exists())

    def test_changes_of_ones_own_are_not_swept_along(self):
        (self.clone / "flake.lock").write_text("mine\n")
        self.update(code=2, says=["this tree has changes"])
        self.assertEqual((self.clone / "flake.lock").read_text(), "mine\n")

    def test_wrong_arguments_are_told(self):
        self.update("--quick", code=2, says=["there is no argument --quick"])
        self.assertIn("Exit codes", self.update("--help"))
