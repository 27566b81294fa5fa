# The site in Chromium: every page is held to what tests/browser promises, and has its picture taken. Without axe, which
# is not in nixpkgs: .ci/browser has it.
{
  lib,
  craneLib,
  sources,
  dev,
  service,
  chromedriver,
  chromium,
  liberation_ttf,
  makeFontsConf,
}:
craneLib.cargoTest (
  dev.arguments
  // {
    pname = "pictures";
    inherit ((lib.importTOML ../../Cargo.toml).workspace.package) version;
    src = sources.tests;
    inherit (dev) cargoArtifacts;
    # What it leaves are the pictures.
    doInstallCargoArtifacts = false;
    cargoTestExtraArgs = "--test site -- --ignored --skip axe_";

    SITE = lib.getExe service;
    CHROMEDRIVER = lib.getExe chromedriver;
    CHROMIUM = lib.getExe chromium;
    FONTCONFIG_FILE = makeFontsConf { fontDirectories = [ liberation_ttf ]; };
    preCheck = ''
      export HOME=$NIX_BUILD_TOP/home PICTURES=$out
      mkdir "$HOME" "$out"
    '';
  }
)
