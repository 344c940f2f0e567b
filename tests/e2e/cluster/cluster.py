"""class Cluster: start, use and end one test cluster.

All its processes live in one tree whose PID 1 is init.py, in mount, network, PID, UTS and IPC
namespaces of their own. This process talks to PID 1 through a pair of pipes, enters the namespaces
with nsenter to run a command, and reaches the cluster's files through /proc/PID/root. PID 1 ends
when its pipe is closed, and the kernel ends everything with it; only the cgroup folders are then
left, and are removed.
"""
import functools
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

from . import certs, config, images, layout
from .cgroups import CgroupTree

E2E = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 20
COMMAND_TIMEOUT_S = 120
WAIT_TIMEOUT_S = 90
POLL_S = 0.1
LOG_COLUMNS = 300

# Program to Debian package, for the ones that a fresh machine lacks.
NEEDED = {
    "containerd": "containerd", "ctr": "containerd", "runc": "runc", "etcd": "etcd-server",
    "busybox": "busybox-static", "gcc": "gcc", "openssl": "openssl", "ip": "iproute2",
    "nsenter": "util-linux", "setpriv": "util-linux", "unshare": "util-linux",
    f"{config.CNI_PLUGINS}/bridge": "containernetworking-plugins",
}


class ClusterError(Exception):
    """The cluster itself could not do what was asked."""


class Timeout(AssertionError):
    """A condition did not come true in time."""


