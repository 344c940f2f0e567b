#!/bin/bash
# install.sh PURPOSE...: install the Debian packages that packages.txt lists for these purposes.
#
# What is there already costs one dpkg query and prints nothing. What is missing is named with the
# reason before anything is installed, as root or through sudo.
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
declare -A reason=()
missing=()

say() {
    printf 'setup: %s\n' "$*"
}

# Packages wanted for the purposes, less those whose COMMAND is there.
collect() {
    local purpose package why command
    while read -r purpose package why; do
        [[ " $* " == *" $purpose "* ]] || continue
        if [[ $why == COMMAND=* ]]; then
            command=${why%% *}
            why=${why#* }
            command -v "${command#COMMAND=}" >/dev/null && continue
        fi
        reason[$package]=$why
    done < <(grep -v -e '^#' -e '^$' "$here/packages.txt")
}

# Of the collected ones those that dpkg does not report as installed.
find_missing() {
    local package installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${!reason[@]}" 2>/dev/null |
        sed -n 's/^installed //p') || true
    for package in "${!reason[@]}"; do
        grep -qx "$package" <<<"$installed" || missing+=("$package")
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@"
    fi
}

# Only the lines that show progress; everything goes to the log, whose end is shown on failure.
run_logged() {
    local log=$1
    shift
    if ! as_root "$@" 2>&1 | tee -a "$log" | { grep --line-buffered -E '^(Fetched|Setting up)' |
        sed -u 's/^/setup:   /' || true; }; then
        tail -n 30 "$log"
        say "failed: $*"
        return 1
    fi
}

install_missing() {
    local log package
    log=$(mktemp /tmp/lockstep-setup.XXXXXX)
    say "missing, to be installed by apt-get:"
    for package in "${missing[@]}"; do
        printf 'setup:   %-24s %s\n' "$package" "${reason[$package]}"
    done
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        say "neither root nor sudo: install them by hand"
        return 1
    fi
    run_logged "$log" apt-get update -q
    run_logged "$log" apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=300 "${missing[@]}"
    rm -f "$log"
}

if ! command -v dpkg-query >/dev/null; then
    say "no dpkg here: install by hand what $here/packages.txt lists for: $*"
    exit 0
fi
collect "$@"
find_missing
if [ "${#missing[@]}" -gt 0 ]; then
    install_missing
fi
