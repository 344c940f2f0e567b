"""ClusterExternalSecret: an ExternalSecret in each namespace that is meant, and its Secret.

Everything happens beside a control plane of the case's own. Where no controller manager runs, a
deleted namespace stays in deletion, which is what some cases want to see.
"""
import json
import time
import unittest

from agent_fixture import SYSTEM, agent_kubeconfig, metric, objects, program
from cluster import Cluster, CommandError, layout
from external_secret_fixture import (DEPLOY, GROUP, PASS_S, FakeCase, decoded, external_secret,
                                     store)

OVERLAY = "overlays/cluster-external-secrets"
COMPONENT = "deploy/components/cluster-external-secrets"
FORCE_SYNC = f"{GROUP}/force-sync"
REST_S = 6   # long enough for three refreshes of the ExternalSecrets
QUIET_S = 10  # what somebody changes is not mended twice within

FAILED = "one or more namespaces failed"
TAKEN = "external secret already exists in namespace"


def cluster_external_secret(name, version="v1", metadata=None, interval="1h", **spec):
    target = external_secret("x", data={"password": "db"}, interval=interval)["spec"]
    return {"apiVersion": f"{GROUP}/{version}", "kind": "ClusterExternalSecret",
            "metadata": {"name": name, **(metadata or {})},
            "spec": {"externalSecretSpec": target, **spec}}


class FanCase(FakeCase):
    """Every case has a label of its own, so that its selectors find its namespaces alone."""

    MANIFESTS = OVERLAY

    def setUp(self):
        super().setUp()
        self.name = self.namespace
        self.addCleanup(self.cluster.kubectl, "delete", "clusterexternalsecret", self.name,
                        "--ignore-not-found", "--wait=false")
        self.addCleanup(self.cluster.kubectl, "delete", "externalsecrets", "-A", "-l",
                        f"of={self.name}", "--wait=false")

    def space(self, **labels):
        """A namespace with a store and these labels."""
        name = self.enterContext(self.cluster.namespace("fan"))
        self.cluster.apply(objects(store(db="one")), "-n", name)
        if labels:
            self.label(name, **labels)
        return name

    def label(self, namespace, **labels):
        self.cluster.kubectl("label", "namespace", namespace, "--overwrite",
                             *(f"{key}={value}" if value else f"{key}-"
                               for key, value in labels.items()))

    def selector(self, **labels):
        return {"matchLabels": {"of": self.name, **labels}}

    def fan(self, **spec):
        self.cluster.apply(objects(cluster_external_secret(self.name, **spec)))

    def edit(self, **spec):
        self.cluster.kubectl("patch", "clusterexternalsecret", self.name, "--type=merge", "-p",
                             json.dumps({"spec": spec}))

    def child(self, namespace, name=None):
        """An ExternalSecret, or None."""
        try:
            return self.cluster.get("externalsecret", name or self.name, "-n", namespace)
        except CommandError:
            return None

    def wait_child(self, namespace, name=None, timeout=PASS_S):
        return self.wait(lambda: self.child(namespace, name), f"ExternalSecret in {namespace}",
                         timeout)

    def wait_no_child(self, namespace, name=None):
        self.wait(lambda: self.child(namespace, name) is None, f"no ExternalSecret in {namespace}")

    def status(self):
        return self.cluster.get("clusterexternalsecret", self.name).get("status", {})

    def wait_status(self, timeout=PASS_S, **want):
        def told():
            found = self.status()
            self.assertEqual({key: found.get(key) for key in want}, want)
            return True
        try:
            self.wait(told, f"status {want}", timeout)
        except Exception as error:
            raise AssertionError(f"status {want}; is {self.status()}") from error

    def wait_provisioned(self, *namespaces, **want):
        self.wait_status(provisionedNamespaces=sorted(namespaces) or None,
                         conditions=[{"type": "Ready", "status": "True"}], **want)

    def wait_failed(self, namespace, *texts, timeout=PASS_S):
        """Wait for Ready=False with that namespace among the failed, each text in its reason."""
        def told():
            found = self.status()
            ready, = found["conditions"]
            reasons = [item["reason"] for item in found["failedNamespaces"]
                       if item["namespace"] == namespace]
            return (ready["status"] == "False" and ready["message"].startswith(FAILED)
                    and reasons and all(text in reasons[0] for text in texts))
        try:
            self.wait(told, f"{namespace} among the failed", timeout)
        except Exception as error:
            raise AssertionError(f"failed {namespace} {texts}; is {self.status()}") from error

    def metric(self, name, **labels):
        page = self.cluster.exec(("curl", "-sS", "http://127.0.0.1:9808/metrics")).stdout
        return metric(page, name, **labels)

    def writes(self, result):
        return self.metric("lockstep_external_secret_writes_total", result=result)

    def events(self):
        found = self.cluster.get("events", "-n", "default")["items"]
        return [(item["reason"], item["message"]) for item in found
                if item["involvedObject"]["name"] == self.name]


