# Pushes the image as it was built, and prints its reference by digest. See --help.

usage() {
  cat <<'HELP'
usage: push [--tag TAG] [--image FOLDER] REPOSITORY

Pushes the image to REPOSITORY, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkthrough or
127.0.0.1:5000/walkthrough, with its digest preserved, and prints REPOSITORY@sha256:… on standard output
and nothing else. What is there already is not pushed again: run it as often as you like.

  --tag TAG        give the image this name as well: the commit. A tag that names another image is an error
  --image FOLDER   the image, as `nix build .#image` makes it: oci/ and digest [default: $IMAGE, which the flake
                   sets to its own]

For Amazon ECR it logs in with the AWS credentials of the environment; for any other registry it takes
what `skopeo login` left. A registry on this machine may speak plain HTTP. Whether the image is there is decided by the
HTTP status: 404 is not there, and whatever else is no success is a failure.

Exit codes:
  0  the registry has the image, and under the tag
  1  the registry could not be talked to, refused, or has something else afterwards; run it again
  2  wrong arguments; nothing was asked
  3  the tag names another image; nothing was changed

Environment, as the flake sets it: IMAGE; ECR_HOSTS, the table of the hosts of Amazon ECR.
HELP
}

# Before the temporary folder is there, nothing else ends this.
decided=''

fail() {
  decided=$1
  shift
  echo "push: $*" >&2
  exit "$decided"
}

repository='' tag='' image=${IMAGE:-}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit ;;
    --tag | --image)
      [ $# -ge 2 ] || fail 2 "$1 needs a value; see --help"
      case $1 in
        --tag) tag=$2 ;;
        --image) image=$2 ;;
      esac
      shift
      ;;
    -*) fail 2 "there is no option $1; see --help" ;;
    *)
      [ -z "$repository" ] || fail 2 "one repository at a time; $1 is one too many"
      repository=$1
      ;;
  esac
  shift
done
[ -n "$repository" ] || fail 2 "which repository? See --help"
[[ $repository =~ ^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$ ]] ||
  fail 2 "$repository is no repository: expected HOST/NAME, without a tag or a digest"
[[ -z $tag || $tag =~ ^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$ ]] ||
  fail 2 "$tag is no tag: expected up to 128 letters, digits, dots, hyphens and underscores"
[ -n "$image" ] || fail 2 "which image? Build one with nix build .#image, and name it with --image"
for part in oci/index.json digest; do
  [ -s "$image/$part" ] || fail 2 "$image is no image: it has no $part"
done
digest=$(<"$image/digest")

temporary=$(mktemp --directory) || fail 1 "there is no temporary folder"
# No clean-up has a say in how this ends, and what a program in here ended with is no code of ours.
finish() {
  local ended=$?
  rm --recursive --force "$temporary" || true
  [ "$ended" = 0 ] || exit "${decided:-1}"
}
trap finish EXIT

# No policy: what is pushed was built here, and there is no signature to look for.
skopeo=(skopeo --insecure-policy --tmpdir "$temporary")
plain=()
host=${repository%%/*}
case $host in
  127.0.0.1:* | localhost:* | 127.0.0.1 | localhost) plain=(--dest-tls-verify=false) ;;
esac

# The region, if it is a host of ECR.
region=''
while read -r form; do
  form=${form//./\\.}
  form=${form/ACCOUNT/([0-9]{12\})}
  form=${form/REGION/([a-z0-9-]+)}
  [[ $form == '#'* || ! $host =~ ^$form$ ]] || region=${BASH_REMATCH[2]}
done <"${ECR_HOSTS:?the table of the hosts of Amazon ECR}"
if [ -n "$region" ]; then
  # In a file of its own: it is good for hours, and nobody else's.
  export REGISTRY_AUTH_FILE=$temporary/auth.json
  password=$(aws ecr get-login-password --region "$region") ||
    fail 1 "AWS gives no login for $host: are there credentials that may call ecr:GetAuthorizationToken?"
  skopeo login --username AWS --password-stdin "$host" <<<"$password" >"$temporary/login" 2>&1 ||
    fail 1 "$host refuses the login that AWS gave: $(<"$temporary/login")"
fi

# look_up NAME: the digest of what the registry has under that name; nothing if it has no such thing.
look_up() {
  local answer
  answer=$(registry-manifest "$1" "$temporary/manifest" 2>"$temporary/why") ||
    fail 1 "the registry does not say what it has: $(<"$temporary/why")"
  case ${answer%% *} in
    200)
      jq --exit-status .schemaVersion "$temporary/manifest" >/dev/null 2>&1 || fail 1 "what the registry has as $1 is no manifest: is $host a registry?"
      answer=$(sha256sum <"$temporary/manifest") || exit 1
      echo "sha256:${answer%% *}"
      ;;
    404) ;;
    401 | 403) fail 1 "the registry does not say what it has: asked for $1 it answers $answer; log in with skopeo login $host" ;;
    *) fail 1 "the registry does not say what it has: asked for $1 it answers $answer" ;;
  esac
}

name=$repository${tag:+:$tag}
[ -n "$tag" ] || name=$repository@$digest

found=$(look_up "$name")
if [ "$found" = "$digest" ]; then
  echo "push: $name is there already" >&2
elif [ -n "$found" ]; then
  fail 3 "the tag $tag names $found already, and the image is $digest: a commit has one image for ever. Was the tree as it was committed?"
else
  there=$(look_up "$repository@$digest")
  if [ -n "$tag" ] && [ "$there" = "$digest" ]; then
    echo "push: $repository has the image, and gets the tag $tag" >&2
  else
    echo "push: pushing $digest to $name" >&2
  fi
  # Layers go first and the manifest last: what is broken off leaves no image, and the next run goes on from there.
  # A registry whose tags are immutable refuses one that somebody else set meanwhile: what counts is what it has.
  "${skopeo[@]}" copy --quiet --retry-times 3 --preserve-digests "${plain[@]}" \
    "oci:$image/oci" "docker://$name" >&2 || echo "push: that did not end well; asking what the registry has" >&2
  found=$(look_up "$name")
  [ "$found" = "$digest" ] || fail 1 "the registry has ${found:-nothing} as $name, and not $digest: nothing can be deployed from it; run this again"
fi
echo "$repository@$digest"