class CommandError(Exception):
    """A command ended with a status other than 0; `done` is its CompletedProcess."""

    def __init__(self, argv, done):
        super().__init__(f"{' '.join(argv)}: status {done.returncode}\n"
                         f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
        self.done = done


def cache_folder():
    """Where built programs and images are kept between runs, outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("LOCKSTEP_CACHE") or Path(base) / "lockstep")


@functools.cache
def programs(name):
    """The folder of what tools/build.sh builds under name: "k8s", "csi-sanity" or "helm"."""
    built = subprocess.run((E2E / "tools" / "build.sh", name), stdout=subprocess.PIPE, text=True,
                           check=False)
    if built.returncode:
        raise ClusterError(f"tests/e2e/tools/build.sh {name} failed")
    return built.stdout.strip()


def check_machine():
    """Say at once and completely what a run would miss."""
    if os.geteuid() != 0:
        raise ClusterError("a test cluster needs root")
    missing = sorted({package for program, package in NEEDED.items() if not shutil.which(program)})
    if missing:
        raise ClusterError(f"missing Debian packages: apt-get install {' '.join(missing)}")


class Cluster:
    """A single-node cluster, as a context manager.

    tier  "full": control plane, containerd and kubelet, node Ready on entry
          "api":  etcd and kube-apiserver only, with RBAC and all APIs

    Clusters may follow each other or run side by side. Not for use from several threads.
    """

    TIERS = ("full", "api")

    def __init__(self, tier="full"):
        if tier not in self.TIERS:
            raise ValueError(f"tier {tier}: want one of {self.TIERS}")
        self.tier = tier
        self.state = layout.STATE
        self.kubelet_dir = layout.KUBELET
        self.node = layout.NODE
        self.node_ip = layout.NODE_IP
        self.api_url = layout.API_URL
        self.kubeconfig = f"{layout.CONFIG}/admin.kubeconfig"
        self.pid = None
        self.tokens = {}
        self._commands = {}
        self._unshare = None
        self._cgroups = None
        self._env = None

    # Life

    def __enter__(self):
        check_machine()
        folder = programs("k8s")
        try:
            self._start(folder)
        except BaseException:
            if self.pid:
                print(self.diagnose(), file=sys.stderr)
            self.close()
            raise
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """End every process of the cluster and remove what it left; harmless when repeated."""
        if self._unshare:
            self._unshare.stdin.close()
            try:
                self._unshare.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._unshare.kill()
                self._unshare.wait(timeout=STOP_TIMEOUT_S)
            self._unshare.stdout.close()
        self._unshare = self.pid = None
        if self._cgroups:
            self._cgroups.remove()
        self._cgroups = None

    def _start(self, folder):
        self._cgroups = CgroupTree()
        self._enter_namespaces()
        self._env = {
            "PATH": f"{folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": os.environ.get("HOME", "/root"),
            "LANG": "C.UTF-8",
            "KUBECONFIG": self.kubeconfig,
            "KUBECACHEDIR": f"{layout.STATE}/kubecache",
        }
        self.run("etcd", config.etcd_argv())
        self.tokens = certs.make_pki(self.path(layout.PKI))
        self._write_config()
        self.run("apiserver", config.apiserver_argv())
        if self.tier == "full":
            self.run("containerd", config.containerd_argv())
            self.wait_for(self.path(layout.CONTAINERD_SOCKET).exists, "containerd's socket")
            for make in (images.pause, images.busybox):
                self.import_image(make(cache_folder() / "images"))
        self._wait_api()
        if self.tier == "full":
            self.run("controller-manager", config.controller_manager_argv())
            self.run("scheduler", config.scheduler_argv())
            self.run("kubelet", config.kubelet_argv())
            self.wait_node_ready()
            self._wait_service_account("default")

    def _enter_namespaces(self):
        """Start PID 1 in new namespaces and wait until it has prepared them."""
        argv = ["unshare", "-m", "-n", "-p", "-u", "-i", "--fork", "--kill-child", "--mount-proc",
                "--propagation", "private", sys.executable, "-B", "-m", "cluster.init"]
        # A session of its own keeps a Ctrl-C meant for the test run away from PID 1.
        self._unshare = subprocess.Popen(argv, cwd=E2E, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, start_new_session=True)
        self._reply()
        parent = self._unshare.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        self.pid = int(children)

    def _write_config(self):
        files = {"containerd.toml": config.CONTAINERD,
                 "cni/pods.conflist": json.dumps(config.CNI),
                 "kubelet.json": config.kubelet(self._cgroups.path),
                 "resolv.conf": "nameserver 127.0.0.1\n"}
        for user, token in self.tokens.items():
            files[f"{user}.kubeconfig"] = config.kubeconfig(token)
        for name, text in files.items():
            path = self.path(layout.CONFIG) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)

    # Requests to PID 1

    def _reply(self):
        """One reply of PID 1, within START_TIMEOUT_S."""
        ready, _, _ = select.select([self._unshare.stdout], [], [], START_TIMEOUT_S)
        line = self._unshare.stdout.readline() if ready else b""
        if not line:
            raise ClusterError("PID 1 of the cluster ended or does not answer")
        reply = json.loads(line)
        if "error" in reply:
            raise ClusterError(reply["error"])
        return reply

    def _request(self, operation, **arguments):
        line = json.dumps({"op": operation, **arguments}) + "\n"
        self._unshare.stdin.write(line.encode())
        self._unshare.stdin.flush()
        return self._reply()

    # Processes that stay: components, and what a test adds

    def run(self, name, argv, env=None):
        """Start a process that stays, under a name; its output goes to log(name)."""
        self._commands[name] = ([str(word) for word in argv], {**self._env, **(env or {})})
        self.start(name)

    def start(self, name):
        """Start the process `name` again as it was first run."""
        argv, env = self._commands[name]
        self._request("start", name=name, argv=argv, env=env)

    def is_running(self, name):
        return self._request("status", name=name)["running"]

    def exit_code(self, name):
        """The exit code of a process that ended (negative: a signal), or None."""
        return self._request("status", name=name)["exit"]

    def send_signal(self, name, number):
        self._request("signal", name=name, number=int(number))

    def stop(self, name, number=None, timeout=30):
        """End a process; one that is still there after timeout seconds is killed.

        The signal is SIGTERM, but SIGKILL for the API server, which would wait half a minute for
        its clients' watches to end. Returns the exit code, negative for a signal.
        """
        if number is None:
            number = signal.SIGKILL if name == "apiserver" else signal.SIGTERM
        self.send_signal(name, number)
        try:
            self.wait_for(lambda: not self.is_running(name), f"{name} to end", timeout)
        except Timeout:
            self.send_signal(name, signal.SIGKILL)
            self.wait_for(lambda: not self.is_running(name), f"{name} to be killed")
        return self.exit_code(name)

    def restart(self, name, number=None):
        """Stop and start; for the API server also wait until it answers."""
        self.stop(name, number)
        self.start(name)
        if name == "apiserver":
            self._wait_api()

    def log(self, name):
        """All output of a process so far."""
        path = self.path(layout.LOGS) / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # Commands

    def _nsenter(self, argv):
        # setpriv ties the command's life to nsenter's, which would otherwise leave it behind.
        return ["nsenter", "-t", str(self.pid), "-m", "-n", "-p", "-u", "-i", "--",
                "setpriv", "--pdeathsig", "KILL", *(str(word) for word in argv)]

    def popen(self, argv, env=None, **options):
        """A subprocess.Popen inside all namespaces, in the folder / and the cluster's environment.

        Killing it kills the command. For servers prefer run(), which keeps a log.
        """
        return subprocess.Popen(self._nsenter(argv), env={**self._env, **(env or {})}, **options)

    def exec(self, argv, input=None, check=True, env=None, timeout=COMMAND_TIMEOUT_S):
        """Run a command inside all namespaces; returns a CompletedProcess with text output.

        Raises CommandError for a status other than 0, unless check is False.
        """
        argv = [str(word) for word in argv]
        source = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        done = subprocess.run(self._nsenter(argv), capture_output=True, text=True, check=False,
                              env={**self._env, **(env or {})}, timeout=timeout, **source)
        if check and done.returncode:
            raise CommandError(argv, done)
        return done

    def path(self, inside):
        """The file `inside` as this process can open it.

        An absolute symbolic link on the way would lead out of the cluster.
        """
        return Path(f"/proc/{self.pid}/root") / str(inside).lstrip("/")

    def mounts(self):
        """The mount points inside, in mount order."""
        lines = Path(f"/proc/{self.pid}/mountinfo").read_text(encoding="utf-8").splitlines()
        return [line.split()[4] for line in lines]

    def import_image(self, archive):
        """Make the image of a docker-archive tar (outside path) known to the node."""
        self.exec(("ctr", "-a", layout.CONTAINERD_SOCKET, "-n", "k8s.io", "images", "import",
                   Path(archive).resolve()))

    # Kubernetes

    def kubectl_done(self, *args, input=None, check=True, token=None, timeout=COMMAND_TIMEOUT_S):
        """kubectl as admin, or as the bearer of token; returns the CompletedProcess."""
        env = {"KUBECONFIG": self._kubeconfig_of(token)} if token else None
        return self.exec(("kubectl", *args), input=input, check=check, env=env, timeout=timeout)

    def kubectl(self, *args, **options):
        """Like kubectl_done, but returns what kubectl wrote to its standard output."""
        return self.kubectl_done(*args, **options).stdout

    def _kubeconfig_of(self, token):
        name = hashlib.sha256(token.encode()).hexdigest()[:12]
        inside = f"{layout.CONFIG}/{name}.kubeconfig"
        path = self.path(inside)
        path.write_text(config.kubeconfig(token), encoding="utf-8")
        path.chmod(0o600)
        return inside

    def apply(self, what, *args, token=None):
        """Apply manifests: YAML text, the path of a file, or of a folder (kustomize or plain).

        More words for kubectl may follow, such as "-n", NAMESPACE or "--server-side".
        """
        if isinstance(what, str) and "\n" in what:
            return self.kubectl("apply", "-f", "-", *args, input=what, token=token)
        path = Path(what).resolve()
        flag = "-k" if (path / "kustomization.yaml").exists() else "-f"
        return self.kubectl("apply", flag, path, *args, token=token)

    def get(self, *args):
        """An object (or list) as a dictionary: get("pod", "web", "-n", "shop")."""
        return json.loads(self.kubectl("get", "-o", "json", *args))

    def token(self, namespace, service_account, audience=None):
        """A fresh token of a ServiceAccount."""
        extra = (f"--audience={audience}",) if audience else ()
        return self.kubectl("create", "token", service_account, "-n", namespace, *extra).strip()

    @contextmanager
    def namespace(self, prefix="t"):
        """A new namespace whose default ServiceAccount exists; deleted in the background."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name)
        try:
            if self.tier == "full":
                self._wait_service_account(name)
            yield name
        finally:
            if self.pid:
                self.kubectl("delete", "namespace", name, "--wait=false", check=False)

    def events(self, namespace):
        """The messages of a namespace's events, oldest first."""
        found = self.get("events", "-n", namespace, "--sort-by=.metadata.creationTimestamp")
        return [f"{event['reason']}: {event['message']}" for event in found["items"]]

    # Waiting

    def wait_for(self, condition, what, timeout=WAIT_TIMEOUT_S, interval=POLL_S):
        """Call condition until it returns something true, and return that.

        A CommandError, KeyError or AssertionError of it counts as not yet. Raises Timeout, which
        unittest reports as a failure.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                last = condition()
                if last:
                    return last
            except (CommandError, KeyError, AssertionError) as error:
                last = error
            if time.monotonic() > deadline:
                raise Timeout(f"waited {timeout} s for {what}; last: {last}")
            time.sleep(interval)

    def _wait_api(self):
        def ready():
            if not self.is_running("apiserver"):
                raise ClusterError(f"apiserver ended with {self.exit_code('apiserver')}")
            return self.kubectl("get", "--raw=/readyz") == "ok"
        self.wait_for(ready, "the API server to be ready", START_TIMEOUT_S)

    def _wait_service_account(self, namespace):
        self.wait_for(lambda: self.kubectl("get", "serviceaccount", "default", "-n", namespace),
                      f"the default ServiceAccount of {namespace}")

    def wait_node_ready(self, timeout=START_TIMEOUT_S):
        self.wait_for(lambda: _condition(self.get("node", layout.NODE), "Ready"), "node Ready",
                      timeout)

    def wait_pod_ready(self, namespace, pod, timeout=WAIT_TIMEOUT_S):
        """Wait for a Pod to be Ready; returns it."""
        def ready():
            found = self.get("pod", pod, "-n", namespace)
            return found if _condition(found, "Ready") else None
        return self.wait_for(ready, f"Pod {namespace}/{pod} Ready", timeout)

    def wait_gone(self, namespace, kind, name, timeout=WAIT_TIMEOUT_S):
        """Wait until an object is no longer in the API."""
        self.wait_for(
            lambda: not self.kubectl("get", kind, name, "-n", namespace, "--ignore-not-found"),
            f"{kind} {namespace}/{name} to be gone", timeout)

    # Help after a failure

    def diagnose(self, lines=15):
        """Pods, events and the last lines of every log, as text."""
        parts = []
        for title, args in (
                ("pods", ("get", "pods", "-A", "-o", "wide")),
                ("events", ("get", "events", "-A", "--sort-by=.metadata.creationTimestamp"))):
            if self.is_running("apiserver"):
                done = self.kubectl_done(*args, "--request-timeout=5s", check=False)
                parts.append(_tail(title, done.stdout + done.stderr, lines))
        for name in self._commands:
            ended = "" if self.is_running(name) else f", ended with {self.exit_code(name)}"
            parts.append(_tail(f"log of {name}{ended}", self.log(name), lines))
        return "\n".join(parts)


def _tail(title, text, lines):
    return "\n".join([f"--- {title}", *(line[:LOG_COLUMNS] for line in text.splitlines()[-lines:])])


def _condition(found, kind):
    """Whether the status condition `kind` of an object is True."""
    return any(condition["type"] == kind and condition["status"] == "True"
               for condition in found["status"].get("conditions", ()))
