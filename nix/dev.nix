# The profile of daily work, for the checks: the tests of a release build would be linked for minutes, each file of them,
# and promise nothing more.
{
  craneLib,
  sources,
  cargoVendorDir,
}:
let
  arguments = {
    inherit cargoVendorDir;
    strictDeps = true;
    CARGO_PROFILE = "dev";
    cargoExtraArgs = "--locked --workspace";
  };
in
{
  inherit arguments;
  cargoArtifacts = craneLib.buildDepsOnly (
    arguments
    // {
      src = sources.code;
      # Clippy and rustdoc go on from what was checked, and the tests from what was built for tests.
      cargoBuildCommand = "true";
    }
  );
}
