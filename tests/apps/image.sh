# usage: image EXECUTABLE FOLDER
# The image without Nix: the executable of a cargo build with the libraries that it needs, and the pages, as
# nix/image/default.nix arranges them. Enough to try what is done with an image; nobody rebuilds it to the same digest.
executable=$1 folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp --directory)
# No clean-up has a say in how this ends.
trap 'rm --recursive --force "$work" || true' EXIT

mkdir -p "$work/root/bin" "$work/root/share/$SERVICE_NAME"
strip -o "$work/root/bin/$SERVICE_NAME" "$executable"
cp --recursive "$here/templates" "$here/static" "$work/root/share/$SERVICE_NAME"
# What ldd asks.
LD_TRACE_LOADED_OBJECTS=1 "$executable" | grep --only-matching -E '/[^ ]+' | while read -r library; do
  install -D "$library" "$work/root$library"
done

tar --create --file "$work/layer.tar" --directory "$work/root" .
# What nix/image/default.nix says of it, as far as a start needs it.
jq --null-input --arg layer "sha256:$(sha256sum <"$work/layer.tar" | cut -d ' ' -f 1)" --arg architecture "$(uname -m)" '{
  architecture: (if $architecture == "aarch64" then "arm64" else "amd64" end),
  os: "linux",
  config: {
    Entrypoint: ["/bin/\(env.SERVICE_NAME)"],
    User: "65532:65532",
    Env: [
      "ROCKET_ADDRESS=0.0.0.0",
      "ROCKET_PORT=\(env.SERVICE_PORT)",
      "ROCKET_TEMPLATE_DIR=/share/\(env.SERVICE_NAME)/templates",
      "ROCKET_WORKERS=1",
      "\(env.SERVICE_PREFIX)STATIC_DIR=/share/\(env.SERVICE_NAME)/static"
    ]
  },
  rootfs: { type: "layers", diff_ids: [$layer] },
  history: [{ created_by: "tests/apps/image.sh" }]
}' >"$work/config.json"
jq --null-input '[{ Config: "config.json", RepoTags: ["\(env.SERVICE_NAME):test"], Layers: ["layer.tar"] }]' >"$work/manifest.json"
tar --create --file "$work/archive" --directory "$work" config.json layer.tar manifest.json
# From a file: not every skopeo can read a pipe.
folder=$(realpath "$folder")
cd "$work" || exit
oci-layout "$folder" <archive
