# usage: executable FILE
# What a reader of the shipped file can rely on: it needs no other file, it lists its crates, and it
# does not say where it was built.
file=$1

fail() {
  echo "executable: $*" >&2
  exit 1
}

file --brief "$file"
file --brief "$file" | grep --quiet -E 'static-pie linked|statically linked' || fail "needs a loader and libraries"

objcopy --dump-section .dep-v0=crates.zlib "$file" /dev/null || true
[ -s crates.zlib ] || fail "holds no list of crates"
pigz --decompress --zlib <crates.zlib >crates.json
jq --exit-status 'any(.packages[]; .name == env.SERVICE_CRATE)' crates.json >/dev/null || fail "its list of crates lacks $SERVICE_CRATE"
echo "$(jq '.packages | length' crates.json) crates"

# Two kinds are the same for everybody: the standard library names the folder in which nixpkgs built
# the compiler, and a store path that nuke-refs has been at (eeee…) leads nowhere.
paths=$(LC_ALL=C sed -E 's,/build/rustc-[0-9.]+-src/,,g; s,/nix/store/e{32}-,,g' "$file" |
  grep --text --only-matching -E '(/build|/nix/store|/private|/tmp|/home|/root|/Users)/[[:alnum:]_./-]+' || true)
[ -z "$paths" ] || fail "names paths of the machine that built it:
$paths"
grep --text --quiet '/crates/' "$file" || fail "no path of a crate in it: this check looks in the wrong place"
