# nix develop: what a change is written and checked with.
{
  lib,
  stdenv,
  craneLib,
  actionlint,
  cargo-audit,
  cargo-auditable,
  cargo-nextest,
  distribution,
  jq,
  libiconv,
  nixfmt,
  python3,
  rust-analyzer,
  shellcheck,
  skopeo,
  zizmor,
  # For whoever writes, not for the checks. As nixpkgs wraps it, rust-analyzer finds the source of the
  # standard library by itself.
  editorTools ? [
    nixfmt
    rust-analyzer
  ],
}:
craneLib.devShell {
  packages = [
    actionlint
    cargo-audit
    cargo-auditable
    cargo-nextest
    distribution
    jq
    python3
    shellcheck
    skopeo
    zizmor
  ]
  ++ editorTools
  ++ lib.optional stdenv.hostPlatform.isDarwin libiconv;
}
