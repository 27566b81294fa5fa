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

objcopy --dump-section .dep-v0=crates.zlib "$file" /dev/null || fail "holds no list of crates"
pigz --decompress --zlib <crates.zlib >crates.json
jq --exit-status '[.packages[].name] | contains(["rocket"])' crates.json >/dev/null || fail "its list of crates lacks rocket"
echo "$(jq '.packages | length' crates.json) crates"

# The standard library names the folder in which nixpkgs built the compiler: the same for everybody.
# A store path with its name part only (eeee…) leads nowhere.
paths=$(grep --text --only-matching -E '(/build|/nix/store|/private|/tmp|/home|/root|/Users)/[[:alnum:]_./-]+' "$file" |
  grep -v -E '^/build/rustc-[0-9.]+-src/|^/nix/store/e{32}-' || true)
[ -z "$paths" ] || fail "names paths of the machine that built it:
$paths"
grep --text --quiet '/crates/' "$file" || fail "no path of a crate in it: this check looks in the wrong place"
