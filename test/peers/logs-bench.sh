#!/usr/bin/env bash
# The 200 ms question over the same files on maru and on Spark, turn about. A
# round asks both once; Spark is asked once before, so that its code is warm.
#
#   logs-bench.sh DIR ROUNDS >>ROWS.tsv     (5)
#
# DIR holds *.parquet or *.json of gen_api_logs.py.
# Columns: round side format wall_s cpu_s answer
#
# Environment:
#   MARU         the binary                    (bin/maru)
#   MARU_SERVER  of a running `maru serve`      (http://127.0.0.1:7788)
#   MARU_PID     its pid, for cpu_s
#   PEERS_LOCK   file locked while a measurement runs
# Spark is started when it does not run (spark.sh).
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
MARU=${MARU:-$HERE/../../bin/maru}
DIR=$1 ROUNDS=${2:-5}
LOCK=${PEERS_LOCK:-${TMPDIR:-/tmp}/measure.lock}
HZ=$(getconf CLK_TCK)
ls "$DIR"/*.parquet >/dev/null 2>&1 && FORMAT=parquet || FORMAT=json
FROM="'$DIR/*.parquet'"
[ $FORMAT = parquet ] || FROM="read_json('$DIR/*.json', format = 'newline_delimited', columns = {ts: 'TIMESTAMP', user_ip: 'VARCHAR', path: 'VARCHAR'})"
Q="SELECT count(*) AS n FROM (SELECT epoch_ms(ts) - lag(epoch_ms(ts)) OVER (PARTITION BY user_ip, path ORDER BY ts) AS d FROM $FROM) WHERE d < 200"

# cpu PID: seconds that the process and all below it have used.
cpu() {
  local p t=0
  for p in "$1" $(pgrep -P "$1"); do t=$((t + $(awk '{sub(/^.*\) /, ""); print $12 + $13 + $14 + $15}' "/proc/$p/stat"))); done
  awk "BEGIN {printf \"%.2f\", $t / $HZ}"
}
# timed SIDE PID CMD…: one row.
timed() {
  local side=$1 pid=$2 c0 c1 t0 t1 n wall; shift 2
  exec 9>"$LOCK"; flock 9
  c0=$(cpu "$pid"); t0=$(date +%s.%N)
  n=$("$@" 9>&-)
  t1=$(date +%s.%N); c1=$(cpu "$pid")
  exec 9>&-
  read -r wall n <<<"$(sed -nE 's/.* run 0: ([0-9.]+) s,.*result \(([0-9]+),\)/\1 \2/p; s/^([0-9]+)$/- \1/p' <<<"$n")"
  [ "$wall" != - ] || wall=$(awk "BEGIN {print $t1 - $t0}")
  printf '%s\t%s\t%s\t%.2f\t%.2f\t%s\n' "$ROUND" "$side" "$FORMAT" "$wall" "$(awk "BEGIN {print $c1 - $c0}")" "$n"
}
ours() { "$MARU" sql --root "$DIR" -q "$Q" --format csv | tail -1; }
# theirs says itself how long it took: the start of Python is not counted.
theirs() { "$HERE/spark.sh" python "$HERE/logs_bench.py" repeats spark "$DIR" --runs 1; }

"$HERE/spark.sh" start >&2
SPARK_PID=$("$HERE/spark.sh" status | sed -E 's/^pid=([0-9]+) .*/\1/')
theirs >&2
for ROUND in $(seq "$ROUNDS"); do
  timed maru "$MARU_PID" ours
  timed spark "$SPARK_PID" theirs
done
