#!/bin/bash
# build.sh: build the oracle of the conformance tests and print the path of its program.
#
# The program lands in a cache folder outside the checkout that is named after a hash of its
# sources and of the Go that builds them, so that a second run builds nothing. A folder appears
# under its final name only when it is complete. Progress goes to stderr.
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}

say() {
    printf 'build.sh: %s\n' "$*" >&2
}

# sources_hash: twelve hex digits for everything that decides the program's bytes.
sources_hash() {
    {
        (cd "$here/oracle" && sha256sum -- ../build.sh go.mod go.sum ./*.go)
        "$go" env GOVERSION GOARCH
    } | sha256sum | cut -c 1-12
}

export GOTOOLCHAIN=local
go=$("$here/../e2e/tools/find-go.sh")
folder=$cache/oracle-$(sources_hash)
mkdir -p "$cache"
exec 9>"$cache/.oracle.lock"
flock 9
if [ ! -x "$folder/oracle" ]; then
    say "building with $("$go" env GOVERSION), a minute when the cache is cold"
    rm -rf "$cache/.oracle.tmp".*
    tmp=$(mktemp -d "$cache/.oracle.tmp.XXXXXX")
    chmod 755 "$tmp"
    # Position independent, so that an address which a template prints differs from run to run.
    (cd "$here/oracle" && CGO_ENABLED=0 GOWORK=off GOFLAGS='' "$go" build -mod=readonly -trimpath \
        -buildvcs=false -buildmode=pie -o "$tmp/" .) >&2
    mv -T "$tmp" "$folder"
fi
echo "$folder/oracle"