class FanOut(FanCase):
    """With the component's rights."""

    def test_selected_namespaces_get_theirs_and_their_secrets(self):
        in_one, in_two, out = self.space(of=self.name), self.space(of=self.name), self.space()
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(in_one, in_two, externalSecretName=self.name, failedNamespaces=None)
        self.assertIsNone(self.child(out))
        for namespace in (in_one, in_two):
            self.wait(lambda: decoded(self.cluster.get("secret", self.name, "-n", namespace)) ==
                      {"password": "one"}, f"the Secret in {namespace}")
        owner, = self.child(in_one)["metadata"]["ownerReferences"]
        ours = self.cluster.get("clusterexternalsecret", self.name)["metadata"]
        self.assertEqual(owner, {
            "apiVersion": f"{GROUP}/v1", "kind": "ClusterExternalSecret", "name": self.name,
            "uid": ours["uid"], "controller": True, "blockOwnerDeletion": True})
        self.assertNotIn("finalizers", ours)
        self.assertIn(("Created", f'created ExternalSecret "{self.name}" in 2 namespaces'),
                      self.events())
        columns = self.cluster.kubectl("get", "ces", self.name).split()
        self.assertEqual(columns[:5], ["NAME", "STORE", "REFRESH", "INTERVAL", "READY"])

    def test_selectors_and_names_are_added_up(self):
        red, blue, named = (self.space(of=self.name, color="red"),
                            self.space(of=self.name, color="blue"), self.space())
        green = self.space(of=self.name, color="green")
        self.fan(namespaceSelectors=[
            self.selector(color="red"),
            {"matchExpressions": [{"key": "color", "operator": "In", "values": ["blue"]},
                                  {"key": "of", "operator": "In", "values": [self.name]}]}],
                 namespaces=[named, "there-is-none"])
        self.wait_provisioned(red, blue, named)
        self.assertIsNone(self.child(green))

    def test_the_old_single_selector_and_the_old_version(self):
        space = self.space(of=self.name)
        self.fan(version="v1beta1", namespaceSelector=self.selector())
        self.wait_provisioned(space)

    def test_namespaces_come_and_go(self):
        first = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(first)
        second = self.space(of=self.name)
        self.wait_provisioned(first, second)
        self.label(first, of=None)
        self.wait_no_child(first)
        self.wait_provisioned(second)
        self.label(first, of=self.name)
        self.wait_provisioned(first, second)

    def test_a_namespace_in_deletion_is_left_alone(self):
        first, second = self.space(of=self.name), self.space(of=self.name)
        self.cluster.kubectl("delete", "namespace", first, "--wait=false")
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(second, failedNamespaces=None)
        self.assertIsNone(self.child(first))

    def test_metadata_spec_and_force_sync_are_handed_on(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()], externalSecretMetadata={
            "labels": {"of": self.name, "team": "a"}, "annotations": {"note": "n"}})
        self.wait_provisioned(space)
        self.cluster.kubectl("annotate", "clusterexternalsecret", self.name,
                             f"{FORCE_SYNC}=1", "other=2")
        want = {"note": "n", FORCE_SYNC: "1"}
        self.wait(lambda: self.child(space)["metadata"]["annotations"] == want, "force-sync")
        self.edit(externalSecretMetadata={"labels": {"team": None}},
                  externalSecretSpec={"target": {"name": "other"}})
        self.wait(lambda: self.child(space)["metadata"]["labels"] == {"of": self.name}, "labels")
        self.assertEqual(self.child(space)["spec"]["target"]["name"], "other")
        self.cluster.kubectl("annotate", "clusterexternalsecret", self.name, f"{FORCE_SYNC}-")
        self.wait(lambda: self.child(space)["metadata"]["annotations"] == {"note": "n"}, "its end")

    def test_another_name_moves_them(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()], externalSecretName="before")
        self.wait_provisioned(space, externalSecretName="before")
        self.edit(externalSecretName="after")
        self.wait_provisioned(space, externalSecretName="after")
        self.wait_no_child(space, "before")
        self.assertIsNotNone(self.child(space, "after"))

    def test_one_of_somebody_else_is_not_taken(self):
        mine, theirs = self.space(of=self.name), self.space(of=self.name)
        self.cluster.apply(objects(external_secret(self.name, data={"other": "db"})), "-n", theirs)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_failed(theirs, TAKEN)
        found = self.status()
        self.assertEqual(found["provisionedNamespaces"], [mine])
        self.assertEqual(found["conditions"], [{
            "type": "Ready", "status": "False", "message": f"{FAILED}: {theirs}: {TAKEN}"}])
        self.assertEqual(self.child(theirs)["spec"]["data"][0]["secretKey"], "other")
        self.assertIn(("UpdateFailed", f"{FAILED}: {theirs}: {TAKEN}"), self.events())
        self.cluster.kubectl("delete", "externalsecret", self.name, "-n", theirs)
        self.wait_provisioned(mine, theirs)

    def test_what_others_change_is_mended(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()],
                 externalSecretMetadata={"labels": {"of": self.name}})
        self.wait_provisioned(space)
        want = self.child(space)
        self.cluster.kubectl(
            "patch", "externalsecret", self.name, "-n", space, "--type=merge", "-p",
            json.dumps({"metadata": {"labels": {"of": None, "more": "x"}},
                        "spec": {"refreshPolicy": "OnChange", "refreshInterval": "5h"}}))
        self.wait(lambda: self.child(space)["spec"] == want["spec"], "the spec as it was")
        self.assertEqual(self.child(space)["metadata"]["labels"], {"of": self.name})
        self.cluster.kubectl("delete", "externalsecret", self.name, "-n", space)
        self.wait_child(space, timeout=QUIET_S + PASS_S)

    def test_one_of_a_namesake_that_is_gone_is_taken_over(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(space)
        before = self.child(space)["metadata"]["uid"]
        self.cluster.kubectl("delete", "clusterexternalsecret", self.name, "--cascade=orphan",
                             "--wait=false")
        self.cluster.kubectl("patch", "clusterexternalsecret", self.name, "--type=merge", "-p",
                             '{"metadata":{"finalizers":null}}', check=False)
        self.wait(lambda: not self.cluster.kubectl("get", "clusterexternalsecret", self.name,
                                                   "--ignore-not-found"), "its end")
        self.assertEqual(self.child(space)["metadata"]["uid"], before)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(space)
        found = self.child(space)["metadata"]
        owner, = found["ownerReferences"]
        self.assertEqual(found["uid"], before)
        self.assertEqual(owner["uid"], self.cluster.get("clusterexternalsecret", self.name)
                         ["metadata"]["uid"])

    def test_a_mistake_is_told_and_what_is_there_stays(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(space)
        self.edit(refreshTime="soon")
        self.wait_failed("unknown", "spec.refreshTime")
        self.assertEqual(self.status()["provisionedNamespaces"], [space])
        self.assertIsNotNone(self.child(space))
        self.edit(refreshTime="1m", externalSecretSpec={"target": {"later": {}}})
        self.wait_failed("unknown", "spec.externalSecretSpec: spec.target.later is not supported")
        self.edit(externalSecretSpec={"target": {"later": None}})
        self.wait_provisioned(space)

    def test_while_it_is_deleted_its_own_go_too(self):
        """External Secrets' finalizer may keep it in deletion for long."""
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()],
                 metadata={"finalizers": ["example.com/keep"]})
        self.wait_provisioned(space)
        self.cluster.kubectl("delete", "clusterexternalsecret", self.name, "--wait=false")
        self.wait_no_child(space)
        self.cluster.kubectl("patch", "clusterexternalsecret", self.name, "--type=merge", "-p",
                             '{"metadata":{"finalizers":null}}')

    def test_nothing_is_written_at_rest(self):
        first, second = self.space(of=self.name), self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()], interval="2s", refreshTime="1s")
        self.wait_provisioned(first, second)
        self.wait(lambda: self.child(first).get("status") and self.child(second).get("status"),
                  "the first sync")
        before = self.versions(first, second)
        time.sleep(REST_S)
        self.assertEqual(self.versions(first, second), before)
        self.cluster.restart("agent")
        self.cluster.wait_for(lambda: self.writes("unchanged") >= 2, "a look at both", 60)
        time.sleep(REST_S)
        self.assertEqual(self.versions(first, second), before)

    def versions(self, *namespaces):
        """What a write to spec or metadata moves; statuses are the mirror's own."""
        children = [self.cluster.get("externalsecret", self.name, "-n", namespace,
                                     "--show-managed-fields")["metadata"]
                    for namespace in namespaces]
        return ([(item["generation"], item.get("labels"), item.get("annotations"),
                  [entry for entry in item["managedFields"]
                   if entry.get("subresource") != "status"])
                 for item in children],
                self.cluster.get("clusterexternalsecret", self.name)["metadata"]["resourceVersion"])

    def test_counts(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_provisioned(space)
        self.assertGreaterEqual(self.writes("created"), 1)
        self.assertEqual(self.metric("lockstep_cluster_external_secrets_not_ready"), 0)
        self.assertGreaterEqual(self.metric("lockstep_specs", kind="ClusterExternalSecret"), 1)
        self.assertEqual(self.metric("lockstep_watches", resource="namespaces"), 1)


class WithoutTheRights(FanCase):
    """The base: nothing is made, and the condition names the manifests to apply."""

    MANIFESTS = "base"

    def test_the_condition_names_what_is_missing(self):
        space = self.space(of=self.name)
        self.fan(namespaceSelectors=[self.selector()])
        self.wait_failed("unknown", "namespaces", COMPONENT)
        self.assertIsNone(self.child(space))
        log = [json.loads(line) for line in self.cluster.log("agent").splitlines()]
        self.assertNotIn("right.missing", [line["event"] for line in log])
        told = [line for line in log if line["event"] == "watch.failed"
                and line["resource"] == "Namespace"]
        self.assertLessEqual(len(told), 2)


class Whole(unittest.TestCase):
    """With the controllers of a whole cluster."""

    def test_the_garbage_collector_takes_them(self):
        with Cluster("full") as cluster:
            cluster.apply(DEPLOY / "crds", "--server-side")
            cluster.apply(DEPLOY / OVERLAY, "--server-side")
            cluster.run("agent", (
                program(cluster), "agent", "--mirror-shards=1",
                f"--kubeconfig={agent_kubeconfig('agent', cluster)}", f"--namespace={SYSTEM}",
                f"--node-name={layout.NODE}", f"--kubelet-root={layout.STATE}/kubelet",
                "--registration-dir=off", "--admin=off"))
            with cluster.namespace("fan") as space:
                cluster.apply(objects(store(db="one")), "-n", space)
                cluster.apply(objects(cluster_external_secret("db", namespaces=[space])))
                cluster.wait_for(lambda: cluster.get("secret", "db", "-n", space), "the Secret", 60)
                cluster.kubectl("delete", "clusterexternalsecret", "db")
                cluster.wait_for(lambda: not cluster.kubectl(
                    "get", "externalsecrets,secrets", "-n", space, "-o", "name"),
                    "the ExternalSecret and its Secret to go", 60)
                cluster.apply(objects(cluster_external_secret("db", namespaces=[space])))
                cluster.wait_for(lambda: cluster.get("secret", "db", "-n", space), "both again", 60)
            cluster.wait_for(lambda: cluster.get("clusterexternalsecret", "db")["status"].get(
                "provisionedNamespaces") is None, "no namespace left", 60)


if __name__ == "__main__":
    unittest.main()
