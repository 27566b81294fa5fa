# The image: layers by dockerTools, compressed here and not by whoever pushes it.
{
  lib,
  dockerTools,
  runCommand,
  imageTools,
  bill,
  service,
  site,
}:
let
  inherit (lib.importTOML ../../service.toml) name port prefix;

  stream = dockerTools.streamLayeredImage {
    inherit name;
    tag = service.version;

    # Copies, not links into the store: a store path's name changes with everything that took part in
    # making it, the lock file of another member of the workspace included, and the digest is to change
    # with the bytes alone.
    extraCommands = ''
      mkdir bin share
      cp ${lib.getExe service} bin/${name}
      cp --recursive ${bill} share/bill
      cp --recursive ${site} share/${name}
    '';

    config = {
      Entrypoint = [ "/bin/${name}" ];
      # Numeric, so that no user database is needed, and the platform can see that it is not root.
      User = "65532:65532";
      Env = [
        # The start needs more memory than serving does, and glibc would keep it: left alone, it takes the
        # first large piece that is given back as a reason to keep all later ones of that size.
        "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072"
        "ROCKET_ADDRESS=0.0.0.0"
        "ROCKET_PORT=${toString port}"
        "ROCKET_TEMPLATE_DIR=/share/${name}/templates"
        # One thread answers more than a task will be asked, and wakes no other to do it; what grows is
        # the number of tasks.
        "ROCKET_WORKERS=1"
        "${prefix}BILL_DIR=/share/bill"
        "${prefix}STATIC_DIR=/share/${name}/static"
      ];
      ExposedPorts."${toString port}/tcp" = { };
      StopSignal = "SIGTERM";
      # No commit and no date: a release that changes nothing in here is the same image.
      Labels = {
        "org.opencontainers.image.title" = name;
        "org.opencontainers.image.description" = service.meta.description;
        "org.opencontainers.image.licenses" = service.meta.license.spdxId;
        "org.opencontainers.image.version" = service.version;
      };
    };
  };
in
runCommand "${name}-image"
  {
    nativeBuildInputs = [ imageTools.oci-layout ];
    # For the check that does it a second time.
    passthru = { inherit stream; };
  }
  ''
    ${stream} | oci-layout $out
  ''
