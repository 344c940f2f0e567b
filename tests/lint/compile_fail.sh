#!/bin/sh
# Programs that leak a secret must not compile. Each file of compile_fail/ is given to both
# compilers with the warnings of the build; ok.c, which uses the same headers rightly, must pass.
# All others must fail, and because of their last statement, which stands on the last line but one.
# Run from the root of the repository.
set -u

flags="-std=gnu17 -O1 -D_GNU_SOURCE -Iagent -I. -Wall -Wextra -Wformat=2 -Wcast-qual \
-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Werror"
dir=tests/lint/compile_fail
messages=$(mktemp) || exit 2
trap 'rm -f "$messages"' EXIT
failed=0

check() {
    compiler=$1
    file=$2
    name=$(basename "$file" .c)
    want=refused
    [ "$name" = ok ] && want=compiled
    got=refused
    # shellcheck disable=SC2086 # flags are many words
    LC_ALL=C "$compiler" $flags -c -o /dev/null "$file" >"$messages" 2>&1 && got=compiled
    statement=$(($(wc -l <"$file") - 1))
    if [ "$got" = refused ] && ! grep -q "^$file:$statement:" "$messages"; then
        got='refused for another reason'
    fi
    if [ "$got" = "$want" ]; then
        echo "ok $compiler $name: $got"
    else
        echo "FAIL $compiler $name: $got, must be $want"
        cat "$messages"
        failed=1
    fi
}

for compiler in gcc clang-14; do
    if ! command -v "$compiler" >/dev/null; then
        echo "FAIL $compiler: not installed"
        failed=1
        continue
    fi
    for file in "$dir"/*.c; do
        check "$compiler" "$file"
    done
done
exit "$failed"
