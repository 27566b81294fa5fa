# usage: oci-unpack LAYOUT FOLDER
# Unpacks the one image of an OCI layout: its layers to FOLDER/root, and FOLDER/config.json and
# FOLDER/manifest.json as they are.
layout=$1 folder=$2

blob() {
  echo "$layout/blobs/${1/://}"
}

manifest=$(blob "$(jq --exit-status --raw-output '.manifests[0].digest' "$layout/index.json")")
mkdir -p "$folder/root"
cat "$manifest" >"$folder/manifest.json"
cat "$(blob "$(jq --exit-status --raw-output .config.digest "$manifest")")" >"$folder/config.json"
for layer in $(jq --exit-status --raw-output '.layers[].digest' "$manifest"); do
  tar --extract --gzip --file "$(blob "$layer")" --directory "$folder/root"
done
