# What nix run starts.
{
  pkgs,
  walkthrough,
  site,
  deploy,
}:
let
  inherit (pkgs) lib;

  # The site of this checkout: nothing to set up, nothing to write to.
  serve = pkgs.writeShellApplication {
    name = "walkthrough-serve";
    text = ''
      export ROCKET_TEMPLATE_DIR="''${ROCKET_TEMPLATE_DIR:-${site}/templates}"
      export WALKTHROUGH_STATIC_DIR="''${WALKTHROUGH_STATIC_DIR:-${site}/static}"
      exec ${lib.getExe walkthrough} "$@"
    '';
  };
in
{
  default = {
    type = "app";
    program = lib.getExe serve;
    meta.description = "Serve the site on http://127.0.0.1:8000";
  };

  deploy = {
    type = "app";
    program = lib.getExe deploy;
    meta.description = "Deploy an image to ECS, with the descriptions of this commit";
  };
}
