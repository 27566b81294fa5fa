# The image: layers by dockerTools, compressed here and not by whoever pushes it.
{
  lib,
  dockerTools,
  runCommand,
  imageTools,
  walkthrough,
  site,
}:
let
  stream = dockerTools.streamLayeredImage {
    name = "walkthrough";
    tag = walkthrough.version;

    # Copies, not links into the store: a store path's name changes with everything that took part in
    # making it, the lock file of another member of the workspace included, and the digest is to change
    # with the bytes alone.
    extraCommands = ''
      mkdir bin share
      cp ${lib.getExe walkthrough} bin/walkthrough
      cp --recursive ${site} share/walkthrough
    '';

    config = {
      Entrypoint = [ "/bin/walkthrough" ];
      # Numeric, so that no user database is needed, and the platform can see that it is not root.
      User = "65532:65532";
      Env = [
        # The start needs more memory than serving does, and glibc would keep it: left alone, it takes the
        # first large piece that is given back as a reason to keep all later ones of that size.
        "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072"
        "ROCKET_ADDRESS=0.0.0.0"
        "ROCKET_PORT=8000"
        "ROCKET_TEMPLATE_DIR=/share/walkthrough/templates"
        # One thread answers more than a task will be asked, and wakes no other to do it; what grows is
        # the number of tasks.
        "ROCKET_WORKERS=1"
        "WALKTHROUGH_STATIC_DIR=/share/walkthrough/static"
      ];
      ExposedPorts."8000/tcp" = { };
      StopSignal = "SIGTERM";
      # No commit and no date: a release that changes nothing in here is the same image.
      Labels = {
        "org.opencontainers.image.title" = "walkthrough";
        "org.opencontainers.image.description" = walkthrough.meta.description;
        "org.opencontainers.image.licenses" = walkthrough.meta.license.spdxId;
        "org.opencontainers.image.version" = walkthrough.version;
      };
    };
  };
in
runCommand "walkthrough-image"
  {
    nativeBuildInputs = [ imageTools.oci-layout ];
    # For the check that does it a second time.
    passthru = { inherit stream; };
  }
  ''
    ${stream} | oci-layout $out
  ''
