# Scans what is deployed by what is known today, and keeps one issue about it. See --help.

usage() {
  cat <<'HELP'
usage: audit [--dry-run]

For each environment asks its site which commit runs there and with which digest, builds that commit's image from
this clone, holds the digests against each other, and scans the image by that commit's own scan, with today's
databases. It needs no rights in AWS.

What is found goes into one issue with the label "audit", which is opened, kept up to date and closed by this. Run it in
a clone of the repository that has the deployed commits.

  --dry-run   print what the issue would say, and leave it alone

Exit codes:
  0  nothing is wrong
  1  something is; the issue says what
  2  wrong arguments
  3  the issue could not be brought up to date

Environment: DEPLOY_DIRECTORY, the descriptions, as the flake sets it; GH_TOKEN, for the issue.
HELP
}

dry=''
case ${1:-} in
  --help | -h) usage && exit ;;
  --dry-run) dry=yes ;;
  '') ;;
  *) echo "audit: there is no argument $1; see --help" >&2 && exit 2 ;;
esac
clone=$(git rev-parse --show-toplevel)
temporary=$(mktemp --directory)
trap 'rm --recursive --force "$temporary"' EXIT
body=$temporary/body
wrong=''

nix_() {
  # What it runs may be somebody else's news; the right to write here is none of their business.
  env --unset=GH_TOKEN nix --extra-experimental-features 'nix-command flakes' "$@"
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

for file in "${DEPLOY_DIRECTORY:?the folder with environments/}"/environments/*.toml; do
  name=$(basename "$file" .toml)
  url=$(sed --quiet 's/^url = "\(.*\)"$/\1/p' "$file")
  echo "audit: $name, $url" >&2
  audit "$name" "$url" >>"$body" || wrong="$wrong $name"
done

echo
cat "$body"
title="What is deployed has known vulnerabilities, or could not be audited"
[ -z "$wrong" ] || printf '\nIn%s. Found %s.\n' "$wrong" "$(date --utc +%F)" >>"$body"
if [ -z "$dry" ]; then
  # More than that GitHub does not take.
  head --bytes 65000 "$body" >"$body.cut"
  mv "$body.cut" "$body"
  {
    issue=$(gh issue list --label audit --state open --limit 1 --json number --jq '.[].number') &&
      if [ -z "$wrong" ]; then
        [ -z "$issue" ] || gh issue close "$issue" --comment "Nothing is wrong any more."
      elif [ -n "$issue" ]; then
        gh issue edit "$issue" --title "$title" --body-file "$body"
      else
        gh label create audit --force --description "What is deployed, by what is known today" &&
          gh issue create --label audit --title "$title" --body-file "$body"
      fi
  } >&2 || {
    echo "audit: the issue could not be brought up to date; is there a GH_TOKEN with the right to write issues?" >&2
    exit 3
  }
fi
[ -z "$wrong" ] || exit 1
