"""External Secrets hands over to Lockstep and gets everything back: no refetch, no write at rest.

Objects are made as External Secrets leaves them: its finalizer, its status and its field managers
on ExternalSecrets and Secrets. There is no External Secrets here; where it has to live, its hand is
kubectl's, under its field manager.
"""
import functools
import hashlib
import json
import time

from agent_fixture import CANARY, metric, objects
from cluster import CommandError
from external_secret_fixture import (
    COMPAT, HASH, LABEL_CREATED_BY, LABEL_OURS, PASS_S, FakeCase, Installation, external_secret,
    store)

THEIRS = "external-secrets"
FINALIZER = "externalsecrets.external-secrets.io/externalsecret-cleanup"
MANAGER = "externalsecrets.external-secrets.io/"
LABEL_MANAGED = "reconcile.external-secrets.io/managed"
STANDING_BACK = "lockstep.dev/StandingBack"

COUNT = 14
GRACE_S = 30
REST_S = 6

# Members of target, and of spec, in turn.
POLICIES = (
    ({}, {}),
    ({"creationPolicy": "Owner", "deletionPolicy": "Delete"}, {}),
    ({"creationPolicy": "Orphan"}, {"refreshPolicy": "OnChange"}),
    ({"creationPolicy": "Merge"}, {}),
    ({"creationPolicy": "CreateOrMerge"}, {"refreshPolicy": "CreatedOnce"}),
    ({"creationPolicy": "None"}, {}),
    ({}, {"refreshInterval": "0"}),
)


def sha3(text):
    return hashlib.sha3_224(text.encode()).hexdigest()


def go_map(texts):
    return "map[" + " ".join(f"{key}:{texts[key]}" for key in sorted(texts)) + "]"


def synced_version(found):
    """What External Secrets writes as status.syncedResourceVersion."""
    meta = found["metadata"]
    text = (f"{{annotations:{go_map(meta.get('annotations', {}))} "
            f"labels:{go_map(meta.get('labels', {}))}}}")
    return f"{meta['generation']}-{sha3(text)}"


def data_hash(data):
    """What External Secrets writes as annotation data-hash; data are texts."""
    return sha3(go_map({key: "[" + " ".join(str(byte) for byte in value.encode()) + "]"
                        for key, value in data.items()}))


def manager_of(name):
    full = MANAGER + name
    return full if len(full) <= 63 else f"{MANAGER}sha3/{sha3(name)}"


def rfc3339(unix_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))


@functools.cache
def hand_over():
    return Installation(COMPAT)


