# usage: oci-unpack LAYOUT FOLDER
# Unpacks the one image of an OCI layout: its layers to FOLDER/root, and FOLDER/config.json and
# FOLDER/manifest.json as they are.
layout=$1 folder=$2

blob() {
  echo "$layout/blobs/${1/://}"
}

digest=$(jq --exit-status --raw-output '.manifests[0].digest' "$layout/index.json")
manifest=$(blob "$digest")
mkdir -p "$folder/root"
cat "$manifest" >"$folder/manifest.json"
config=$(jq --exit-status --raw-output .config.digest "$manifest")
cat "$(blob "$config")" >"$folder/config.json"
layers=$(jq --exit-status --raw-output '.layers[].digest' "$manifest")
for layer in $layers; do
  tar --extract --gzip --file "$(blob "$layer")" --directory "$folder/root"
done
