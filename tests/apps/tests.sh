# usage: tests [ARGUMENT …]
# The tests of the scripts under nix/, started as those are. The arguments are unittest's.
cd "${BASH_SOURCE[0]%/*}" || exit
exec python3 -B -m unittest "${@:-discover}"
