# usage: same-bytes FIRST SECOND   (two folders)
# Fails when they differ in a name, a mode, a link or a byte, and says where.
first=$1 second=$2

list() {
  find "$1" -printf '%P %y %m %l\n' | sort
}

diff --unified <(list "$first") <(list "$second") || {
  echo "same-bytes: not the same files" >&2
  exit 1
}
count=0
while IFS= read -r -d '' file; do
  # cmp names the file and the first byte that differs.
  cmp "$first/$file" "$second/$file" || {
    echo "same-bytes: built twice, and $file came out differently" >&2
    exit 1
  }
  count=$((count + 1))
done < <(find "$first" -type f -printf '%P\0' | sort --zero-terminated)
[ "$count" -gt 0 ] || {
  echo "same-bytes: no file to compare" >&2
  exit 1
}
echo "same-bytes: $count files, all the same"
