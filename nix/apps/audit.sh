# Scans what is deployed by what is known today, and reports what is wrong. See --help.

usage() {
  cat <<'HELP'
usage: audit

For each environment asks its site which commit runs there and with which digest, builds that commit's image from
this clone, holds the digests against each other, and scans the image by that commit's own scan, with today's
databases. It needs no rights, neither in AWS nor in GitHub: the report goes to standard output, and in GitHub to the
output "report" of the step as well, from which another job keeps an issue. Run it in a clone of the repository that
has the deployed commits.

Exit codes:
  0  nothing is wrong
  1  something is; the report says what
  2  wrong arguments

Environment: DEPLOY_DIRECTORY, the descriptions, which the deployer reads, as the flake sets it.
HELP
}

case ${1:-} in
  --help | -h) usage && exit ;;
  '') ;;
  *) echo "audit: there is no argument $1; see --help" >&2 && exit 2 ;;
esac
temporary=''
# No clean-up has a say in how this ends, and what a program in here ended with is no code of ours.
finish() {
  local ended=$?
  [ -z "$temporary" ] || rm --recursive --force "$temporary" || true
  [ "$ended" = 0 ] || exit 1
}
trap finish EXIT
temporary=$(mktemp --directory)
clone=$(git rev-parse --show-toplevel) || { echo "audit: run it in a clone of the repository" >&2 && exit 1; }
# As part of a URL: its name may have a space.
clone=$(jq --raw-input --raw-output 'split("/") | map(@uri) | join("/")' <<<"$clone")
body=$temporary/body
wrong=''
# For this program alone: what it starts tells its own story on standard output.
output=${GITHUB_OUTPUT:-}
unset GITHUB_OUTPUT GITHUB_STEP_SUMMARY

nix_() {
  nix --extra-experimental-features 'nix-command flakes' "$@"
}

# audit NAME URL: its part of the body on standard output; fails if anything is wrong.
audit() {
  local name=$1 url=$2 told=$temporary/$1.json commit digest system flake image code=0
  echo "## $name"
  echo
  if ! curl --silent --show-error --fail --location --retry 3 --max-time 30 "$url/release.json" >"$told" 2>"$temporary/why"; then
    echo "$url/release.json does not answer: $(<"$temporary/why")"
    return 1
  fi
  commit=$(jq --raw-output '.commit // empty' "$told" 2>/dev/null) || commit=''
  digest=$(jq --raw-output '.image_digest // empty' "$told" 2>/dev/null) || digest=''
  system=$(jq --raw-output '.system // empty' "$told" 2>/dev/null) || system=''
  if ! [[ $commit =~ ^[0-9a-f]{40}$ && $digest =~ ^sha256:[0-9a-f]{64}$ && $system =~ ^[a-z0-9_]+-linux$ ]]; then
    echo "$url does not say what runs there: commit ${commit:-not known}, digest ${digest:-not known}."
    return 1
  fi
  echo "Commit $commit, \`$digest\`."
  echo
  flake="git+file://$clone?rev=$commit&allRefs=1"
  if ! image=$(nix_ build --no-link --print-out-paths "$flake#packages.$system.image" 2>"$temporary/why"); then
    echo "The commit does not build here: $(tail --lines 1 "$temporary/why")"
    return 1
  fi
  if [ "$(<"$image/digest")" != "$digest" ]; then
    echo "**What runs is not what the commit builds to**, which is \`$(<"$image/digest")\`. \`nix run .#verify -- $url\` says which parts differ."
    return 1
  fi
  # That commit's own, which knows what was linked then; and this image, which may be for another system than the
  # machine that asks.
  nix_ run "$flake#scan" -- "$image" 2>"$temporary/why" || code=$?
  # 2 is of its arguments, and everything above 3 of something else that went wrong before it said anything.
  [ "$code" -le 1 ] || echo "The scan ended with $code: $(tail --lines 1 "$temporary/why")"
  echo
  return "$code"
}

described=$(deploy environments --json) || { echo "audit: $described" >&2 && exit 1; }
environments=$(jq --exit-status --raw-output '.[] | "\(.name) \(.url)"' <<<"$described") || { echo "audit: no environment is described" >&2 && exit 1; }
while read -r name url; do
  echo "audit: $name, $url" >&2
  audit "$name" "$url" >>"$body" </dev/null || wrong="$wrong $name"
done <<<"$environments"

[ -z "$wrong" ] || printf '\nIn%s. Found %s.\n' "$wrong" "$(date --utc +%F)" >>"$body"
cat "$body"
if [ -n "$output" ]; then
  # GitHub takes no longer issue. The mark at the end is one that nothing in the report can know.
  mark=$(sha256sum <(head --bytes 32 /dev/urandom) | cut -d ' ' -f 1)
  {
    echo "report<<$mark"
    head --bytes 60000 "$body"
    printf '\n%s\n' "$mark"
  } >>"$output"
fi
[ -z "$wrong" ] || exit 1
