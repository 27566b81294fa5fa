# The deployer, with the descriptions of its own commit beside it; and as an output of its own the stand-in for
# AWS that a rehearsal deploys to. It waits for AWS: what counts is how long it takes to build. So it goes on from what
# the checks compiled, and is what they tested, its assertions included.
{
  lib,
  craneLib,
  sources,
  dev,
  makeWrapper,
}:
craneLib.buildPackage (
  dev.arguments
  // {
    pname = "deploy";
    inherit ((lib.importTOML ../Cargo.toml).workspace.package) version;
    src = sources.code;
    inherit (dev) cargoArtifacts;
    # All members, and targets that may use what tests use: for less, cargo would choose other features of what they share,
    # and compile that anew.
    cargoExtraArgs = "${dev.arguments.cargoExtraArgs} --bins --examples";
    # Tests are a check of their own.
    doCheck = false;

    outputs = [
      "out"
      "standIn"
    ];

    nativeBuildInputs = [ makeWrapper ];
    # It is handed from job to job: without its symbols it has a third less.
    stripAllList = [ "bin" ];
    # When crane has taken the names of the vendored crates out of $out: what lies elsewhere by then keeps them, and
    # with them all their sources.
    preFixup = ''
      mkdir -p $standIn/bin
      mv $out/bin/aws-stand-in $standIn/bin
      rm $out/bin/${(lib.importTOML ../service.toml).name}
      wrapProgram $out/bin/deploy --set-default DEPLOY_DIRECTORY ${sources.descriptions}
    '';

    meta = {
      inherit ((lib.importTOML ../ecs/Cargo.toml).package) description;
      license = lib.licenses.mit;
      mainProgram = "deploy";
    };
  }
)
