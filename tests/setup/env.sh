#!/bin/bash
# env.sh [COMMAND...]: run COMMAND with what the integration tests need; without one, only make it.
#
# TEST_PYTHON is the Python of a virtual environment with requirements.txt, NODE_PATH the folder of
# the key server's Node.js library. Both lie in the cache outside the checkout, named after what
# decides their content, and appear only when complete. The hashes in requirements.txt and in
# package-lock.json decide what is accepted; the machine's own settings decide from where.
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
express=$here/../integration/express
cache=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}
python=/usr/bin/python3

say() {
    printf 'setup: %s\n' "$*" >&2
}

# key FILE...: twelve hex digits for the content of the files and the version of the interpreters.
key() {
    { cat "$@" && "$python" --version && node --version; } | sha256sum | cut -c 1-12
}

make_venv() {
    "$python" -m venv "$1"
    "$1/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$here/requirements.txt"
}

make_node() {
    mkdir "$1"
    cp "$express/package.json" "$express/package-lock.json" "$1"
    (cd "$1" && npm ci --silent --ignore-scripts --no-audit --no-fund)
}

# once NAME MAKER FILE...: set `folder` to the cached folder, made by MAKER where it is missing. A
# virtual environment cannot be renamed, so a mark inside tells a complete folder.
once() {
    local name=$1 maker=$2
    shift 2
    folder=$cache/$name-$(key "$@")
    [ -e "$folder/.complete" ] && return
    mkdir -p "$cache"
    exec 9>"$cache/.$name.lock"
    flock 9
    if [ ! -e "$folder/.complete" ]; then
        say "making $folder"
        rm -rf "$folder"
        "$maker" "$folder" 9>&- >&2
        touch "$folder/.complete"
    fi
    exec 9>&-
}

once venv make_venv "$here/requirements.txt"
export TEST_PYTHON=$folder/bin/python
once express make_node "$express/package.json" "$express/package-lock.json"
export NODE_PATH=$folder/node_modules
if [ "$#" -gt 0 ]; then
    exec "$@"
fi
