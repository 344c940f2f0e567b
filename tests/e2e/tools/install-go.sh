#!/bin/sh
# Install a Go program that can build the end-to-end tools, where none is there yet.
#
# Debian 12 itself has an older Go. The one of trixie-backports has no libc dependency and runs
# here too. Its suite gets a source file of its own, on the mirror that the machine uses already,
# and a pin of 100, so that no other package ever comes from it unasked.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
suite=trixie-backports
package=golang-1.26-go
apt_dir=/etc/apt

# One of the machine's sources, either format, as "URI SIGNED-BY" (the second may be empty): the
# first whose suite is a plain Debian release, thus not security or updates.
debian_source() {
    for file in "$apt_dir"/sources.list "$apt_dir"/sources.list.d/*.list \
        "$apt_dir"/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        case $file in
            *.list) one_line_source "$file" ;;
            *) deb822_source "$file" ;;
        esac
    done | head -n 1
}

one_line_source() {
    awk '$1 == "deb" {
        signed = ""
        if (match($0, /signed-by=[^] ]+/))
            signed = substr($0, RSTART + 10, RLENGTH - 10)
        sub(/\[[^]]*\]/, "")
        if ($3 ~ /^(bookworm|trixie|forky|stable)$/)
            print $2, signed
    }' "$1"
}

deb822_source() {
    awk -v RS= -F '\n' '{
        uri = signed = ""
        plain = 0
        for (i = 1; i <= NF; i++) {
            words = split($i, word, /[ \t]+/)
            if (word[1] == "URIs:") uri = word[2]
            if (word[1] == "Signed-By:") signed = word[2]
            if (word[1] == "Suites:")
                for (j = 2; j <= words; j++)
                    if (word[j] ~ /^(bookworm|trixie|forky|stable)$/) plain = 1
        }
        if (plain && uri) print uri, signed
    }' "$1"
}

if go=$("$here/find-go.sh" 2>/dev/null); then
    echo "install-go.sh: $go will do"
    exit 0
fi

found=$(debian_source)
uri=${found%% *}
signed_by=${found#* }
if [ -z "$uri" ]; then
    echo "install-go.sh: no Debian source in $apt_dir to take the mirror from" >&2
    exit 1
fi

{
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
    [ -z "$signed_by" ] || printf 'Signed-By: %s\n' "$signed_by"
} >"$apt_dir/sources.list.d/lockstep-go.sources"
printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$suite" \
    >"$apt_dir/preferences.d/lockstep-go"

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -t "$suite" "$package"
echo "install-go.sh: $("$here/find-go.sh")"
