"""A release, all the way and as far as it may."""

from act import ANSWERS, DIGEST, OTHER_DIGEST, RUN_URL, VARIABLES, Workflow

ROLE = "aws-actions/configure-aws-credentials"
CACHES = ("nix-community/cache-nix-action/restore", "nix-community/cache-nix-action/save")
CHECK = ("check/architecture", "check/flake", "check/other", "check/image", "check/stacks", "check/same")
PUSHED = (*CHECK, "scan", "findings", "push")
ENVIRONMENTS = ("dev", "staging", "production")
DEPLOYED = tuple(f"{name}/deploy" for name in ENVIRONMENTS)
ALL = (*PUSHED, "attest", *DEPLOYED, "summary")
IMAGE = f"{VARIABLES['ECR_REPOSITORY']}@{DIGEST}"


class Release(Workflow):
    def release(self, **told):
        return self.act("push", "release", **told)

    def fails_in(self, *jobs, failed, says=(), **told):
        """A release that ends with a failure, after these jobs. What it tried is in its calls."""
        run = self.release(inlined=True, code=1, **told)
        self.assert_ran(run, *jobs, "summary", failed=[failed])
        for phrase in says:
            self.assertIn(phrase, run.log)
        return run

    def assert_nothing_deployed(self, run):
        self.assertEqual(run.called("deploy"), [])
        for name in ENVIRONMENTS:
            self.assertIn(f"| {name} | skipped |  |", run.summary)

    def assert_nothing_pushed(self, run):
        self.assertEqual((run.called(ROLE), run.commands("nix", "push")[1:]), ([], []))
        self.assertIn("### Nothing was pushed\n", run.summary)
        self.assert_nothing_deployed(run)


class Succeeds(Release):
    def test_all_the_way(self):
        run = self.release()
        self.assert_ran(run, *ALL)
        for cache in CACHES:
            self.assertEqual(run.called(cache), [], "a release reads no cache and writes none")
        self.assertEqual([call.what for call in run.calls if call.token], [], "nobody has the job's token")
        self.assertEqual(
            run.commands("nix", "check/flake")[:-1],
            ["flake check --print-build-logs", "run .#rehearse", "build .#image", "build .#deploy --no-link --print-out-paths"],
        )
        self.assertEqual(run.commands("nix", "check/other"), ["flake check --print-build-logs"])
        self.assertEqual(run.commands("nix", "check/image"), ["build .#image --print-build-logs"])
        self.assertEqual(run.commands("nix", "scan"), [f"run .#scan -- --digest {DIGEST} --sarif scan.sarif image"])
        self.assertEqual(run.inputs("github/codeql-action/upload-sarif"), [{"sarif_file": "scan.sarif"}])
        self.assertEqual(
            run.commands("nix", "push"),
            ["build .#image", f"run .#push -- {VARIABLES['ECR_REPOSITORY']} --tag {self.commit}"],
        )
        self.assertEqual(
            run.commands("deploy"),
            [f"apply {name} --image {IMAGE} --commit {self.commit} --run-url {RUN_URL}" for name in ENVIRONMENTS],
        )
        self.assertEqual([call.job for call in run.called("deploy")], list(DEPLOYED))
        # For as long as a run can be repeated; and what nobody can do without has to be there.
        kept = {"if-no-files-found": "error", "overwrite": "true", "retention-days": "30"}
        usual = {"if-no-files-found": "warn", "overwrite": "true", "retention-days": ""}
        self.assertEqual(
            run.inputs("actions/upload-artifact"),
            [
                {"name": "image", "path": "image", **kept},
                {"name": "deployer", "path": "deployer.tar", **kept},
                {"name": "scan.sarif", "path": "scan.sarif", **usual},
            ],
        )
        self.assertEqual(run.called("actions/attest"), [])
        self.assertEqual({inputs["persist-credentials"] for inputs in run.inputs("actions/checkout")}, {"false"})
        self.assertEqual(
            run.summary.splitlines()[:7],
            [f"### {IMAGE}", "", "| environment | job | what came of it |", "| --- | --- | --- |"]
            + [f"| {name} | success | {name} runs it |" for name in ENVIRONMENTS],
        )

    def test_roles_are_where_they_are_needed_and_nowhere_before(self):
        run = self.release()
        push = {
            "role-to-assume": VARIABLES["AWS_PUSH_ROLE"],
            "aws-region": VARIABLES["AWS_REGION"],
            "mask-aws-account-id": "false",
            "role-duration-seconds": "",
        }
        deploy = {**push, "role-to-assume": VARIABLES["AWS_DEPLOY_ROLE"], "role-duration-seconds": "7200"}
        self.assertEqual(run.inputs(ROLE), [push, deploy, deploy, deploy])
        self.assertEqual([call.job for call in run.called(ROLE)], ["push", *DEPLOYED])
        with_role = [(call.what, call.arguments[:2], call.role) for call in run.calls if call.role]
        pushes = ("nix", ["run", ".#push"], VARIABLES["AWS_PUSH_ROLE"])
        deploys = [("deploy", ["apply", name], VARIABLES["AWS_DEPLOY_ROLE"]) for name in ENVIRONMENTS]
        self.assertEqual(with_role, [pushes, *deploys])

    def test_attestation_is_asked_for_and_code_scanning_is_not(self):
        run = self.release(variables={**VARIABLES, "ATTEST": "true", "CODE_SCANNING": "false"})
        self.assert_ran(run, *(job for job in ALL if job != "findings"))
        expected = {"subject-name": VARIABLES["ECR_REPOSITORY"], "subject-digest": DIGEST}
        self.assertEqual(run.inputs("actions/attest"), [expected])

    def test_the_descriptions_choose_the_machines(self):
        x86, arm = "ubuntu-24.04", "ubuntu-24.04-arm"
        self.answer("eval", f"case $5 in runner) printf {arm} ;; other) printf {x86} ;; esac")
        run = self.release(inlined=True, variables={**VARIABLES, "ATTEST": "true"})
        machines = {call.job: call.runner for call in run.calls}
        there = ("check/flake", "check/image", "scan", "push", *DEPLOYED)
        others = ("check/architecture", "check/other", "check/stacks", "findings", "attest")
        expected = dict.fromkeys(there, arm) | dict.fromkeys(others, x86)
        self.assertEqual(machines, expected)

    def test_it_can_be_run_again_after_a_failure(self):
        self.answer("apply", '[ "$2" != staging ]')
        self.fails_in(*PUSHED, "attest", *DEPLOYED[:2], failed="staging/deploy")
        self.answer("apply", ANSWERS["apply"])
        # In what the first one left.
        run = self.release(inlined=True)
        self.assert_ran(run, *ALL)
        self.assertEqual(len(run.called("deploy")), 3)


