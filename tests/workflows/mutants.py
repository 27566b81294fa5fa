"""The ways in which the workflows could be wrong, each of which something has to notice.

A mutant is one change to one file, with the scenarios that it is for. Who is asked, in that order: ecs/tests/workflows.rs,
actionlint, zizmor, the scenarios, and GitHub's own parser. See try_mutants.py.
"""

import collections

Mutant = collections.namedtuple("Mutant", "why file before after scenarios")

CHECK, DEPLOY, RELEASE, ROLLBACK = (f".github/workflows/{name}.yml" for name in ("check", "deploy", "release", "rollback"))
AUDIT, CACHE, UPDATE = (f".github/workflows/{name}.yml" for name in ("audit", "cache", "update"))
ISSUE, PULL_REQUEST = ".github/issue.sh", ".github/pull-request.sh"


def mutant(why, file, before, after, *scenarios):
    return Mutant(why, file, before, after, tuple(f"test_{name}" for name in scenarios))


ALL_THE_WAY = "release.Succeeds.test_all_the_way"
SUM_OF_DEPLOY = "release.Deploy.test_a_deployer_that_was_altered_gets_no_role"
SUM_OF_ROLLBACK = "rollback.Rollback.test_a_deployer_that_was_altered_gets_no_role"
ONE_FAILS = "release.Deploy.test_an_environment_that_fails_is_the_last_one"
THIRD = "release.Image.test_a_third_build_that_differs_gets_no_role"
CHECKED = "check.Check.test_a_pull_request_reads_the_cache_where_no_digest_is_compared"
MERGED = "check.Check.test_a_merge_group_reads_none"
HOSTILE = "rollback.Rollback.test_what_is_no_revision_ends_it_before_anything_is_built"

