# Pages and static files as a store path of their own: data beside the executable.
{ runCommand, sources }:
runCommand "site" { allowedReferences = [ ]; } ''
  cp --recursive --no-preserve=mode ${sources.site} $out
''
