#!/bin/bash
# build.sh [k8s|csi-sanity|helm|all]: build the pinned programs of the end-to-end tests from source.
#
# The programs land in a cache folder outside the checkout that is named after their version and
# the hash of all that decides their bytes, so that a second run builds nothing. A folder appears
# under its final name only when it is complete. Progress goes to stderr; stdout is one line, the
# folder (for "all" three lines: those of csi-sanity, Helm and Kubernetes).
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}
heartbeat_s=30

say() {
    printf 'build.sh: %s\n' "$*" >&2
}

# module_version DIR MODULE: the version that DIR/go.mod requires of MODULE.
module_version() {
    awk -v module="$2" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module { print $2; exit }' \
        "$1/go.mod"
}

# tools_of DIR: the package paths of the tool lines of DIR/go.mod.
tools_of() {
    (cd "$1" && GOWORK=off "$go" list -mod=readonly tool)
}

# build_hash DIR FLAGS: twelve hex digits for everything that decides the programs' bytes.
build_hash() {
    {
        cat "$1/go.mod" "$1/go.sum"
        "$go" env GOVERSION GOARCH
        printf '%s\n' "$2"
    } | sha256sum | cut -c 1-12
}

# compile NAME DIR LDFLAGS OUT: all tools of DIR into OUT, with a sign of life every half minute.
compile() {
    local name=$1 dir=$2 ldflags=$3 out=$4 packages pid waited=0
    packages=$(tools_of "$dir")
    # shellcheck disable=SC2086 # one package path per word is meant
    (cd "$dir" && CGO_ENABLED=0 GOWORK=off GOFLAGS='' nice -n 5 "$go" build -mod=readonly \
        -trimpath -ldflags "$ldflags" -o "$out/" $packages) >&2 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if ((++waited % heartbeat_s == 0)); then
            say "$name: still building after $waited s"
        fi
    done
    wait "$pid"
}

# build NAME DIR MODULE LDFLAGS: print the folder with the tools of DIR, building it if needed.
build() {
    local name=$1 dir=$2 version ldflags=$4 folder tmp start=$SECONDS
    version=$(module_version "$dir" "$3")
    ldflags=${ldflags//VERSION/$version}
    folder=$cache/$name-$version-$(build_hash "$dir" "$ldflags")
    mkdir -p "$cache"
    exec 9>"$cache/.$name.lock"
    if ! flock -n 9; then
        say "$name: another build is under way, waiting for it"
        flock 9
    fi
    if [ ! -d "$folder" ]; then
        say "$name: building $version with $("$go" env GOVERSION), minutes when the cache is cold"
        rm -rf "$cache/.$name.tmp".*
        tmp=$(mktemp -d "$cache/.$name.tmp.XXXXXX")
        chmod 755 "$tmp"
        compile "$name" "$dir" "$ldflags" "$tmp"
        mv -T "$tmp" "$folder"
        say "$name: built in $((SECONDS - start)) s"
    else
        say "$name: $version is already there"
    fi
    exec 9>&-
    echo "$folder"
}

build_k8s() {
    local package=k8s.io/component-base/version minor
    minor=$(module_version "$here" k8s.io/kubernetes | cut -d . -f 2)
    build k8s "$here" k8s.io/kubernetes "-s -w -X $package.gitVersion=VERSION \
-X $package.gitMajor=1 -X $package.gitMinor=$minor -X $package.gitTreeState=clean"
}

build_csi_sanity() {
    build csi-sanity "$here/csi-sanity" github.com/kubernetes-csi/csi-test/v5 "-s -w"
}

build_helm() {
    build helm "$here/helm" helm.sh/helm/v3 \
        "-s -w -X helm.sh/helm/v3/internal/version.version=VERSION"
}

export GOTOOLCHAIN=local
go=$("$here/find-go.sh")
case ${1:-all} in
    k8s) build_k8s ;;
    csi-sanity) build_csi_sanity ;;
    helm) build_helm ;;
    all)
        build_csi_sanity
        build_helm
        build_k8s
        ;;
    *)
        say "usage: build.sh [k8s|csi-sanity|helm|all]"
        exit 2
        ;;
esac
