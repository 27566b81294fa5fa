# The small programs that work on an image: each is the file of its name, read by shellcheck.
{
  lib,
  stdenv,
  writeShellApplication,
  bubblewrap,
  coreutils,
  gnutar,
  gzip,
  jq,
  skopeo,
}:
let
  program =
    name: runtimeInputs:
    writeShellApplication {
      inherit name;
      runtimeInputs = [ coreutils ] ++ runtimeInputs;
      text = builtins.readFile (./. + "/${name}.sh");
    };
in
lib.fix (
  programs:
  {
    oci-layout = program "oci-layout" [
      programs.oci-rewrite
      skopeo
    ];

    oci-rewrite = program "oci-rewrite" [ jq ];

    oci-unpack = program "oci-unpack" [
      gnutar
      gzip
      jq
    ];
  }
  // lib.optionalAttrs stdenv.hostPlatform.isLinux {
    container = program "container" [
      programs.oci-unpack
      bubblewrap
      jq
    ];
  }
)
