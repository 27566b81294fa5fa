# usage: container LAYOUT FOLDER [NAME=VALUE …] [-- ARGUMENT …]
# Becomes the image's entry point, started the way a container runtime does: its own layers, unpacked to
# FOLDER/root, as a read-only root, its user, its environment with the given variables beside it. The network is
# this machine's.
#
# FOLDER/info gets bwrap's information about the process, {"child-pid": …}: bwrap does not pass signals on. Some
# kernels let no unprivileged process make a root of its own (Ubuntu since 23.10 does not). There the same files are
# started from where they lie, FOLDER/info stays away, and the process is the entry point itself.
layout=$1 folder=$2
shift 2
given=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  given+=("$1")
  shift
done
[ $# = 0 ] || shift

root=$folder/root
# A second start finds the first one's files.
if [ ! -e "$root" ]; then
  oci-unpack "$layout" "$folder"
  # The two folders are what every runtime mounts; the image's root may be read-only already.
  chmod u+w "$root"
  mkdir -p "$root/proc" "$root/dev"
  chmod --recursive a-w "$root"
fi
mapfile -t entrypoint < <(jq --raw-output '.config.Entrypoint[]' "$folder/config.json")
mapfile -t environment < <(jq --raw-output '.config.Env[]?' "$folder/config.json")
user=$(jq --raw-output '.config.User' "$folder/config.json")

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
  exec 3>"$folder/info"
  exec env --ignore-environment "${environment[@]}" "${given[@]}" "${isolated[@]}" --info-fd 3 "${entrypoint[@]}" "$@"
fi
echo "container: no root of its own on this kernel, running as $(id --user) from $root" >&2
entrypoint[0]=$root${entrypoint[0]}
exec env --ignore-environment "${environment[@]/=\//="$root"/}" "${given[@]}" "${entrypoint[@]}" "$@"
