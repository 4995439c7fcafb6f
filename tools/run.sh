#!/usr/bin/env bash
# Starts the server on a project, and beside it a generator that writes the
# log which the project collects. Ctrl-C stops the generator, then the server.
#   tools/run.sh examples/api-log
set -u
# Each in a process group of its own: Ctrl-C must reach only this script,
# which stops them in order.
set -m

project=${1:-examples/api-log}
root=$(cd "$(dirname "$0")/.." && pwd)
maru=$root/bin/maru
data=${MARU_DATA:-$root/$project/.maru}
rate=${RATE:-200} # rows a second
readyWithin=60    # seconds

cd "$root" || exit 1
[ -x "$maru" ] || { echo "$maru is not there: make build" >&2; exit 1; }
[ -d "$project" ] || { echo "there is no project $project" >&2; exit 1; }
mkdir -p "$project/log"

gen=0
serve=0
stopping=0

running() { [ "$1" != 0 ] && kill -0 "$1" 2>/dev/null; }

# wait returns early when a signal comes, so it is asked until the process is gone.
await() { while running "$1"; do wait "$1"; done; }

stop() {
	if [ "$stopping" = 1 ]; then # a second Ctrl-C
		running "$gen" && kill -KILL "$gen"
		running "$serve" && kill -KILL "$serve"
		return
	fi
	stopping=1
	running "$gen" && kill -INT "$gen" && await "$gen"
	running "$serve" && kill -INT "$serve"
}
trap stop INT TERM HUP

"$maru" serve --project "$project" --data "$data" &
serve=$!

tries=$((readyWithin * 5))
until MARU_DATA=$data "$maru" doctor >/dev/null 2>&1; do
	running "$serve" || { wait "$serve"; exit $?; }
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || { echo "the server is not ready after $readyWithin s" >&2; stop; await "$serve"; exit 1; }
	sleep 0.2
done

if [ "$stopping" = 0 ]; then
	"$maru" gen api-log --follow --rate "$rate" --rotate 64MiB --keep 5 --out "$project/log/api.ndjson" >/dev/null &
	gen=$!
	cat <<END

$project is running; $rate rows a second go into $project/log/api.ndjson.
In another terminal:

  export MARU_DATA=$data PATH=$root/bin:\$PATH
  maru sql -q "FROM repeated_calls_1m ORDER BY window_start DESC LIMIT 10"
  maru tail repeated_calls
  maru doctor
  kcat -b 127.0.0.1:9092 -t api_log

Ctrl-C here stops everything in order; the next make run goes on from there.

END
fi

while running "$serve"; do
	wait "$serve"
	code=$?
done
# The server may have ended by itself.
[ "$stopping" = 1 ] || stop
await "$gen"
[ "$stopping" = 1 ] && [ "${code:-0}" -gt 128 ] && code=0
exit "${code:-0}"
