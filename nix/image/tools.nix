# The tools that work on an image: each is the file of its name, read by shellcheck, and finds the tools of
# tools.toml and nothing else.
{
  lib,
  pkgs,
  stdenv,
  writeShellApplication,
}:
lib.fix (
  imageTools:
  let
    tools = (import ../tools.nix { inherit lib pkgs; }).packages imageTools;
  in
  lib.genAttrs
    (
      [
        "oci-layout"
        "oci-rewrite"
        "oci-unpack"
        "registry-manifest"
      ]
      ++ lib.optional stdenv.hostPlatform.isLinux "container"
    )
    (
      name:
      writeShellApplication {
        inherit name;
        runtimeInputs = tools.${name}.tools;
        # But for what keeps somebody's logins.
        inheritPath = name == "registry-manifest";
        text = builtins.readFile (./. + "/${name}.sh");
      }
    )
)
