# Updates what the flake and the crates are locked to, and says what that changes. See --help.

usage() {
  cat <<'HELP'
usage: update [FOLDER]

Updates flake.lock and Cargo.lock in a clean clone, builds the image before and after, and prints the text of a pull
request: both digests and the list of what changed. It commits and pushes nothing. FOLDER gets flake.lock, Cargo.lock
and the text as body.md, for whoever opens the pull request; nothing if there is nothing newer.

Exit codes:
  0  done, or there is nothing newer
  1  it could not be updated or built
  2  wrong arguments, or the tree has changes
HELP
}

folder=''
case ${1:-} in
  --help | -h) usage && exit ;;
  -*) echo "update: there is no option $1; see --help" >&2 && exit 2 ;;
  *) folder=${1:-} ;;
esac
[ $# -le 1 ] || { echo "update: one folder at a time; $2 is one too many" >&2 && exit 2; }
[ -z "$folder" ] || [ ! -e "$folder" ] || { echo "update: $folder is there already; name a folder that is not" >&2 && exit 2; }
[ -z "$folder" ] || folder=$(realpath --canonicalize-missing "$folder") || exit 2
clone=$(git rev-parse --show-toplevel) || { echo "update: run it in a clone of the repository" >&2 && exit 2; }
cd "$clone" || exit 2
changes=$(git status --porcelain) || exit 1
if [ -n "$changes" ]; then
  echo "update: this tree has changes; commit or stash them first" >&2
  exit 2
fi

# What a program in here ends with is no code of ours.
trap '[ $? = 0 ] || exit 1' EXIT

nix_() {
  nix --extra-experimental-features 'nix-command flakes' "$@"
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
changes=$(git status --porcelain)
if [ -z "$changes" ]; then
  echo "update: there is nothing newer" >&2
  exit
fi
after=$(digest)

effect="The image is the same, so releasing this changes nothing that runs."
[ "$before" = "$after" ] || effect="The image is another one."
body=$(
  cat <<BODY
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
)
echo "$body"
if [ -n "$folder" ]; then
  mkdir -p "$folder"
  cp flake.lock Cargo.lock "$folder"
  echo "$body" >"$folder/body.md"
fi
