# What nix run starts. Each script is the file of its name, with its tools pinned.
{
  pkgs,
  advisory-db,
  commit,
  deploy,
  descriptions,
  # Nothing where no image can be built.
  image,
  programs,
  site,
  walkthrough,
}:
let
  inherit (pkgs) lib;

  # What the executable holds besides its crates: name and version are what is looked up, and the names of the
  # patches say what is mended.
  linked = pkgs.writeText "linked.json" (
    builtins.toJSON (
      lib.listToAttrs (
        map (
          library:
          lib.nameValuePair library.name {
            inherit (library) name;
            patches = map (patch: builtins.unsafeDiscardStringContext (baseNameOf patch)) (
              library.patches or [ ]
            );
          }
        ) (walkthrough.buildInputs or [ ])
      )
    )
  );

  # The scripts by name. `services` are tools that are of use only with something on the network: a rehearsal and the
  # checks do without.
  described = {
    audit = {
      text = "Scan what is deployed by what is known today, and report what is wrong";
      tools = [
        pkgs.curl
        pkgs.git
        pkgs.gnused
        pkgs.jq
      ];
      environment.DEPLOY_DIRECTORY = descriptions;
    };

    update = {
      text = "Update flake.lock and Cargo.lock, and say what that changes";
      tools = [
        pkgs.git
        pkgs.gnugrep
      ];
    };

    # No Nix among its tools: what builds is the Nix of whoever asks, with their store and their settings.
    verify = {
      text = "Rebuild what a site says it runs, and compare digests";
      tools = [
        programs.oci-unpack
        pkgs.curl
        pkgs.diffutils
        pkgs.findutils
        pkgs.gnused
        pkgs.jq
        pkgs.skopeo
      ];
    };
  }
  // lib.optionalAttrs (image != null) {
    push = {
      text = "Push the image to a registry, with its digest preserved";
      tools = [
        pkgs.gnugrep
        pkgs.gnused
        pkgs.skopeo
      ];
      services = [ pkgs.awscli2 ];
      environment.IMAGE = image;
    };

    rehearse = {
      text = "The whole way of a release on this machine, with no cloud";
      tools = [
        local.push
        local.scan
        local.verify
        deploy
        deploy.standIn
        programs.container
        programs.oci-rewrite
        pkgs.distribution
        pkgs.git
        pkgs.gnugrep
        pkgs.gnused
        pkgs.jq
        pkgs.skopeo
      ];
      environment = {
        COMMIT = commit;
        DEPLOY_DIRECTORY = descriptions;
        IMAGE = image;
      };
    };

    scan = {
      text = "Scan what the image holds for known vulnerabilities";
      tools = [
        programs.oci-unpack
        pkgs.cargo-audit
        pkgs.curl
        pkgs.git
        pkgs.gnugrep
        pkgs.gnused
        pkgs.jq
        pkgs.pigz
        # For objcopy.
        pkgs.stdenv.cc
      ];
      services = [
        pkgs.trivy
        pkgs.vulnix
      ];
      environment = {
        ADVISORY_DB = advisory-db;
        IMAGE = image;
        LINKED = linked;
        VULNIX_ALLOWED = "${./vulnix-allowed.json}";
      };
    };
  };

  script =
    name: tools: environment:
    pkgs.writeShellApplication {
      inherit name;
      runtimeInputs = [ pkgs.coreutils ] ++ tools;
      runtimeEnv = lib.mapAttrs (_: toString) environment;
      text = builtins.readFile (./. + "/${name}.sh");
    };

  local = lib.mapAttrs (name: app: script name app.tools (app.environment or { })) described;

  complete = lib.mapAttrs (
    name: app: script name (app.tools ++ app.services or [ ]) (app.environment or { })
  ) described;

  # The site of this checkout: nothing to set up, nothing to write to.
  serve = pkgs.writeShellApplication {
    name = "walkthrough-serve";
    text = ''
      export ROCKET_TEMPLATE_DIR="''${ROCKET_TEMPLATE_DIR:-${site}/templates}"
      export WALKTHROUGH_STATIC_DIR="''${WALKTHROUGH_STATIC_DIR:-${site}/static}"
      exec ${lib.getExe walkthrough} "$@"
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
