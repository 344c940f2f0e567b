#!/bin/bash
# run.sh [PART...]: the benchmarks, in a mount namespace of their own, as root. See run.py --help.
set -euo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
if [ "$(id -u)" != 0 ]; then
    echo "run.sh: the benchmarks mount file systems and start a cluster: run them as root" >&2
    exit 1
fi
env -u MAKEFLAGS make --no-print-directory -s -j"$(nproc)" PROFILE=debug B=build/debug \
    -f Makefile -f tests/bench/bench.mk bench-programs
exec unshare -m --propagation private /usr/bin/python3 -B tests/bench/run.py "$@"
