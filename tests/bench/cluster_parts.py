"""What the agent costs in a cluster: a real API server with etcd, the shipped CRDs, RBAC and
admission policy, and ExternalSecrets of ten keys whose store holds the value itself."""
import json
import sys
import time
from pathlib import Path

from agent import DRIVER, Process, parse_metrics, total, wait_for
from manifests import NAMESPACE, fake_store
from node_parts import (IDLE_HEAD, MEMORY_HEAD, idle_headline, idle_row, memory_headline,
                        memory_row)
from report import Section, mib

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SYSTEM = "lockstep-system"
LIMIT_S = 240
MANY_LIMIT_S = 480
QPS_OPTION = "kube-qps"
QPS = 500
PAUSE_S = 0.2
SETTLE_S = 5
SHARDS = 8

sys.path.append(str(ROOT / "tests" / "e2e"))
from cluster import Cluster, config, layout  # noqa: E402 (found by the line above)


class Scene:
    """An API server with n ExternalSecrets, and an agent to be started, as a context manager."""

    def __init__(self, bench, n):
        self.bench = bench
        self.n = n
        self.cluster = Cluster("api")
        self.process = None
        self.started = 0.0

    def __enter__(self):
        self.cluster.__enter__()
        try:
            self._prepare()
        except BaseException:
            self.cluster.close()
            raise
        return self

    def __exit__(self, *exception):
        self.cluster.close()

    def _prepare(self):
        cluster = self.cluster
        cluster.apply(ROOT / "deploy" / "crds", "--server-side")
        cluster.apply(ROOT / "deploy" / "base", "--server-side")
        cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        cluster.kubectl("create", "namespace", NAMESPACE)
        cluster.apply(json.dumps(fake_store("fake", "/app")) + "\n")
        for name, text in (("admin.token", cluster.tokens["admin"]),
                           ("agent.kubeconfig",
                            config.kubeconfig(cluster.token(SYSTEM, "lockstep")))):
            path = cluster.path(layout.CONFIG) / name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        cluster.exec((sys.executable, "-B", HERE / "kube_fill.py", cluster.api_url,
                      f"{layout.PKI}/ca.crt", f"{layout.CONFIG}/admin.token", self.n), timeout=300)
        for folder in (f"plugins/{DRIVER}", "plugins_registry", "pods"):
            cluster.path(f"{layout.KUBELET}/{folder}").mkdir(parents=True, exist_ok=True)

    def start(self, *args):
        """Start the agent as the DaemonSet does."""
        self.started = time.monotonic()
        self.cluster.run("agent", [
            self.bench.program, "agent", f"--kubeconfig={layout.CONFIG}/agent.kubeconfig",
            f"--namespace={SYSTEM}", f"--node-name={layout.NODE}", *args])
        self.process = Process(wait_for(self._pid, "the agent's process"))
        socket = f"{layout.KUBELET}/plugins_registry/{DRIVER}-reg.sock"
        wait_for(self.cluster.path(socket).exists, "the registration socket")
        self.cluster.exec((self.bench.program, "csi", "register", f"--socket={socket}"))

    def _pid(self):
        """The process id as this process sees it: a child of the cluster's first process."""
        children = Path(f"/proc/{self.cluster.pid}/task/{self.cluster.pid}/children")
        name = self.bench.program.name
        for pid in children.read_text(encoding="ascii").split():
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == name:
                return int(pid)
        return None

    def metrics(self):
        if not self.cluster.is_running("agent"):
            raise RuntimeError(f"the agent ended\n{self.cluster.log('agent')[-2000:]}")
        page = self.cluster.exec(("curl", "-s", "http://127.0.0.1:9808/metrics"), check=False)
        return parse_metrics(page.stdout)

    def secrets(self):
        """How many Secrets the API server has in the namespace."""
        listed = json.loads(self.cluster.kubectl(
            "get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/secrets?limit=1"))
        return len(listed["items"]) + listed["metadata"].get("remainingItemCount", 0)

    def wait_until(self, want, name, *having, limit_s):
        """Seconds since the start until a metric has reached want, and its value then or at the
        end of limit_s."""
        while True:
            count = total(self.metrics(), name, *having)
            took = time.monotonic() - self.started
            if count >= want or took > limit_s:
                return took, count
            time.sleep(PAUSE_S)


