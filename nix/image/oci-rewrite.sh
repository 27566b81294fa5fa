# usage: oci-rewrite FOLDER FILTER
# Puts what jq makes of the configuration of the image FOLDER/oci in its place, and the image's new digest
# into FOLDER/digest.
folder=$1 filter=$2
index=$folder/oci/index.json

blob() {
  echo "$folder/oci/blobs/${1/://}"
}

# rewrite DIGEST FILTER: puts what jq makes of a blob in its place, and prints its descriptor's new part.
rewrite() {
  local old new
  old=$(blob "$1")
  # Nothing is put in the place of what could not be made.
  new=$(jq --exit-status --compact-output --join-output "$2" "$old") || exit 1
  rm "$old"
  digest=sha256:$(printf %s "$new" | sha256sum | cut -d ' ' -f 1)
  printf %s "$new" >"$(blob "$digest")"
  jq --null-input --arg digest "$digest" --argjson size "$(stat --format %s "$(blob "$digest")")" '$ARGS.named'
}

manifest=$(jq --exit-status --raw-output '.manifests[0].digest' "$index")
config=$(jq --exit-status --raw-output .config.digest "$(blob "$manifest")")
config=$(rewrite "$config" "$filter")
manifest=$(rewrite "$manifest" ".config += $config")
jq --compact-output --join-output ".manifests[0] += $manifest" "$index" >"$index.new"
mv "$index.new" "$index"
jq --exit-status --raw-output '.manifests[0].digest' "$index" >"$folder/digest"
