# Which files count for what. By inclusion: a file that is not named here changes no build.
{ lib }:
let
  source =
    files:
    lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions files;
    };

  rust = [
    ../Cargo.toml
    ../Cargo.lock
    ../src
  ];
in
{
  # What the compiler reads for the executable. No pages: editing one rebuilds no Rust.
  package = source rust;

  # The tests start the service, which reads its pages when it runs.
  tests = source (
    rust
    ++ [
      ../static
      ../templates
      ../tests
    ]
  );

  # What rustfmt, clippy and rustdoc look at.
  code = source (
    rust
    ++ [
      ../clippy.toml
      ../rustfmt.toml
      ../tests
    ]
  );

  site = source [
    ../static
    ../templates
  ];
}
