"""The agent as a process: started on a folder of manifests, called, watched from /proc, ended."""
import json
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

WAIT_S = 30
UNPUBLISH_TRIES = 5
DRIVER = "csi.lockstep.dev"

# Ends with us, however we end.
BOUND = ("setpriv", "--pdeathsig", "KILL", "--")


def wait_for(condition, what, timeout_s=WAIT_S, pause_s=0.01):
    """Call condition until it returns something true, and return that."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(pause_s)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def parse_metrics(page):
    """Name and labels as they stand there, to value."""
    return {found[1]: float(found[2])
            for found in re.finditer(r"^([a-z]\S*(?:\{.*\})?) (\S+)$", page, re.MULTILINE)}


def total(metrics, name, *having):
    """The sum of all series of a metric whose labels contain these texts."""
    return sum(value for series, value in metrics.items()
               if series.partition("{")[0] == name and all(text in series for text in having))


class Process:
    """What /proc tells of a process; times in ns, sizes in KiB."""

    def __init__(self, pid):
        self.folder = Path(f"/proc/{pid}")

    def _tasks(self, name):
        for task in (self.folder / "task").iterdir():
            try:
                yield (task / name).read_text(encoding="utf-8")
            except (FileNotFoundError, ProcessLookupError):
                continue

    def memory(self):
        """Resident, shared out, and private to it."""
        text = (self.folder / "smaps_rollup").read_text(encoding="utf-8")
        fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
        return {name: int(fields[name]) for name in ("Rss", "Pss", "Anonymous", "Locked")}

    def forget_peak(self):
        (self.folder / "clear_refs").write_text("5", encoding="ascii")

    def peak(self):
        text = (self.folder / "status").read_text(encoding="utf-8")
        return int(re.search(r"^VmHWM:\s+(\d+)", text, re.MULTILINE)[1])

    def cpu_ns(self):
        """Time on a CPU of all threads that there are; the agent's threads do not end."""
        return sum(int(text.split()[0]) for text in self._tasks("schedstat"))

    def wakes(self):
        """How often threads went to sleep by themselves, by thread name."""
        found = {}
        for text in self._tasks("status"):
            name = re.search(r"^Name:\s+(.*)$", text, re.MULTILINE)[1]
            count = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[1])
            found[name] = found.get(name, 0) + count
        return found

    def idle(self, seconds):
        """Wakes a second by thread name, and CPU seconds an hour."""
        before, cpu_ns, began = self.wakes(), self.cpu_ns(), time.monotonic()
        time.sleep(seconds)
        after, took = self.wakes(), time.monotonic() - began
        rates = {name: (count - before.get(name, 0)) / took for name, count in after.items()}
        return rates, (self.cpu_ns() - cpu_ns) / 1e9 / took * 3600


class Answers:
    """What a run of the client measured; times in ns.

    times    of each call that got OK
    refused  how many got none
    wall     from the first connect to the last answer
    """

    def __init__(self, done):
        *calls, wall = (line.split() for line in done.stdout.splitlines())
        self.times = [int(took) for took, code in calls if code == "OK"]
        self.refused = len(calls) - len(self.times)
        self.wall = int(wall[0])
        self._said = done.stderr

    def all(self):
        """The times, when every call got OK."""
        if self.refused:
            raise RuntimeError(f"{self.refused} calls failed: {self._said.splitlines()[-1]}")
        return self.times


class Agent:
    """An agent with a kubelet's folder of its own, as a context manager."""

    def __init__(self, bench, objects, *args):
        self.bench = bench
        self.folder = bench.new_folder()
        self.root = self.folder / "kubelet"
        self.port = free_port()
        self.socket = self.root / "plugins" / DRIVER / "csi.sock"
        self.registration = self.root / "plugins_registry" / f"{DRIVER}-reg.sock"
        self.process = None
        self._child = None
        for path in (self.socket.parent, self.registration.parent, self.root / "pods",
                     self.folder / "manifests"):
            path.mkdir(parents=True)
        for number, item in enumerate(objects):
            path = self.folder / "manifests" / f"{number:06}.yaml"
            path.write_text(json.dumps(item), encoding="utf-8")
        self.argv = [str(bench.program), "agent", f"--source=dir:{self.folder}/manifests",
                     f"--kubelet-root={self.root}", "--node-name=bench",
                     f"--state-dir={self.folder}/state", f"--admin=127.0.0.1:{self.port}", *args]

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self._child = subprocess.Popen((*BOUND, *self.argv), stdout=log, stderr=log)
        self.process = Process(self._child.pid)
        try:
            wait_for(self._has_started, "the registration socket")
            subprocess.run((self.bench.program, "csi", "register",
                            f"--socket={self.registration}"), stdout=subprocess.DEVNULL, check=True)
            wait_for(self._is_ready, "the agent to be ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self._child.terminate()
        self._child.wait(timeout=WAIT_S)
        for line in reversed(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()):
            if line.split()[4].startswith(str(self.root)):
                subprocess.run(("umount", line.split()[4]), check=True)

    def _has_started(self):
        if self._child.poll() is not None:
            log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the agent ended with {self._child.returncode}\n{log[-2000:]}")
        return self.registration.exists()

    def _is_ready(self):
        try:
            return self._page("readyz")
        except OSError:
            return False

    def _page(self, name):
        url = f"http://127.0.0.1:{self.port}/{name}"
        with urllib.request.urlopen(url, timeout=WAIT_S) as page:
            return page.read().decode()

    def metrics(self):
        return parse_metrics(self._page("metrics"))

    def provider_calls(self):
        return total(self.metrics(), "externalsecret_provider_api_calls_count")

    # Calls, as the kubelet makes them

    def call(self, verb, *args, threads=1):
        argv = [str(word) for word in (self.bench.tools / "publish_client", self.socket, verb,
                                       *args, threads)]
        return Answers(subprocess.run(argv, capture_output=True, text=True, check=False))

    def ask(self, count, threads=1):
        return self.call("capabilities", count, threads=threads)

    def publish(self, name, first, count, threads=1):
        return self.call("publish", self.root, name, first, count, threads=threads)

    def unpublish(self, first, count):
        """Times of the calls. A volume that is being brought up to date meanwhile is answered with
        ABORTED, and asked again, as the kubelet does."""
        answers = self.call("unpublish", self.root, first, count)
        again = answers
        for _ in range(UNPUBLISH_TRIES):
            if not again.refused:
                return answers.times
            time.sleep(0.1)
            again = self.call("unpublish", self.root, first, count)
        return again.all()


class Store:
    """A secret store on loopback that takes delay_ms for each answer, as a context manager."""

    def __init__(self, bench, delay_ms):
        self.argv = [str(bench.tools / "store_server"), str(delay_ms)]
        self.url = None
        self._child = None

    def __enter__(self):
        self._child = subprocess.Popen((*BOUND, *self.argv), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        self.url = self._child.stdout.readline().strip()
        return self

    def __exit__(self, *exception):
        if self._child.poll() is None:
            self.requests()

    def requests(self):
        """End it; how many requests it got."""
        text, _ = self._child.communicate(timeout=WAIT_S)
        return int(text)