class HandOverCase(FakeCase):
    """Each case starts the agent when its objects are there, and ends it."""

    def setUp(self):
        self.cluster = hand_over().cluster
        self.namespace = self.enterContext(self.cluster.namespace("es"))
        self.addCleanup(self.remove_all)
        self.apply(store(db=CANARY, two=f"{CANARY}-2"))
        self.patch("secretstore", "store", {"status": {
            "capabilities": "ReadWrite", "conditions": [{
                "type": "Ready", "status": "True", "reason": "Valid",
                "message": "store validated", "lastTransitionTime": rfc3339(time.time())}]}},
                   "--subresource=status")

    def remove_all(self):
        """Nothing of this case is there for the agent of the next one."""
        self.kubectl("delete", "externalsecrets,pushsecrets", "--all", "--wait=false")
        for item in self.get("externalsecrets")["items"]:
            self.patch("externalsecret", item["metadata"]["name"],
                       {"metadata": {"finalizers": None}})

    def start_agent(self, *options):
        hand_over().start_agent(*options)
        self.addCleanup(self.stop_agent)
        self.wait(lambda: metric(self.metrics(), "lockstep_shards_held") == 1, "the shard")
        self.wait(lambda: metric(self.metrics(), "lockstep_specs", kind="ExternalSecret") > 0,
                  "ExternalSecrets to be listed")

    def stop_agent(self):
        if self.cluster.is_running("agent"):
            self.cluster.stop("agent")

    def metrics(self):
        return self.cluster.exec(("curl", "-sS", "--fail-with-body", "--max-time", "10",
                                  "http://127.0.0.1:9808/metrics")).stdout

    # The hand of External Secrets

    def patch(self, kind, name, body, *options, manager=THEIRS):
        self.kubectl("patch", kind, name, "--type=merge", f"--field-manager={manager}",
                     "-p", json.dumps(body), *options)

    def write_status(self, name, age_s=0, **members):
        """As after a refresh of the object as it is now; members are put over that."""
        found = self.get("externalsecret", name)
        then = rfc3339(time.time() - age_s)
        status = {"refreshTime": then, "syncedResourceVersion": synced_version(found),
                  "binding": {"name": name},
                  "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced",
                                  "message": "secret synced", "lastTransitionTime": then}]}
        self.patch("externalsecret", name, {"status": {**status, **members}},
                   "--subresource=status")

    def write_secret(self, name, target, data, kept=None):
        """The Secret of that ExternalSecret; kept are keys of somebody else's."""
        policy = target.get("creationPolicy", "Owner")
        owner = self.get("externalsecret", name)
        both = {**data, **(kept or {})}
        labels = {LABEL_MANAGED: "true"}
        owners = []
        if policy == "Owner":
            labels[LABEL_CREATED_BY] = sha3(f"{self.namespace}/{name}")
            owners = [{"apiVersion": owner["apiVersion"], "kind": "ExternalSecret", "name": name,
                       "uid": owner["metadata"]["uid"], "controller": True,
                       "blockOwnerDeletion": True}]
        if kept:
            self.kubectl("create", "-f", "-", "--field-manager=kubectl-create", input=json.dumps({
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
                "stringData": kept}))
        else:
            self.kubectl("create", "-f", "-", f"--field-manager={manager_of(name)}",
                         input=json.dumps({"apiVersion": "v1", "kind": "Secret",
                                           "metadata": {"name": name}}))
        self.patch("secret", name, {
            "metadata": {"labels": labels, "annotations": {HASH: data_hash(both)},
                         "ownerReferences": owners}, "stringData": data},
                   manager=manager_of(name))

    def leave(self, name, target=None, keys=("k",), age_s=0, **spec):
        """An ExternalSecret in rest, with its Secret, as External Secrets leaves both."""
        target = target or {}
        made = external_secret(name, {key: "db" for key in keys}, target=target,
                               **{"interval": "1h", **spec})
        self.kubectl("create", "-f", "-", input=json.dumps(made))
        self.patch("externalsecret", name, {"metadata": {"finalizers": [FINALIZER]}})
        if target.get("creationPolicy") != "None":
            kept = {"mine": "kept"} if target.get("creationPolicy") == "Merge" else None
            self.write_secret(name, target, {key: CANARY for key in keys}, kept)
        self.write_status(name, age_s)

    # What is looked at

    def versions(self):
        """Versions of all that a hand-over could touch."""
        return {(item["kind"], item["metadata"]["name"]): item["metadata"]["resourceVersion"]
                for kind in ("externalsecrets", "secrets", "secretstores")
                for item in self.get(kind)["items"]}

    def condition(self, name, kind):
        conditions = self.get("externalsecret", name).get("status", {}).get("conditions", ())
        return next((item for item in conditions if item["type"] == kind), None)

    def assert_valid_for_external_secrets(self, name):
        """External Secrets' own two questions before a refetch: none would follow."""
        found = self.get("externalsecret", name)
        self.assertEqual(found["status"]["syncedResourceVersion"], synced_version(found))
        self.assertTrue(found["status"]["refreshTime"])
        held = self.held(name)
        self.assertEqual(held["metadata"]["labels"][LABEL_MANAGED], "true")
        self.assertEqual(held["metadata"]["annotations"][HASH], data_hash(self.secret(name)))
        managed = json.loads(self.kubectl("get", "secret", name, "-o", "json",
                                          "--show-managed-fields"))["metadata"]["managedFields"]
        self.assertIn(manager_of(name), {entry["manager"] for entry in managed})


