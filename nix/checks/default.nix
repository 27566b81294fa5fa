# Every check by name. One that needs the image exists where the image does.
{
  pkgs,
  craneLib,
  advisory-db,
  sources,
  releaseBuild,
  dev,
  imageTools,
  packages,
  devShells,
  scripts,
}:
let
  inherit (pkgs) lib;

  # Nobody goes on from what a check compiled.
  check =
    src:
    dev.arguments
    // {
      inherit (dev) cargoArtifacts;
      inherit src;
      doInstallCargoArtifacts = false;
    };

  tools = import ../tools.nix { inherit lib pkgs; };

  # Runs NAME.sh, which shellcheck has read, with its tools and nothing else, and keeps what it said.
  script =
    name: arguments:
    pkgs.runCommand name
      {
        nativeBuildInputs = [
          (pkgs.writeShellApplication {
            inherit name;
            runtimeInputs = (tools.packages imageTools).${name}.tools;
            runtimeEnv = tools.environment;
            inheritPath = false;
            text = builtins.readFile (./. + "/${name}.sh");
          })
        ];
      }
      ''
        ${name} ${toString arguments} | tee $out
      '';

  inherit (packages) image;

  # The same with the executable of the second build, streamed and compressed once more, on one processor.
  imageRebuilt = pkgs.runCommand "image-rebuilt" { nativeBuildInputs = [ imageTools.oci-layout ]; } ''
    export GOMAXPROCS=1 HOME=$PWD/home LANG=C.UTF-8 TZ=Pacific/Kiritimati
    ${
      (image.override {
        service = releaseBuild.rebuilt;
        bill = packages.bill.override { service = releaseBuild.rebuilt; };
      }).stream
    } | oci-layout $out
  '';

  rustChecks = {
    audit = craneLib.cargoAudit {
      src = sources.package;
      inherit advisory-db;
    };

    clippy = craneLib.cargoClippy (
      check sources.code // { cargoClippyExtraArgs = "--all-targets -- --deny warnings"; }
    );

    doc = craneLib.cargoDoc (check sources.code // { env.RUSTDOCFLAGS = "--deny warnings"; });

    doc-tests = craneLib.cargoDocTest (check sources.code);

    fmt = craneLib.cargoFmt {
      src = sources.code;
      doInstallCargoArtifacts = false;
    };

    tests = craneLib.cargoNextest (
      check sources.tests
      // {
        # They start the service on this machine's own address.
        __darwinAllowLocalNetworking = true;
        # For a machine with nothing on it.
        nativeBuildInputs = lib.optional pkgs.stdenv.hostPlatform.isLinux pkgs.bubblewrap;
        # As .ci/strict has it; here nobody has a home or a network anyway.
        preCheck = ''
          export TMPDIR="$NIX_BUILD_TOP/a folder"
          mkdir "$TMPDIR"
        '';
      }
    );
  };

  # Of all members, and not of the service alone. Where nixpkgs has the program.
  denyCheck = lib.optionalAttrs (lib.getVersion (pkgs.cargo-deny or { }) != "") {
    deny = craneLib.cargoDeny {
      src = sources.deny;
      inherit (releaseBuild) cargoVendorDir;
      pname = "workspace";
      inherit ((lib.importTOML ../../Cargo.toml).workspace.package) version;
      cargoDenyExtraArgs = "--workspace";
    };
  };

  # What decides is evaluated, and what it must not take is refused.
  architecture =
    let
      of = described: import ../architecture.nix { inherit described; };
      refused = described: !(builtins.tryEval (of described).runner).success;
    in
    assert (import ../architecture.nix { }).system != "";
    assert (of { dev = "X86_64"; }).runner == "ubuntu-24.04";
    assert (of { dev = "X86_64"; }).other == "ubuntu-24.04-arm";
    assert
      of {
        dev = "ARM64";
        staging = "ARM64";
      } == {
        system = "aarch64-linux";
        runner = "ubuntu-24.04-arm";
        other = "ubuntu-24.04";
      };
    assert refused { };
    assert refused { dev = "amd64"; };
    assert refused {
      dev = "ARM64";
      production = "X86_64";
    };
    pkgs.writeText "architecture" (import ../architecture.nix { }).system;

  workflows =
    pkgs.runCommand "workflows"
      {
        nativeBuildInputs = [
          pkgs.actionlint
          pkgs.git
          pkgs.shellcheck
          pkgs.zizmor
        ];
      }
      ''
        cp --recursive --no-preserve=mode ${sources.workflows} tree
        cd tree
        # Only in a repository does actionlint look at what one workflow hands to another.
        git init --quiet
        actionlint
        zizmor --offline --pedantic .github 2>&1 | tee $out
      '';

  imageChecks = {
    # The scripts as they are: each finds its own tools, what a test put in the place of one, and nothing else.
    apps =
      pkgs.runCommand "apps"
        {
          nativeBuildInputs = [ pkgs.python3 ];
          folders = builtins.toJSON tools.folders;
          passAsFile = [ "folders" ];
        }
        ''
          cp --recursive --no-preserve=mode ${sources.apps} tree
          python3 tree/tests/apps/programs.py --folders "$foldersPath" programs
          programs/tests 2>&1 | tee $out
        '';

    executable = script "executable" [ (lib.getExe packages.default) ];

    image-boots = script "image-boots" [ image ];

    image-content = script "image-content" [
      image
      packages.default
      packages.site
      packages.bill
    ];

    reproducible-executable = script "same-bytes" [ packages.default releaseBuild.rebuilt ];

    reproducible-image = script "same-bytes" [ image imageRebuilt ];
  };

  closures = import ./closures.nix {
    inherit
      pkgs
      advisory-db
      dev
      packages
      imageTools
      releaseBuild
      scripts
      sources
      ;
  };

  named = prefix: lib.mapAttrs' (name: lib.nameValuePair "${prefix}-${name}");
in
rustChecks
// denyCheck
// {
  inherit architecture workflows;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux (imageChecks // named "closure" closures)
// lib.optionalAttrs (packages ? pictures) { browser = packages.pictures; }
// named "app" scripts
// named "package" packages
# An editor's tools are large, and no change of ours can break them.
// named "shell" (lib.mapAttrs (_: shell: shell.override { editorTools = [ ]; }) devShells)
