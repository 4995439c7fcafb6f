#!/usr/bin/env bash
# Starts a server on examples/api-log, and beside it a generator that writes
# the log which the project collects: eight days of the past, then as time goes
# on. Ctrl-C stops the generator, then the server. From the environment: RATE
# (rows a second), SINCE (how long ago the log begins), HTTP and KAFKA (addresses
# for when the usual ports are taken), MARU_DATA (another data directory).
set -u
# Each in a process group of its own: Ctrl-C must reach only this script,
# which stops them in order.
set -m

root=$(cd "$(dirname "$0")/.." && pwd)
project=examples/api-log
maru=$root/bin/maru
data=${MARU_DATA:-$root/$project/.maru}
http=${HTTP:-127.0.0.1:7788}
kafka=${KAFKA:-127.0.0.1:9092}
# As many rows as eight days of the past have, so that today compares with them.
rate=${RATE:-3}
since=${SINCE:-8d}
log=$project/log/api.ndjson
pids=$data/make-run.pids # this script, then what it started
readyTries=300 # of 0.2 s each

cd "$root" || exit 1
[ -x "$maru" ] || { echo "$maru is not there: make build" >&2; exit 1; }
mkdir -p "$project/log"
mkdir -p -m 700 "$data"
export MARU_DATA=$data # for what is asked below

gen=0
serve=0
stopping=0

running() { [ "$1" != 0 ] && kill -0 "$1" 2>/dev/null; }

# wait returns early when a signal comes, so it is asked until the process is gone.
await() { while running "$1"; do wait "$1" 2>/dev/null; done; }

# leftover stops what an earlier run of this script left when it was killed
# itself: a second generator would write into the same log. While that run is
# still there, this one has no place.
leftover() {
	local pid what tries
	[ -f "$pids" ] || return 0
	while read -r pid what; do
		case $(ps -o args= -p "$pid" 2>/dev/null) in
		*tools/run.sh*)
			echo "make run is there already (process $pid); for a second one beside it give MARU_DATA, HTTP and KAFKA others" >&2
			exit 1
			;;
		"$maru $what"*) ;;
		*) continue ;; # long gone, and somebody else has its number
		esac
		echo "stopping maru $what of an earlier run (process $pid)"
		kill -INT "$pid"
		for ((tries = 0; tries < 100; tries++)); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
	done <"$pids"
	rm -f "$pids"
}

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

# until_true CMD…: tries until it is true, the server has ended, or Ctrl-C.
until_true() {
	local tries=$readyTries
	until "$@" >/dev/null 2>&1; do
		[ "$stopping" = 0 ] && running "$serve" || return 1
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.2
	done
}

ready() { grep -q "\"pid\":$serve[,}]" "$data/run/server.json"; }

# In these windows a call that was repeated within 200 ms shows first.
question='FROM repeated_calls_1m ORDER BY window_start DESC LIMIT 10'
answers() { "$maru" sql -q 'FROM repeated_calls_1m LIMIT 0'; }

leftover
echo "$$ run" >"$pids"
"$maru" serve --project "$project" --data "$data" --http "$http" --kafka "$kafka" &
serve=$!
echo "$serve serve" >>"$pids"

if until_true ready; then
	"$maru" gen api-log --follow --since "$since" --rate "$rate" --repeat-share 0.02 --rotate 64MiB --keep 5 --out "$log" >/dev/null &
	gen=$!
	echo "$gen gen" >>"$pids"
fi
if until_true answers; then
	server=
	[ "$http" = 127.0.0.1:7788 ] || server="
  export MARU_SERVER=http://$http"
	cat <<END

$project is running; about $rate rows a second go into $log,
and the first time the $since before are filled in: half a minute until the views have them.
Look at its dashboard (the first time by the link to /welcome that stands above):

  http://$http/dashboards/api

and ask from another terminal:

  export PATH=$root/bin:\$PATH$server
  maru sql -q "$question"
  maru tail repeated_calls
  maru doctor
  kcat -b $kafka -t api_log

Ctrl-C here stops everything in order; the next make run goes on from there.

END
elif [ "$stopping" = 0 ] && running "$serve"; then
	echo "the streams do not answer yet; maru doctor says more" >&2
fi

code=0
while running "$serve"; do
	wait "$serve" 2>/dev/null
	code=$?
done
if [ "$stopping" = 0 ]; then # the server has ended by itself
	[ "$code" = 0 ] || echo "the server has ended with code $code; make run starts it again, nothing is lost" >&2
	stop
	await "$gen"
else
	await "$gen"
	[ "$code" -gt 128 ] && code=0
	rm -f "$pids"
	[ "$code" = 0 ] && echo "stopped; the next make run goes on from here"
fi
exit "$code"