class HandOverTest(HandOverCase):
    def test_there_and_back(self):
        names = [f"app-{i}" if i % 2 else f"app-{i}-of-a-team-with-a-rather-long-name"
                 for i in range(COUNT)]
        for i, name in enumerate(names):
            target, spec = POLICIES[i % len(POLICIES)]
            self.leave(name, target, **spec)
        self.leave("edited", keys=("k", "gone"))
        self.leave("touched")
        self.leave("deleted")
        before = self.versions()
        self.start_agent()
        self.assert_nothing_happens(before)
        self.edit_and_wait()
        self.assert_rest(before, names)

    def assert_nothing_happens(self, before):
        time.sleep(REST_S)
        told = self.metrics()
        for name in ("externalsecret_provider_api_calls_count", "lockstep_sync_calls_total",
                     "lockstep_secret_writes_total", "lockstep_status_writes_total",
                     "lockstep_standing_back"):
            self.assertEqual(metric(told, name), 0, name)
        self.assertEqual(self.versions(), before)
        self.assertEqual(metric(told, "lockstep_specs", kind="ExternalSecret"), COUNT + 3)

    def edit_and_wait(self):
        """An edit, an annotation and a deletion are done after the time of grace, not before."""
        self.kubectl("patch", "externalsecret", "edited", "--type=merge", "-p", json.dumps(
            {"spec": {"data": [{"secretKey": "k", "remoteRef": {"key": "two"}}]}}))
        self.touch("touched")
        self.kubectl("delete", "externalsecret", "deleted", "--wait=false")
        began = time.monotonic()
        self.wait(lambda: self.assertEqual(self.secret("edited"), {"k": f"{CANARY}-2"}) or True,
                  "the edit", GRACE_S + 15)
        self.assertGreater(time.monotonic() - began, GRACE_S - 5)
        self.wait(lambda: self.held("touched")["metadata"]["labels"].get(LABEL_OURS),
                  "the annotation")
        self.wait(lambda: self.is_gone("deleted"), "the deleted ExternalSecret to go")
        for name in ("edited", "touched"):
            self.wait_synced(name)
            self.wait(lambda name=name: self.assert_valid_for_external_secrets(name) or True,
                      f"the books of {name}")
        self.touch("touched")  # ours by now: no waiting
        self.wait(lambda: self.assert_valid_for_external_secrets("touched") or True, "the second")

    def is_gone(self, name):
        try:
            self.get("externalsecret", name)
        except CommandError as error:
            return "NotFound" in str(error)
        return False

    def assert_rest(self, before, names):
        """The others have not been touched, so they are External Secrets' as they were."""
        after = self.versions()
        for name in names:
            for kind in ("ExternalSecret", "Secret"):
                self.assertEqual(after.get((kind, name)), before.get((kind, name)), (kind, name))
        owned = names[0]
        self.assert_valid_for_external_secrets(owned)
        self.assertNotIn(LABEL_OURS, self.held(owned)["metadata"]["labels"])
        leftovers = self.get("externalsecret", "edited")["metadata"]["finalizers"]
        self.assertEqual(leftovers, [FINALIZER])


