"""The agent on a folder of manifests, with its mirror in another folder, for tests.

    with DirAgent(manifests, env) as agent:
        values = agent.secret("app", "db")
"""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

PROGRAM = os.environ.get("LOCKSTEP", str(Path(__file__).parents[2] / "build/debug/lockstep"))
PATIENCE_S = 20


def free_port():
    """A loopback port that was free just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, look, patience_s=PATIENCE_S):
    """What look() gives, as soon as that is true."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {patience_s} s")


class DirAgent:
    """One running agent; everything it writes lies in one folder that goes with it.

    wrap: a command that executes the agent's, such as unshare.
    """

    def __init__(self, manifests, env=None, wrap=()):
        self.dir = Path(tempfile.mkdtemp(prefix="lockstep-test."))
        self.port = free_port()
        for name in (
            "manifests",
            "mirror",
            "state",
            "kubelet/plugins/csi.lockstep.dev",
            "kubelet/plugins_registry",
        ):
            (self.dir / name).mkdir(parents=True)
        self.put("all.yaml", manifests)
        command = [
            *wrap,
            PROGRAM,
            "agent",
            f"--source=dir:{self.dir}/manifests",
            f"--mirror=dir:{self.dir}/mirror",
            f"--kubelet-root={self.dir}/kubelet",
            f"--state-dir={self.dir}/state",
            f"--admin=127.0.0.1:{self.port}",
            "--node-name=test-node",
        ]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            command, env=inherited | (env or {}), stdout=self.log, stderr=self.log
        )

    def __enter__(self):
        wait_for("the start", self.is_up)
        return self

    def __exit__(self, kind, error, trace):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        if error:
            print((self.dir / "log").read_text()[-4000:])
        shutil.rmtree(self.dir)

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("the agent has ended: " + self.log_text()[-2000:])
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10).close()
        except OSError:
            return False
        return True

    def put(self, name, text):
        """Write a manifest in one go."""
        fresh = self.dir / "fresh"
        fresh.write_text(text)
        fresh.rename(self.dir / "manifests" / name)

    def log_text(self):
        return (self.dir / "log").read_text()

    def read(self, namespace, file):
        """A JSON file of the mirror; None while it is not there."""
        try:
            return json.loads((self.dir / "mirror" / namespace / file).read_bytes())
        except FileNotFoundError:
            return None

    def data(self, namespace, name):
        """Keys and values (bytes) of a mirrored Secret; None while it is not there."""
        secret = self.read(namespace, f"{name}.secret.json")
        if secret is None:
            return None
        return {k: base64.b64decode(v) for k, v in secret.get("data", {}).items()}

    def secret(self, namespace, name):
        """The same, waited for."""
        try:
            return wait_for(f"Secret {namespace}/{name}", lambda: self.data(namespace, name))
        except AssertionError as e:
            raise AssertionError(f"{e}: {self.condition(namespace, name)}") from None

    def condition(self, namespace, name):
        """The Ready condition of an ExternalSecret; None while there is none."""
        status = self.read(namespace, f"{name}.status.json")
        return next((c for c in (status or {}).get("conditions", []) if c["type"] == "Ready"), None)

    def failure(self, namespace, name, text):
        """Wait for a Ready condition that is False and says text."""

        def says_text():
            condition = self.condition(namespace, name)
            return condition and condition["status"] == "False" and text in condition["message"]

        try:
            wait_for(f"{namespace}/{name} failing with {text!r}", says_text)
        except AssertionError as e:
            raise AssertionError(f"{e}: {self.condition(namespace, name)}") from None

    def metric(self, name, **labels):
        """Value of one series of a metric, 0 when it is not there."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as reply:
            text = reply.read().decode()
        for line in text.splitlines():
            if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def calls(self, call, status="success"):
        """Calls to the store so far."""
        name = "externalsecret_provider_api_calls_count"
        return self.metric(name, call=call, status=status)

    def saved(self, reason):
        """Calls to the store that were not made: "cache", "flight" or "batch"."""
        return self.metric("lockstep_provider_calls_saved_total", reason=reason)
