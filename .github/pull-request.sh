#!/usr/bin/env bash
# usage: pull-request.sh FOLDER
# Puts FOLDER/flake.lock and FOLDER/Cargo.lock on the branch "update", and FOLDER/body.md into its pull request, which is
# opened or brought up to date. It has the right to write, so it runs nothing of what it is given, and takes nothing
# but these three files.
#
# Environment: GH_TOKEN, for the branch and the pull request.
set -euo pipefail
folder=$1
locks=(flake.lock Cargo.lock)
title="Update flake.lock and Cargo.lock"

cd "$(git rev-parse --show-toplevel)"
for file in "${locks[@]}" body.md; do
  if [ ! -f "$folder/$file" ] || [ -L "$folder/$file" ]; then
    echo "pull-request: $folder/$file is not a file; nothing was changed" >&2
    exit 1
  fi
done

for file in "${locks[@]}"; do
  cp "$folder/$file" "$file"
done
git -c user.name=update -c user.email=update@users.noreply.github.com \
  commit --quiet --message "$title" --only -- "${locks[@]}"
# With gh's token for this push alone. Nobody else's branch: what was in it was made by the last run.
git -c credential.helper= -c credential.helper='!gh auth git-credential' push --quiet --force origin HEAD:refs/heads/update

body=$(mktemp)
trap 'rm --force "$body" || true' EXIT
# GitHub takes no longer one.
head --bytes 60000 "$folder/body.md" >"$body"
# gh looks for the branch's name alone, which a fork can have, too.
ours='map(select(.isCrossRepository | not)) | .[0].number // empty'
number=$(gh pr list --head update --base main --state open --json number,isCrossRepository --jq "$ours")
if [ -n "$number" ]; then
  gh pr edit "$number" --body-file "$body"
else
  gh pr create --head update --base main --title "$title" --body-file "$body"
fi
