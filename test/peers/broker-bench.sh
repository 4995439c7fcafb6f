#!/usr/bin/env bash
# Our broker and Apache Kafka under the same load, turn about: each row runs on
# one side and at once on the other, so that a disturbance meets both. Kafka's
# own ProducerPerformance and ConsumerPerformance are the clients, with the
# arguments of kafka-bench.sh.
#
#   broker-bench.sh ROUNDS >>ROWS.tsv      (4)
#   broker-bench.py <ROWS.tsv              medians and ratios
#
# Columns: round side part partitions records size acks records/s wall_s
# broker_cpu_s broker_rss_mib tool_cpu_s other_cpu_s
#
# Environment:
#   MARU            the binary                         (bin/maru)
#   OURS, OURS_PID  address and pid of `maru serve` with broker.durability os
#   SYNC, SYNC_PID  the same with durability fsync     (none: no flush rows)
#   THEIRS, THEIRS_PID  of Apache Kafka (kafka.sh start, kafka.sh status)
#   ROWS            part:partitions:size:records:acks:batch …
#   PEERS_LOCK      file locked while a measurement runs
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
MARU=${MARU:-$HERE/../../bin/maru}
ROUNDS=${1:-4}
LOCK=${PEERS_LOCK:-${TMPDIR:-/tmp}/measure.lock}
HZ=$(getconf CLK_TCK)
ROWS=${ROWS:-produce:8:1024:150000:1:16384 produce:8:1024:150000:all:16384 produce:1:1024:150000:1:16384 produce:1:1024:150000:all:16384
 produce:8:100:3000000:1:16384 produce:8:100:3000000:all:16384 produce:1:100:3000000:1:16384 produce:1:100:3000000:all:16384
 consume:8:1024:300000:-:65536 consume:1:1024:300000:-:65536 consume:8:100:1500000:-:65536 consume:1:100:1500000:-:65536
 flush:8:1024:100000:all:16384 flush:1:1024:100000:all:16384}
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT

cpu() { awk -v hz="$HZ" '{sub(/^.*\) /, ""); printf "%.2f", ($12 + $13) / hz}' "/proc/$1/stat"; }
busy() { awk -v hz="$HZ" '/^cpu / {printf "%.2f", ($2 + $3 + $4 + $7 + $8) / hz}' /proc/stat; }
topic() { # ADDR NAME PARTITIONS [--config K=V]
  local addr=$1 name=$2 n=$3; shift 3
  "$MARU" topic create "$name" --bootstrap "$addr" --partitions "$n" --config retention.ms=-1 "$@" >/dev/null
}
drop() { "$MARU" topic delete "$2" --bootstrap "$1" --yes >/dev/null 2>&1 || true; }
produce() { # ADDR TOPIC RECORDS SIZE ACKS BATCH
  "$HERE/kafka.sh" cli ProducerPerformance --topic "$2" --num-records "$3" --record-size "$4" --throughput -1 \
    --command-property "bootstrap.servers=$1" "acks=$5" "batch.size=$6" linger.ms=5 compression.type=none
}
consume() { "$HERE/kafka.sh" cli ConsumerPerformance --bootstrap-server "$1" --topic "$2" --num-records "$3" --timeout 60000; }

# timed PID CMD…: sets WALL BROKER TOOL OTHER.
timed() {
  local pid=$1 c0 c1 b0 b1 u s TIMEFORMAT='%R %U %S'; shift
  exec 9>"$LOCK"; flock 9
  c0=$(cpu "$pid"); b0=$(busy)
  { time "$@" >"$T/out" 2>"$T/err" 9>&-; } 2>"$T/time"
  c1=$(cpu "$pid"); b1=$(busy)
  exec 9>&-
  read -r WALL u s <"$T/time"
  BROKER=$(awk "BEGIN {printf \"%.2f\", $c1 - $c0}")
  TOOL=$(awk "BEGIN {printf \"%.2f\", $u + $s}")
  OTHER=$(awk "BEGIN {o = $b1 - $b0 - $u - $s - $BROKER; printf \"%.2f\", o < 0 ? 0 : o}")
}

# one ROUND SIDE ADDR PID ROW
one() {
  local part partitions size records acks batch rate name
  IFS=: read -r part partitions size records acks batch <<<"$5"
  name=bench-$part-$partitions-$size
  case $part in
  consume)
    if [ ! -e "$T/filled.$2.$name" ]; then
      drop "$3" "$name"; topic "$3" "$name" "$partitions"
      produce "$3" "$name" "$records" "$size" 1 "$batch" >/dev/null
      touch "$T/filled.$2.$name"
    fi
    timed "$4" consume "$3" "$name" "$records"
    rate=$(grep -E '^[0-9]{4}-' "$T/out" | tail -1 | awk -F', *' '{print $10}') ;;
  *)
    drop "$3" "$name"
    if [ "$part" = flush ]; then topic "$3" "$name" "$partitions" --config flush.messages=1; else topic "$3" "$name" "$partitions"; fi
    timed "$4" produce "$3" "$name" "$records" "$size" "$acks" "$batch"
    rate=$(sed -nE 's/^[0-9]+ records sent, ([0-9.]+) records\/sec .*99\.9th.*/\1/p' "$T/out" | tail -1)
    drop "$3" "$name" ;;
  esac
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$part" "$partitions" "$records" "$size" "$acks" "${rate:--}" \
    "$WALL" "$BROKER" "$(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$4/status")" "$TOOL" "$OTHER"
}

for ((r = 1; r <= ROUNDS; r++)); do
  for row in $ROWS; do
    ours=$OURS pid=$OURS_PID
    case $row in flush:*) [ -n "${SYNC:-}" ] || continue; ours=$SYNC pid=$SYNC_PID ;; esac
    if ((r % 2)); then
      one "$r" maru "$ours" "$pid" "$row"; one "$r" kafka "$THEIRS" "$THEIRS_PID" "$row"
    else
      one "$r" kafka "$THEIRS" "$THEIRS_PID" "$row"; one "$r" maru "$ours" "$pid" "$row"
    fi
  done
done
