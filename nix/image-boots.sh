# usage: image-boots IMAGE
# Starts the image the way a container runtime does: its own layers as a read-only root, its entry
# point, its environment, its user. Some kernels let no build make a root of its own (Ubuntu since
# 23.10 does not): there the same files are started from the folder they were unpacked to.
image=$1

fail() {
  echo "image-boots: $*" >&2
  exit 1
}

blob() {
  echo "$image/oci/blobs/${1/://}"
}

manifest=$(blob "$(<"$image/digest")")
config=$(blob "$(jq --raw-output .config.digest "$manifest")")
mapfile -t entrypoint < <(jq --raw-output '.config.Entrypoint[]' "$config")
mapfile -t environment < <(jq --raw-output '.config.Env[]' "$config")
user=$(jq --raw-output .config.User "$config")

# The two folders are what every runtime mounts.
root=$PWD/root
mkdir -p "$root/proc" "$root/dev"
for layer in $(jq --raw-output '.layers[].digest' "$manifest"); do
  tar --extract --gzip --file "$(blob "$layer")" --directory "$root"
done

# in_root FOLDER: the command that runs what follows it with FOLDER as its root.
in_root() {
  isolated=(
    "$(type -P bwrap)" --unshare-user --uid "${user%:*}" --gid "${user#*:}" --die-with-parent
    --ro-bind "$1" / --ro-bind /proc /proc --dev-bind /dev /dev --chdir /
  )
}

# Asked without the image: one that does not start must not look like a kernel that forbids it.
in_root /
if "${isolated[@]}" "$(type -P true)"; then
  in_root "$root"
  echo "image-boots: in a root of its own, as $user"
else
  echo "image-boots: no root of its own on this kernel, running as $(id --user) from $root"
  isolated=()
  entrypoint[0]=$root${entrypoint[0]}
  environment=("${environment[@]/=\//=$root/}")
fi
chmod --recursive a-w "$root"

# The command line of a container: its environment and nothing of ours.
container=(env --ignore-environment "${environment[@]}")
ask() {
  curl --silent --show-error --fail --max-time 5 "$@"
}

! ask http://127.0.0.1:8000/health 2>/dev/null || fail "somebody else answers on port 8000"

if [ ${#isolated[@]} -gt 0 ]; then
  "${container[@]}" "${isolated[@]}" --info-fd 3 "${entrypoint[@]}" 3>info &
else
  "${container[@]}" "${entrypoint[@]}" &
fi
service=$!
# Whatever happens: nothing below waits longer than this.
(sleep 30 && kill -KILL "$service") >/dev/null 2>&1 &

until ask http://127.0.0.1:8000/health >health 2>reason; do
  kill -0 "$service" 2>/dev/null || fail "it ended before /health answered: $(<reason)"
  sleep 0.1
done
ask http://127.0.0.1:8000/ >page || fail "/ does not answer"
grep --quiet --ignore-case '<html' page || fail "/ answers with something that is no page: $(head -c 200 page)"
"${container[@]}" "${isolated[@]}" "${entrypoint[@]}" healthcheck || fail "healthcheck says the service is not well"

# bwrap does not pass signals on: the one a platform sends to stop a task goes to the service itself.
kill -TERM "$([ ${#isolated[@]} -gt 0 ] && jq '."child-pid"' info || echo "$service")"
status=0
wait "$service" || status=$?
[ "$status" = 0 ] || fail "SIGTERM ended it with $status"
! "${container[@]}" "${isolated[@]}" "${entrypoint[@]}" healthcheck || fail "healthcheck is content with a service that is gone"
echo "image-boots: $(wc -c <page) bytes of page, $(wc -c <health) of health, ended by SIGTERM with 0"
