# The deployer, with the descriptions of its own commit beside it.
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
    cargoExtraArgs = "--locked --package deploy";
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
    cargoArtifacts = craneLib.buildDepsOnly shared;

    nativeBuildInputs = [ makeWrapper ];
    postInstall = ''
      wrapProgram $out/bin/deploy --set-default DEPLOY_DIRECTORY ${sources.descriptions}
    '';

    meta = {
      inherit ((lib.importTOML ../ecs/Cargo.toml).package) description;
      license = lib.licenses.mit;
      mainProgram = "deploy";
    };
  }
)
