# Rebuilds what a site says it runs, and compares digests. See --help.

usage() {
  cat <<'HELP'
usage: verify [OPTION …] URL [-- NIX-ARGUMENT …]

Asks URL/release.json what runs there, builds the image of the commit that it names from the repository that
it names, and says in one line whether the digests are the same. When they differ, it says which parts do.

  --checkout FOLDER   build from this clone of the repository, which has the commit
  --digest SHA256     hold the rebuilt image against this digest, not against what the site says of itself:
                      the imageDigest that ECS tells of a task, say
  --image FOLDER      take this image (oci/ and digest, as `nix build .#image` makes it) for the rebuilt one

What follows -- goes to `nix build`. What the store has already, or gets from a binary cache, is not built again; on a
machine that has neither, `-- --option substitute false` builds all of it from source.

Run it from a clone of the repository that you know, at a revision that you trust, with --checkout. From the address that a
site names, a commit builds as well that somebody only proposed, and a site may name any address.

Exit codes:
  0  the same
  1  different
  2  wrong arguments; nothing was asked
  3  it could not be found out: the site does not tell, the commit does not build, or the image is not what it says it is
HELP
}

# What it ends with, whatever a program in here ended with.
decided=3

fail() {
  decided=$1
  shift
  echo "verify: $*" >&2
  exit "$decided"
}

url='' checkout='' expected='' rebuilt=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit ;;
    --checkout | --digest | --image)
      [ $# -ge 2 ] || fail 2 "$1 needs a value; see --help"
      case $1 in
        --checkout) checkout=$2 ;;
        --digest) expected=$2 ;;
        --image) rebuilt=$2 ;;
      esac
      shift
      ;;
    --) shift && break ;;
    -*) fail 2 "there is no option $1; see --help" ;;
    *)
      [ -z "$url" ] || fail 2 "one site at a time; $1 is one too many"
      url=${1%/}
      ;;
  esac
  shift
