#!/usr/bin/env bash
# Instructions per line, counted by callgrind, so the figure is the same on every run, however busy the machine is: of
# `watchfloor replay` (reading, parsing, inspection, detectors, incidents, bill and policy), and with STAGES=1 of each
# stage of the engine. Needs valgrind and ../shared/data.
# Usage: benches/instructions.sh [lines]
# WATCHFLOOR=path measures a program that is built already, ENGINE=path such a `engine` bench; PROFILE=1 also prints the
# functions that cost most (build with CARGO_PROFILE_RELEASE_STRIP=none for their names).
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
counted() {
  valgrind --tool=callgrind --callgrind-out-file="$dir/$1.out" "${@:2}" 2>&1 > /dev/null | awk '/Collected/ { print $4 }'
}
# What the second half of the lines cost: the name of the row, then the program that the file's name completes.
report() {
  local whole half
  whole=$(counted whole "${@:2}" "$dir/whole.log")
  half=$(counted half "${@:2}" "$dir/half.log")
  awk -v name="$1" -v whole="$whole" -v half="$half" -v lines="$lines" \
    'BEGIN { printf "%s: %.0f instructions a line (%d lines)\n", name, (whole - half) / (lines - int(lines / 2)), lines }'
}
if [ -n "${STAGES:-}" ]; then
  engine=${ENGINE:-$(cargo bench --bench engine --no-run --message-format=json 2> /dev/null |
    sed -n 's/.*"name":"engine".*"executable":"\([^"]*\)".*/\1/p' | tail -1)}
  for stage in lines parsed inspected judged; do report "$stage, with what comes before" "$engine" "$stage"; done
fi
report replay "$program" replay --threads 1 -o ndjson
if [ -n "${PROFILE:-}" ]; then callgrind_annotate "$dir/whole.out" | head -60; fi