class StandingBackTest(HandOverCase):
    def test_while_external_secrets_is_alive(self):
        other = {"type": "example.com/Checked", "status": "True", "reason": "Fine",
                 "message": "by hand", "lastTransitionTime": rfc3339(time.time())}
        self.leave("app")
        self.leave("other")
        found = self.get("externalsecret", "app")
        self.write_status("app", conditions=[*found["status"]["conditions"], other])
        self.start_agent()
        ready = self.condition("app", "Ready")
        self.touch("app")
        time.sleep(2)
        self.write_status("other", 5)  # the next in its queue
        back = self.wait(lambda: self.condition("app", STANDING_BACK), "the condition",
                         GRACE_S + PASS_S)
        self.assertEqual((back["status"], back["reason"]), ("True", "ExternalSecretsIsAlive"))
        for text in (f"ExternalSecret {self.namespace}/other", "stop it", "--take-over"):
            self.assertIn(text, back["message"])
        self.assertEqual(self.condition("app", "Ready"), ready)
        self.assertEqual(self.condition("app", "example.com/Checked"), other)
        self.assertEqual(metric(self.metrics(), "lockstep_standing_back"), 1)
        self.assertIn("rival.alive", self.cluster.log("agent"))
        before = self.versions()
        time.sleep(GRACE_S + REST_S)
        self.assertEqual(self.versions(), before)
        self.take_over()

    def take_over(self):
        self.stop_agent()
        self.start_agent("--take-over")
        self.wait(lambda: self.held("app")["metadata"]["labels"].get(LABEL_OURS), "the take-over")
        self.wait(lambda: not self.condition("app", STANDING_BACK), "the condition to go")
        self.wait_synced("app")
        self.wait(lambda: self.assert_valid_for_external_secrets("app") or True, "the books")
        self.assertEqual(metric(self.metrics(), "lockstep_standing_back"), 0)

    def test_its_lease(self):
        self.cluster.apply(objects(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "eso"}},
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
             "metadata": {"name": "external-secrets-controller", "namespace": "eso"},
             "spec": {"holderIdentity": "eso", "leaseDurationSeconds": 15,
                      "renewTime": "2100-01-01T00:00:00.000000Z"}}))
        self.leave("app", age_s=7200)
        self.kubectl("create", "-f", "-", input=json.dumps({
            "apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
            "metadata": {"name": "out"}, "spec": {
                "secretStoreRefs": [{"name": "store"}], "selector": {"secret": {"name": "app"}},
                "data": [{"match": {"secretKey": "k", "remoteRef": {"remoteKey": "out"}}}]}}))
        self.patch("pushsecret", "out", {"status": {"syncedResourceVersion": "1-x"}},
                   "--subresource=status")
        pushed = self.get("pushsecret", "out")
        self.start_agent("--external-secrets-namespace=eso")
        back = self.wait(lambda: self.condition("app", STANDING_BACK), "the condition",
                         GRACE_S + PASS_S)
        self.assertIn("it renewed its Lease at 2100-01-01", back["message"])
        self.assertIsNone(self.held("app")["metadata"]["labels"].get(LABEL_OURS))
        self.assertEqual(self.get("pushsecret", "out"), pushed)
        self.stop_agent()
        self.start_agent("--take-over")
        self.wait(lambda: self.held("app")["metadata"]["labels"].get(LABEL_OURS), "the take-over")
        self.wait(lambda: "conditions" in self.get("pushsecret", "out")["status"],
                  "the PushSecret's condition")


class FinalizerTest(FakeCase):
    """Without the overlay the right to take a finalizer off is missing."""

    def test_the_missing_rule_is_named(self):
        self.apply(store(db="one"), external_secret("app", {"k": "db"}))
        self.wait_secret("app", k="one")
        finalizers = json.dumps({"metadata": {"finalizers": ["example.com/other", FINALIZER]}})
        self.kubectl("patch", "externalsecret", "app", "--type=merge", "-p", finalizers)
        self.kubectl("delete", "externalsecret", "app", "--wait=false")
        self.wait_ready("app", "False", "could not delete secret", FINALIZER, '"patch"',
                        '"externalsecrets"', "external-secrets-compat")
        time.sleep(REST_S)
        told = [event for event in self.get("events")["items"]
                if event["reason"] == "UpdateFailed" and FINALIZER in event["message"]]
        self.assertEqual([event.get("count", 1) for event in told], [1])
        self.kubectl("patch", "externalsecret", "app", "--type=merge", "-p",
                     json.dumps({"metadata": {"finalizers": None}}))


class CompatFinalizerTest(FakeCase):
    MANIFESTS = COMPAT

    def test_other_finalizers_stay(self):
        self.apply(store(db="one"), external_secret("app", {"k": "db"}, target={
            "creationPolicy": "Owner", "deletionPolicy": "Delete"}))
        self.wait_secret("app", k="one")
        finalizers = json.dumps({"metadata": {"finalizers": ["example.com/other", FINALIZER]}})
        self.kubectl("patch", "externalsecret", "app", "--type=merge", "-p", finalizers)
        self.kubectl("delete", "externalsecret", "app", "--wait=false")
        self.wait(lambda: self.get("externalsecret", "app")["metadata"]["finalizers"]
                  == ["example.com/other"], "the finalizer to go")
        self.assertIsNone(self.held("app"))
        self.kubectl("patch", "externalsecret", "app", "--type=merge", "-p",
                     json.dumps({"metadata": {"finalizers": None}}))
