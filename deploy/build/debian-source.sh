#!/bin/bash
# debian-source.sh PACKAGE SUITE OLDEST: fetch and unpack a Debian source package into the current
# folder; print the folder of the source and, on a second line, its version.
#
# It uses the mirror of this machine's own apt, but its own source list and state folder, so that
# the machine's apt is left alone and no deb-src line is needed. Mirrors announce a point release
# before they serve it, so the versions are tried from the newest down to OLDEST.
set -euo pipefail

package=$1 suite=$2 oldest=$3
apt=$PWD/apt

say() {
    printf 'debian-source.sh: %s\n' "$*" >&2
}

# mirror: the machine's Debian mirror, as "main-URI security-URI".
mirror() {
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
        'Created-By: Packages' 'Origin: Debian' | sort -u |
        awk '$2 ~ /-security$/ { security = $1 }
             $2 ~ /^(bookworm|trixie)$/ { main = $1 }
             END { print main, security }'
}

write_source_list() {
    local main=$1 security=$2 key=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
    echo "deb-src [signed-by=$key] $main $suite main" >"$apt/sources.list"
    if [ -n "$security" ]; then
        echo "deb-src [signed-by=$key] $security $suite-security main" >>"$apt/sources.list"
    fi
}

own_apt() {
    local tool=$1
    shift
    "$tool" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State="$apt/state" -o Dir::State::lists="$apt/state/lists" \
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root -o Acquire::Retries=2 "$@"
}

versions_newest_first() {
    own_apt apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -Vru
}

read -r main security < <(mirror)
if [ -z "${main:-}" ]; then
    say "apt knows no Debian mirror (apt-get indextargets names none): run apt-get update"
    exit 1
fi
write_source_list "$main" "${security:-}"
own_apt apt-get update -qq >&2

for version in $(versions_newest_first); do
    if dpkg --compare-versions "$version" lt "$oldest"; then
        break
    fi
    if own_apt apt-get source -qq --download-only "$package=$version" >&2; then
        dpkg-source --no-check -x "${package}_${version#*:}.dsc" source >&2
        printf '%s\n%s\n' "$PWD/source" "$version"
        exit 0
    fi
    say "$package $version is announced but not served, trying the one before"
done
say "$package of $suite: nothing as new as $oldest is served"
exit 1
