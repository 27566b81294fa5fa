"""The check of a change that has not landed, and the cache that it may read."""

from act import OTHER_DIGEST, Workflow

RESTORE, SAVE = (f"nix-community/cache-nix-action/{what}" for what in ("restore", "save"))
JOBS = ("architecture", "flake", "other", "image", "stacks", "same")


class Check(Workflow):
    def assert_checked(self, run):
        self.assert_ran(run, *JOBS)
        checks = "flake check --print-build-logs"
        self.assertEqual((run.commands("nix", "flake")[:2], run.commands("nix", "other")), ([checks, "run .#rehearse"], [checks]))
        self.assertEqual(run.called(SAVE), [])
        self.assertEqual([call.what for call in run.calls if call.role or call.token], [])

    def test_a_pull_request_reads_the_cache_where_no_digest_is_compared(self):
        run = self.act("pull_request", "check", payload={"pull_request": {"number": 7}})
        self.assert_checked(run)
        # The other build of the image is the one that takes nothing from anybody.
        self.assertEqual(sorted(call.job for call in run.called(RESTORE)), ["flake", "other"])
        for inputs in run.inputs(RESTORE):
            self.assertRegex(inputs["primary-key"], "^dependencies-X64-[0-9a-f]{64}$")
        # For whoever looks at the change; nobody takes the rest from here.
        kept = {"if-no-files-found": "error", "overwrite": "true", "retention-days": "30"}
        self.assertEqual(run.inputs("actions/upload-artifact"), [{"name": "pictures", "path": "pictures", **kept}])

    def test_a_merge_group_reads_none(self):
        run = self.act("merge_group", "check")
        self.assert_checked(run)
        self.assertEqual(run.called(RESTORE), [])
        self.assertEqual(run.called("actions/upload-artifact"), [], "nobody takes it from here")

    def test_a_pull_request_whose_image_can_not_be_built_again_is_red(self):
        self.digest("image", OTHER_DIGEST)
        run = self.act("pull_request", "check", payload={"pull_request": {"number": 7}}, code=1)
        self.assert_ran(run, *JOBS, failed=["same"])


class Cache(Workflow):
    def test_main_writes_what_pull_requests_read(self):
        for event in ("push", "schedule", "workflow_dispatch"):
            with self.subTest(event):
                run = self.act(event, "cache")
                self.assert_ran(run, "dependencies")
                # One for each machine.
                self.assertEqual(run.commands("nix"), ["build .#dependencies --no-link --print-build-logs"] * 2)
                self.assertEqual(len(run.called(SAVE)), 2)
                self.assertEqual(run.called(RESTORE), [])

    def test_what_is_read_is_what_was_written(self):
        written = self.act("schedule", "cache").inputs(SAVE)
        read = self.act("pull_request", "check", payload={"pull_request": {"number": 7}}).inputs(RESTORE)
        self.assertEqual(written, read)
        (self.repository / "Cargo.lock").write_text("newer\n")
        self.git("commit", "--quiet", "--all", "--message", "newer")
        self.assertNotEqual(self.act("schedule", "cache").inputs(SAVE), written)

    def test_another_branch_writes_none(self):
        self.git("checkout", "--quiet", "-b", "other")
        self.assert_ran(self.act("workflow_dispatch", "cache"))

    def test_what_does_not_build_is_not_kept(self):
        self.fails("dependencies")
        run = self.act("schedule", "cache", code=1)
        self.assertEqual(run.called(SAVE), [])
