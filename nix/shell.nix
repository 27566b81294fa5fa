# nix develop: what a change is written and checked with.
{
  lib,
  stdenv,
  craneLib,
  cargo-audit,
  cargo-auditable,
  cargo-nextest,
  jq,
  libiconv,
  nixfmt,
  rust-analyzer,
  shellcheck,
  skopeo,
}:
craneLib.devShell {
  packages = [
    cargo-audit
    cargo-auditable
    cargo-nextest
    jq
    nixfmt
    # As nixpkgs wraps it, it finds the source of the standard library by itself.
    rust-analyzer
    shellcheck
    skopeo
  ]
  ++ lib.optional stdenv.hostPlatform.isDarwin libiconv;
}
