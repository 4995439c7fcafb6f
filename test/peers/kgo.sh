#!/usr/bin/env bash
# The tests of franz-go's client, of the version in go.mod, against a broker.
#
#   kgo.sh HOST:PORT [GO TEST FLAG…]
#
# Left out, with the reason: docs/compat/kafka.md. KGO_TEST_RECORDS says how
# many records each test moves (50000).
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2; }
ADDR=$1; shift
LEFT_OUT='TestShareGroup|TestTxnEtl|TestSCRAM|TestConsumeRegex$'
export KGO_SEEDS=$ADDR KGO_TEST_RF=1 KGO_TEST_RECORDS=${KGO_TEST_RECORDS:-50000}
exec go test -count 1 -timeout 10m -skip "$LEFT_OUT" "$@" github.com/twmb/franz-go/pkg/kgo
