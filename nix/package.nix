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
  runCommand,
}:
let
  inherit (stdenv.hostPlatform) isLinux rust;
  manifest = lib.importTOML ../Cargo.toml;
  inherit (lib.importTOML ../service.toml) name;

  # Named, because the compiler is told to forget where it lies.
  cargoVendorDir = craneLib.vendorCargoDeps { src = sources.package; };

  forget =
    path: name:
    ''export CARGO_TARGET_${rust.cargoEnvVarTarget}_RUSTFLAGS+=" --remap-path-prefix=${path}=${name}"'';

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
    postPatch = ''sed --in-place '/^members/,/^]/ { /^ *"[^.]/d }' Cargo.toml'';
    cargoExtraArgs = "--offline";

    # Not the default command: the list of crates goes into the executable, where scanners read it.
    cargoBuildCommand = "cargo auditable build --release";

    env = {
      # With a target named, the flags below reach the service and not the procedural macros,
      # which the compiler has to load as shared libraries.
      CARGO_BUILD_TARGET = rust.rustcTarget;
      # The image holds no C library.
      "CARGO_TARGET_${rust.cargoEnvVarTarget}_RUSTFLAGS" =
        lib.optionalString isLinux "-Ctarget-feature=+crt-static";
    };

    # What the compiler forgets is where crates, service and what build scripts wrote lie: messages name it.
    #
    # Where the sandbox gives every build the same folder, nothing that cargo is told names a store path, as such a name
    # changes with all that had a part in the making. That goes for cargo-auditable as well: it has cargo start itself in
    # the compiler's place, and cargo hashes the path of such a program into the symbols of the service.
    preBuild =
      if isLinux then
        ''
          ln --symbolic "$cargoVendorDir" "$NIX_BUILD_TOP/crates"
          sed --in-place "s,$cargoVendorDir,$NIX_BUILD_TOP/crates," "$CARGO_HOME/config.toml"
          install -D "$(type -P cargo-auditable)" "$NIX_BUILD_TOP/bin/cargo-auditable"
          export PATH=$NIX_BUILD_TOP/bin:$PATH
          ${forget "$NIX_BUILD_TOP/crates" "/crates"}
          ${forget "$PWD" "/${name}"}
        ''
      else
        forget "$cargoVendorDir" "/crates";
  };

  # The same program under the name of another store path.
  cargo-auditable-moved = runCommand "cargo-auditable-moved" { } ''
    mkdir -p $out/bin
    cp --dereference ${lib.getExe cargo-auditable} $out/bin
  '';

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
      postFixup = lib.optionalString isLinux "nuke-refs $out/bin/${name}";

      meta = {
        inherit (manifest.package) description;
        license = lib.licenses.mit;
        mainProgram = name;
      };
    }
    // lib.optionalAttrs isLinux { allowedReferences = [ ]; };
in
{
  inherit cargoVendorDir dependencies;

  package = craneLib.buildPackage (executable // { cargoArtifacts = dependencies; });

  # The same, compiled from nothing, with all that must not matter different: the name, the folder, the store
  # paths of crates and tools, how the work is divided, the number of processors, the time zone, the language,
  # the home and the age of the files.
  rebuilt = craneLib.buildPackage (
    executable
    // {
      pname = "rebuilt";
      cargoArtifacts = null;
      cargoVendorDir = runCommand "crates-moved" { } ''
        cp --recursive ${cargoVendorDir} $out
        chmod u+w $out $out/config.toml
        sed --in-place "s,${cargoVendorDir},$out," $out/config.toml
      '';
      nativeBuildInputs = map (
        tool: if tool == cargo-auditable then cargo-auditable-moved else tool
      ) executable.nativeBuildInputs;
      # Said here, because the standard environment sets its own time zone before this.
      postUnpack = ''
        export CARGO_BUILD_JOBS=3 HOME=$PWD/home LANG=C.UTF-8 TZ=Pacific/Kiritimati
        mv "$sourceRoot" elsewhere
        sourceRoot=elsewhere
        find elsewhere -exec touch --date=2001-02-03 {} +
      '';
    }
  );
}
