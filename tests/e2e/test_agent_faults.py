"""The shipped agent when something ends: itself, the kubelet, the API server, the store."""
import json
import time

from agent_fixture import CANARY, SYSTEM, AgentCase, external_secret, revision, without
from harness import cluster

PUBLISH = "NodePublishVolume"


class AgentRestartTest(AgentCase):
    may_restart = True

    def test_killed_under_load(self):
        """Volumes stay, Pods that wait start, rotation goes on, and nothing is mounted twice."""
        self.give("app")
        self.witness("witness", "app")
        waiting = [f"waiting-{number}" for number in range(12)]
        self.create_all(waiting, "app")
        self.wait(lambda: len(self.mounted()) > 1, "a first volume of the load")
        self.agent.kill()
        self.wait(lambda: self.agent.lives() != self.lives, "the agent's next life")
        for name in waiting:
            self.wait_pod(name)
        self.rotate("app", 2)
        for name in ("witness", waiting[0], waiting[-1]):
            self.wait_volume(name, 2)
        self.wait_secret("app", 2)
        for name in waiting:
            self.assertEqual(self.node_password_of(name), f"{CANARY}-pass-2")
        self.assert_witness("witness", 1, 2)
        self.kubectl("delete", "pod", *waiting, "--wait=false")
        for name in waiting:
            self.wait_unmounted(name)

    def test_rollout(self):
        """Pods that are created while the agent is replaced start all the same."""
        self.give("app")
        self.witness("witness", "app")
        cluster().kubectl("rollout", "restart", "daemonset/lockstep", "-n", SYSTEM)
        created, last_seen, longest = [], time.monotonic(), 0.0
        deadline = time.monotonic() + 60
        while len(created) < 12 or self.agent.readiness() != [True]:
            self.assertLess(time.monotonic(), deadline, "the rollout takes too long")
            if len(created) < 12:
                created.append(f"during-{len(created)}")
                self.create(created[-1], "app")
            if self.agent.is_registered():
                last_seen = time.monotonic()
            longest = max(longest, time.monotonic() - last_seen)
        for name in created:
            self.wait_pod(name)
            self.assertEqual(self.node_password_of(name), f"{CANARY}-pass-1")
        self.agent.wait_ready()
        self.assertNotEqual(self.agent.lives(), self.lives)
        self.assertLess(longest, 3, "the driver was unknown to the kubelet for too long")
        for event in self.events("FailedMount"):
            self.assertIn("not found in the list of registered", event)
        self.rotate("app", 2)
        self.wait_volume("witness", 2)
        self.wait_secret("app", 2)
        self.assert_witness("witness", 1, 2)


class KubeletRestartTest(AgentCase):
    def test_kubelet_restart(self):
        """It publishes again what is mounted: one mount stays one, and goes with its Pod."""
        self.give("app")
        self.witness("witness", "app")
        self.assertEqual(len(self.mounts_of("witness")), 1)
        accepted = self.registrations()
        with without("kubelet"):
            self.rotate("app", 2)
            self.wait(lambda: self.node_password_of("witness") == f"{CANARY}-pass-2",
                      "rotation without a kubelet")
        self.wait(lambda: self.registrations() > accepted, "the driver to be registered again")
        published = self.agent.metric("lockstep_csi_calls_total", method=PUBLISH, code="OK")
        self.wait(lambda: self.agent.metric("lockstep_csi_calls_total", method=PUBLISH,
                                            code="OK") > published + 1, "two republishes")
        self.assertEqual(len(self.mounts_of("witness")), 1)
        self.wait_volume("witness", 2)
        self.assert_witness("witness", 1, 2)
        self.delete_pod("witness")
        self.wait_unmounted("witness")

    def registrations(self):
        return self.agent.metric("lockstep_csi_registrations_total", result="accepted")

    def test_pod_deleted_while_the_kubelet_was_away(self):
        self.give("app")
        self.start("reader", "app")
        with without("kubelet"):
            self.kubectl("delete", "pod", "reader", "--wait=false")
        cluster().wait_gone(self.namespace, "pod", "reader")
        self.wait_unmounted("reader")


class ApiServerTest(AgentCase):
    def test_api_server_away_and_back(self):
        """Files stay and are even rotated; afterwards the Secret follows, and so do edits."""
        self.give("app")
        self.moto.put(self.key("other"), revision(7))
        self.witness("witness", "app")
        self.wait_secret("app", 1)
        with without("apiserver"):
            self.assertEqual(self.node_password_of("witness"), f"{CANARY}-pass-1")
            self.rotate("app", 2)
            self.wait(lambda: self.node_password_of("witness") == f"{CANARY}-pass-2",
                      "rotation without an API server")
        self.wait_secret("app", 2)
        self.apply(external_secret("app", self.key("other")))
        self.wait_volume("witness", 7)
        self.wait_secret("app", 7)
        self.start("late", "app")
        self.assertEqual(self.password_in("late"), f"{CANARY}-pass-7")
        self.assert_witness("witness", 1, 2, 7)


class StoreTest(AgentCase):
    def test_store_away_and_back(self):
        """What is there stays; what was fetched before starts from memory; all of it is told."""
        self.give("app")
        self.witness("witness", "app")
        self.wait_secret("app", 1)
        with self.moto.away():
            condition = self.wait_ready("app", "False")
            self.assertEqual(condition["reason"], "SecretSyncedError")
            self.assertIn("10.250.0.1:5000", condition["message"])
            self.wait(lambda: self.events("UpdateFailed"), "an event of the failure")
            stale = self.agent.metric("lockstep_cache_stale_served_total")
            began = time.monotonic()
            self.start("late", "app")
            self.assertLess(time.monotonic() - began, 15, "a start from memory takes too long")
            self.assertEqual(self.password_in("late"), f"{CANARY}-pass-1")
            self.assertGreater(self.agent.metric("lockstep_cache_stale_served_total"), stale)
            self.assertEqual(self.secret("app"), json.loads(revision(1)))
        self.wait_ready("app")
        self.wait(lambda: self.events("Updated"), "an event of the recovery")
        self.rotate("app", 2)
        for name in ("witness", "late"):
            self.wait_volume(name, 2)
        self.wait_secret("app", 2)
        self.assert_witness("witness", 1, 2)

    def test_store_that_does_not_answer(self):
        """The connection stands but nothing comes: a start from memory is still soon."""
        self.give("app")
        self.start("reader", "app")
        with self.moto.frozen():
            time.sleep(3)  # by then the value is older than the interval: the store is asked
            began = time.monotonic()
            self.start("late", "app")
            self.assertLess(time.monotonic() - began, 15)
            self.assertEqual(self.password_in("late"), f"{CANARY}-pass-1")
        self.rotate("app", 2)
        self.wait_volume("late", 2)

    def test_value_deleted_from_the_store(self):
        """A Pod keeps what it has; no new one starts; the condition says so."""
        self.give("app")
        self.start("reader", "app")
        self.moto.remove(self.key("app"))
        condition = self.wait_ready("app", "False")
        self.assertIn("spec.data[0]", condition["message"])
        self.assertEqual(self.password_in("reader"), f"{CANARY}-pass-1")
        self.create("late", "app")
        event = self.wait(lambda: self.events("FailedMount"), "a FailedMount event")[0]
        self.assertIn(f'ExternalSecret "{self.namespace}/app"', event)
        self.assertEqual(self.secret("app"), json.loads(revision(1)))
        self.rotate("app", 2)
        self.wait_pod("late")
        self.wait_volume("reader", 2)