done
[ -n "$url" ] || fail 2 "which site? See --help"
[[ $url =~ ^https?://[^[:space:]]+$ ]] || fail 2 "$url is no http or https URL"
[[ -z $expected || $expected =~ ^sha256:[0-9a-f]{64}$ ]] || fail 2 "$expected is no digest: expected sha256: and 64 hexadecimal digits"
[[ -z $checkout || -e $checkout/.git ]] || fail 2 "$checkout is no clone of a git repository"
[[ -z $rebuilt || -s $rebuilt/digest ]] || fail 2 "$rebuilt is no image: it holds no digest"

temporary=$(mktemp --directory) || fail 3 "there is no temporary folder"
# What was unpacked of an image may be read-only; and no clean-up has a say in how this ends.
# shellcheck disable=SC2317,SC2329 # the trap calls it
finish() {
  local ended=$?
  { chmod --recursive u+rwX "$temporary" && rm --recursive --force "$temporary"; } || true
  [ "$ended" = 0 ] || exit "$decided"
}
trap finish EXIT

curl --silent --show-error --fail --location --max-time 30 "$url/release.json" >"$temporary/release.json" 2>"$temporary/why" ||
  fail 3 "$url/release.json does not answer: $(<"$temporary/why")"
jq --exit-status 'type == "object"' "$temporary/release.json" >/dev/null 2>&1 || fail 3 "$url/release.json is no JSON object: is this the site?"

# fact NAME: what the site says of itself; nothing if it does not know.
fact() {
  jq --raw-output --arg name "$1" '.[$name] // empty' "$temporary/release.json"
}

digest=${expected:-$(fact image_digest)}
commit=$(fact commit)
repository=$(fact repository)
system=$(fact system)
[ -n "$digest" ] || fail 3 "$url does not know the digest of its image ($url/release says why): give one with --digest"
# It ends up on a command line, and comes from a stranger.
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail 3 "$url names the image digest $digest, which is none"

what="the image in $rebuilt"
if [ -z "$rebuilt" ]; then
  what="the image of commit $commit, rebuilt"
  [[ $commit =~ ^[0-9a-f]{40}$ ]] || fail 3 "$url names ${commit:-no commit} and not a full commit id: there is nothing to rebuild"
  [[ $system =~ ^[a-z0-9_]+-linux$ ]] || fail 3 "$url runs on ${system:-an unknown system}, and images are for Linux"
  if [ -n "$checkout" ]; then
    # A clone without its history, as a pipeline has one, is a clone all the same.
    source="git+file://$(realpath "$checkout" | jq --raw-input --raw-output 'split("/") | map(@uri) | join("/")')?rev=$commit&shallow=1"
  else
    [[ $repository =~ ^https://[^[:space:]?#]+$ ]] || fail 3 "$url names ${repository:-no repository}, and not an https URL: name a clone with --checkout"
    # Of a branch as well as of the main one.
    source="git+$repository?rev=$commit&allRefs=1"
    echo "verify: $url names that repository itself, and whoever proposed a change there has commits at its address:" \
      "see that it is the one you know, and that $commit is on its main branch" >&2
  fi
  flake="$source#packages.$system.image"
  echo "verify: building $flake" >&2
  rebuilt=$(nix --extra-experimental-features 'nix-command flakes' build --no-link --print-out-paths "$@" "$flake") ||
    fail 3 "the commit $commit does not build here; what nix says is above"
fi
ours=$(<"$rebuilt/digest")
# Its bytes, and not what a file beside them says.
oci-unpack "$rebuilt/oci" "$temporary/ours" "$ours" 2>"$temporary/why" || fail 3 "$rebuilt is not what it says it is: $(<"$temporary/why")"

# Nobody else says so, unless --digest does.
runs='says that it runs'
[ -z "$expected" ] || runs=runs
if [ "$ours" = "$digest" ]; then
  echo "same: $url $runs $digest, and so is $what"
  exit
fi
echo "different: $url $runs $digest, and $what is $ours"
decided=1

# Which parts differ: the site tells of its executable, and the registry of all, if it lets this machine ask.
part() {
  echo "  $*"
}

executable=$(fact executable_sha256)
entrypoint=$(jq --raw-output '.config.Entrypoint[0]' "$temporary/ours/config.json")
found=''
[ ! -f "$temporary/ours/root$entrypoint" ] || found=$(sha256sum <"$temporary/ours/root$entrypoint" | cut -d ' ' -f 1)
if [ -z "$found" ]; then
  part "executable: $what has no $entrypoint, which is its entry point"
elif [ -z "$executable" ]; then
  part "executable: the site does not know the SHA-256 of its own"
elif [ "$executable" = "$found" ]; then
  part "executable: the same, $found"
else
  part "executable: different, $executable there and $found here"
fi

# unseen WHY: what could be seen of the rest.
unseen() {
  part "layers and configuration: $*"
  exit 1
}

image=$(fact image)
[ -n "$image" ] || unseen "the site does not know where its image came from"
# As on /verify: without its tag, and by the digest, which is what counts.
name=${image%%@*}
last=${name##*/}
name=${name%"$last"}${last%%:*}
[[ $name =~ ^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$ ]] || unseen "the site names $image, which is no image in a registry"
image=$name@$digest
host=${name%%/*}
answer=$(registry-manifest "$image" "$temporary/manifest" 2>"$temporary/why") || unseen "$image can't be had from here ($(<"$temporary/why"))"
case ${answer%% *} in
  200) ;;
  401 | 403) unseen "$image can't be had from here (the registry answers $answer): log in with skopeo login $host to see them" ;;
  *) unseen "$image can't be had from here (the registry answers $answer)" ;;
esac
platforms=$(jq --raw-output '[.manifests[].platform | "\(.os)/\(.architecture)"] | join(", ")' "$temporary/manifest" 2>/dev/null) || platforms=''
[ -z "$platforms" ] || unseen "$image is an index, of images for $platforms, and no image"
plain=()
case $host in
  127.0.0.1:* | localhost:* | 127.0.0.1 | localhost) plain=(--src-tls-verify=false) ;;
esac
# As a folder: an OCI layout takes no manifest in Docker's older format.
skopeo --insecure-policy --tmpdir "$temporary" copy --quiet --preserve-digests "${plain[@]}" "docker://$image" "dir:$temporary/had" \
  2>"$temporary/why" || unseen "$image can't be had from here ($(sed '$!d; s/.*msg=//' "$temporary/why"))"
blobs=$temporary/theirs/blobs/sha256
mkdir --parents "$blobs"
for file in "$temporary/had"/*; do
  [[ ! ${file##*/} =~ ^[0-9a-f]{64}$ ]] || mv "$file" "$blobs"
done
cp "$temporary/had/manifest.json" "$blobs/${digest#sha256:}"
jq --null-input --arg digest "$digest" --argjson size "$(stat --format %s "$temporary/had/manifest.json")" \
  '{schemaVersion: 2, manifests: [$ARGS.named]}' >"$temporary/theirs/index.json"
oci-unpack "$temporary/theirs" "$temporary/their" "$digest" 2>"$temporary/why" || unseen "$image can't be unpacked ($(<"$temporary/why"))"
if difference=$(diff --unified --label there <(jq --sort-keys . "$temporary/their/config.json") \
  --label here <(jq --sort-keys . "$temporary/ours/config.json")); then
  part "configuration: the same"
else
  part "configuration: different"
  echo "$difference"
fi
# list FOLDER: every file with its kind, mode, link and bytes.
list() {
  (cd "$1/root" && find . -printf '%P %y %m %l\n' -type f -exec sha256sum {} + | sort)
}
if difference=$(diff --unified --label there <(list "$temporary/their") --label here <(list "$temporary/ours")); then
  part "files: the same"
else
  part "files: different"
  echo "$difference"
fi
exit 1
