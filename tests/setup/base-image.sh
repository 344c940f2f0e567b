#!/bin/bash
# base-image.sh NAME BUILDAH-OPTION...: make the Debian image NAME without an image registry.
#
# debootstrap builds it from the mirror that this machine's apt uses; it lands in the storage that
# the buildah options name and is kept there. Does nothing where the image is there already.
set -euo pipefail

name=$1
shift
release=bookworm

buildah_here() {
    buildah "${options[@]}" "$@"
}

# The machine's Debian sources, one line each.
debian_sources() {
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' | sort -u |
        awk -v release="$release" '$2 ~ "^" release { print "deb", $0 }'
}

options=("$@")
if buildah_here inspect --type image "$name" >/dev/null 2>&1; then
    exit 0
fi
echo "base-image.sh: making $name with debootstrap, once" >&2
mirror=$(debian_sources | awk -v release="$release" '$3 == release { print $2; exit }')
if [ -z "$mirror" ]; then
    echo "base-image.sh: apt knows no mirror of $release; run apt-get update" >&2
    exit 1
fi
tree=$(mktemp -d /tmp/lockstep-base.XXXXXX)
trap 'rm -rf "$tree"' EXIT
if ! debootstrap --variant=minbase "$release" "$tree/root" "$mirror" >"$tree/log" 2>&1; then
    tail -n 30 "$tree/log" >&2
    exit 1
fi
rm -rf "$tree"/root/var/cache/apt/archives/*.deb
debian_sources >"$tree/root/etc/apt/sources.list"
apt-config dump | { grep -E '^Acquire::(Check-|http)' || true; } \
    >"$tree/root/etc/apt/apt.conf.d/00machine"

container=$(buildah_here from scratch)
buildah_here add -q "$container" "$tree/root" / >/dev/null
buildah_here config --cmd bash \
    --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah_here commit -q "$container" "$name" >/dev/null
buildah_here rm "$container" >/dev/null
