"""--watch-secrets: what others do to a mirrored Secret is undone at once.

The agent runs as a plain process beside a control plane of its own, with the token of its
ServiceAccount and the rights that deploy/ gives it. Values come from the `fake` provider.
"""
import base64
import json
import time
import unittest

from agent_fixture import DEPLOY, SYSTEM, agent_kubeconfig, metric, objects, program
from cluster import Cluster, layout

ADMIN = "127.0.0.1:9808"
AGENT = f"system:serviceaccount:{SYSTEM}:lockstep"
QUIET_S = 10  # an ExternalSecret's Secret is not mended twice within
MEND_S = 5    # at once, on a machine that has other things to do too
CALLS = "externalsecret_provider_api_calls_count"
DRIFT = "lockstep_secret_drift_total"


def store(value):
    return {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
            "metadata": {"name": "store"},
            "spec": {"provider": {"fake": {"data": [{"key": "db", "value": value}]}}}}


def external_secret(interval):
    return {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": {"name": "app"},
            "spec": {"refreshInterval": interval, "secretStoreRef": {"name": "store"},
                     "target": {"name": "mirrored"},
                     "data": [{"secretKey": "password", "remoteRef": {"key": "db"}}]}}


class WatchCase(unittest.TestCase):
    """A control plane with the manifests of MANIFESTS, and the agent."""

    MANIFESTS = "base"
    INTERVAL = "1h"

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster("api"))
        cls.cluster.apply(DEPLOY / "crds", "--server-side")
        cls.cluster.apply(DEPLOY / cls.MANIFESTS, "--server-side")
        cls.cluster.wait_for(cls.fence_stands, "the admission policy to be in force")
        cls.cluster.run("agent", (
            program(cls.cluster), "agent", "--watch-secrets", "--mirror-shards=1",
            f"--kubeconfig={agent_kubeconfig('agent', cls.cluster)}", f"--namespace={SYSTEM}",
            f"--node-name={layout.NODE}", f"--kubelet-root={layout.STATE}/kubelet",
            "--registration-dir=off", f"--admin={ADMIN}"))
        cls.cluster.wait_for(lambda: cls.metric("lockstep_shards_held") == 1, "the Lease")

    @classmethod
    def fence_stands(cls):
        unlabelled = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fence"}}
        done = cls.cluster.kubectl_done(
            "apply", "--server-side", "--dry-run=server", f"--as={AGENT}", "-n", SYSTEM, "-f", "-",
            input=json.dumps(unlabelled), check=False)
        return "lockstep-managed-secrets" in done.stderr

    @classmethod
    def metric(cls, name, **labels):
        page = cls.cluster.exec(("curl", "-sS", "--max-time", "10",
                                 f"http://{ADMIN}/metrics")).stdout
        return metric(page, name, **labels)

    def setUp(self):
        self.namespace = self.enterContext(self.cluster.namespace("drift"))
        self.apply(store("right"), external_secret(self.INTERVAL))
        self.wait_value("right", 30)

    def apply(self, *items):
        self.cluster.apply(objects(*items), "-n", self.namespace)

    def value(self):
        found = self.cluster.get("secret", "mirrored", "-n", self.namespace)
        return base64.b64decode(found["data"]["password"]).decode()

    def wait_value(self, want, timeout=MEND_S):
        self.cluster.wait_for(lambda: self.value() == want, f"the value {want}", timeout)

    def edit(self, **spec):
        self.cluster.kubectl("patch", "secret", "mirrored", "-n", self.namespace, "--type=merge",
                             "-p", json.dumps({"stringData": {"password": "wrong"}, **spec}))

    def drift(self):
        return {result: self.metric(DRIFT, result=result)
                for result in ("applied", "failed", "delayed")}


class Watching(WatchCase):
    """With the overlay's right: at once, and without a word to the store."""

    MANIFESTS = "overlays/watch-secrets"

    def setUp(self):
        super().setUp()
        self.calls = self.metric(CALLS)
        self.before = self.drift()

    def assert_drift(self, **more):
        want = {result: count + more.get(result, 0) for result, count in self.before.items()}
        self.assertEqual(self.drift(), want)
        self.assertEqual(self.metric(CALLS), self.calls)

    def test_an_edit_is_undone(self):
        self.edit()
        self.wait_value("right")
        self.assert_drift(applied=1)

    def test_a_key_that_somebody_added_and_a_label_that_is_gone(self):
        self.edit(metadata={"labels": {"lockstep.dev/managed": None}})
        self.wait_value("right")
        labels = self.cluster.get("secret", "mirrored", "-n", self.namespace)["metadata"]["labels"]
        self.assertEqual(labels["lockstep.dev/managed"], "true")
        self.assert_drift(applied=1)

    def test_a_deleted_secret_comes_back(self):
        self.cluster.kubectl("delete", "secret", "mirrored", "-n", self.namespace)
        self.wait_value("right")
        self.assert_drift(applied=1)

    def test_two_writers_do_not_make_a_loop(self):
        self.edit()
        self.wait_value("right")
        mended = time.monotonic()
        self.edit()
        time.sleep(QUIET_S / 4)
        self.assertEqual(self.value(), "wrong")
        self.wait_value("right", QUIET_S + MEND_S)
        self.assertGreater(time.monotonic() - mended, QUIET_S / 2)
        self.assert_drift(applied=2, delayed=1)

    def test_own_writes_are_no_drift(self):
        self.apply(store("newer"))
        self.wait_value("newer")
        time.sleep(1)
        self.assertEqual(self.drift(), self.before)

    def test_the_watch_outlives_a_restart_of_the_server(self):
        self.cluster.restart("apiserver")
        self.edit()
        self.wait_value("right", 30)

    def test_nothing_is_missing_or_told(self):
        self.assertEqual(self.metric("lockstep_rights_missing"), 0)
        self.assertEqual(self.metric("lockstep_watches", resource="secrets"), 1)
        log = self.cluster.log("agent")
        self.assertNotIn("right.missing", log)
        self.assertNotIn("wrong", log)


class WithoutTheRight(WatchCase):
    """The base does not give it: the agent says so, goes on, and mends at the refresh."""

    INTERVAL = "8s"

    def test_an_edit_stays_until_the_refresh(self):
        self.edit()
        self.wait_value("right", 8 + MEND_S)
        self.assertEqual(self.drift(), {"applied": 0, "failed": 0, "delayed": 0})

    def test_the_warning_names_the_overlay(self):
        lines = [json.loads(line) for line in self.cluster.log("agent").splitlines()]
        off, = (line for line in lines if line["event"] == "watch_secrets.off")
        self.assertIn("deploy/overlays/watch-secrets", off["hint"])
        rules = [line["rule"] for line in lines if line["event"] == "right.missing"]
        self.assertEqual(rules, [f'{{apiGroups: [""], resources: [secrets], verbs: [{verb}]}}'
                                 for verb in ("get", "list", "watch")])
        self.assertEqual(self.metric("lockstep_rights_missing"), 3)
        self.assertEqual(self.metric("lockstep_watches", resource="secrets"), 0)


if __name__ == "__main__":
    unittest.main()
