"""Many Pods at once on one node."""
import time

from agent_fixture import CANARY, AgentCase, pod_spec
from harness import cluster

PODS = 100
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 90


class LoadTest(AgentCase):
    def test_a_hundred_pods_at_once(self):
        """All start, with few calls to the store, and leave nothing."""
        self.give("app", interval="1h")
        self.wait_secret("app", 1)
        self.wait(lambda: len(cluster().get("externalsecrets", "-A")["items"]) == 1,
                  "the namespaces of other cases to be gone", 60)
        calls, publishes = self.calls(), self.publishes()
        self.apply({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "crowd"},
                    "spec": {"replicas": PODS, "selector": {"matchLabels": {"app": "crowd"}},
                             "template": {"metadata": {"labels": {"app": "crowd"}},
                                          "spec": pod_spec("app", hostNetwork=True)}}})
        began = time.monotonic()
        self.wait(lambda: self.get("replicaset", "crowd")["status"].get("readyReplicas") == PODS,
                  f"{PODS} Pods to be ready", START_TIMEOUT_S)
        print(f"     {time.monotonic() - began:6.1f} s  {PODS} Pods ready", flush=True)
        self.assertEqual(len(self.mounted()), PODS)
        self.assertGreaterEqual(self.publishes() - publishes, PODS)
        self.assertLessEqual(self.calls() - calls, 3)
        for pod in self.get("pods", "-l", "app=crowd")["items"]:
            self.started[pod["metadata"]["name"]] = pod
        for name in self.started:
            self.assertEqual(self.node_password_of(name), f"{CANARY}-pass-1")
        self.kubectl("delete", "replicaset", "crowd", "--wait=false")
        for name in self.started:
            self.wait_unmounted(name, STOP_TIMEOUT_S)

    def calls(self):
        return self.agent.metric("externalsecret_provider_api_calls_count")

    def publishes(self):
        return self.agent.metric("lockstep_csi_calls_total", method="NodePublishVolume", code="OK")
