# The whole way of a release on this machine, with no cloud. See --help.

usage() {
  cat <<'HELP'
usage: rehearse [NIX-ARGUMENT …]

Takes the image of this commit all the way: scanned, pushed to a registry that is started for it on
127.0.0.1, deployed to dev, staging and production by `deploy` with the descriptions of this commit, each
against a stand-in for AWS that really starts the pushed layers for every task. Then a bad release, one that
never gets healthy, which must be rolled back, and at the end `verify` of what runs. It needs no network, no
account and no rights, leaves nothing behind, and ends with a table.

What is given goes to the `nix build` by which verify rebuilds the commit: `nix run .#rehearse -- --option substitute false`
builds all of it from source. Another -- before it makes no difference.

Exit codes:
  0  everything went as it has to, the bad release's rollback included
  1  something did not; the line before says what, and the logs stay
  2  wrong arguments

Environment, as the flake sets it: IMAGE, the folder with oci/ and digest; DEPLOY_DIRECTORY, the descriptions;
COMMIT. Without a commit it is that of the clone in which this runs, if nothing in it is changed.
HELP
}

case ${1:-} in
  --help | -h) usage && exit ;;
  --) shift ;;
  '' | --*) ;;
  *) echo "rehearse: $1 is no option of nix build; see --help" >&2 && exit 2 ;;
esac
image=${IMAGE:?the folder with oci/ and digest, as nix build .#image makes it}
descriptions=${DEPLOY_DIRECTORY:?the folder with environments/ and the templates}
digest=$(<"$image/digest") || exit 1
start=$SECONDS
temporary=$(mktemp --directory) || exit 1
servers=()
rows=()

say() {
  printf '\n== %s\n' "$*" >&2
}

row() {
  rows+=("| $1 | $2 | $3 |")
}

fail() {
  echo "rehearse: $*" >&2
  exit 1
}

# No clean-up has a say in how this ends.
finish() {
  local status=$?
  # Each ends what it started.
  for server in "${servers[@]}"; do
    kill "$server" 2>/dev/null || true
  done
  wait || true
  # What was unpacked of an image may be read-only.
  chmod --recursive u+rwX "$temporary" || true
  if [ "$status" = 0 ]; then
    rm --recursive --force "$temporary" || true
  else
    echo "rehearse: it ended with $status; everything it made is in $temporary" >&2
    # What a program in here ended with is no code of ours.
    exit 1
  fi
}
trap finish EXIT

# expect CODE COMMAND …: runs it, and takes no other exit code.
expect() {
  local wanted=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" = "$wanted" ] || fail "$1 $2 ended with $code, and $wanted was expected"
}

# wait_for FILE PATTERN: until a server that was started has said that.
wait_for() {
  for _ in {1..100}; do
    ! grep --quiet -E "$2" "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  cat "$1" >&2
  fail "the server that writes $1 does not start"
}

# No account of anybody's is in this, and in the summary of a run in GitHub is the table alone.
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
export AWS_ACCESS_KEY_ID=rehearsal AWS_SECRET_ACCESS_KEY=rehearsal AWS_CONFIG_FILE=/dev/null
export AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN GITHUB_STEP_SUMMARY GITHUB_OUTPUT

known=${COMMIT:-}
if [ -z "$known" ] && git cat-file -e HEAD:nix/apps/rehearse.sh 2>/dev/null && [ -z "$(git status --porcelain)" ]; then
  known=$(git rev-parse HEAD)
fi
commit=${known:-$(printf '0%.0s' {1..40})}
[ -n "$known" ] || echo "rehearse: no commit has this tree; $commit stands for one" >&2

say "Image"
echo "$digest, of commit $commit" >&2
row image build "\`$digest\`"

say "Scan"
scan --pinned --digest "$digest" "$image" >"$temporary/scan" || fail "the scan found something, or saw nothing: $(<"$temporary/scan")"
cat "$temporary/scan" >&2
row image scan "nothing that fails, by the pinned advisories alone"

say "Push"
cat >"$temporary/registry.yml" <<CONFIG
version: 0.1
storage: { filesystem: { rootdirectory: $(jq --null-input --arg folder "$temporary/registry" '$folder') } }
http: { addr: "127.0.0.1:0" }
CONFIG
registry serve "$temporary/registry.yml" >"$temporary/registry.log" 2>&1 &
servers+=($!)
wait_for "$temporary/registry.log" 'listening on [0-9.:]+'
repository=$(grep --only-matching -E 'listening on [0-9.:]+' "$temporary/registry.log" | head -n 1)/$SERVICE_NAME
repository=${repository#listening on }
reference=$(push --image "$image" --tag "$commit" "$repository")
[ "$(push --image "$image" --tag "$commit" "$repository")" = "$reference" ] || fail "a second push says something else"
[ "$reference" = "$repository@$digest" ] || fail "pushed as $reference, and the image is $digest"
row registry push "the same digest; a second push does nothing"

say "Three accounts"
cp --recursive "$descriptions" "$temporary/ecs"
chmod --recursive u+w "$temporary/ecs"
case $(skopeo inspect --config "oci:$image/oci" | jq --raw-output .architecture) in
  arm64) architecture=ARM64 ;;
  *) architecture=X86_64 ;;
