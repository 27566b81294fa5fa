# Holds what an output drags along against what it may: itself and the closures of what it is allowed to need.
{
  lib,
  runCommand,
  closureInfo,
}:
{
  name,
  output,
  # Packages and files that it is there to use.
  needs,
  # For all that is not in the closures of those, which is nixpkgs' affair.
  maximumBytes,
}:
let
  list = paths: "${closureInfo { rootPaths = paths; }}/store-paths";
in
runCommand "closure-${name}" { } ''
  sort ${list [ output ]} >found
  sort --unique ${lib.optionalString (needs != [ ]) (list needs)} - <<<${output} >allowed
  if grep --invert-match --line-regexp --fixed-strings --file allowed found >unexpected; then
    echo "${name} drags along what it has no use for:" >&2
    cat unexpected >&2
    exit 1
  fi
  size=$(find ${output} -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
  echo "$(wc --lines <found) store paths, $size bytes of its own, of ${toString maximumBytes}" | tee $out
  [ "$size" -le ${toString maximumBytes} ] || {
    echo "${name} has grown beyond that" >&2
    exit 1
  }
''