class Image(Release):
    def test_two_machines_that_differ_end_it(self):
        self.digest("check--image", OTHER_DIGEST)
        run = self.fails_in(*CHECK, failed="check/same", says=[f"-{DIGEST}"[1:], OTHER_DIGEST])
        self.assert_nothing_pushed(run)

    def test_no_digest_is_none_that_two_agreed_on(self):
        self.digest("all", "")
        run = self.fails_in(*CHECK, failed="check/same", says=["the machines hand over no digest"])
        self.assert_nothing_pushed(run)

    def test_a_third_build_that_differs_gets_no_role(self):
        self.digest("push", OTHER_DIGEST)
        run = self.fails_in(*PUSHED, failed="push", says=[OTHER_DIGEST])
        self.assert_nothing_pushed(run)

    def test_an_image_that_somebody_changed_is_not_scanned(self):
        self.alter("image", f"sed -i 's/{DIGEST}/{OTHER_DIGEST}/' oci/index.json")
        run = self.fails_in(*CHECK, "scan", failed="scan", says=[f"scan: image has {OTHER_DIGEST}"])
        self.assert_nothing_pushed(run)

    def test_a_check_that_fails_on_either_machine_ends_it(self):
        ran_anyway = ("flake", "other", "image", "stacks")
        for job, ran in (("flake", ran_anyway), ("other", (*ran_anyway, "same"))):
            with self.subTest(job):
                self.answer("check", f'[ "$GITHUB_JOB" != check--{job} ]')
                run = self.fails_in("check/architecture", *(f"check/{name}" for name in ran), failed=f"check/{job}")
                self.assert_nothing_pushed(run)

    def test_a_rehearsal_that_fails_ends_it(self):
        self.fails("rehearse")
        run = self.fails_in(*(job for job in CHECK if job != "check/same"), failed="check/flake")
        self.assert_nothing_pushed(run)

    def test_descriptions_that_disagree_end_it_before_anything_is_built(self):
        self.fails("eval", "their architectures differ")
        run = self.fails_in(
            "check/architecture", "check/stacks", failed="check/architecture", says=["their architectures differ"]
        )
        self.assert_nothing_pushed(run)

    def test_stacks_that_are_wrong_end_it(self):
        self.fails("stacks", "the role may do too much")
        run = self.fails_in(*CHECK, failed="check/stacks", says=["the role may do too much"])
        self.assert_nothing_pushed(run)


class Scan(Release):
    def test_findings_stop_it_and_are_shown(self):
        (self.stage / "findings").touch()
        run = self.fails_in(*CHECK, "scan", "findings", failed="scan")
        self.assertEqual(run.inputs("github/codeql-action/upload-sarif"), [{"sarif_file": "scan.sarif"}])
        self.assert_nothing_pushed(run)

    def test_a_scan_that_says_nothing_stops_it(self):
        self.fails("scan", "a scanner saw nothing")
        run = self.fails_in(*CHECK, "scan", failed="scan", says=["a scanner saw nothing"])
        self.assertEqual(run.called("github/codeql-action/upload-sarif"), [])
        self.assert_nothing_pushed(run)

    def test_findings_stop_it_where_nobody_can_show_them(self):
        (self.stage / "findings").touch()
        run = self.fails_in(*CHECK, "scan", failed="scan", variables={**VARIABLES, "CODE_SCANNING": "false"})
        self.assert_nothing_pushed(run)


