#!/bin/bash
# image.sh TAR: build the image lockstep:dev of the Dockerfile and save it as a docker-archive.
#
# Docker is used where its engine answers, else podman, else buildah, which needs no service. With
# buildah no image registry is needed either: tests/setup/base-image.sh makes the base image. Its
# storage lies in the cache outside the checkout, so that unchanged layers are not built again.
set -euo pipefail

tar=$1
name=lockstep:dev
top=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}
commit=${COMMIT:-unknown}

with_engine() {
    "$1" build -q --build-arg "COMMIT=$commit" -t "$name" "$top"
    "$1" save -o "$tar" "$name"
}

buildah_here() {
    buildah --root "$cache/containers" --runroot /run/lockstep-containers "$@" 9>&-
}

build_stage() {
    buildah_here bud -q --isolation chroot --pull-never --layers --force-rm --format docker \
        --build-arg "COMMIT=$commit" "$@" "$top"
}

# Every change of the sources leaves a few layers behind. When they have become many, all go but
# those that a name leads to, which the slow stage therefore has.
prune() {
    if [ "$(buildah_here images -aq | wc -l)" -gt 40 ]; then
        buildah_here rmi --prune >/dev/null
    fi
}

with_buildah() {
    "$top/tests/setup/install.sh" image
    mkdir -p "$cache"
    exec 9>"$cache/.containers.lock"
    flock 9
    "$top/tests/setup/base-image.sh" "$(sed -n 's/^FROM \(.*\) AS tools$/\1/p' "$top/Dockerfile")" \
        --root "$cache/containers" --runroot /run/lockstep-containers 9>&-
    build_stage --target tools -t lockstep-tools
    build_stage -t "$name"
    buildah_here push -q "$name" "docker-archive:$tar:$name"
    prune
}

mkdir -p "$(dirname "$tar")"
rm -f "$tar"
if timeout 10 docker info >/dev/null 2>&1; then
    with_engine docker
elif command -v podman >/dev/null; then
    with_engine podman
else
    with_buildah
fi
echo "$tar: $(($(stat -c %s "$tar") / 1024)) KiB"
