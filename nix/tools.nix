# The tools of each script, as tools.toml names them.
{ lib, pkgs }:
let
  described = lib.importTOML ./tools.toml;
  package = name: lib.getAttrFromPath (lib.splitString "." name) pkgs;
  built = [
    "aws-stand-in"
    "deploy"
  ];
in
{
  # As packages. `own` are the programs of this repository, by name.
  packages =
    own: lib.mapAttrs (_: lib.mapAttrs (_: map (name: own.${name} or (package name)))) described;

  # Where each that is not of this repository has its programs; without services.
  folders = lib.genAttrs (lib.subtractLists (lib.attrNames described ++ built) (
    lib.unique (lib.concatMap (script: script.tools) (lib.attrValues described))
  )) (name: "${lib.getBin (package name)}/bin");
}