MUTANTS = [
    # One digest.
    mutant(
        "two machines need not agree",
        CHECK,
        '          diff - <(echo "$SECOND") <<<"$FIRST"\n',
        "",
        "release.Image.test_two_machines_that_differ_end_it",
    ),
    mutant(
        "that they disagree is passed over",
        CHECK,
        'diff - <(echo "$SECOND") <<<"$FIRST"',
        'diff - <(echo "$SECOND") <<<"$FIRST" || true',
        "release.Image.test_two_machines_that_differ_end_it",
    ),
    mutant(
        "the first machine is held against itself",
        CHECK,
        "SECOND: ${{ needs.image.outputs.digest }}",
        "SECOND: ${{ needs.flake.outputs.digest }}",
        "release.Image.test_two_machines_that_differ_end_it",
    ),
    mutant(
        "no digest passes for one",
        CHECK,
        "^sha256:[0-9a-f]{64}$ ]]",
        "^(sha256:[0-9a-f]{64})?$ ]]",
        "release.Image.test_no_digest_is_none_that_two_agreed_on",
    ),
    mutant(
        "the digest of one machine is handed on",
        CHECK,
        "value: ${{ jobs.same.outputs.digest }}",
        "value: ${{ jobs.flake.outputs.digest }}",
        "release.Image.test_two_machines_that_differ_end_it",
    ),
    mutant(
        "the stacks are not looked at",
        CHECK,
        "      - run: .ci/stacks\n",
        "",
        "release.Image.test_stacks_that_are_wrong_end_it",
    ),
    mutant(
        "a digest goes through a pipe", CHECK, "digest=$(cat result/digest)", "digest=$(cat result/digest | tail -n 1)", CHECKED
    ),
    mutant(
        "what is scanned is not held against the digest",
        RELEASE,
        '--digest "$DIGEST" ',
        "",
        "release.Image.test_an_image_that_somebody_changed_is_not_scanned",
    ),
    mutant(
        "the build that is pushed is not compared",
        RELEASE,
        'nix build .#image && diff result/digest - <<<"$DIGEST"',
        "nix build .#image",
        THIRD,
    ),
    mutant(
        "the build that is pushed is compared after there is a role",
        RELEASE,
        """      - name: It is the image that was checked
        env:
          DIGEST: ${{ needs.check.outputs.digest }}
        run: nix build .#image && diff result/digest - <<<"$DIGEST"
      - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
        with:
          role-to-assume: ${{ vars.AWS_PUSH_ROLE }}
          aws-region: ${{ vars.AWS_REGION }}
          # GitHub drops an output that holds something masked, and the image's reference holds the account.
          mask-aws-account-id: false
""",
        """      - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
        with:
          role-to-assume: ${{ vars.AWS_PUSH_ROLE }}
          aws-region: ${{ vars.AWS_REGION }}
          # GitHub drops an output that holds something masked, and the image's reference holds the account.
          mask-aws-account-id: false
      - name: It is the image that was checked
        env:
          DIGEST: ${{ needs.check.outputs.digest }}
        run: nix build .#image && diff result/digest - <<<"$DIGEST"
""",
        THIRD,
    ),
    mutant(
        "what push says is believed",
        RELEASE,
        'if [ "$image" != "$REPOSITORY@$DIGEST" ]; then',
        'if [ -z "$image" ]; then',
        "release.Push.test_a_push_that_says_something_else_is_not_believed",
    ),
    mutant(
        "a push that fails is passed over",
        RELEASE,
        '--tag "$GITHUB_SHA")',
        '--tag "$GITHUB_SHA" || true)',
        "release.Push.test_a_push_that_fails_ends_it",
    ),
    mutant(
        "another name is pushed to",
        RELEASE,
        "REPOSITORY: ${{ vars.ECR_REPOSITORY }}",
        "REPOSITORY: ${{ github.repository }}",
        ALL_THE_WAY,
    ),
    mutant(
        "the image is taken from another step",
        RELEASE,
        "image: ${{ steps.push.outputs.image }}",
        "image: ${{ steps.image.outputs.image }}",
        ALL_THE_WAY,
    ),
    mutant(
        "the attestation is for what the first machine says",
        RELEASE,
        "subject-digest: ${{ needs.check.outputs.digest }}",
        "subject-digest: ${{ github.sha }}",
        "release.Succeeds.test_attestation_is_asked_for_and_code_scanning_is_not",
    ),
    # What is handed over.
    mutant(
        "a deployment does not check the deployer",
        DEPLOY,
        '          sha256sum --check --strict <<<"$SHA256  deployer.tar"\n',
        "",
        SUM_OF_DEPLOY,
    ),
    mutant(
        "a rollback does not check the deployer",
        ROLLBACK,
        '          sha256sum --check --strict <<<"$SHA256  deployer.tar"\n',
        "",
        SUM_OF_ROLLBACK,
    ),
    mutant(
        "an empty sum checks nothing",
        DEPLOY,
        'sha256sum --check --strict <<<"$SHA256  deployer.tar"',
        'sha256sum --check --ignore-missing <<<"${SHA256:+$SHA256  deployer.tar}" || [ -z "$SHA256" ]',
        "release.Deploy.test_a_deployer_of_which_no_sum_is_known_gets_no_role",
    ),
    mutant(
        "the sum is of what was downloaded",
        DEPLOY,
        "SHA256: ${{ inputs.deployer_sha256 }}",
        "SHA256: ${{ hashFiles('deployer.tar') }}",
        SUM_OF_DEPLOY,
    ),
    mutant(
        "the artifact goes by another name", DEPLOY, "name: deployer\n      - name", "name: deploy\n      - name", ALL_THE_WAY
    ),
    mutant(
        "the artifact of the image goes by another name",
        RELEASE,
        "name: image\n          path: image",
        "name: images\n          path: image",
        ALL_THE_WAY,
    ),
    mutant(
        "an artifact can't be made a second time",
        CHECK,
        "          overwrite: true\n          retention-days: 30",
        "          retention-days: 30",
        "release.Succeeds.test_it_can_be_run_again_after_a_failure",
    ),
    mutant(
        "nobody gets the pictures of a change",
        CHECK,
        "          name: pictures\n          path: pictures",
        "          name: pictures\n          path: image",
        CHECKED,
    ),
    mutant(
        "a missing artifact is a warning",
        CHECK,
        "path: deployer.tar\n          if-no-files-found: error",
        "path: deployer.tar\n          if-no-files-found: warn",
        ALL_THE_WAY,
    ),
    mutant(
        "the deployer is an output of another step",
        CHECK,
        "deployer: ${{ steps.deployer.outputs.path }}",
        "deployer: ${{ steps.image.outputs.path }}",
        ALL_THE_WAY,
    ),
    mutant(
        "the deployer is built where the role is",
        DEPLOY,
        'nix copy --no-check-sigs --from "file://$PWD/deployer" "$DEPLOYER"',
        "nix build .#deploy",
        ALL_THE_WAY,
    ),
    mutant(
        "a deployment deploys with the role that pushes",
        DEPLOY,
        "vars.AWS_DEPLOY_ROLE",
        "vars.AWS_PUSH_ROLE",
        "release.Succeeds.test_roles_are_where_they_are_needed_and_nowhere_before",
    ),
    # The order.
    mutant(
        "production does not wait for staging", RELEASE, "needs: [check, push, staging]", "needs: [check, push, dev]", ONE_FAILS
    ),
    mutant(
        "dev does not wait for the attestation",
        RELEASE,
        "needs: [check, push, attest]",
        "needs: [check, push]",
        "release.Push.test_an_attestation_that_fails_ends_it",
    ),
    mutant(
        "the push does not wait for the scan",
        RELEASE,
        "needs: [check, scan]",
        "needs: [check]",
        "release.Scan.test_findings_stop_it_and_are_shown",
    ),
    mutant("the comparison waits for one machine", CHECK, "needs: [flake, image]", "needs: [flake]", ALL_THE_WAY),
    mutant("the deployer is built before the revision is read", ROLLBACK, "    needs: revision\n", "", HOSTILE),
    mutant(
        "production goes on whatever happened",
        RELEASE,
        "  production:\n    name: production\n",
        "  production:\n    name: production\n    if: always()\n",
        ONE_FAILS,
    ),
    mutant(
        "staging and production are mistaken for each other",
        RELEASE,
        "environment: staging",
        "environment: production",
        ALL_THE_WAY,
    ),
    mutant(
        "a check that fails is passed over",
        CHECK,
        "      - run: nix flake check --print-build-logs\n      - run: nix run .#rehearse",
        "      - run: nix flake check --print-build-logs || true\n      - run: nix run .#rehearse",
        "release.Image.test_a_check_that_fails_on_either_machine_ends_it",
    ),
    mutant(
        "a rehearsal may fail",
        CHECK,
        "      - run: nix run .#rehearse",
        "      - run: nix run .#rehearse\n        continue-on-error: true",
        "release.Image.test_a_rehearsal_that_fails_ends_it",
    ),
    mutant(
        "a scan that fails is passed over",
        RELEASE,
        "--sarif scan.sarif image\n",
        "--sarif scan.sarif image || true\n",
        "release.Scan.test_findings_stop_it_and_are_shown",
    ),
    mutant("a deployment that fails is passed over", DEPLOY, '--run-url "$RUN_URL"', '--run-url "$RUN_URL" || true', ONE_FAILS),
    # Conditions.
    mutant(
        "findings are shown of a scan that went well alone",
        RELEASE,
        "${{ !cancelled() && needs.scan.outputs.sarif",
        "${{ success() && needs.scan.outputs.sarif",
        "release.Scan.test_findings_stop_it_and_are_shown",
    ),
    mutant(
        "findings are shown where nobody can",
        RELEASE,
        "vars.CODE_SCANNING != 'false'",
        "vars.CODE_SCANNING == 'false'",
        ALL_THE_WAY,
        "release.Scan.test_findings_stop_it_where_nobody_can_show_them",
    ),
    mutant(
        "findings are kept of a scan that went well alone",
        RELEASE,
        "if: ${{ !cancelled() && hashFiles('scan.sarif') != '' }}",
        "if: ${{ hashFiles('scan.sarif') != '' }}",
        "release.Scan.test_findings_stop_it_and_are_shown",
    ),
    mutant(
        "attestations are made where they can't be",
        RELEASE,
        "if: vars.ATTEST == 'true'",
        "if: vars.ATTEST != 'true'",
        ALL_THE_WAY,
        "release.Succeeds.test_attestation_is_asked_for_and_code_scanning_is_not",
    ),
    mutant(
        "a release reads a cache",
        CHECK,
        "      - if: github.event_name == 'pull_request'\n",
        "      - if: github.event_name != 'merge_group'\n",
        ALL_THE_WAY,
    ),
    mutant(
        "the second build of the image reads a cache",
        CHECK,
        "      - id: image\n        run: |\n          nix build .#image --print",
        "      - uses: nix-community/cache-nix-action/restore@7df957e333c1e5da7721f60227dbba6d06080569 # v7.0.2\n        with:\n          primary-key: dependencies-${{ runner.arch }}-${{ hashFiles('flake.lock', 'Cargo.lock') }}\n      - id: image\n        run: |\n          nix build .#image --print",
        CHECKED,
        MERGED,
    ),
    mutant(
        "any branch writes the cache",
        CACHE,
        "    if: github.ref == 'refs/heads/main'\n",
        "",
        "check.Cache.test_another_branch_writes_none",
    ),
    mutant(
        "what is read is not what was written",
        CACHE,
        "primary-key: dependencies-",
        "primary-key: crates-",
        "check.Cache.test_what_is_read_is_what_was_written",
    ),
    mutant(
        "pull requests upload",
        CHECK,
        "      - if: github.event_name == 'push'\n",
        "      - if: github.event_name != 'merge_group'\n",
        CHECKED,
    ),
    mutant(
        "the issue is told of success alone",
        AUDIT,
        "    if: ${{ !cancelled() }}\n",
        "",
        "schedules.Audit.test_something_is_wrong",
    ),
    mutant(
        "a pull request is opened of nothing",
        UPDATE,
        "    if: needs.update.outputs.changed != ''\n",
        "",
        "schedules.Update.test_nothing_is_newer",
    ),
    mutant("a failure leaves no summary", RELEASE, "    if: always()\n", "", ONE_FAILS),
    mutant(
        "the summary is of another environment",
        RELEASE,
        "| ${{ needs.staging.result }} |",
        "| ${{ needs.dev.result }} |",
        ONE_FAILS,
    ),
    # Machines.
    mutant(
        "the runner is of one architecture",
        CHECK,
        "  image:\n    name: image\n    needs: architecture\n    runs-on: ${{ needs.architecture.outputs.runner }}",
        "  image:\n    name: image\n    needs: architecture\n    runs-on: ubuntu-24.04",
        "release.Succeeds.test_the_descriptions_choose_the_machines",
    ),
    mutant(
        "the deployer runs on one architecture",
        DEPLOY,
        "runs-on: ${{ inputs.runner }}",
        "runs-on: ubuntu-24.04",
        "release.Succeeds.test_the_descriptions_choose_the_machines",
    ),
    mutant(
        "both checks are on the same machine",
        CHECK,
        "runs-on: ${{ needs.architecture.outputs.other }}",
        "runs-on: ${{ needs.architecture.outputs.runner }}",
        "release.Succeeds.test_the_descriptions_choose_the_machines",
    ),
    # What a person types.
    mutant("any revision goes", ROLLBACK, "if ! [[ $REVISION =~ ^([1-9][0-9]{0,8})?$ ]]; then", "if false; then", HOSTILE),
    mutant("a revision may go on", ROLLBACK, "^([1-9][0-9]{0,8})?$ ]]", "^([1-9][0-9]{0,8})? ]]", HOSTILE),
    mutant("zero is a revision", ROLLBACK, "^([1-9][0-9]{0,8})?$", "^[0-9]*$", HOSTILE),
    mutant("a revision is pasted into a script", ROLLBACK, "if ! [[ $REVISION =~", "if ! [[ ${{ inputs.revision }} =~", HOSTILE),
    mutant(
        "a rollback forgets its revision", ROLLBACK, ' ${REVISION:+--to "$REVISION"}', "", "rollback.Rollback.test_to_a_revision"
    ),
    mutant(
        "a rollback of one environment is one of another",
        ROLLBACK,
        "ENVIRONMENT: ${{ inputs.environment }}",
        "ENVIRONMENT: production",
        "rollback.Rollback.test_without_a_revision",
    ),
    # Rights.
    mutant(
        "the job that runs Nix may write",
        UPDATE,
        "contents: read # to check the commit out\n    outputs",
        "contents: write # to push the branch\n    outputs",
    ),
    mutant(
        "the job that audits may write issues",
        AUDIT,
        "contents: read # to check the commit out\n    outputs",
        "contents: read # to check the commit out\n      issues: write # to open one\n    outputs",
    ),
    mutant(
        "a scan may ask for a role",
        RELEASE,
        "      contents: read # to check the commit out\n    outputs:\n      sarif",
        "      contents: read # to check the commit out\n      id-token: write # for a role\n    outputs:\n      sarif",
    ),
    mutant("the whole workflow may write", RELEASE, "permissions: {}\n\nconcurrency", "permissions: write-all\n\nconcurrency"),
    mutant(
        "a checkout keeps the token",
        UPDATE,
        "          persist-credentials: false\n      - uses: cachix",
        "          persist-credentials: true\n      - uses: cachix",
    ),
    mutant(
        "the pull request is made beside Nix",
        UPDATE,
        "      - run: nix run .#update -- update\n",
        "      - run: nix run .#update -- update\n      - env:\n          GH_TOKEN: ${{ github.token }}\n        run: .github/pull-request.sh update\n",
        "schedules.Update.test_something_is_newer",
    ),
    mutant(
        "the audit has the token",
        AUDIT,
        "      - id: audit\n        run: nix run .#audit\n",
        "      - id: audit\n        env:\n          GH_TOKEN: ${{ github.token }}\n        run: nix run .#audit\n",
        "schedules.Audit.test_nothing_is_wrong",
    ),
    mutant(
        "Nix is beside the token",
        AUDIT,
        "      - env:\n          GH_TOKEN",
        "      - uses: cachix/install-nix-action@630ae543ea3a38a9a4166f03376c02c50f408342 # v31.11.0\n      - env:\n          GH_TOKEN",
        "schedules.Audit.test_nothing_is_wrong",
    ),
    mutant(
        "an action is not pinned",
        DEPLOY,
        "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
        "actions/download-artifact@v8",
    ),
    # Beside others.
    mutant(
        "a rollback does not wait for a deployment",
        ROLLBACK,
        "group: deploy-${{ inputs.environment }}",
        "group: rollback-${{ inputs.environment }}",
    ),
    mutant("all environments wait for each other", DEPLOY, "group: deploy-${{ inputs.environment }}", "group: deploy"),
    mutant("a deployment is broken off by the next", DEPLOY, "cancel-in-progress: false", "cancel-in-progress: true"),
    mutant(
        "pull requests end each other's checks",
        CHECK,
        "${{ github.event.pull_request.number || github.run_id }}",
        "${{ github.ref_type }}",
    ),
    mutant(
        "a check on main is broken off",
        CHECK,
        "cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
        "cancel-in-progress: true",
    ),
    mutant("an environment's rules are another's", DEPLOY, "name: ${{ inputs.environment }}\n      url", "name: dev\n      url"),
    mutant("a signal does not reach the deployer", DEPLOY, 'run: exec "$DEPLOYER', 'run: "$DEPLOYER'),
    mutant("a called workflow gets too little", RELEASE, "      environment: dev\n", ""),
    # The two scripts that may write.
    mutant(
        "a text is run",
        ISSUE,
        "printf '%s\\n\\n%s\\n' \"${REPORT:-",
        'eval "printf \'%s\\n\'" "${REPORT:-',
        "schedules.Audit.test_a_report_is_a_text_and_nothing_else",
    ),
    mutant(
        "an issue stays open for ever",
        ISSUE,
        '[ -z "$number" ] || gh issue close',
        '[ -n "$number" ] || gh issue close',
        "schedules.Audit.test_nothing_is_wrong",
    ),
    mutant(
        "a crash is no finding",
        ISSUE,
        'if [ "$RESULT" = success ]; then',
        'if [ "$RESULT" = success ] || [ -z "$REPORT" ]; then',
        "schedules.Audit.test_a_crash_without_a_report_is_told",
    ),
    mutant(
        "a link passes for a lock file",
        PULL_REQUEST,
        ' || [ -L "$folder/$file" ]',
        "",
        "schedules.Update.test_what_is_no_lock_file_is_refused",
    ),
    mutant(
        "everything that is handed over is committed",
        PULL_REQUEST,
        """for file in "${locks[@]}"; do
  cp "$folder/$file" "$file"
done
git -c user.name=update -c user.email=update@users.noreply.github.com \\
  commit --quiet --message "$title" --only -- "${locks[@]}"
""",
        """cp --recursive "$folder/." .
git -c user.name=update -c user.email=update@users.noreply.github.com \\
  commit --quiet --message "$title" --all
""",
        "schedules.Update.test_nothing_but_the_two_lock_files_is_committed",
    ),
    mutant(
        "the pull request is pushed to main",
        PULL_REQUEST,
        "HEAD:refs/heads/update",
        "HEAD:refs/heads/main",
        "schedules.Update.test_something_is_newer",
    ),
    mutant(
        "any issue is taken for that of the audit",
        ISSUE,
        "gh issue list --label audit",
        "gh issue list --label bug",
        "schedules.Audit.test_nothing_is_wrong",
    ),
    mutant(
        "an issue that was closed is taken for the one",
        ISSUE,
        "--state open",
        "--state closed",
        "schedules.Audit.test_nothing_is_wrong",
    ),
    mutant(
        "the issue is opened without its label",
        ISSUE,
        "gh issue create --label audit",
        "gh issue create --label bug",
        "schedules.Audit.test_something_is_wrong",
    ),
    mutant(
        "a pull request that was closed is taken for the one",
        PULL_REQUEST,
        "--state open",
        "--state closed",
        "schedules.Update.test_something_is_newer",
    ),
    mutant(
        "a pull request of a fork is taken for ours",
        PULL_REQUEST,
        "map(select(.isCrossRepository | not))",
        ".",
        "schedules.Update.test_something_is_newer",
    ),
    # When it ends, and where.
    mutant("a deployment ends before the deployer", DEPLOY, "timeout-minutes: 120", "timeout-minutes: 5"),
    mutant("a rollback ends before the deployer", ROLLBACK, "timeout-minutes: 120", "timeout-minutes: 45"),
    mutant("a role ends before the deployer", ROLLBACK, "role-duration-seconds: 7200", "role-duration-seconds: 900"),
    mutant("a deployer is gone before it is run again", ROLLBACK, "retention-days: 30", "retention-days: 1"),
    mutant(
        "a rollback is on a machine that its deployer is not for",
        ROLLBACK,
        "    needs: deployer\n    runs-on: ubuntu-24.04\n",
        "    needs: deployer\n    runs-on: ubuntu-24.04-arm\n",
    ),
    mutant(
        "an audit builds on another architecture",
        AUDIT,
        "    runs-on: ${{ needs.architecture.outputs.runner }}",
        "    runs-on: ubuntu-24.04",
        "schedules.Audit.test_it_is_done_where_the_image_can_be_built",
    ),
    mutant(
        "an update builds on another architecture",
        UPDATE,
        "    runs-on: ${{ needs.architecture.outputs.runner }}",
        "    runs-on: ubuntu-24.04",
        "schedules.Update.test_it_is_done_where_the_image_can_be_built",
    ),
]
