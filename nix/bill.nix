# What the executable is made of, and on whose terms: the crates that it lists itself, and what is linked besides, by the
# inputs of its derivation. bill.py says what becomes of it. It holds no date and no store path.
{
  lib,
  stdenv,
  glibc,
  pigz,
  python3,
  runCommand,
  runCommandCC,
  rustc,
  cargoVendorDir,
  service,
}:
let
  inherit (stdenv.hostPlatform) rust;
  compiler = rustc.unwrapped or rustc;

  # `kept` names what of its source goes into the bill, as tar's patterns.
  linked = [
    {
      name = "glibc";
      package = glibc.static;
      kept = [
        "*/COPYING.LIB"
        "*/LICENSES"
      ];
    }
    # The unwinder and the compiler's helpers. What nixpkgs says of the compiler leaves out the exception that its library
    # has, by which nothing is owed for a program that holds it.
    {
      name = "libgcc";
      package = stdenv.cc.cc;
      licence = "GPL-3.0-or-later WITH GCC-exception-3.1";
    }
    # With the crates of others that are a part of it. The database of vulnerabilities knows it under the language's name.
    {
      name = "rust-std";
      package = compiler;
      licence = lib.concatMapStringsSep " OR " spdx (lib.toList (compiler.meta.license or [ ]));
      cpe = version: "cpe:2.3:a:rust-lang:rust:${version}:*:*:*:*:*:*:*";
      kept = [
        "*/COPYRIGHT"
        "*/LICENSE-*"
        "*/library/Cargo.lock"
        "*/vendor/*/COPYING*"
        "*/vendor/*/Cargo.toml"
        "*/vendor/*/LICENSE*"
        "*/vendor/*/UNLICENSE*"
      ];
    }
  ];

  spdx = license: license.spdxId or license.fullName;
  known = value: if value == "" then null else value;

  describe =
    {
      name,
      package,
      licence ? lib.concatMapStringsSep " AND " spdx (lib.toList (package.meta.license or [ ])),
      cpe ? _: package.meta.identifiers.cpe or null,
      ...
    }:
    let
      # With the number of what nixpkgs took from the branch of a release: 2.42-67. A compiler that is the machine's own has
      # none.
      version = known (builtins.parseDrvName (package.name or "")).version;
    in
    {
      inherit name version;
      licence = known licence;
      cpe = if version == null then null else cpe version;
      homepage = package.meta.homepage or null;
      patches = map (patch: builtins.unsafeDiscardStringContext (baseNameOf patch)) (package.patches or [ ]);
      source = if package ? src then lib.head (package.src.urls or [ package.src.url ]) else null;
      sha256 =
        if package ? src then
          builtins.convertHash {
            hash = package.src.outputHash;
            hashAlgo = "sha256";
            toHashFormat = "base16";
          }
        else
          null;
    };

  # Unpacked where there is a source: a compiler that somebody else built has none.
  sources = runCommand "sources" { } (
    "mkdir $out\n"
    + lib.concatMapStrings (
      {
        name,
        package,
        kept ? [ ],
        ...
      }:
      lib.optionalString (package ? src && kept != [ ]) ''
        mkdir $out/${name}
        tar --extract --file ${package.src} --directory $out/${name} --strip-components 1 \
          --wildcards --no-wildcards-match-slash ${lib.escapeShellArgs kept}
      ''
    ) linked
  );
in
# Whatever else is linked one day has to be named above.
assert service.buildInputs == [ glibc.static ];
runCommandCC "bill"
  {
    nativeBuildInputs = [
      pigz
      python3
      rustc
    ];
    allowedReferences = [ ];
    linked = builtins.toJSON (map describe linked);
    passAsFile = [ "linked" ];
  }
  ''
    objcopy --dump-section .dep-v0=crates.zlib ${lib.getExe service} /dev/null
    pigz --decompress --zlib <crates.zlib >crates.json
    python3 ${./bill.py} $out --listed crates.json --lock ${../Cargo.lock} --vendored ${cargoVendorDir} \
      --linked "$linkedPath" --sources ${sources} \
      --compiled "$(rustc --print target-libdir --target ${rust.rustcTarget})"
  ''
