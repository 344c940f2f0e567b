#!/bin/bash
# check_build.sh: program and tests build without a warning, with gcc and with clang.
set -uo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1
build=${BUILD:-build}
status=0

# build NAME MAKE-ARGUMENT...: one line for the compiler, the errors where it fails.
build() {
    local name=$1 text
    shift
    if text=$(make --no-print-directory -s -k -j"$(nproc)" "$@" all tests 2>&1 >/dev/null); then
        echo "ok build, $name"
    else
        printf 'FAIL build, %s\n%s\n' "$name" "$text"
        status=1
    fi
}

build gcc PROFILE=debug B="$build/debug" CC=gcc
build clang PROFILE=debug B="$build/clang" CC=clang-14
exit "$status"
