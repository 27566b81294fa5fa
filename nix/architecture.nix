# For which processor a release is built, and on which of GitHub's machines: what the descriptions of the environments
# say, which all have to say the same, as one image goes to all of them. No flake's input is needed to read this:
#   nix eval --raw --file nix/architecture.nix runner
let
  folder = ../ecs/environments;

  architectures = {
    X86_64 = {
      system = "x86_64-linux";
      runner = "ubuntu-24.04";
    };
    ARM64 = {
      system = "aarch64-linux";
      runner = "ubuntu-24.04-arm";
    };
  };

  names = builtins.filter (name: builtins.match "[a-z0-9-]+\\.toml" name != null) (
    builtins.attrNames (builtins.readDir folder)
  );
  described = map (
    name: (builtins.fromTOML (builtins.readFile (folder + "/${name}"))).task.architecture
  ) names;
  architecture = builtins.head described;
  chosen =
    architectures.${architecture}
      or (throw "ecs/environments: ${architecture} is no architecture; expected ${builtins.concatStringsSep " or " (builtins.attrNames architectures)}");
  others = builtins.filter (other: other != chosen) (builtins.attrValues architectures);
in
if described == [ ] then
  throw "ecs/environments describes no environment"
else if builtins.any (other: other != architecture) described then
  throw "ecs/environments: one image goes to every environment, and their architectures differ: ${
    builtins.concatStringsSep ", " (builtins.genList (n: "${builtins.elemAt names n} ${builtins.elemAt described n}") (builtins.length names))
  }"
else
  {
    # The release is built, scanned and pushed on this one.
    inherit (chosen) system runner;
    # The flake is checked on this one, too.
    other = (builtins.head others).runner;
  }
