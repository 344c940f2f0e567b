#!/bin/sh
# Print the path of a Go program that is new enough for go.mod beside this file.
#
# Debian keeps a backported Go outside PATH, so its folders are tried after PATH. Nothing is
# downloaded: GOTOOLCHAIN=local makes an old Go say its own version instead of fetching another.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
wanted=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$here/go.mod")

for go in "$(command -v go || true)" /usr/local/go/bin/go \
    /usr/lib/go-1.26/bin/go /usr/lib/go-1.27/bin/go; do
    [ -x "$go" ] || continue
    version=$(cd / && GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || continue
    version=${version#go}
    oldest=$(printf '%s\n%s\n' "$wanted" "$version" | sort -V | head -n 1)
    if [ "$oldest" = "$wanted" ]; then
        echo "$go"
        exit 0
    fi
done

cat >&2 <<EOF
find-go.sh: no Go $wanted or newer in PATH, /usr/local/go, /usr/lib/go-1.26 or /usr/lib/go-1.27.
Install Debian's package golang-1.26-go from trixie-backports (it runs on Debian 12 too):
  $here/install-go.sh
EOF
exit 1