def requests_by_verb(metrics):
    found = {}
    for series, value in metrics.items():
        if series.startswith("lockstep_kube_requests_total{"):
            verb = series.split('verb="', 1)[1].split('"', 1)[0]
            found[verb] = found.get(verb, 0) + value
    return found


def reached(took_s, count, want):
    return f"{took_s:.1f}" if count >= want else f"{count:,.0f} in {took_s:.0f}"


def first_sync(scene, label, limit_s, *args):
    """One row: the agent starts and all Secrets are made."""
    scene.start(*args)
    shards_s, _ = scene.wait_until(SHARDS, "lockstep_shards_held", limit_s=limit_s)
    made_s, made = scene.wait_until(scene.n, "lockstep_secret_writes_total", '"applied"',
                                    limit_s=limit_s)
    metrics = scene.metrics()
    requests = requests_by_verb(metrics)
    if made >= scene.n and scene.secrets() != scene.n:
        raise RuntimeError(f"{scene.secrets()} Secrets, want {scene.n}")
    verbs = ", ".join(f"{verb} {count / max(made, 1):.2f}" for verb, count in
                      sorted(requests.items(), key=lambda item: -item[1]) if count > made / 20)
    return (label, f"{scene.n:,}", f"{shards_s:.1f}", reached(made_s, made, scene.n),
            f"{sum(requests.values()) / made_s:.0f}", verbs,
            f"{scene.process.cpu_ns() / 1e9:.1f}", mib(scene.process.memory()["Rss"]),
            mib(scene.process.peak()))


SYNC_HEAD = ("", "objects", "shards, s", "Secrets, s", "requests/s", "requests per Secret",
             "CPU, s", "memory", "peak")
SYNC_METHOD = (
    "A real API server with etcd; the ExternalSecrets are there when the agent starts. Seconds "
    "until the agent holds all shards, and until all Secrets exist; *N in S*: so many when the "
    "bench stopped to wait. Requests as the agent counts them. The API server, etcd and the agent "
    "share the machine. Resident memory in MiB.")


def sync_headline(row):
    return (f"first sync of {row[1]}, {row[0]}", f"{row[3]} s", "", "")


def hourly(before, after, took_s):
    """Requests an hour by verb, as words."""
    old, new = requests_by_verb(before), requests_by_verb(after)
    rates = {verb: (count - old.get(verb, 0)) / took_s * 3600 for verb, count in new.items()}
    return ", ".join(f"{verb} {rate:.0f}" for verb, rate in sorted(rates.items()) if rate)


def small(bench):
    """Idle, then 1,000 ExternalSecrets with the default limits."""
    memories, idles = [], []
    with Scene(bench, 0) as scene:
        scene.start()
        scene.wait_until(SHARDS, "lockstep_shards_held", limit_s=LIMIT_S)
        idles.append(idle_row("no ExternalSecrets, in a cluster", scene.process))
        memories.append(memory_row("no ExternalSecrets, in a cluster", scene.process.memory()))
    label = "1,000 ExternalSecrets mirrored, in a cluster"
    with Scene(bench, 1000) as scene:
        row = first_sync(scene, "default limits", LIMIT_S)
        time.sleep(SETTLE_S)
        before, began = scene.metrics(), time.monotonic()
        idles.append(idle_row(label, scene.process))
        requests = hourly(before, scene.metrics(), time.monotonic() - began)
        memories.append(memory_row(label, scene.process.memory()))
    return [
        Section("First sync in a cluster", SYNC_METHOD, SYNC_HEAD, [row], [sync_headline(row)]),
        Section("Memory in a cluster", "MiB, as above.", MEMORY_HEAD, memories,
                [memory_headline(row) for row in memories]),
        Section("Doing nothing, in a cluster", (
            "As above, with all shards held. With 1,000 ExternalSecrets in sync the agent sends "
            f"the API server this many requests an hour, extrapolated: {requests or 'none'}."),
            IDLE_HEAD, idles, [idle_headline(row) for row in idles]),
    ]


def many(bench):
    """1,000 and 10,000 ExternalSecrets with a raised limit."""
    rows = []
    raised = f"--{QPS_OPTION}={QPS}"
    for n in (1000, 10000):
        with Scene(bench, n) as scene:
            rows.append(first_sync(scene, raised, MANY_LIMIT_S, raised))
    return [Section("First sync of many", "As above.", SYNC_HEAD, rows,
                    [sync_headline(row) for row in rows])]
