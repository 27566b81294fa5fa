# The executable, by crane: dependencies in one derivation, the service in another.
{
  lib,
  stdenv,
  craneLib,
  sources,
  cargo-auditable,
  glibc,
  libiconv,
  nukeReferences,
}:
let
  inherit (stdenv.hostPlatform) isLinux rust;
  manifest = lib.importTOML ../Cargo.toml;

  # Named, because the compiler is told to forget where it lies.
  cargoVendorDir = craneLib.vendorCargoDeps { src = sources.package; };

  # Shared to the letter by dependencies and executable: cargo rebuilds every dependency whose
  # flags changed.
  release = {
    src = sources.package;
    strictDeps = true;
    inherit cargoVendorDir;

    nativeBuildInputs = [ cargo-auditable ];
    buildInputs = if isLinux then [ glibc.static ] else [ libiconv ];

    # The service alone is the workspace here, whose lock file cargo then cuts down to it: what another
    # member depends on or switches on in a shared crate reaches neither the executable nor its list of
    # crates. So the lock file is no longer as it was, and "--locked" gives way to the vendored crates:
    # there are no other versions to be had.
    postPatch = ''sed --in-place '/^ *"ecs/d' Cargo.toml'';
    cargoExtraArgs = "--offline";

    # Not the default command: the list of crates goes into the executable, where scanners read it.
    cargoBuildCommand = "cargo auditable build --release";

    env = {
      # With a target named, the flags below reach the service and not the procedural macros,
      # which the compiler has to load as shared libraries.
      CARGO_BUILD_TARGET = rust.rustcTarget;
      "CARGO_TARGET_${rust.cargoEnvVarTarget}_RUSTFLAGS" = toString (
        [ "--remap-path-prefix=${cargoVendorDir}=/crates" ]
        # The image holds no C library.
        ++ lib.optional isLinux "-Ctarget-feature=+crt-static"
      );
    };

    # Code that build scripts wrote is named by its full path in messages. Only where the sandbox
    # gives every build the same directory: elsewhere the flag would differ from step to step.
    preBuild = lib.optionalString isLinux ''
      export CARGO_TARGET_${rust.cargoEnvVarTarget}_RUSTFLAGS+=" --remap-path-prefix=$PWD=/walkthrough"
    '';
  };

  dependencies = craneLib.buildDepsOnly (
    release
    // {
      # The default also checks and tests, which the executable has no use for.
      cargoCheckCommand = "true";
      doCheck = false;
    }
  );

  executable =
    release
    // {
      # Tests are a check of their own: they read the pages, and the executable does not.
      doCheck = false;

      # The static C library names its locale folder; nothing there is ever opened.
      nativeBuildInputs = release.nativeBuildInputs ++ lib.optional isLinux nukeReferences;
      postFixup = lib.optionalString isLinux "nuke-refs $out/bin/walkthrough";

      meta = {
        inherit (manifest.package) description;
        license = lib.licenses.mit;
        mainProgram = "walkthrough";
      };
    }
    // lib.optionalAttrs isLinux { allowedReferences = [ ]; };
in
{
  inherit cargoVendorDir;

  package = craneLib.buildPackage (executable // { cargoArtifacts = dependencies; });

  # The same, compiled from nothing, with all that must not matter different: the name, the folder,
  # how the work is divided, the number of processors, the time zone, the language, the home and the
  # age of the files.
  again = craneLib.buildPackage (
    executable
    // {
      pname = "again";
      cargoArtifacts = null;
      # Said here, because the standard environment sets its own time zone before this.
      postUnpack = ''
        export CARGO_BUILD_JOBS=1 HOME=$PWD/home LANG=C.UTF-8 TZ=Pacific/Kiritimati
        mv "$sourceRoot" elsewhere
        sourceRoot=elsewhere
        find elsewhere -exec touch --date=2001-02-03 {} +
      '';
    }
  );
}
