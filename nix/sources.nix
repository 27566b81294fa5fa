# Which files count for what. By inclusion: a file that is not named here changes no build.
{ lib }:
let
  source =
    files:
    lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions files;
    };

  manifest = [
    ../Cargo.toml
    ../Cargo.lock
  ];

  workspace = manifest ++ [
    ../service.toml
    ../clippy.toml
    ../rustfmt.toml
    ../src
    (lib.fileset.fileFilter (file: file.hasExt "rs") ../tests)
    ../tests/scenarios/bill.json
    ../ecs/Cargo.toml
    ../ecs/exploration
    ../ecs/src
    ../ecs/stand-in
    (lib.fileset.fileFilter (file: file.hasExt "rs") ../ecs/tests)
    ../tests/browser/Cargo.toml
    # What runs in the browser is part of the program.
    ../tests/browser/tests
    ../fuzz/Cargo.toml
    ../fuzz/src
    ../fuzz/tests
    # A test of the environments' types reads them when it is compiled.
    ../ecs/environments
  ];

  site = [
    ../static
    ../templates
  ];

  descriptions = [
    ../ecs/environments
    ../ecs/service.json.j2
    ../ecs/task-definition.json.j2
  ];
in
{
  # What the compiler reads for the service. No pages: editing one rebuilds no Rust.
  package = source (manifest ++ [ ../src ]);

  # What rustfmt, clippy and rustdoc look at.
  code = source workspace;

  # What cargo deny reads, and the targets that a manifest has to have.
  deny = source (workspace ++ [ ../deny.toml ]);

  # The tests start the service, which reads its pages when it runs, and the deployer, which reads its
  # descriptions; and they hold the workflows against the apps that there are, and the documents against the code.
  tests = source (
    workspace
    ++ site
    ++ descriptions
    ++ [
      ../.ci/stacks
      ../.github
      ../CHANGELOG.md
      ../CONTRIBUTING.md
      ../README.md
      ../SECURITY.md
      (lib.fileset.fileFilter (file: file.hasExt "md") ../docs)
      ../docs/contract/release.schema.json
      ../ecs/README.md
      ../ecs/stacks
      ../fuzz/corpus
      (lib.fileset.fileFilter (file: file.hasExt "py") ../ecs/tests)
      ./apps
      # The tour leads to them.
      ./checks/default.nix
      ./image/default.nix
    ]
  );

  site = source site;

  # The small programs, and what tries them.
  apps = source [
    (lib.fileset.fileFilter (file: file.hasExt "sh") ./.)
    (lib.fileset.fileFilter (file: file.hasExt "sh") ../.github)
    ./bill.py
    ./tools.toml
    ../service.toml
    ../ecs/src/ecr-hosts.txt
    ../tests/apps
  ];

  workflows = source [ ../.github ];

  # A folder of their own, as the deployer takes it.
  descriptions = lib.fileset.toSource {
    root = ../ecs;
    fileset = lib.fileset.unions descriptions;
  };
}
