# usage: registry-manifest HOST/NAME:TAG|HOST/NAME@DIGEST FILE
# Asks a registry for that manifest, with the login that `skopeo login` or `docker login` left. Prints the HTTP status by
# which it answers and, on the same line, what it says if that is no success; FILE gets the manifest. Whether something is
# there is decided by the status: what else registries say of what they lack, each says in its own way. Without an answer it
# says why and ends with 1.
reference=$1 file=$2

fail() {
  echo "$*" >&2
  exit 1
}

host=${reference%%/*}
name=${reference#*/}
case $name in
  *@*) wanted=${name#*@} name=${name%%@*} ;;
  *) wanted=${name##*:} name=${name%:*} ;;
esac
server=$host
[ "$host" != docker.io ] || server=registry-1.docker.io
# A registry on this machine may have a certificate that nobody signed, or none.
schemes=(https)
trust=()
case $host in
  127.0.0.1:* | localhost:* | 127.0.0.1 | localhost) schemes=(https http) trust=(--insecure) ;;
esac

temporary=$(mktemp --directory)
# No clean-up has a say in how this ends, and what a program in here ended with is no code of ours.
finish() {
  local ended=$?
  rm --recursive --force "$temporary" || true
  [ "$ended" = 0 ] || exit 1
}
trap finish EXIT
# Authorities of this registry alone, where skopeo and podman look for them.
for folder in "${HOME:-}/.config/containers/certs.d/$host" /etc/containers/certs.d/"$host" /etc/docker/certs.d/"$host"; do
  for certificate in "$folder"/*.crt; do
    [ ! -r "$certificate" ] || cat "$certificate" >>"$temporary/authorities"
  done
done
[ ! -e "$temporary/authorities" ] || trust+=(--cacert "$temporary/authorities")

# ask URL [OPTION …]: the status; the answer is in `answer` and `headers`. Standard input is curl's configuration: what is
# secret does not stand on a command line, which everybody can list.
ask() {
  curl --config - --silent --show-error --location --retry 3 --retry-max-time 60 --max-time 60 "${trust[@]}" \
    --dump-header "$temporary/headers" --output "$temporary/answer" --write-out '%{http_code}' "$@" 2>"$temporary/why"
}

types=application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json
types+=,application/vnd.docker.distribution.manifest.v2+json,application/vnd.docker.distribution.manifest.list.v2+json
accept=(--header "Accept: ${types//,/, }")

# setting NAME VALUE: a line of curl's configuration, in which no value can end.
setting() {
  jq --null-input --raw-output --arg name "$1" --arg value "$2" '"\($name) = \($value | @json)"'
}

# challenge NAME: that parameter of how it wants to be asked.
challenge() {
  jq --raw-input --raw-output --arg name "$1" '[scan("([a-z]+)=\"([^\"]*)\"") | select(.[0] == $name)[1]][0] // empty' <<<"$asks"
}

# login: what there is for this registry, as {user} or {identity}; nothing if there is none.
login() {
  local runtime=/run/containers/$UID files candidate helper
  [ -z "${XDG_RUNTIME_DIR:-}" ] || runtime=$XDG_RUNTIME_DIR/containers
  files=("$runtime/auth.json" "${XDG_CONFIG_HOME:-${HOME:-}/.config}/containers/auth.json" "${DOCKER_CONFIG:-${HOME:-}/.docker}/config.json")
  [ -z "${REGISTRY_AUTH_FILE:-}" ] || files=("$REGISTRY_AUTH_FILE")
  for candidate in "${files[@]}"; do
    [ -s "$candidate" ] || continue
    # A login for a part of the registry counts for more than one for all of it.
    jq --compact-output --arg host "$host" --arg name "$name" '
      [$name | split("/") | .[:range(length; 0; -1)] | $host + "/" + join("/")] + [$host, "https://\($host)"] +
        (if $host == "docker.io" then ["https://index.docker.io/v1/"] else [] end) |
      [.[] as $key | $auths[0].auths[$key]? | values |
        if (.identitytoken // "") != "" then {identity: .identitytoken} elif (.auth // "") != "" then {user: (.auth | @base64d)} else empty end
      ][0] // empty' --null-input --slurpfile auths "$candidate" >"$temporary/login"
    helper=$(jq --raw-output --arg host "$host" '.credHelpers[$host]? // .credsStore // empty' "$candidate")
    if [ ! -s "$temporary/login" ] && [ -n "$helper" ]; then
      "docker-credential-$helper" get <<<"$host" 2>/dev/null |
        jq --compact-output 'if .Username == "<token>" then {identity: .Secret} else {user: "\(.Username):\(.Secret)"} end' >"$temporary/login" || true
    fi
    if [ -s "$temporary/login" ]; then
      cat "$temporary/login"
      return
    fi
  done
}

status='' url=''
for scheme in "${schemes[@]}"; do
  url=$scheme://$server/v2/$name/manifests/$wanted
  if status=$(ask "${accept[@]}" "$url" </dev/null); then
    break
  fi
  status=''
done
[ -n "$status" ] || fail "$url does not answer: $(tail --lines 1 "$temporary/why")"

asks=$(sed --quiet -E 's/\r$//; s/^www-authenticate: *(bearer .*)$/\1/Ip' "$temporary/headers" | tail --lines 1)
found=$(login)
if [ "$status" = 401 ] && [ -n "$asks" ]; then
  realm=$(challenge realm)
  [ -n "$realm" ] || fail "$url wants a token and does not say from whom: $asks"
  service=$(challenge service)
  scope=$(challenge scope)
  request=("$realm")
  fields=("service=$service" "scope=${scope:-repository:$name:pull}")
  case $found in
    '{"identity"'*) fields+=("grant_type=refresh_token" "client_id=push") ;;
    *) request+=(--get) ;;
  esac
  for field in "${fields[@]}"; do
    request+=(--data-urlencode "$field")
  done
  {
    case $found in
      '{"identity"'*) setting data-urlencode "refresh_token=$(jq --raw-output .identity <<<"$found")" ;;
      '{"user"'*) setting user "$(jq --raw-output .user <<<"$found")" ;;
    esac
  } >"$temporary/config"
  status=$(ask "${request[@]}" <"$temporary/config") || fail "$realm does not answer: $(tail --lines 1 "$temporary/why")"
  if [ "$status" = 200 ]; then
    token=$(jq --raw-output '.token // .access_token // empty' "$temporary/answer") || fail "$realm gives no token"
    setting header "Authorization: Bearer $token" >"$temporary/config"
    status=$(ask "${accept[@]}" "$url" <"$temporary/config") || fail "$url does not answer: $(tail --lines 1 "$temporary/why")"
  fi
elif [ "$status" = 401 ] && [[ $found == '{"user"'* ]]; then
  setting user "$(jq --raw-output .user <<<"$found")" >"$temporary/config"
  status=$(ask "${accept[@]}" "$url" <"$temporary/config") || fail "$url does not answer: $(tail --lines 1 "$temporary/why")"
fi

[ -e "$temporary/answer" ] || : >"$temporary/answer"
if [ "$status" = 200 ]; then
  cat "$temporary/answer" >"$file"
  echo 200
else
  # Registries say it as JSON, what stands before them in any way.
  words=$(jq --raw-output '[.errors[] | "\(.code): \(.message)"] | join(", ")' "$temporary/answer" 2>/dev/null) ||
    words=$(head --bytes 200 "$temporary/answer" | tr --squeeze-repeats '[:cntrl:]' ' ')
  echo "$status $words"
fi
