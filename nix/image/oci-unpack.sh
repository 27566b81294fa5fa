# usage: oci-unpack LAYOUT FOLDER [DIGEST]
# Unpacks the one image of an OCI layout, which is DIGEST if that is given: its layers to FOLDER/root, one upon the other,
# and FOLDER/config.json and FOLDER/manifest.json as they are. It ends with 0 or 1.
#
# No name in LAYOUT is believed: each blob has the size that its descriptor says and the bytes that its name says, or
# nothing is unpacked. FOLDER/oci is the same image as a layout that holds nothing else, for whoever reads one.
layout=$1 folder=$2 wanted=${3:-}
# What a program in here ended with is no code of ours.
trap '[ $? = 0 ] || exit 1' EXIT

fail() {
  echo "oci-unpack: $*" >&2
  exit 1
}

# take DESCRIPTOR: copies the blob and checks the copy, which nobody else can change; prints the copy's name.
take() {
  local digest size copy
  read -r digest size < <(jq --raw-output '"\(.digest) \(.size)"' <<<"$1")
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$layout names a blob $digest: expected sha256: and 64 hexadecimal digits"
  copy=$folder/oci/blobs/${digest/://}
  cp "$layout/blobs/${digest/://}" "$copy" || fail "$layout has no blob $digest"
  [ "$(stat --format %s "$copy")" = "$size" ] || fail "$digest has not the $size bytes that $layout says it has"
  [ "$(sha256sum <"$copy")" = "${digest#sha256:}  -" ] || fail "$digest in $layout has other bytes than its name says"
  echo "$copy"
}

# plain MEDIA-TYPE: the archive that a layer of that type is, of what comes in.
plain() {
  case $1 in
    application/vnd.oci.image.layer.v1.tar | application/vnd.oci.image.layer.nondistributable.v1.tar | \
      application/vnd.docker.image.rootfs.diff.tar)
      cat
      ;;
    application/vnd.oci.image.layer.v1.tar+gzip | application/vnd.oci.image.layer.nondistributable.v1.tar+gzip | \
      application/vnd.docker.image.rootfs.diff.tar.gzip | application/vnd.docker.image.rootfs.foreign.diff.tar.gzip)
      gzip --decompress
      ;;
    application/vnd.oci.image.layer.v1.tar+zstd | application/vnd.oci.image.layer.nondistributable.v1.tar+zstd | \
      application/vnd.docker.image.rootfs.diff.tar.zstd)
      zstd --decompress --quiet
      ;;
    *) fail "$1 is the type of a layer of $digest: expected a tar archive, as it is or compressed by gzip or zstd" ;;
  esac
}

image=$(jq --compact-output '.manifests | if type == "array" and length == 1 then .[0] else empty end' "$layout/index.json")
[ -n "$image" ] || fail "$layout/index.json does not name one image"
digest=$(jq --raw-output .digest <<<"$image")
[ "${wanted:-$digest}" = "$digest" ] || fail "$layout holds $digest, and not $wanted"

mkdir -p "$folder/oci/blobs/sha256"
manifest=$(take "$image")
cat "$manifest" >"$folder/manifest.json"
index=$(jq --raw-output '.manifests[]?.platform | "\(.os)/\(.architecture)"' "$manifest") || fail "$digest is no JSON"
[ -z "$index" ] || fail "$digest is an index, of images for ${index//$'\n'/, }, and no image itself: name the digest of one of them"
config=$(jq --exit-status --compact-output .config "$manifest") || fail "$digest is the manifest of no image"
config=$(take "$config")
cat "$config" >"$folder/config.json"
descriptors=$(jq --exit-status --compact-output '.layers[]' "$manifest") || fail "$digest has no layers"
layers=() types=() archives=()
while IFS= read -r descriptor; do
  layer=$(take "$descriptor")
  layers+=("$layer")
  types+=("$(jq --raw-output .mediaType <<<"$descriptor")")
done <<<"$descriptors"
# Docker's older manifest has the same members under other names of types.
jq --compact-output --slurpfile manifest "$manifest" '
  "application/vnd.docker.distribution.manifest.v2+json" as $docker |
  (if $manifest[0].mediaType == $docker then $docker else "application/vnd.oci.image.manifest.v1+json" end) as $mediaType |
  {schemaVersion: 2, manifests: [{$mediaType, digest, size}]}' <<<"$image" >"$folder/oci/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$folder/oci/oci-layout"

# Of every entry its kind, as tar shows it, and its name, quoted so that it is one line of ASCII.
entries() {
  local list=(tar --list --absolute-names --quoting-style=escape)
  paste <("${list[@]}" --verbose <"$1" | cut --characters 1) <("${list[@]}" <"$1")
}

export LC_ALL=C
mkdir "$folder/root" "$folder/layers"
for at in "${!layers[@]}"; do
  archives+=("$folder/layers/$at.tar")
  plain "${types[at]}" <"${layers[at]}" >"${archives[at]}" || fail "a layer of $digest is no ${types[at]}"
  tar --list <"${archives[at]}" >/dev/null || fail "a layer of $digest is no archive"
  entries "${archives[at]}" >"${archives[at]}.list"
done

# What one layer hides of those below it is taken out of them: by a whiteout, or by something of another kind.
for at in "${!layers[@]}"; do
  above=()
  for over in "${!layers[@]}"; do
    [ "$over" -le "$at" ] || above+=("${archives[over]}.list")
  done
  [ ${#above[@]} -gt 0 ] || break
  jq --raw-input --raw-output --null-input --rawfile list "${archives[at]}.list" '
    def entry: split("\t") | {kind: .[0], name: .[1], path: (.[1] | sub("^(\\./|/)+"; "") | rtrimstr("/"))};
    def ancestors: split("/") | .[:range(1; length)] | join("/");
    def set(names): reduce names as $name ({}; .[$name] = true);
    [inputs | entry] as $above |
    [$above[].path | capture("^(?<folder>(.*/)?)\\.wh\\.(?<name>[^/]+)$")] as $whiteouts |
    set($whiteouts[] | .folder + .name) as $gone |
    set($whiteouts[] | select(.name == ".wh..opq").folder | rtrimstr("/")) as $opaque |
    set($above[] | select(.kind == "d").path) as $folders |
    set($above[] | select(.kind != "d").path) as $files |
    [$list | split("\n")[] | select(. != "") | entry | select(
      $gone[.path] or $opaque[""] and .path != "" or any(.path | ancestors; $gone[.] or $files[.] or $opaque[.]) or
      if .kind == "d" then $files[.path] else $folders[.path] or .kind == "l" and $files[.path] end
    ).name] | unique[]' "${above[@]}" >"$folder/layers/hidden"
  # None of the names is taken for an option or a pattern.
  while IFS= read -r name; do
    printf '%b\0' "$name"
  done <"$folder/layers/hidden" >"$folder/layers/names"
  [ ! -s "$folder/layers/names" ] ||
    tar --delete --absolute-names --no-recursion --no-wildcards --file "${archives[at]}" --null --files-from "$folder/layers/names" ||
    fail "what one layer of $digest hides of another can't be taken out of it"
done

# As one archive: tar makes links that lead out of the folder when all else is there, so that nothing is written through
# one, whichever layer it is in. Folders that nobody may write in are filled first, in whatever order they come.
cat "${archives[@]}" | tar --extract --ignore-zeros --delay-directory-restore --exclude '.wh.*' --directory "$folder/root" ||
  fail "the layers of $digest can't be unpacked"
rm --recursive "$folder/layers"
