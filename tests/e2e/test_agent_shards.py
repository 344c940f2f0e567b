"""Two agents share the work of mirroring, and one of them dies."""
import base64
import signal
import subprocess
import time
from collections import Counter

from agent_fixture import AWS, CANARY, SYSTEM, AgentCase, agent_kubeconfig, metric, program
from cluster import layout
from harness import cluster

SECOND = "node-2"
SECOND_ROOT = f"{layout.STATE}/second"
SECOND_ADMIN = "127.0.0.1:9809"
SHARDS = 8
OBJECTS = 16  # each of the two gets some, but for once in some 10,000 runs
SPLIT_S = 40
TAKE_OVER_S = 60


class ShardTest(AgentCase):
    may_restart = True

    def test_two_agents_share_and_one_dies(self):
        names = [f"app-{number}" for number in range(OBJECTS)]
        for name in names:
            self.give(name)
        history = self.follow_secrets()
        self.start_second()
        self.wait(self.is_split, "both agents to hold shards", SPLIT_S)
        self.rotate_all(names, 2)
        self.assertGreater(self.second_writes(), 0, "the second agent has written nothing")
        self.assertTrue(self.is_split())
        self.assertEqual(cluster().stop("second", signal.SIGKILL), -signal.SIGKILL)
        began = time.monotonic()
        self.wait(lambda: self.holders() == {layout.NODE: SHARDS}, "one agent to hold all",
                  TAKE_OVER_S)
        print(f"     {time.monotonic() - began:6.1f} s  taken over", flush=True)
        self.rotate_all(names, 3)
        self.assert_forward(history(), names)

    def start_second(self):
        """Beside the DaemonSet's agent just as that one begins anew, so that both want shards."""
        cluster().exec(("mkdir", "-p", f"{SECOND_ROOT}/pods"))
        argv = (program(), "agent", f"--kubeconfig={agent_kubeconfig('second')}",
                f"--node-name={SECOND}", f"--namespace={SYSTEM}", f"--admin={SECOND_ADMIN}",
                f"--kubelet-root={SECOND_ROOT}", f"--csi-socket={SECOND_ROOT}/csi.sock",
                f"--state-dir={SECOND_ROOT}/state", "--registration-dir=off")
        first = self.agent.pod()["metadata"]["uid"]
        cluster().kubectl("rollout", "restart", "daemonset/lockstep", "-n", SYSTEM)
        self.wait(lambda: first not in [pod["metadata"]["uid"] for pod in self.agent.pods()],
                  "the first agent to be replaced")
        cluster().run("second", argv, env=AWS)
        self.addCleanup(self.stop_second)
        self.agent.wait_ready()

    def stop_second(self):
        if cluster().is_running("second"):
            cluster().stop("second")

    def second_writes(self):
        page = cluster().exec(("curl", "-sS", f"http://{SECOND_ADMIN}/metrics")).stdout
        return metric(page, "lockstep_secret_writes_total", result="applied")

    def holders(self):
        """How many shards each agent holds."""
        leases = cluster().get("leases", "-n", SYSTEM, "-l", "lockstep.dev/shards=true")["items"]
        held = Counter(lease["spec"].get("holderIdentity") for lease in leases)
        return {name: n for name, n in held.items() if name}

    def is_split(self):
        held = self.holders()
        return set(held) == {layout.NODE, SECOND} and sum(held.values()) == SHARDS

    def rotate_all(self, names, number):
        for name in names:
            self.rotate(name, number)
        for name in names:
            self.wait_secret(name, number)

    def follow_secrets(self):
        """From now on note every state of every Secret; the function returned tells them."""
        columns = '{.metadata.name} {.data.password}{"\\n"}'
        watching = cluster().popen(
            ("kubectl", "get", "secrets", "-n", self.namespace, "--watch", "-o",
             f"jsonpath={columns}"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.kill)

        def told():
            watching.kill()
            return [line.split() for line in watching.stdout.read().splitlines()]
        return told

    def assert_forward(self, history, names):
        """Each Secret went from one revision to the next, never back, and had no other content."""
        for name in names:
            seen = [base64.b64decode(words[1]).decode() for words in history if words[0] == name]
            self.assertEqual(sorted(set(seen)), [f"{CANARY}-pass-{n}" for n in (1, 2, 3)])
            self.assertEqual(seen, sorted(seen))
