"""PID 1 of a test cluster: prepares the namespaces, then starts and watches processes.

Run as `python3 -m cluster.init` by cluster.py, through unshare. It reads one JSON request a line
from its standard input and answers each with one JSON line; the first line it writes, before any
request, is an empty object and says that the namespaces are ready. The end of its input ends it,
and with it every process of the cluster, so a test run that dies leaves nothing behind.

Requests:
    {"op": "start", "name": N, "argv": [...], "env": {...}}   -> {"pid": P}
    {"op": "signal", "name": N, "number": S}                  -> {}
    {"op": "status", "name": N}                               -> {"running": B, "exit": E or null}
A request that fails is answered with {"error": TEXT}.
"""
import json
import os
import selectors
import signal
import socket
import subprocess
import sys

from . import layout


def run(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def hide_machine_folders():
    """Put a layer over each folder that some component writes to whatever its configuration."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "lockstep-e2e", "/run")
    for folder in (layout.LOGS, layout.PKI, layout.CONFIG):
        os.makedirs(folder)
    for folder in ("/var/lib", "/var/log"):
        layer = f"{layout.STATE}/layer{folder}"
        os.makedirs(f"{layer}/upper")
        os.makedirs(f"{layer}/work")
        options = f"lowerdir={folder},upperdir={layer}/upper,workdir={layer}/work"
        run("mount", "-t", "overlay", "-o", options, "lockstep-e2e", folder)
    os.makedirs(layout.KUBELET, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "lockstep-e2e", layout.KUBELET)
    os.symlink(layout.KUBELET, f"{layout.STATE}/kubelet")


def shield_kernel_settings():
    """Let the kubelet write to copies of the settings that no namespace separates."""
    for name in layout.KERNEL_SETTINGS:
        setting = f"/proc/sys/{name}"
        copy = f"{layout.STATE}/sys/{name}"
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(setting, encoding="ascii") as source, open(copy, "w", encoding="ascii") as out:
            out.write(source.read())
        run("mount", "--bind", copy, setting)


def make_network():
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{layout.SERVICE_IP}/32", "dev", "lo")
    # Without an address of its own the bridge would take that of its lowest port, another one with
    # each Pod, and the Pods would not reach the node until they had asked for it again.
    run("ip", "link", "add", layout.BRIDGE, "address", layout.BRIDGE_MAC, "type", "bridge")
    prefix = layout.NODE_NET.partition("/")[2]
    run("ip", "address", "add", f"{layout.NODE_IP}/{prefix}", "dev", layout.BRIDGE)
    run("ip", "link", "set", layout.BRIDGE, "up")


class Supervisor:
    """The named processes: at most one of each name runs; orphans are reaped as well."""

    def __init__(self):
        self.pids = {}
        self.exits = {}

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name in [n for n, p in self.pids.items() if p == pid]:
                del self.pids[name]
                self.exits[name] = os.waitstatus_to_exitcode(status)

    def op_start(self, name, argv, env):
        if name in self.pids:
            raise ValueError(f"{name} is running already")
        log = f"{layout.LOGS}/{name}.log"
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        os.environ["PATH"] = env.get("PATH", os.defpath)
        pid = os.posix_spawnp(argv[0], argv, env, file_actions=files, setsid=True,
                              setsigdef=[signal.SIGPIPE])
        self.exits.pop(name, None)
        self.pids[name] = pid
        return {"pid": pid}

    def op_signal(self, name, number):
        if name not in self.pids:
            raise ValueError(f"{name} is not running")
        os.kill(self.pids[name], number)
        return {}

    def op_status(self, name):
        return {"running": name in self.pids, "exit": self.exits.get(name)}

    def answer(self, line):
        """One request line to one reply line; no request may end PID 1."""
        try:
            request = json.loads(line)
            reply = getattr(self, "op_" + request.pop("op"))(**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        return json.dumps(reply).encode() + b"\n"


def serve(supervisor):
    """Answer requests until the input ends; exits of children arrive through the wake-up pipe."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(wake_read, selectors.EVENT_READ)
    pending = b""
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if wake_read in ready:
            os.read(wake_read, 4096)
        supervisor.reap()
        if 0 not in ready:
            continue
        received = os.read(0, 65536)
        if not received:
            return
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            os.write(1, supervisor.answer(line))


def main():
    os.chdir("/")
    os.umask(0o022)
    run("mount", "--make-rshared", "/")
    hide_machine_folders()
    shield_kernel_settings()
    make_network()
    socket.sethostname(layout.NODE)
    os.write(1, b"{}\n")
    serve(Supervisor())


if __name__ == "__main__":
    main()