class Push(Release):
    def test_a_push_that_fails_ends_it(self):
        self.fails("push", "the registry refuses")
        run = self.fails_in(*PUSHED, failed="push", says=["the registry refuses"])
        self.assertIn("### Nothing was pushed\n", run.summary)
        self.assert_nothing_deployed(run)

    def test_a_push_that_says_something_else_is_not_believed(self):
        repository = VARIABLES["ECR_REPOSITORY"]
        for said in (
            "",
            f"{repository}@{OTHER_DIGEST}",
            f"evil.example/walkthrough@{DIGEST}",
            f"{repository}:latest",
            "it went well",
        ):
            with self.subTest(said):
                self.answer("push", f"echo '{said}'")
                run = self.fails_in(*PUSHED, failed="push", says=[f"push says that it pushed '{said}'"])
                self.assertIn("### Nothing was pushed\n", run.summary)
                self.assert_nothing_deployed(run)

    def test_an_attestation_that_fails_ends_it(self):
        attest = self.repository / ".github" / "workflows" / "release.yml"
        told = attest.read_text()
        attest.write_text(told.replace("subject-name: ${{ vars.ECR_REPOSITORY }}", "subject-name: ''"))
        self.assertNotEqual(attest.read_text(), told)
        run = self.fails_in(*PUSHED, "attest", failed="attest", variables={**VARIABLES, "ATTEST": "true"})
        self.assert_nothing_deployed(run)

    def test_a_variable_that_is_not_set_ends_it_where_it_is_needed(self):
        for name, jobs, says in (
            ("AWS_REGION", PUSHED, "aws-region"),
            ("AWS_PUSH_ROLE", PUSHED, "credentials could not be loaded"),
            ("ECR_REPOSITORY", PUSHED, "which repository?"),
            ("AWS_DEPLOY_ROLE", (*PUSHED, "attest", "dev/deploy"), "credentials could not be loaded"),
        ):
            with self.subTest(name):
                variables = {key: value for key, value in VARIABLES.items() if key != name}
                run = self.fails_in(*jobs, failed=jobs[-1], says=[says], variables=variables)
                self.assertEqual(run.called("deploy"), [])


class Deploy(Release):
    def refuses(self, *says):
        """The first environment ends before there is a role, and no other begins."""
        run = self.fails_in(*PUSHED, "attest", "dev/deploy", failed="dev/deploy", says=says)
        self.assertEqual((run.called(ROLE)[1:], run.called("deploy")), ([], []))
        self.assertIn(f"### {IMAGE}\n", run.summary)
        self.assertIn("| dev | failure |  |\n| staging | skipped |  |\n| production | skipped |  |\n", run.summary)

    def test_a_deployer_that_was_altered_gets_no_role(self):
        self.alter(
            "deployer",
            "mkdir deployer && touch deployer/evil && tar --append --file deployer.tar deployer/evil && rm -r deployer",
        )
        self.refuses("deployer.tar: FAILED")

    def test_a_deployer_that_is_missing_gets_no_role(self):
        self.alter("deployer", "mv deployer.tar other.tar")
        self.refuses("deployer.tar: No such file")

    def test_a_deployer_that_nobody_uploaded_gets_no_role(self):
        self.alter("deployer", 'rm -r "$PWD"')
        self.refuses("artifact not found for name: deployer")

    def test_a_deployer_of_which_no_sum_is_known_gets_no_role(self):
        program = self.stage / "nix" / "sha256sum"
        program.write_text('#!/bin/sh\n[ "$GITHUB_JOB" = check--flake ] || exec /usr/bin/sha256sum "$@"\n')
        program.chmod(0o755)
        self.refuses("no properly formatted")

    def test_an_archive_without_the_deployer_gets_no_role(self):
        self.answer("deployer", ANSWERS["deployer"].replace('echo "$STAGE/store/deploy"', 'echo "$STAGE/store/another"'))
        self.answer("hand-over", 'mkdir -p "${3#file://}"')
        self.refuses("is not valid")

    def test_an_environment_that_fails_is_the_last_one(self):
        told = 'echo "summary=$2 did not get healthy" >>"$GITHUB_OUTPUT"'
        for count, name in enumerate(ENVIRONMENTS):
            with self.subTest(name):
                self.answer("apply", f'{ANSWERS["apply"]}\n[ "$2" != {name} ] || {{ {told}; exit 1; }}')
                run = self.fails_in(*PUSHED, "attest", *DEPLOYED[: count + 1], failed=f"{name}/deploy")
                expected = [f"| {before} | success | {before} runs it |" for before in ENVIRONMENTS[:count]]
                expected += [f"| {name} | failure | {name} did not get healthy |"]
                expected += [f"| {after} | skipped |  |" for after in ENVIRONMENTS[count + 1 :]]
                self.assertEqual(run.summary.splitlines()[4:7], expected)
