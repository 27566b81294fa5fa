#!/usr/bin/env bash
# usage: programs.sh FOLDER
# Puts a launcher into FOLDER for every script under nix/ that the flake makes a program of, to be tried where there
# is no Nix: with FOLDER on the PATH they find each other, and the tools of this machine.
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p "$folder"
for script in "$here"/nix/*.sh "$here"/nix/apps/*.sh; do
  name=$folder/$(basename "$script" .sh)
  printf '#!%s\nset -euo pipefail\nsource %q\n' "$BASH" "$script" >"$name"
  chmod +x "$name"
done
# Debian has it under the name of the project that it was once a part of.
if ! type -P registry >/dev/null && type -P docker-registry >/dev/null; then
  ln --symbolic --force "$(type -P docker-registry)" "$folder/registry"
fi
