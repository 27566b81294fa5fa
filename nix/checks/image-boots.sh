# usage: image-boots IMAGE
# Starts the image the way a container runtime does, asks it and stops it.
image=$1
folder=$PWD/container
address=http://127.0.0.1:$SERVICE_PORT

fail() {
  echo "image-boots: $*" >&2
  exit 1
}

ask() {
  curl --silent --show-error --fail --max-time 5 "$@"
}

! ask "$address/health" 2>/dev/null || fail "somebody else answers on port $SERVICE_PORT"

container "$image/oci" "$folder" &
service=$!
# Whatever happens: nothing below waits longer than this.
(sleep 30 && kill -KILL "$service") >/dev/null 2>&1 &

until ask "$address/health" >health 2>reason; do
  kill -0 "$service" 2>/dev/null || fail "it ended before /health answered: $(<reason)"
  sleep 0.1
done
ask "$address/" >page || fail "/ does not answer"
grep --quiet --ignore-case '<html' page || fail "/ answers with something that is no page: $(head -c 200 page)"

process=$service
if [ -e "$folder/info" ]; then
  process=$(jq '."child-pid"' "$folder/info")
fi
container "$image/oci" "$folder" -- healthcheck || fail "healthcheck says the service is not well"

# The signal that a platform sends to stop a task.
kill -TERM "$process"
status=0
wait "$service" || status=$?
[ "$status" = 0 ] || fail "SIGTERM ended it with $status"
! container "$image/oci" "$folder" -- healthcheck || fail "healthcheck is content with a service that is gone"
echo "image-boots: $(wc -c <page) bytes of page, $(wc -c <health) of health, ended by SIGTERM with 0"
