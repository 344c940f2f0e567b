#!/bin/bash
# libs.sh: build the static libraries that Debian does not ship in a form a release can use, and
# print the folder that holds their include/ and lib/.
#
# - libcurl: Debian's static one needs libraries without static form (GSSAPI, LDAP, SSH). Ours knows
#   HTTP and HTTPS only, so what it does not know cannot be attacked.
# - cJSON: Debian ships no static library.
# - libmicrohttpd: Debian's is tied to GnuTLS. Ours has no TLS: the admin listener is plain HTTP.
#
# The folder is named after everything that decides the bytes, lies in the cache outside the
# checkout, and appears under its name only when it is complete.
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=${LOCKSTEP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lockstep}
export CFLAGS='-O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE'
CFLAGS+=' -ffunction-sections -fdata-sections'
jobs=$(nproc)

say() {
    printf 'libs.sh: %s\n' "$*" >&2
}

# Everything but HTTP(S) with OpenSSL and nghttp2 is off, request signing by libcurl included.
build_curl() {
    local off="libpsl libidn2 brotli zstd zlib librtmp libssh2 libgsasl gssapi ca-bundle ca-path"
    local disabled="ftp file dict telnet tftp pop3 imap smb smtp gopher mqtt rtsp ldap ldaps
        websockets aws ntlm kerberos-auth negotiate-auth cookies alt-svc hsts netrc mime form-api
        docs manual libcurl-option dnsshuffle unix-sockets tls-srp doh ipfs bearer-auth
        digest-auth"
    local flags=() word
    for word in $off; do flags+=("--without-$word"); done
    for word in $disabled; do flags+=("--disable-$word"); done
    ./configure --quiet --prefix="$1" --disable-shared --enable-static \
        --disable-dependency-tracking \
        --with-openssl --with-nghttp2 "${flags[@]}"
    make -s -j"$jobs" -C lib install
    make -s -C include install
}

build_cjson() {
    # shellcheck disable=SC2086 # one flag per word is meant
    ${CC:-gcc} $CFLAGS -c -o cJSON.o cJSON.c
    mkdir -p "$1/lib" "$1/include/cjson"
    cp cJSON.h "$1/include/cjson/"
    ar rcs "$1/lib/libcjson.a" cJSON.o
}

build_libmicrohttpd() {
    ./configure --quiet --prefix="$1" --disable-shared --enable-static \
        --disable-dependency-tracking \
        --disable-https --disable-bauth --disable-dauth --disable-postprocessor --disable-doc \
        --disable-examples --disable-curl
    make -s -j"$jobs" -C src/include install
    make -s -j"$jobs" -C src/microhttpd install-libLTLIBRARIES
}

# build PACKAGE SUITE OLDEST PREFIX: fetch, build and install one library, quiet unless it fails.
# Runs in a shell of its own; a failing step ends it and shows the end of the log.
build() {
    local package=$1 log=$work_all/$1.log source version
    say "$package: fetching from $2 and building"
    exec 3>&2 >"$log" 2>&1 </dev/null
    trap 'tail -n 40 "$log" >&3; echo "libs.sh: $package failed, see above" >&3' EXIT
    mkdir "$work_all/$package"
    cd "$work_all/$package"
    "$here/debian-source.sh" "$package" "$2" "$3" >origin.txt
    { read -r source && read -r version; } <origin.txt
    cd "$source"
    "build_$package" "$4"
    echo "$package $version" >>"$4/VERSIONS"
    trap - EXIT
    exec 2>&3
    say "$package: $version built"
}

key=$(cat "$here/libs.sh" "$here/sources.txt" <(gcc -dumpfullversion) <(uname -m) | sha256sum |
    cut -c 1-12)
folder=$cache/libs-$key
mkdir -p "$cache"
exec 9>"$cache/.libs.lock"
flock 9
if [ ! -d "$folder" ]; then
    work_all=$(mktemp -d "$cache/.libs.XXXXXX")
    trap 'rm -rf "$work_all"' EXIT
    mkdir "$work_all/out"
    while read -r package suite oldest; do
        (build "$package" "$suite" "$oldest" "$work_all/out")
    done < <(grep -v '^#' "$here/sources.txt")
    mv -T "$work_all/out" "$folder"
fi
echo "$folder"