esac
declare -A endpoint site
environments=(dev staging production)
for name in "${environments[@]}"; do
  aws-stand-in --repository "$repository" --folder "$temporary/$name" >"$temporary/$name.env" 2>"$temporary/$name.log" &
  servers+=($!)
  wait_for "$temporary/$name.env" SITE_URL=
  endpoint[$name]=$(sed --quiet s/AWS_ENDPOINT_URL=//p "$temporary/$name.env")
  site[$name]=$(sed --quiet s/SITE_URL=//p "$temporary/$name.env")
  echo "$name: ${site[$name]}" >&2
  # A rollout is over in seconds here, and the image is for this machine.
  sed --in-place -E "s,^url = .*,url = \"${site[$name]}\",; s/^architecture = .*/architecture = \"$architecture\"/; s/^poll = .*/poll = \"200ms\"/; s/^(rollout|rollback|site) = .*/\1 = \"1m\"/" \
    "$temporary/ecs/environments/$name.toml"
done

# in_account NAME ARGUMENT …: deploy, asking that environment's stand-in.
in_account() {
  local name=$1 command=$2
  shift 2
  AWS_ENDPOINT_URL=${endpoint[$name]} deploy --directory "$temporary/ecs" "$command" "$name" "$@"
}

for name in "${environments[@]}"; do
  say "Deploy to $name"
  expect 0 in_account "$name" apply --image "$reference" --commit "$commit" >&2
  row "$name" deploy "tasks and site have the digest"
done
say "Deploy to production again"
expect 0 in_account production apply --image "$reference" --commit "$commit" >&2
row production "deploy again" "nothing to change"

say "A bad release"
echo "the same image, made to listen where nobody can reach it" >&2
bad_commit=$(printf 'bad0%.0s' {1..10})
cp --recursive "$image" "$temporary/bad"
chmod --recursive u+w "$temporary/bad"
oci-rewrite "$temporary/bad" '.config.Env |= map(if startswith("ROCKET_ADDRESS=") then "ROCKET_ADDRESS=127.0.0.2" else . end)'
bad=$(push --image "$temporary/bad" --tag "$bad_commit" "$repository")
[ "$bad" != "$reference" ] || fail "the bad release has the good one's digest"
expect 1 in_account dev apply --image "$bad" --commit "$bad_commit" --json >"$temporary/bad.json"
jq --raw-output '.summary, (.reasons[] | "  - \(.)")' "$temporary/bad.json" >&2
jq --exit-status '.outcome == "rolled-back" and (.reasons | any(test("circuit breaker")))' "$temporary/bad.json" >/dev/null ||
  fail "the bad release was not rolled back for the reason that it has"
row dev "bad release" "$(jq --raw-output '"\(.summary) (\(.reasons[0]))"' "$temporary/bad.json")"

say "What runs"
for name in "${environments[@]}"; do
  expect 0 in_account "$name" verify --image "$reference" --commit "$commit" >&2
done
rebuilt=(--image "$image")
by="this build"
# An image that did not come from Nix has nothing to be rebuilt to.
if [ -n "$known" ] && [[ $image == /nix/store/* ]] && type -P nix >/dev/null && git cat-file -e "$known" 2>/dev/null; then
  rebuilt=(--checkout "$(git rev-parse --show-toplevel)")
  by="what the commit builds to"
fi
for name in "${environments[@]}"; do
  verify "${site[$name]}" "${rebuilt[@]}" -- "$@" >"$temporary/verified" || fail "$(<"$temporary/verified")"
  cat "$temporary/verified" >&2
  row "$name" verify "equal to $by"
done

say "Done in $((SECONDS - start)) s"
printf '%s\n' '| where | what | result |' '| --- | --- | --- |' "${rows[@]}" | tee -a "$summary"
