#!/usr/bin/env bash
# The whole story on one machine, without a cluster: an ExternalSecret from a folder of manifests
# becomes files in a volume and a Secret, both follow the store, and a killed agent finds everything
# again. Runs as root or in a user namespace, always with mounts of its own.
set -euo pipefail

cd "$(dirname "$0")/../.."
program=${LOCKSTEP:-$PWD/build/debug/lockstep}

if [ -z "${DEMO_INSIDE:-}" ]; then
    [ "$(id -u)" = 0 ] && namespace=(-m) || namespace=(-Urm)
    exec env DEMO_INSIDE=1 LOCKSTEP="$program" unshare "${namespace[@]}" "$0" "$@"
fi

work=$(mktemp -d /tmp/lockstep-demo.XXXXXX)
kubelet=$work/kubelet
target=$kubelet/pods/6f1f7d5c-demo/volumes/kubernetes.io~csi/db/mount
agent=

clean_up() {
    [ -z "$agent" ] || kill -9 "$agent" 2>/dev/null || true
    ! mountpoint -q "$target" || umount "$target"
    rm -rf "$work"
}
trap clean_up EXIT

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'FAIL demo: %s\n' "$*"
    tail -n 20 "$work/agent.log" || true
    exit 1
}

wait_for() { # what, command...
    local what=$1
    shift
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    fail "$what did not happen within 10 s"
}

start_agent() {
    "$program" agent --source="dir:$work/manifests" --mirror="dir:$work/mirror" \
        --kubelet-root="$kubelet" --state-dir="$work/state" --node-name=demo-node --admin=off \
        >>"$work/agent.log" 2>&1 &
    agent=$!
    wait_for "the agent's socket" "$program" csi info --socket="$socket"
}

csi() { # call, arguments...
    local call=$1
    shift
    "$program" csi "$call" --socket="$socket" --kubelet-root="$kubelet" --volume=db \
        --pod-uid=6f1f7d5c-demo "$@"
}

show_files() { (cd "$target" && grep -H . username password host port); }
show_secret() {
    printf '%s: ' "$secret"
    grep -o '"data":{[^}]*}' "$secret"
    printf 'password decoded: %s\n' "$(secret_password)"
}
secret_password() { grep -o '"password":"[^"]*"' "$secret" | cut -d'"' -f4 | base64 -d; }
both_have() { [ "$(cat "$target/password")" = "$1" ] && [ "$(secret_password)" = "$1" ]; }

secret=$work/mirror/demo/app-db.secret.json
socket=$kubelet/plugins/csi.lockstep.dev/csi.sock
mkdir -p "$work/manifests" "$kubelet/plugins/csi.lockstep.dev" "$kubelet/plugins_registry" \
    "$kubelet/pods"
cp deploy/examples/demo/*.yaml "$work/manifests/"

say "the agent starts on a folder with an ExternalSecret and a SecretStore of the fake provider"
start_agent
wait_for "the mirrored Secret" test -s "$secret"

say "the kubelet registers the driver and publishes a volume for Pod demo/app-0"
"$program" csi register --socket="$kubelet/plugins_registry/csi.lockstep.dev-reg.sock"
csi publish --pod-namespace=demo --pod-name=app-0 --external-secret=app-db
show_files

say "the same ExternalSecret as a native Secret"
show_secret
both_have first || fail "files and Secret do not both hold the first password"

say "the password changes at the store"
sed 's/"password":"first"/"password":"second"/' deploy/examples/demo/secretstore.yaml >"$work/new"
mv "$work/new" "$work/manifests/secretstore.yaml"
wait_for "the change in both outputs" both_have second
show_files
show_secret

say "kill -9: the volume stays"
kill -9 "$agent"
{ wait "$agent"; } 2>/dev/null || true
agent=
show_files

say "the next start adopts it, and rotation goes on"
start_agent
csi stats
sed 's/"password":"first"/"password":"third"/' deploy/examples/demo/secretstore.yaml >"$work/new"
mv "$work/new" "$work/manifests/secretstore.yaml"
wait_for "the change in both outputs" both_have third
show_files

say "the kubelet unpublishes: nothing is left"
csi unpublish
[ ! -e "$target" ] || fail "the target is still there"
kill -TERM "$agent"
wait "$agent" || fail "the agent did not stop cleanly"
agent=
printf '\nok demo: published, mirrored, rotated, killed, adopted, unpublished\n'
