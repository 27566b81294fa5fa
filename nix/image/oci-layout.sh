# usage: oci-layout FOLDER <DOCKER-ARCHIVE
# Makes FOLDER/oci, an OCI image layout with compressed layers, and FOLDER/digest, the digest under
# which a registry will hold it. A docker archive has neither: whoever pushes one compresses it, and
# the next version of the pushing tool may compress differently.
folder=$1

mkdir "$folder"
# No policy: what comes in was built next door, and there is no signature to look for.
skopeo --insecure-policy --tmpdir . copy --quiet --dest-compress-format gzip docker-archive:/dev/stdin "oci:$folder/oci"

# The history names the store paths that the layers were made of. Such a name changes with all that had a
# part in the making, and the digest is to change with the bytes alone.
oci-rewrite "$folder" 'del(.history[].comment)'
