# usage: oci-unpack LAYOUT FOLDER [DIGEST]
# Unpacks the one image of an OCI layout, which is DIGEST if that is given: its layers to FOLDER/root, and
# FOLDER/config.json and FOLDER/manifest.json as they are.
#
# No name in LAYOUT is believed: each blob has the size that its descriptor says and the bytes that its name says, or
# nothing is unpacked. FOLDER/oci is the same image as a layout that holds nothing else, for whoever reads one.
layout=$1 folder=$2 wanted=${3:-}

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

image=$(jq --compact-output '.manifests | if type == "array" and length == 1 then .[0] else empty end' "$layout/index.json")
[ -n "$image" ] || fail "$layout/index.json does not name one image"
digest=$(jq --raw-output .digest <<<"$image")
[ "${wanted:-$digest}" = "$digest" ] || fail "$layout holds $digest, and not $wanted"

mkdir -p "$folder/oci/blobs/sha256"
manifest=$(take "$image")
cat "$manifest" >"$folder/manifest.json"
config=$(jq --exit-status --compact-output .config "$manifest") || fail "$digest is the manifest of no image"
config=$(take "$config")
cat "$config" >"$folder/config.json"
descriptors=$(jq --exit-status --compact-output '.layers[]' "$manifest") || fail "$digest has no layers"
layers=()
while IFS= read -r descriptor; do
  layer=$(take "$descriptor")
  layers+=("$layer")
done <<<"$descriptors"
jq --compact-output '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size}]}' \
  <<<"$image" >"$folder/oci/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$folder/oci/oci-layout"

mkdir "$folder/root"
for layer in "${layers[@]}"; do
  # Folders that nobody may write in are filled first, in whatever order they come.
  tar --extract --gzip --delay-directory-restore --file "$layer" --directory "$folder/root" || fail "a layer of $digest can't be unpacked"
done
