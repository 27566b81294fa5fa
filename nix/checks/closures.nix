# What each output drags along, held against what it is there to use: itself, and the closures of what stands here.
{
  pkgs,
  advisory-db,
  dev,
  packages,
  imageTools,
  releaseBuild,
  scripts,
  sources,
}:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv) cc;

  # What a program that the compiler made loads, as far as nixpkgs made it.
  libraries = lib.filter (library: library != null) [
    cc.libc
    cc.cc.lib
  ];

  nixpkgs = (import ../tools.nix { inherit lib pkgs; }).nixpkgs;

  # A script needs its shell and the tools that nixpkgs has for it. `own` is what this repository has for it.
  script = name: own: {
    output = scripts.${name};
    needs = [ pkgs.runtimeShellPackage ] ++ nixpkgs.${name} ++ own;
    maximumBytes = 30000;
  };

  outputs = {
    default = {
      output = packages.default;
      needs = [ ];
      maximumBytes = 11000000;
    };

    site = {
      output = packages.site;
      needs = [ ];
      maximumBytes = 95000;
    };

    bill = {
      output = packages.bill;
      needs = [ ];
      maximumBytes = 600000;
    };

    image = {
      output = packages.image;
      needs = [ ];
      maximumBytes = 4600000;
    };

    deploy = {
      output = packages.deploy;
      needs = libraries ++ [
        pkgs.runtimeShellPackage
        sources.descriptions
      ];
      maximumBytes = 40000000;
    };

    stand-in = {
      output = packages.deploy.standIn;
      needs = libraries;
      maximumBytes = 40000000;
    };

    audit = script "audit" [
      packages.deploy
      sources.descriptions
    ];

    push = script "push" [
      packages.image
      imageTools.registry-manifest
      "${../../ecs/src/ecr-hosts.txt}"
    ];

    rehearse = script "rehearse" [
      packages.deploy
      packages.deploy.standIn
      packages.image
      imageTools.container
      imageTools.oci-rewrite
      scripts.push
      scripts.scan
      scripts.verify
      sources.descriptions
    ];

    # For a cache, which keeps what a path drags along.
    dependencies = {
      output = packages.dependencies;
      needs = [
        dev.cargoArtifacts
        releaseBuild.dependencies
      ];
      maximumBytes = 0;
    };

    dependencies-dev = {
      output = dev.cargoArtifacts;
      # Cargo notes of each crate where its sources are, and whoever goes on from here compiles with them.
      needs = [ releaseBuild.cargoVendorDir ];
      maximumBytes = 450000000;
    };

    dependencies-service = {
      output = releaseBuild.dependencies;
      needs = [ releaseBuild.cargoVendorDir ];
      maximumBytes = 200000000;
    };

    # No image, so that one that was built elsewhere is scanned without building it here.
    scan = script "scan" [
      advisory-db
      imageTools.oci-unpack
      "${../apps/vulnix-allowed.json}"
    ];

    update = script "update" [ ];

    verify = script "verify" [
      imageTools.oci-unpack
      imageTools.registry-manifest
    ];
  }
  // lib.optionalAttrs (packages ? pictures) {
    pictures = {
      output = packages.pictures;
      needs = [ ];
      maximumBytes = 75000000;
    };
  };

  list = paths: "${pkgs.closureInfo { rootPaths = paths; }}/store-paths";

  closure =
    name:
    {
      output,
      needs,
      # Of the output itself, about a quarter above what it has: the closures of what it needs are nixpkgs' affair.
      maximumBytes,
    }:
    pkgs.runCommand "closure-${name}" { } ''
      sort ${list [ output ]} >found
      sort ${lib.optionalString (needs != [ ]) (list needs)} - <<<${output} >allowed
      if grep --invert-match --line-regexp --fixed-strings --file allowed found >unexpected; then
        echo "${name} drags along what it has no use for:" >&2
        cat unexpected >&2
        exit 1
      fi
      size=$(find ${output} -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
      echo "$(wc --lines <found) store paths, $size bytes of its own, of ${toString maximumBytes}" | tee $out
      [ "$size" -le ${toString maximumBytes} ] || {
        echo "${name} has grown beyond that" >&2
        exit 1
      }
    '';

  forgotten = lib.subtractLists (lib.attrNames outputs) (lib.attrNames (packages // scripts));
in
assert lib.assertMsg (
  forgotten == [ ]
) "nix/checks/closures.nix says nothing of ${lib.concatStringsSep ", " forgotten}";
lib.mapAttrs closure outputs
