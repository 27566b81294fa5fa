# Every check by name. One that needs the image exists where the image does.
{
  pkgs,
  craneLib,
  advisory-db,
  sources,
  rust,
  packages,
  devShells,
}:
let
  inherit (pkgs) lib;

  # The profile of daily work: the tests of a release build would be linked for minutes, each file
  # of them, and promise nothing more.
  dev = {
    inherit (rust) cargoVendorDir;
    strictDeps = true;
    CARGO_PROFILE = "dev";
    cargoExtraArgs = "--locked --workspace";
  };

  cargoArtifacts = craneLib.buildDepsOnly (dev // { src = sources.code; });

  # Nobody goes on from what a check compiled.
  check =
    src:
    dev
    // {
      inherit cargoArtifacts src;
      doInstallCargoArtifacts = false;
    };

  # script NAME TOOLS ARGUMENTS: runs NAME.sh, which shellcheck has read, and keeps what it said.
  script =
    name: runtimeInputs: arguments:
    pkgs.runCommand name
      {
        nativeBuildInputs = [
          (pkgs.writeShellApplication {
            inherit name runtimeInputs;
            text = builtins.readFile (./. + "/${name}.sh");
          })
        ];
      }
      ''
        ${name} ${toString arguments} | tee $out
      '';

  inherit (packages) image;

  rust-checks = {
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
      }
    );
  };

  image-checks = {
    executable = script "executable" [
      pkgs.file
      pkgs.jq
      pkgs.pigz
    ] [ (lib.getExe packages.default) ];

    image-boots = script "image-boots" [
      pkgs.bubblewrap
      pkgs.curl
      pkgs.jq
    ] [ image ];

    image-content = script "image-content" [ pkgs.jq ] [
      image
      packages.default
      packages.site
    ];

    # Compiled a second time from nothing, by another road.
    reproducible-executable = script "same-bytes" [ ] [
      packages.default
      rust.again
    ];

    # The same layers streamed and compressed a second time, on one processor.
    reproducible-image = script "same-bytes" [ ] [
      image
      (pkgs.runCommand "again"
        {
          nativeBuildInputs = [ image.layout ];
          GOMAXPROCS = 1;
          LANG = "tr_TR.UTF-8";
          TZ = "Pacific/Kiritimati";
        }
        ''
          export HOME=$PWD/home
          ${image.stream} | oci-layout $out
        ''
      )
    ];
  };

  named = prefix: lib.mapAttrs' (name: lib.nameValuePair "${prefix}-${name}");
in
rust-checks
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux image-checks
// named "package" packages
// named "shell" devShells
