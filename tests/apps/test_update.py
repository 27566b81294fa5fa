"""What `update` promises: newer lock files, and a text that says what that does to the image."""

import subprocess

from stage import Stage, quoted


class Update(Stage):
    def setUp(self):
        super().setUp()
        self.before, self.first = self.image("before")
        self.after, self.second = self.image("after", files={"bin/walkthrough": b"another"})
        self.clone = self.folder / "clone"
        self.environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
        self.environment |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
        self.git("init", "--quiet", self.clone)
        (self.clone / "flake.lock").write_text("old\n")
        (self.clone / "Cargo.lock").write_text("old\n")
        self.git("-C", self.clone, "add", ".")
        self.git("-C", self.clone, "commit", "--quiet", "--message", "a")
        self.nix()

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], check=True, env=self.environment, capture_output=True, text=True).stdout

    def nix(self, newer="new", build=0):
        """A nix whose image changes with flake.lock."""
        self.fake(
            "nix",
            f"""case "$*" in
*"flake update"*) echo {newer} >flake.lock; echo "• Updated input 'nixpkgs':"; echo "    'github:a'"; echo "  → 'github:b'"; echo noise;;
*"cargo update"*) echo {newer} >Cargo.lock; echo "    Updating rocket v0.5.1 -> v0.5.2"; echo "    Locking 1 package";;
*build*) if grep -q old flake.lock; then echo {quoted(self.before)}; else echo {quoted(self.after)}; fi; exit {build};;
esac""",
        )

    def update(self, *arguments, code=0, says=()):
        return self.run_program("update", *arguments, code=code, says=says, folder=self.clone)

    def test_the_text_has_both_digests_and_what_changed(self):
        body = self.update()
        for phrase in (self.first, self.second, "another one", "Updated input 'nixpkgs'", "→ 'github:b'", "rocket v0.5.1 -> v0.5.2"):
            self.assertIn(phrase, body)
        self.assertNotIn("noise", body)
        self.assertEqual(self.git("-C", self.clone, "status", "--porcelain").split(), ["M", "Cargo.lock", "M", "flake.lock"])

    def test_a_folder_gets_the_lock_files_and_the_text_and_nothing_else(self):
        body = self.update("handed/over")
        folder = self.clone / "handed" / "over"
        self.assertEqual({file.name: file.read_text() for file in folder.iterdir()}, {"flake.lock": "new\n", "Cargo.lock": "new\n", "body.md": body})

    def test_nothing_newer_hands_over_nothing(self):
        self.nix(newer="old")
        self.assertEqual(self.update("handed", says=["there is nothing newer"]), "")
        self.assertFalse((self.clone / "handed").exists())

    def test_what_does_not_build_is_not_handed_over(self):
        self.nix(build=1)
        self.update("handed", code=1)
        self.assertFalse((self.clone / "handed").exists())

    def test_changes_of_ones_own_are_not_swept_along(self):
        (self.clone / "flake.lock").write_text("mine\n")
        self.update(code=2, says=["this tree has changes"])
        self.assertEqual((self.clone / "flake.lock").read_text(), "mine\n")

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        def afresh():
            self.git("-C", self.clone, "reset", "--quiet", "--hard")
            self.git("-C", self.clone, "clean", "--quiet", "--force", "-d")

        self.ends_with_codes_of_its_own((0, 1, 2), "update", "handed", folder=self.clone, prepare=afresh)

    def test_wrong_arguments_are_told(self):
        self.update("--quick", code=2, says=["there is no option --quick"])
        self.update("a", "b", code=2, says=["b is one too many"])
        self.update(".", code=2, says=[". is there already"])
        self.assertIn("Exit codes", self.update("--help"))
