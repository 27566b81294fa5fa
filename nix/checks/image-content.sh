# usage: image-content IMAGE EXECUTABLE SITE BILL   (four store paths)
# Holds the image against what it is meant to be. The wanted values are written out here a second
# time on purpose, but for what service.toml says: they are what a deployment relies on, and should not change in passing.
image=$1 executable=$2 site=$3 bill=$4

fail() {
  echo "image-content: $*" >&2
  exit 1
}

# same WHAT WANTED FOUND
same() {
  diff --unified --label "$1, wanted" <(echo "$2") --label "$1, found" <(echo "$3") >&2 || fail "$1 differs"
}

blob() {
  echo "$image/oci/blobs/${1/://}"
}

digest=$(<"$image/digest")
same "index" "$digest" "$(jq --raw-output '.manifests[].digest' "$image/oci/index.json")"
for file in "$image"/oci/blobs/sha256/*; do
  same "SHA-256" "$(basename "$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
done

manifest=$(blob "$digest")
config=$(blob "$(jq --raw-output .config.digest "$manifest")")
same "configuration" "$(
  jq --sort-keys . <<JSON
{
  "Entrypoint": ["/bin/$SERVICE_NAME"],
  "Env": [
    "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072",
    "ROCKET_ADDRESS=0.0.0.0",
    "ROCKET_PORT=$SERVICE_PORT",
    "ROCKET_TEMPLATE_DIR=/share/$SERVICE_NAME/templates",
    "ROCKET_WORKERS=1",
    "${SERVICE_PREFIX}BILL_DIR=/share/bill",
    "${SERVICE_PREFIX}STATIC_DIR=/share/$SERVICE_NAME/static"
  ],
  "ExposedPorts": { "$SERVICE_PORT/tcp": {} },
  "Labels": [
    "org.opencontainers.image.description",
    "org.opencontainers.image.licenses",
    "org.opencontainers.image.title",
    "org.opencontainers.image.version"
  ],
  "StopSignal": "SIGTERM",
  "User": "65532:65532"
}
JSON
)" "$(jq --sort-keys '.config | .Labels |= keys' "$config")"
same "times" "1970-01-01T00:00:01Z" "$(jq --raw-output '[.created, .history[].created] | unique[]' "$config")"

same "names of store paths" "" "$(grep --only-matching -E '/nix/store/[^"'"'"']*' "$config" "$manifest" || true)"

mapfile -t layers < <(jq --raw-output '.layers[].digest' "$manifest")
same "number of layers" 1 "${#layers[@]}"
same "compression" "application/vnd.oci.image.layer.v1.tar+gzip" "$(jq --raw-output '[.layers[].mediaType] | unique[]' "$manifest")"

mkdir root
for layer in "${layers[@]}"; do
  file=$(blob "$layer")
  list=(tar --list --absolute-names --gzip --file "$file")
  "${list[@]}" | sed -E 's,^\.?/*,,; s,/$,,' >>found
  "${list[@]}" --verbose --numeric-owner --full-time --utc >>details
  tar --extract --gzip --delay-directory-restore --file "$file" --directory root
  echo "$(stat --format %s "$file") bytes  $("${list[@]}" | grep --count -v '/$') files  $layer"
done

# Every file of the store paths under its name in the image, the folders that hold them, and nothing else.
wanted=$(
  printf '%s\n' '' bin "bin/$SERVICE_NAME" share share/bill share/bill/bill.json share/bill/licences.txt "share/$SERVICE_NAME"
  (cd "$site" && find . -mindepth 1 -printf "share/$SERVICE_NAME/%P\\n")
)
same "list of files" "$(sort --unique <<<"$wanted")" "$(sort --unique found)"
same "links" "" "$(find root -type l)"
cmp "root/bin/$SERVICE_NAME" "$executable/bin/$SERVICE_NAME" || fail "the executable is another one"
diff --recursive "root/share/$SERVICE_NAME" "$site" || fail "the pages are others"
diff --recursive root/share/bill "$bill" || fail "the bill is another one"
same "what the bill names besides crates" "glibc libgcc rust-std" \
  "$(jq --raw-output '[.linked[] | select(.part_of == null).name] | join(" ")' root/share/bill/bill.json)"
same "crates that the bill does not describe" "" \
  "$(jq --raw-output '.crates[] | select(.licence == null or .sha256 == null).name' root/share/bill/bill.json)"

same "owner" "0/0" "$(awk '{ print $2 }' details | sort --unique)"
# The two dates that dockerTools gives to what it packs.
same "files with a date of their own" "" "$(grep -v -E ' 1970-01-01 00:00:01 | 1980-01-01 00:00:00 ' details)"
# A link's mode says nothing.
if grep -v '^l' details | grep -E '^.{3}s|^.{6}s|^.{5}w|^.{8}w|^.{9}t'; then
  fail "these can be written by others than root, or change who runs them"
fi

size=$(jq '[.config.size, .layers[].size] | add' "$manifest")
echo "$size bytes in all, of $SERVICE_BUDGET"
[ "$size" -le "$SERVICE_BUDGET" ] || fail "larger than $SERVICE_BUDGET bytes"
