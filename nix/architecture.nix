# For which processor a release is built, and on which of GitHub's machines: what the descriptions of the environments
# say, which all have to say the same, as one image goes to all of them. It needs no input of the flake:
#   nix eval --raw --file nix/architecture.nix runner
{
  # {environment: architecture}
  described ?
    let
      folder = ../ecs/environments;
      named = file: builtins.match "([a-z0-9-]+)\\.toml" file;
      read = file: (builtins.fromTOML (builtins.readFile (folder + "/${file}"))).task.architecture;
    in
    builtins.listToAttrs (
      map (file: {
        name = builtins.head (named file);
        value = read file;
      }) (builtins.filter (file: named file != null) (builtins.attrNames (builtins.readDir folder)))
    ),
}:
let
  machines = {
    X86_64 = {
      system = "x86_64-linux";
      runner = "ubuntu-24.04";
      other = machines.ARM64.runner;
    };
    ARM64 = {
      system = "aarch64-linux";
      runner = "ubuntu-24.04-arm";
      other = machines.X86_64.runner;
    };
  };

  names = builtins.attrNames described;
  architecture = described.${builtins.head names};
  differ = builtins.filter (name: described.${name} != architecture) names;
  list = builtins.concatStringsSep ", " (map (name: "${described.${name}} in ${name}") names);
in
if names == [ ] then
  throw "ecs/environments describes no environment"
else if differ != [ ] then
  throw "ecs/environments: one image goes to all of them, so task.architecture has to be the same in each: ${list}"
else
  # `runner` builds, scans and pushes the release; on `other` the flake is checked as well.
  machines.${architecture}
    or (throw "ecs/environments: task.architecture is ${architecture}; expected X86_64 or ARM64")
