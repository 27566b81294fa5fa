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
  # For whoever writes, not for the checks. As nixpkgs wraps it, rust-analyzer finds the source of the
  # standard library by itself.
  editorTools ? [
    nixfmt
    rust-analyzer
  ],
}:
craneLib.devShell {
  packages = [
    cargo-audit
    cargo-auditable
    cargo-nextest
    jq
    shellcheck
    skopeo
  ]
  ++ editorTools
  ++ lib.optional stdenv.hostPlatform.isDarwin libiconv;
}
