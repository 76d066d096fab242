#!/usr/bin/env bash
# Instructions per line of `watchfloor replay`: reading, parsing, inspection, detectors, incidents, bill and policy. Counted
# by callgrind, so the figure is the same on every run, however busy the machine is. Needs valgrind and ../shared/data.
# Usage: benches/instructions.sh [lines]
# WATCHFLOOR=path measures a program that is built already; PROFILE=1 also prints the functions that cost most (build with
# CARGO_PROFILE_RELEASE_STRIP=none for their names).
set -euo pipefail
cd "$(dirname "$0")/.."
lines=${1:-50000}
program=${WATCHFLOOR:-${CARGO_TARGET_DIR:-target}/release/watchfloor}
[ -n "${WATCHFLOOR:-}" ] || cargo build --release --locked
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# The real log, again and again, each time from other addresses. Half of it is counted too: the difference is free of what
# the start costs.
awk -v lines="$lines" '{ line[NR] = $0 }
  END { for (i = 0; i < lines; i++) { l = line[i % NR + 1]; sub(/^[0-9]+/, int(i / NR) % 200 + 1, l); print l } }' \
  ../shared/data/web-access/apache-combined.log > "$dir/whole.log"
head -n $((lines / 2)) "$dir/whole.log" > "$dir/half.log"
count() {
  valgrind --tool=callgrind --callgrind-out-file="$dir/$1.out" \
    "$program" replay --threads 1 -o ndjson "$dir/$1.log" 2>&1 > /dev/null | awk '/Collected/ { print $4 }'
}
whole=$(count whole) half=$(count half)
awk -v whole="$whole" -v half="$half" -v lines="$lines" \
  'BEGIN { printf "%.0f instructions a line (%d lines)\n", (whole - half) / (lines - int(lines / 2)), lines }'
if [ -n "${PROFILE:-}" ]; then callgrind_annotate "$dir/whole.out" | head -60; fi
