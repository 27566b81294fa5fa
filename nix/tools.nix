# The tools of each script, as tools.toml names them, and what each is told of the service.
{ lib, pkgs }:
let
  described = lib.importTOML ./tools.toml;
  package = name: lib.getAttrFromPath (lib.splitString "." name) pkgs;
  own = lib.attrNames described ++ [
    "aws-stand-in"
    "deploy"
  ];
  others = script: lib.subtractLists own script.tools;
in
{
  # What service.toml says, as variables: SERVICE_NAME and so on.
  environment = lib.mapAttrs' (
    name: value: lib.nameValuePair "SERVICE_${lib.toUpper name}" (toString value)
  ) (lib.importTOML ../service.toml);

  # As packages. `programs` are those of this repository, by name.
  packages =
    programs: lib.mapAttrs (_: lib.mapAttrs (_: map (name: programs.${name} or (package name)))) described;

  # Those of nixpkgs alone; without services.
  nixpkgs = lib.mapAttrs (_: script: map (name: lib.getBin (package name)) (others script)) described;

  # Where each that is not of this repository has its programs; without services.
  folders = lib.genAttrs (lib.unique (lib.concatMap others (lib.attrValues described))) (
    name: "${lib.getBin (package name)}/bin"
  );
}
