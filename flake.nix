{
  description = "A small web service whose every release can be rebuilt bit for bit";

  inputs = {
    # Compiler, C library and every tool: one revision of it fixes all of them.
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    # Rust in two steps, so that a change of ours does not rebuild the dependencies.
    crane.url = "github:ipetkov/crane";
    # Known vulnerabilities, pinned: the audit here gives the same answer tomorrow.
    advisory-db.url = "github:rustsec/advisory-db";
    advisory-db.flake = false;
  };

  outputs =
    {
      self,
      nixpkgs,
      crane,
      advisory-db,
      ...
    }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];

      eachSystem = f: lib.genAttrs systems (system: f system nixpkgs.legacyPackages.${system});

      sources = import ./nix/sources.nix { inherit lib; };

      craneLib = eachSystem (_: pkgs: crane.mkLib pkgs);

      releaseBuild = eachSystem (
        system: pkgs:
        pkgs.callPackage ./nix/package.nix {
          inherit sources;
          craneLib = craneLib.${system};
        }
      );

      dev = eachSystem (
        system: pkgs:
        pkgs.callPackage ./nix/dev.nix {
          inherit sources;
          inherit (releaseBuild.${system}) cargoVendorDir;
          craneLib = craneLib.${system};
        }
      );

      imageTools = eachSystem (_: pkgs: pkgs.callPackage ./nix/image/tools.nix { });

      packages = eachSystem (
        system: pkgs:
        let
          service = releaseBuild.${system}.package;
          site = pkgs.callPackage ./nix/site.nix { inherit sources; };
          bill = pkgs.callPackage ./nix/bill.nix {
            inherit (releaseBuild.${system}) cargoVendorDir;
            inherit service;
          };
          deploy = pkgs.callPackage ./nix/deploy.nix {
            inherit sources;
            craneLib = craneLib.${system};
            dev = dev.${system};
          };
        in
        {
          default = service;
          inherit deploy site;
          # What changes with the lock files alone, and takes most of the time: worth a cache.
          dependencies = pkgs.linkFarm "dependencies" {
            dev = dev.${system}.cargoArtifacts;
            service = releaseBuild.${system}.dependencies;
          };
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
          inherit bill;
          image = pkgs.callPackage ./nix/image {
            inherit bill service site;
            imageTools = imageTools.${system};
          };
        }
        # Where nixpkgs has a browser, and a driver of the same version.
        // lib.optionalAttrs
          (
            pkgs.stdenv.hostPlatform.isLinux
            && pkgs ? chromium
            && pkgs ? chromedriver
            && lib.meta.availableOn pkgs.stdenv.hostPlatform pkgs.chromium
          )
          {
            pictures = pkgs.callPackage ./nix/checks/pictures.nix {
              inherit service sources;
              craneLib = craneLib.${system};
              dev = dev.${system};
            };
          }
      );

      devShells = eachSystem (
        system: pkgs: {
          default = pkgs.callPackage ./nix/shell.nix { craneLib = craneLib.${system}; };
        }
      );

      apps = eachSystem (
        system: pkgs:
        import ./nix/apps {
          inherit pkgs advisory-db;
          inherit (packages.${system}) deploy site;
          inherit (sources) descriptions;
          # Where none can be built there is neither.
          bill = packages.${system}.bill or null;
          image = packages.${system}.image or null;
          # Of a tree that is not committed there is none to name.
          commit = self.rev or "";
          imageTools = imageTools.${system};
          service = packages.${system}.default;
        }
      );
    in
    {
      inherit packages devShells;
      apps = lib.mapAttrs (_: built: built.apps) apps;

      checks = eachSystem (
        system: pkgs:
        import ./nix/checks {
          inherit pkgs advisory-db sources;
          craneLib = craneLib.${system};
          releaseBuild = releaseBuild.${system};
          dev = dev.${system};
          imageTools = imageTools.${system};
          scripts = apps.${system}.checks;
          packages = packages.${system};
          devShells = devShells.${system};
        }
      );

      formatter = eachSystem (_: pkgs: pkgs.nixfmt-tree);
    };
}
