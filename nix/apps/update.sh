# Updates what the flake and the crates are locked to, in one pull request. See --help.

usage() {
  cat <<'HELP'
usage: update [--dry-run]

Updates flake.lock and Cargo.lock in a clean clone, builds the image before and after, and opens a pull request from
the branch "update", or brings the one that is open up to date: with both digests and the list of what changed.

  --dry-run   update the files here and print the pull request; commit and push nothing

Exit codes:
  0  done, or there is nothing newer
  1  it could not be built, pushed or opened
  2  wrong arguments, or the tree has changes

Environment: GH_TOKEN, for the branch and the pull request.
HELP
}

dry=''
case ${1:-} in
  --help | -h) usage && exit ;;
  --dry-run) dry=yes ;;
  '') ;;
  *) echo "update: there is no argument $1; see --help" >&2 && exit 2 ;;
esac
clone=$(git rev-parse --show-toplevel)
cd "$clone" || exit 2
if [ -n "$(git status --porcelain)" ]; then
  echo "update: this tree has changes; commit or stash them first" >&2
  exit 2
fi
body=$(mktemp)
trap 'rm --force "$body"' EXIT

nix_() {
  # What it runs may be somebody else's news; the right to write here is none of their business.
  env --unset=GH_TOKEN nix --extra-experimental-features 'nix-command flakes' "$@"
}

# digest: that of the image of the tree as it is.
digest() {
  local image
  image=$(nix_ build --no-link --print-out-paths .#image) || exit 1
  cat "$image/digest"
}

before=$(digest)
inputs=$(nix_ flake update 2>&1) || { echo "$inputs" >&2 && exit 1; }
# With the compiler of the new lock: it decides which versions can be built.
crates=$(nix_ develop --command cargo update 2>&1) || { echo "$crates" >&2 && exit 1; }
if [ -z "$(git status --porcelain)" ]; then
  echo "update: there is nothing newer" >&2
  exit
fi
after=$(digest)

effect="The image is the same, so releasing this changes nothing that runs."
[ "$before" = "$after" ] || effect="The image is another one."
cat >"$body" <<BODY
$effect

| | digest |
| --- | --- |
| before | \`$before\` |
| after | \`$after\` |

\`\`\`
$(grep --extended-regexp '^(•|  *[→'"'"'])' <<<"$inputs" || echo "no input of the flake changed")

$(grep --extended-regexp '^ *(Adding|Downgrading|Removing|Updating) .* v' <<<"$crates" || echo "no crate changed")
\`\`\`

GitHub starts no check for what a workflow's own token did: if there is none below, close this and open it again.
BODY
cat "$body"
[ -z "$dry" ] || exit 0

git -c user.name=update -c user.email=update@users.noreply.github.com \
  commit --quiet --all --message "Update flake.lock and Cargo.lock"
# With gh's token for this push alone. Nobody else's branch: what was in it was made by the last run.
git -c credential.helper= -c credential.helper='!gh auth git-credential' push --quiet --force origin HEAD:refs/heads/update
pull=$(gh pr list --head update --state open --json number --jq '.[].number')
if [ -n "$pull" ]; then
  gh pr edit "$pull" --body-file "$body" >&2
else
  gh pr create --head update --title "Update flake.lock and Cargo.lock" --body-file "$body" >&2
fi
