"""A rollback: by hand, and as far as it may."""

from act import ANSWERS, VARIABLES, Workflow

ROLE = "aws-actions/configure-aws-credentials"
ALL = ("revision", "deployer", "rollback")


class Rollback(Workflow):
    def rollback(self, environment="production", revision="", **told):
        return self.act(
            "workflow_dispatch", "rollback", payload={"inputs": {"environment": environment, "revision": revision}}, **told
        )

    def test_without_a_revision(self):
        for environment in ("dev", "staging", "production"):
            with self.subTest(environment):
                run = self.rollback(environment)
                self.assert_ran(run, *ALL)
                self.assertEqual(run.commands("nix", "deployer")[:1], ["build .#deploy --no-link --print-out-paths"])
                self.assertEqual(run.commands("deploy"), [f"rollback {environment}"])

    def test_to_a_revision(self):
        run = self.rollback(revision="41")
        self.assert_ran(run, *ALL)
        self.assertEqual(run.commands("deploy"), ["rollback production --to 41"])
        role = {
            "role-to-assume": VARIABLES["AWS_DEPLOY_ROLE"],
            "aws-region": VARIABLES["AWS_REGION"],
            "mask-aws-account-id": "false",
            "role-duration-seconds": "7200",
        }
        self.assertEqual(run.inputs(ROLE), [role])
        self.assertEqual([(call.what, call.role) for call in run.calls if call.role], [("deploy", VARIABLES["AWS_DEPLOY_ROLE"])])
        self.assertEqual([call.what for call in run.calls if call.token], [])

    def test_what_is_no_revision_ends_it_before_anything_is_built(self):
        touched = self.stage / "touched"
        for revision in (
            f"1; touch {touched}",
            f"$(touch {touched})",
            f"`touch {touched}`",
            "1\n2",
            f"\n; touch {touched}",
            "0",
            "-1",
            "041",
            "1.5",
            "9999999999",
            " 41",
            "walkthrough:41",
            "--help",
            "²",
        ):
            with self.subTest(revision):
                run = self.rollback(revision=revision, code=1)
                self.assert_ran(run, "revision", failed=["revision"])
                self.assertIn("the revision has to be a number", run.log)
                self.assertEqual(run.calls, [])
                self.assertFalse(touched.exists())

    def refuses(self, *says):
        run = self.rollback(code=1)
        self.assert_ran(run, *ALL, failed=["rollback"])
        self.assertEqual((run.called(ROLE), run.called("deploy")), ([], []))
        for phrase in says:
            self.assertIn(phrase, run.log)

    def test_a_deployer_that_was_altered_gets_no_role(self):
        self.alter("deployer", "truncate --size +512 deployer.tar")
        self.refuses("deployer.tar: FAILED")

    def test_a_deployer_that_is_missing_gets_no_role(self):
        self.alter("deployer", "mv deployer.tar other.tar")
        self.refuses("deployer.tar: No such file")

    def test_a_deployer_of_which_no_sum_is_known_gets_no_role(self):
        program = self.stage / "nix" / "sha256sum"
        program.write_text('#!/bin/sh\n[ "$GITHUB_JOB" = deployer ] || exec /usr/bin/sha256sum "$@"\n')
        program.chmod(0o755)
        self.refuses("no properly formatted")

    def test_a_deployer_that_does_not_build_ends_it(self):
        self.fails("deployer", "it does not compile")
        run = self.rollback(code=1)
        self.assert_ran(run, "revision", "deployer", failed=["deployer"])
        self.assertEqual(run.called("actions/upload-artifact"), [])

    def test_a_rollback_that_fails_is_red_and_can_be_run_again(self):
        self.answer("rollback", "exit 1")
        self.assert_ran(self.rollback(code=1), *ALL, failed=["rollback"])
        self.answer("rollback", ANSWERS["rollback"])
        self.assert_ran(self.rollback(), *ALL)

    def test_a_role_that_is_not_known_ends_it(self):
        run = self.rollback(code=1, variables={"AWS_REGION": "eu-central-1"})
        self.assert_ran(run, *ALL, failed=["rollback"])
        self.assertEqual(run.called("deploy"), [])
