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

  script =
    name: runtimeInputs: runtimeEnv:
    pkgs.writeShellApplication {
      inherit name;
      runtimeInputs = [ pkgs.coreutils ] ++ runtimeInputs;
      runtimeEnv = lib.mapAttrs (_: toString) runtimeEnv;
      text = builtins.readFile (./. + "/${name}.sh");
    };

  # What the executable holds besides its crates: name and version are what is looked up, and the names of the patches
  # say what is mended.
  linked = pkgs.writeText "linked.json" (
    builtins.toJSON (
      lib.listToAttrs (
        map (
          library:
          lib.nameValuePair library.name {
            inherit (library) name;
            patches = map (patch: builtins.unsafeDiscardStringContext (baseNameOf patch)) (library.patches or [ ]);
          }
        ) (walkthrough.buildInputs or [ ])
      )
    )
  );

  # A rehearsal asks the pinned advisories alone, and has no use for those scanners that want today's databases.
  scanBy =
    scanners:
    script "scan"
      (
        [
          programs.oci-unpack
          pkgs.cargo-audit
          pkgs.curl
          pkgs.git
          pkgs.gnugrep
          pkgs.jq
          pkgs.pigz
          # For objcopy.
          pkgs.stdenv.cc
        ]
        ++ scanners
      )
      {
        ADVISORY_DB = advisory-db;
        IMAGE = image;
        LINKED = linked;
        VULNIX_ALLOWED = ./vulnix-allowed.json;
      };

  scripts = {
    # No Nix among its tools: what builds is the Nix of whoever asks, with their store and their settings.
    verify = script "verify" [
      programs.oci-unpack
      pkgs.curl
      pkgs.diffutils
      pkgs.findutils
      pkgs.gnused
      pkgs.jq
      pkgs.skopeo
    ] { };
  }
  // lib.optionalAttrs (image != null) {
    push = script "push" [
      pkgs.awscli2
      pkgs.gnugrep
      pkgs.gnused
      pkgs.jq
      pkgs.skopeo
    ] { IMAGE = image; };

    rehearse =
      script "rehearse"
        [
          (scanBy [ ])
          scripts.push
          scripts.verify
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
        ]
        {
          COMMIT = commit;
          DEPLOY_DIRECTORY = descriptions;
          IMAGE = image;
        };

    scan = scanBy [
      pkgs.trivy
      pkgs.vulnix
    ];
  };

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

  descriptionOf = {
    push = "Push the image to a registry, with its digest preserved";
    rehearse = "The whole way of a release on this machine, with no cloud";
    scan = "Scan what the image holds for known vulnerabilities";
    verify = "Rebuild what a site says it runs, and compare digests";
  };
in
{
  # As checks: shellcheck reads each, and its tools are built. The scanners are large, and no change of ours can break
  # them.
  checks = scripts // lib.optionalAttrs (scripts ? scan) { scan = scanBy [ ]; };

  apps = lib.mapAttrs (name: app descriptionOf.${name}) scripts // {
    default = app "Serve the site on http://127.0.0.1:8000" serve;
    deploy = app "Deploy an image to ECS, with the descriptions of this commit" deploy;
  };
}
