#!/bin/sh
# Runs every fuzz target, each for the time given: tools/fuzz.sh 1m
# A target that fails is named at the end; what broke it lies in its testdata.
set -eu
cd "$(dirname "$0")/.."
time=${1:-1m}

failed=''
count=0
for dir in $(git ls-files -co --exclude-standard '*_test.go' | while read -r f; do
	grep -q '^func Fuzz' "$f" 2>/dev/null && dirname "$f"
done | sort -u); do
	for target in $(go test -list '^Fuzz' "./$dir" | grep '^Fuzz'); do
		count=$((count + 1))
		echo "== $dir $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$dir" || failed="$failed $dir:$target"
	done
done

if [ "$count" = 0 ]; then
	echo 'no fuzz targets found' >&2
	exit 1
fi
if [ -n "$failed" ]; then
	echo "failed:$failed" >&2
	exit 1
fi
echo "$count targets, $time each: clean"
