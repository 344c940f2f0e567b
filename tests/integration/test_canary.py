"""Marked values through the whole program: they are in the outputs, and nowhere else.

The values come from an Express server. After a sync, a publish, a rotation, a refused reply and an
unpublish, everything an operator or an attacker on the node could read is searched for them: the
log with its Events, metrics, status page, conditions, records, command line and environment, and
the process's own memory outside the locked arena. A control with a planted value shows that the
search finds what is there.
"""
import os
import re
import subprocess
import unittest
import urllib.request

from dir_agent import DirAgent, PROGRAM, wait_for
from test_express import KeyServer, SPEC, STORE

FIRST = "canary-7f3a91c2e8d4-first"
SECOND = "canary-7f3a91c2e8d4-second"
MARK = b"7f3a91c2e8d4"
POD_UID = "c0ffee00-canary"


def ordinary_memory(pid):
    """Contents of the process's writable mappings that are not locked."""
    header = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ")
    mapping = None
    with open(f"/proc/{pid}/smaps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            found = header.match(line)
            if found:
                mapping = found
            elif line.startswith("VmFlags:") and mapping[3].startswith("rw") and " lo" not in line:
                start, end = int(mapping[1], 16), int(mapping[2], 16)
                try:
                    memory.seek(start)
                    yield memory.read(end - start)
                except OSError:
                    continue  # a guard page, or a mapping that the kernel does not show


def has_mark(pid):
    return any(MARK in block for block in ordinary_memory(pid))


class CanaryTest(unittest.TestCase):
    def setUp(self):
        self.server = KeyServer({"k": FIRST})
        self.addCleanup(self.server.stop)
        lines = "  data: [{secretKey: k, remoteRef: {key: k}}]"
        self.manifests = STORE % self.server.url + SPEC % ("s", "1s", lines)

    def csi(self, agent, call, *args):
        command = [
            PROGRAM,
            "csi",
            call,
            f"--socket={agent.dir}/kubelet/plugins/csi.lockstep.dev/csi.sock",
            f"--kubelet-root={agent.dir}/kubelet",
            "--volume=v",
            f"--pod-uid={POD_UID}",
            *args,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def volume_file(self, agent):
        target = f"{agent.dir}/kubelet/pods/{POD_UID}/volumes/kubernetes.io~csi/v/mount/k"
        with open(f"/proc/{agent.process.pid}/root{target}") as file:
            return file.read()

    def live_through_everything(self, agent):
        self.assertEqual(agent.secret("app", "s"), {"k": FIRST.encode()})
        self.csi(agent, "publish", "--pod-namespace=app", "--pod-name=p", "--external-secret=s")
        self.assertEqual(self.volume_file(agent), FIRST)
        self.server.put("k", SECOND)
        wait_for("rotation", lambda: agent.data("app", "s") == {"k": SECOND.encode()})
        wait_for("rotation of the file", lambda: self.volume_file(agent) == SECOND)
        broken = self.manifests.replace("remoteRef: {key: k}", "remoteRef: {key: k, property: x}")
        agent.put("all.yaml", broken)
        agent.failure("app", "s", "key: k")

    def readable(self, agent):
        """Name and bytes of all that somebody without the outputs could read."""
        pid = agent.process.pid
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                yield name, file.read()
        for path in ("metrics", "", "readyz", "healthz"):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{agent.port}/{path}") as reply:
                    yield path, reply.read()
            except urllib.error.HTTPError as e:
                yield path, e.read()
        for file in [agent.dir / "log", *(agent.dir / "state").rglob("*")]:
            if file.is_file():
                yield str(file), file.read_bytes()
        for file in (agent.dir / "mirror").rglob("*.status.json"):
            yield str(file), file.read_bytes()

    def test_values_are_in_the_outputs_and_nowhere_else(self):
        with DirAgent(self.manifests, wrap=["unshare", "-m"]) as agent:
            self.live_through_everything(agent)
            seen = dict(self.readable(agent))
            self.assertGreater(len(seen), 8)
            for name, content in seen.items():
                self.assertNotIn(MARK, content, name)
            self.assertFalse(has_mark(agent.process.pid), "a value is in ordinary memory")
            self.csi(agent, "unpublish")

    def test_search_finds_a_planted_value(self):
        planted = {"PLANTED": f"{FIRST}"}
        with DirAgent(self.manifests, planted) as agent:
            agent.secret("app", "s")
            self.assertTrue(has_mark(agent.process.pid))
            self.assertIn(MARK, dict(self.readable(agent))["environ"])


if __name__ == "__main__":
    unittest.main()
