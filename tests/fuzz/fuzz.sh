#!/bin/bash
# fuzz.sh PROGRAM SECONDS: run one libFuzzer program and print `ok NAME` or `FAIL NAME`.
#
# It starts from the committed corpus and from what earlier runs found, which is kept in the cache
# outside the checkout. An input that fails is left beside the program and named.
set -euo pipefail

program=$1 seconds=$2
name=$(basename "$program")
name=${name#fuzz_}
committed=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/corpus/$name
found=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}/fuzz/$name

if [ ! -d "$committed" ]; then
    echo "FAIL fuzz $name: no corpus in $committed"
    exit 1
fi
mkdir -p "$found"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    -artifact_prefix="$(dirname "$program")/crash-$name-" "$found" "$committed" >"$log" 2>&1; then
    echo "ok fuzz $name: $(sed -n 's/^Done \([0-9]* runs\) .*/\1/p' "$log")"
else
    echo "FAIL fuzz $name"
    tail -n 60 "$log"
    exit 1
fi
