# usage: oci-layout FOLDER <DOCKER-ARCHIVE
# Makes FOLDER/oci, an OCI image layout with compressed layers, and FOLDER/digest, the digest under
# which a registry will hold it. A docker archive has neither: whoever pushes one compresses it, and
# the next version of the pushing tool may compress differently.
folder=$1
index=$folder/oci/index.json

blob() {
  echo "$folder/oci/blobs/${1/://}"
}

# rewrite DIGEST FILTER: puts what jq makes of a blob in its place, and prints its descriptor's new part.
rewrite() {
  local old new
  old=$(blob "$1")
  new=$(jq --compact-output --join-output "$2" "$old")
  rm "$old"
  digest=sha256:$(printf %s "$new" | sha256sum | cut -d ' ' -f 1)
  printf %s "$new" >"$(blob "$digest")"
  jq --null-input --arg digest "$digest" --argjson size "$(stat --format %s "$(blob "$digest")")" '$ARGS.named'
}

mkdir "$folder"
# No policy: what comes in was built next door, and there is no signature to look for.
skopeo --insecure-policy --tmpdir . copy --quiet --dest-compress-format gzip docker-archive:/dev/stdin "oci:$folder/oci"

# The history names the store paths that the layers were made of. Such a name changes with all that had a
# part in the making, and the digest is to change with the bytes alone.
manifest=$(jq --exit-status --raw-output '.manifests[0].digest' "$index")
config=$(jq --exit-status --raw-output .config.digest "$(blob "$manifest")")
config=$(rewrite "$config" 'del(.history[].comment)')
manifest=$(rewrite "$manifest" ".config += $config")
jq --compact-output --join-output ".manifests[0] += $manifest" "$index" >index.json
mv index.json "$index"

jq --exit-status --raw-output '.manifests[0].digest' "$index" >"$folder/digest"
