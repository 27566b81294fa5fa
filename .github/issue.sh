#!/usr/bin/env bash
# Keeps the one issue with the label "audit": opened, brought up to date and closed by what the job before found.
# It has the right to write issues, so it runs nothing of what it is given, and takes nothing but a text.
#
# Environment: RESULT, the audit's, "success" or "failure"; REPORT, what it found; RUN_URL, where that can be read;
# GH_TOKEN, for gh.
set -euo pipefail
: "${RESULT:?success or failure}" "${RUN_URL:?the run that the issue points to}"
title="What is deployed has known vulnerabilities, or could not be audited"

number=$(gh issue list --label audit --state open --limit 1 --json number --jq '.[].number')
if [ "$RESULT" = success ]; then
  [ -z "$number" ] || gh issue close "$number" --comment "Nothing is wrong any more: $RUN_URL"
  exit
fi

body=$(mktemp)
trap 'rm --force "$body" || true' EXIT
printf '%s\n\n%s\n' "${REPORT:-The audit ended with $RESULT before it could report anything.}" "$RUN_URL" >"$body"
if [ -n "$number" ]; then
  gh issue edit "$number" --title "$title" --body-file "$body"
else
  gh label create audit --force --description "What is deployed, by what is known today"
  gh issue create --label audit --title "$title" --body-file "$body"
fi
