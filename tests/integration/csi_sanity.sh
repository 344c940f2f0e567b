#!/usr/bin/env bash
# The CSI project's own test suite against the real agent, in a mount namespace of our own.
#
# Run A calls the agent directly: a node-only driver, so whatever needs a controller is left out
# (the suite asks one for its capabilities all the same: csi_shim's). Run B calls it through
# csi_shim, which plays the controller: the whole life of a volume. The number of cases that must
# run is checked too, because the suite skips in silence what it believes a driver cannot do.
set -euo pipefail

cd "$(dirname "$0")/../.."
program=${LOCKSTEP:-$PWD/build/debug/lockstep}
shim=${CSI_SHIM:-$(dirname "$program")/integration/csi_shim}
sanity=${CSI_SANITY:-}

if [ -z "${SANITY_INSIDE:-}" ]; then
    [ -n "$sanity" ] || sanity=$(tests/e2e/tools/build.sh csi-sanity)/csi-sanity
    [ "$(id -u)" = 0 ] && namespace=(-m) || namespace=(-Urm)
    exec env SANITY_INSIDE=1 LOCKSTEP="$program" CSI_SHIM="$shim" CSI_SANITY="$sanity" \
        unshare "${namespace[@]}" "$0" "$@"
fi

work=$(mktemp -d /tmp/lockstep-sanity.XXXXXX)
kubelet=$work/kubelet
socket=$kubelet/plugins/csi.lockstep.dev/csi.sock
pod=2f1c1f8e-sanity
volumes=$kubelet/pods/$pod/volumes/kubernetes.io~csi
agent=
shim_pid=

# shellcheck disable=SC2317 # called by the trap
clean_up() {
    for pid in $agent $shim_pid; do
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

fail() {
    printf 'FAIL csi_sanity: %s\n' "$*"
    tail -n 30 "$work"/*.log 2>/dev/null || true
    exit 1
}

wait_for_socket() {
    for _ in $(seq 200); do
        if "$program" csi info --socket="$1" >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    fail "nobody answered at $1 within 10 s"
}

# run NAME WANT OPTIONS...: run the suite; one line for each case that ran, at least WANT of them.
run() {
    local name=$1 want=$2
    shift 2
    "$CSI_SANITY" --csi.endpoint="unix://$work/$name.sock" --ginkgo.no-color \
        --ginkgo.junit-report="$work/$name.xml" "$@" >"$work/$name.log" 2>&1 || true
    [ -s "$work/$name.xml" ] || fail "run $name left no report"
    /usr/bin/python3 - "$name" "$want" "$work/$name.xml" <<'REPORT'
import sys
import xml.etree.ElementTree as tree

name, want, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ran = failed = 0
for case in tree.parse(path).iter("testcase"):
    kind, _, title = case.get("name").partition(" ")
    status = case.get("status")
    if status in ("skipped", "pending") or (kind != "[It]" and status == "passed"):
        continue
    ran += kind == "[It]"
    print("ok" if status == "passed" else "FAIL", f"csi-sanity {name}:", title)
    if status != "passed":
        failed += 1
        for detail in case.iter("failure"):
            print("   ", detail.get("message"))
if ran < want:
    print(f"FAIL csi-sanity {name}: only {ran} of {want} cases ran")
sys.exit(1 if failed or ran < want else 0)
REPORT
}

mkdir -p "$work/manifests" "$(dirname "$socket")" "$kubelet/plugins_registry" "$volumes"
cp deploy/examples/demo/*.yaml "$work/manifests/"
"$program" agent --source="dir:$work/manifests" --mirror=off --kubelet-root="$kubelet" \
    --state-dir="$work/state" --node-name=sanity-node --admin=off >"$work/agent.log" 2>&1 &
agent=$!
wait_for_socket "$socket"
ln -s "$socket" "$work/A.sock"
"$shim" "$socket" "$work/B.sock" >"$work/shim.log" 2>&1 &
shim_pid=$!
wait_for_socket "$work/B.sock"

cat >"$work/parameters.yaml" <<PARAMETERS
csi.storage.k8s.io/pod.name: sanity
csi.storage.k8s.io/pod.namespace: demo
csi.storage.k8s.io/pod.uid: $pod
csi.storage.k8s.io/serviceAccount.name: default
csi.storage.k8s.io/ephemeral: "true"
externalSecret: app-db
PARAMETERS
cat >"$work/secrets.yaml" <<'SECRETS'
NodePublishVolumeSecret:
  csi.storage.k8s.io/serviceAccount.tokens: '{"vault":{"token":"canary-token"}}'
SECRETS

status=0
creates='should remove target path|does not exist on the specified path'
run A 13 --csi.controllerendpoint="unix://$work/B.sock" --csi.mountdir="$volumes/run-a" \
    --ginkgo.skip="Controller Server|$creates" || status=1
run B 17 --csi.mountdir="$volumes/run-b" --csi.stagingdir="$work/staging" \
    --csi.testvolumeparameters="$work/parameters.yaml" --csi.secrets="$work/secrets.yaml" \
    --ginkgo.skip='Controller Server' || status=1

if grep -q canary-token "$work"/*.log || grep -rq canary-token "$work/state"; then
    echo "FAIL csi_sanity: a token was written down"
    status=1
else
    echo "ok csi_sanity: no token was written down"
fi
kill -TERM "$agent"
if wait "$agent" && [ ! -e "$socket" ]; then
    echo "ok csi_sanity: the agent stopped cleanly"
else
    echo "FAIL csi_sanity: the agent did not stop cleanly"
    status=1
fi
kill -TERM "$shim_pid"
wait "$shim_pid" || true
agent=
shim_pid=
exit $status
