# The deployer, with the descriptions of its own commit beside it; and as an output of its own the stand-in for
# AWS that a rehearsal deploys to. One build: each by itself would compile what both need a second time.
{
  lib,
  craneLib,
  sources,
  cargoVendorDir,
  makeWrapper,
}:
let
  shared = {
    pname = "deploy";
    inherit ((lib.importTOML ../Cargo.toml).workspace.package) version;
    src = sources.code;
    strictDeps = true;
    inherit cargoVendorDir;
    cargoExtraArgs = "--locked --package deploy --package aws-stand-in";
    # Tests are a check of their own.
    doCheck = false;

    # It waits for AWS: what counts is how long it takes to build.
    env = {
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS = "16";
      CARGO_PROFILE_RELEASE_LTO = "off";
      CARGO_PROFILE_RELEASE_OPT_LEVEL = "1";
    };
  };
in
craneLib.buildPackage (
  shared
  // {
    # The default also checks, which the programs have no use for.
    cargoArtifacts = craneLib.buildDepsOnly (shared // { cargoCheckCommand = "true"; });

    outputs = [
      "out"
      "standIn"
    ];

    nativeBuildInputs = [ makeWrapper ];
    # When crane has taken the names of the vendored crates out of $out: what lies elsewhere by then keeps them, and
    # with them all their sources.
    preFixup = ''
      mkdir -p $standIn/bin
      mv $out/bin/aws-stand-in $standIn/bin
      wrapProgram $out/bin/deploy --set-default DEPLOY_DIRECTORY ${sources.descriptions}
    '';

    meta = {
      inherit ((lib.importTOML ../ecs/Cargo.toml).package) description;
      license = lib.licenses.mit;
      mainProgram = "deploy";
    };
  }
)
