"""What `rehearse` promises when something does not go as it has to. That it goes, the rehearsal itself shows."""

import subprocess

from stage import Stage, quoted


class Rehearse(Stage):
    def setUp(self):
        super().setUp()
        self.built, self.digest = self.image(Env=["ROCKET_ADDRESS=0.0.0.0"])
        (self.folder / "ecs" / "environments").mkdir(parents=True)
        for name in ("dev", "staging", "production"):
            (self.folder / "ecs" / "environments" / f"{name}.toml").write_text('url = "https://example.org"\n')
        # All is well. Each test takes one of them away.
        self.fake("scan", "echo nothing found")
        self.fake("aws-stand-in", "echo AWS_ENDPOINT_URL=http://127.0.0.1:1; echo SITE_URL=http://127.0.0.1:2; exec sleep 60")
        self.fake("verify", "echo same")
        self.deploys(bad=1)

    def deploys(self, bad, answer='{"outcome": "rolled-back", "summary": "back", "reasons": ["circuit breaker"]}'):
        self.fake("deploy", f"case \"$*\" in *bad0*) echo '{answer}'; exit {bad};; esac")

    def rehearse(self, *arguments, code=0, says=(), **environment):
        told = {"IMAGE": self.built, "DEPLOY_DIRECTORY": self.folder / "ecs", "COMMIT": "", **environment}
        return self.run_program("rehearse", *arguments, code=code, says=says, **told)

    def test_the_table_has_every_step(self):
        summary = self.folder / "summary"
        printed = self.rehearse(GITHUB_STEP_SUMMARY=summary)
        self.assertEqual(summary.read_text(), printed)
        table = printed.splitlines()
        self.assertEqual(table[0], "| where | what | result |")
        steps = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in table[2:]]
        environments = ["dev", "staging", "production"]
        self.assertEqual(
            steps,
            [("image", "build"), ("image", "scan"), ("registry", "push")]
            + [(name, "deploy") for name in environments]
            + [("production", "deploy again"), ("dev", "bad release")]
            + [(name, "verify") for name in environments],
        )
        self.assertFalse(list(self.folder.glob("tmp.*")), "nothing is left behind")

    def test_without_a_commit_it_is_that_of_a_clone_in_which_nothing_is_changed(self):
        clone = self.folder / "clone"
        (clone / "nix" / "apps").mkdir(parents=True)
        (clone / "nix" / "apps" / "rehearse.sh").write_text("a script\n")
        git = ["git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.org"]
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=a"]):
            subprocess.run([*git, *command], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        self.rehearse(says=[f"of commit {commit}"], folder=clone)
        (clone / "more").write_text("a change\n")
        self.rehearse(says=["no commit has this tree"], folder=clone)

    def test_what_is_given_goes_to_nix_as_people_type_it(self):
        asked = self.folder / "asked"
        self.fake("verify", f'printf "%s\\n" "$@" >{quoted(asked)}\necho same')
        for before in ((), ("--",)):
            self.rehearse(*before, "--option", "substitute", "false")
            self.assertEqual(asked.read_text().splitlines()[-4:], ["--", "--option", "substitute", "false"])

    def test_a_bad_release_that_gets_through_is_no_success(self):
        self.deploys(bad=0)
        self.rehearse(code=1, says=["ended with 0, and 1 was expected", "everything it made is in"])

    def test_a_bad_release_that_is_not_rolled_back_is_no_success(self):
        self.deploys(bad=3)
        self.rehearse(code=1, says=["ended with 3, and 1 was expected"])
        self.deploys(bad=1, answer='{"outcome": "rolled-back", "summary": "back", "reasons": ["it was denied"]}')
        self.rehearse(code=1, says=["not rolled back for the reason that it has"])

    def test_a_step_that_fails_ends_it(self):
        self.fake("scan", "echo a finding; exit 1")
        self.rehearse(code=1, says=["the scan found something", "a finding"])
        self.fake("scan", "exit 0")
        self.fake("verify", "echo different; exit 1")
        self.rehearse(code=1, says=["different"])
        self.fake("verify", "exit 0")
        self.fake("aws-stand-in", "echo it has no port; exit 1")
        self.rehearse(code=1, says=["does not start", "it has no port"])

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        told = {"IMAGE": self.built, "DEPLOY_DIRECTORY": self.folder / "ecs", "COMMIT": ""}
        some = ("chmod", "cp", "git", "jq", "mktemp", "oci-rewrite", "push", "sed", "skopeo")
        self.ends_with_codes_of_its_own((0, 1), "rehearse", only=some, **told)

    def test_wrong_arguments_are_told(self):
        self.rehearse("quickly", code=2, says=["quickly is no option of nix build"])
        self.assertIn("Exit codes", self.rehearse("--help"))
