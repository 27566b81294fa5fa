# What nix run starts. Each script is the file of its name, with its tools pinned.
{
  pkgs,
  advisory-db,
  bill,
  commit,
  deploy,
  descriptions,
  # This and the bill are nothing where no image can be built.
  image,
  imageTools,
  site,
  service,
}:
let
  inherit (pkgs) lib;

  # The scripts by name, and what each is told.
  described = {
    audit = {
      text = "Scan what is deployed by what is known today, and report what is wrong";
      environment.DEPLOY_DIRECTORY = descriptions;
    };

    update.text = "Update flake.lock and Cargo.lock, and say what that changes";

    verify.text = "Rebuild what a site says it runs, and compare digests";
  }
  // lib.optionalAttrs (image != null) {
    push = {
      text = "Push the image to a registry, with its digest preserved";
      environment = {
        ECR_HOSTS = "${../../ecs/src/ecr-hosts.txt}";
        IMAGE = image;
      };
    };

    rehearse = {
      text = "The whole way of a release on this machine, with no cloud";
      environment = {
        COMMIT = commit;
        DEPLOY_DIRECTORY = descriptions;
        IMAGE = image;
      };
    };

    # No image: what is scanned may have been built elsewhere.
    scan = {
      text = "Scan what an image holds for known vulnerabilities";
      environment = {
        ADVISORY_DB = advisory-db;
        VULNIX_ALLOWED = "${./vulnix-allowed.json}";
      };
    };
  };

  listed = import ../tools.nix { inherit lib pkgs; };

  tools = listed.packages (
    imageTools
    // local
    // {
      inherit deploy;
      aws-stand-in = deploy.standIn;
    }
  );

  # The rest of the path is that of whoever asks: their Nix, and what git and skopeo call to log in.
  script =
    name: tools:
    pkgs.writeShellApplication {
      inherit name;
      runtimeInputs = tools;
      runtimeEnv = listed.environment // lib.mapAttrs (_: toString) (described.${name}.environment or { });
      text = builtins.readFile (./. + "/${name}.sh");
    };

  local = lib.mapAttrs (name: _: script name tools.${name}.tools) described;

  complete = lib.mapAttrs (
    name: _: script name (tools.${name}.tools ++ tools.${name}.services or [ ])
  ) described;

  # The site of this checkout: nothing to set up, nothing to write to.
  serve = pkgs.writeShellApplication {
    name = "serve";
    text = ''
      export ROCKET_TEMPLATE_DIR="''${ROCKET_TEMPLATE_DIR:-${site}/templates}"
      export WALKTHROUGH_STATIC_DIR="''${WALKTHROUGH_STATIC_DIR:-${site}/static}"
      ${lib.optionalString (bill != null) ''
        export WALKTHROUGH_BILL_DIR="''${WALKTHROUGH_BILL_DIR:-${bill}}"
      ''}
      exec ${lib.getExe service} "$@"
    '';
  };

  app = description: program: {
    type = "app";
    program = lib.getExe program;
    meta = { inherit description; };
  };
in
{
  # Shellcheck reads each, and the tools that are not for services are built.
  checks = local;

  apps = lib.mapAttrs (name: script: app described.${name}.text script) complete // {
    default = app "Serve the site on http://127.0.0.1:8000" serve;
    deploy = app "Deploy an image to ECS, with the descriptions of this commit" deploy;
  };
}
