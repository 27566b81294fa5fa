# The small programs that work on an image: each is the file of its name, read by shellcheck, and finds the tools of
# tools.toml and nothing else.
{
  lib,
  pkgs,
  stdenv,
  writeShellApplication,
}:
lib.fix (
  programs:
  let
    tools = (import ./tools.nix { inherit lib pkgs; }).packages programs;
  in
  lib.genAttrs
    (
      [
        "oci-layout"
        "oci-rewrite"
        "oci-unpack"
      ]
      ++ lib.optional stdenv.hostPlatform.isLinux "container"
    )
    (
      name:
      writeShellApplication {
        inherit name;
        runtimeInputs = tools.${name}.tools;
        inheritPath = false;
        text = builtins.readFile (./. + "/${name}.sh");
      }
    )
)
