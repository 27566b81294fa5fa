"""What scripts/rename promises, in copies of this tree: another name everywhere and all in order, or nothing changed.

The copy is compiled in target/renamed, which begins with what is compiled of the dependencies.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLD = tomllib.loads((ROOT / "service.toml").read_text())["name"]
# Put together here: in a tree that was renamed to one of them, it is not among them.
FIRST, SECOND, *_ = (name for name in ("-".join(("tide", "table")), "-".join(("book", "shop")), "-".join(("ferry", "pier"))) if name != OLD)
TARGET = ROOT / "target" / "renamed"
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.hooksPath=/dev/null"]


class Copy(unittest.TestCase):
    def setUp(self):
        # Below the checkout, which is what a test in .ci/strict reaches; and always there, so that cargo finds what it made.
        self.tree = TARGET / "tree"
        shutil.rmtree(self.tree, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.tree)
        for file in subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).rstrip("\0").split("\0"):
            if (ROOT / file).is_file():
                (self.tree / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, self.tree / file)
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "a copy"]):
            self.run_in_copy(*GIT, *command)

    def run_in_copy(self, *command, code=0, **environment):
        # What the stories of another name ask of AWS is not what this tree's roles are held against.
        told = {name: value for name, value in os.environ.items() if name != "AWS_STAND_IN_CALLS"}
        told |= {"CARGO_TARGET_DIR": str(TARGET), **environment}
        ended = subprocess.run(command, cwd=self.tree, env=told, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(ended.returncode, code, f"{command}\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout + ended.stderr

    def changes(self):
        return self.run_in_copy(*GIT, "status", "--porcelain")


class Refusals(Copy):
    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)

    def refuses(self, name, *phrases, **environment):
        before = self.changes()
        said = self.run_in_copy("scripts/rename", name, code=1, **environment)
        for phrase in ("rename: ", *phrases):
            self.assertIn(phrase, said)
        self.assertNotIn("Traceback", said)
        self.assertEqual(self.changes(), before)

    def test_a_name_that_is_none_is_refused_with_what_one_is(self):
        for name in ("", "a", "Shop", "a_b", "a b", "1a", "a-", "a--b", "-ab", "a/b", "übung", "a" * 33):
            # What begins like an option is none here.
            self.run_in_copy("scripts/rename", name, code=2) if name.startswith("-") else self.refuses(name, repr(name), "lower-case letters")

    def test_a_name_that_is_taken_is_refused(self):
        self.refuses(OLD, "has", "in it", "take another name")
        self.refuses(f"{OLD}-2", "in it", "take another name")
        for name in ("crate", "test", "build", "proc-macro"):
            self.refuses(name, repr(name), "Rust or cargo", "take another name")
        for name in ("rocket", "deploy", "serde-json"):
            self.refuses(name, repr(name), "Cargo.lock", "take another name")
        # A module of the tests, and a folder.
        for name in ("headers", "scenarios"):
            self.refuses(name, repr(name), "already", "take another name")

    def test_a_tree_with_changes_is_refused(self):
        (self.tree / "README.md").write_text("changed")
        self.refuses(FIRST, "not clean", "README.md", "commit or stash")
        self.run_in_copy(*GIT, "checkout", "--quiet", "README.md")
        (self.tree / "new").write_text("not known to git")
        self.refuses(FIRST, "not clean", "new")

    def test_what_goes_wrong_in_the_middle_is_taken_back(self):
        fakes = self.folder()
        (fakes / "cargo").write_text("#!/bin/sh\necho 'no such command: fmt' >&2\nexit 101\n")
        (fakes / "cargo").chmod(0o755)
        self.refuses(FIRST, "cargo fmt", "nothing is renamed", "no such command", PATH=f"{fakes}{os.pathsep}{os.environ['PATH']}")

    def test_without_cargo_it_says_what_to_install(self):
        tools = self.folder()
        for tool in ("git", "python3", "env"):
            (tools / tool).symlink_to(shutil.which(tool))
        self.refuses(FIRST, "no cargo", "install Rust", PATH=str(tools))


class Renamed(Copy):
    """One name with a hyphen, which a crate and a variable can't have."""

    def traces(self, name=OLD):
        """Where the name is, in whatever case; but for the notice of whoever wrote this first."""
        found = subprocess.run(
            [*GIT, "grep", "--untracked", "--ignore-case", "--name-only", "--text", "--fixed-strings", name, "--", ".", ":!LICENSE"],
            cwd=self.tree, capture_output=True, text=True,
        )
        files = [str(path.relative_to(self.tree)) for path in self.tree.rglob("*") if ".git" not in path.parts]
        return found.stdout.splitlines() + [file for file in files if name in file.lower()]

    def test_no_trace_is_left_and_everything_still_holds(self):
        self.assertIn("README.md", self.traces())
        license = (self.tree / "LICENSE").read_text()
        self.run_in_copy("scripts/rename", FIRST)
        self.assertEqual(self.traces(), [])
        self.assertEqual((self.tree / "LICENSE").read_text(), license)

        # The worked example is of the renamed service as well.
        self.run_in_copy(*GIT, "apply", "--check", "docs/examples/database.patch")

        self.seed()
        self.run_in_copy("cargo", "fmt", "--all", "--check")
        self.run_in_copy("cargo", "check", "--workspace", "--all-targets", "--locked", "--offline")
        test = ["cargo", "test", "--workspace", "--locked", "--offline", "--config", f"target.'cfg(unix)'.runner = '{ROOT}/.ci/strict'"]
        whole = ("descriptions", "documents", "grammar", "imports", "service", "workflows")
        self.run_in_copy(*test, "--lib", "--bins", *(option for name in whole for option in ("--test", name)))
        # Those in which names meet: variables, addresses, containers, families.
        said = self.run_in_copy(*test, "--test", "scenarios", "--", "contract::", "launch::", "pages::", "reading::")
        self.assertIn("contract::the_site_of_the_stand_in_keeps_the_contract ... ok", said)

        self.run_in_copy(*GIT, "add", "--all")
        self.run_in_copy(*GIT, "commit", "--quiet", "--message", "renamed")
        # Again, from a name with a hyphen.
        self.run_in_copy("scripts/rename", SECOND)
        self.assertEqual(self.traces(FIRST) + self.traces(FIRST.replace("-", "_")), [])
        self.run_in_copy("cargo", "metadata", "--locked", "--offline", "--format-version", "1")

    def seed(self):
        """What the dependencies were compiled to, which does not know of a name."""
        for part in ("deps", "build", ".fingerprint"):
            if not (TARGET / "debug" / part).exists():
                shutil.copytree(ROOT / "target" / "debug" / part, TARGET / "debug" / part, copy_function=os.link)


if __name__ == "__main__":
    unittest.main(verbosity=2)
