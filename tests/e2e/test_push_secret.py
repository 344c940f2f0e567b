"""PushSecret: keys of a Secret written to a store of the provider `fake`, and what is said of it.

What a store holds is read back by an ExternalSecret that asks the same store.
"""
import time
import unittest

from agent_fixture import CANARY, objects
from cluster import CommandError
from external_secret_fixture import GROUP, FakeCase, external_secret, secret, store

FINALIZER = "pushsecret.externalsecrets.io/finalizer"
QUIET_S = 4


def entry(remote, key=None, **more):
    """One entry of data; the whole Secret without a key."""
    match = {"remoteRef": {"remoteKey": remote}, **({"secretKey": key} if key else {})}
    return {"match": match, **more}


def push(name, *data, source=None, interval="2s", **spec):
    return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "PushSecret", "metadata": {"name": name},
            "spec": {"refreshInterval": interval, "secretStoreRefs": [{"name": "store"}],
                     "selector": {"secret": source or {"name": "source"}},
                     **({"data": list(data)} if data else {}), **spec}}


class PushCase(FakeCase):
    """With the rights of deploy/components/push-secrets; a store, and a Secret `source`."""

    MANIFESTS = "overlays/push-secrets"

    def setUp(self):
        super().setUp()
        self.apply(store(taken="theirs"), secret("source", user="ann", password=CANARY))
        self.addCleanup(self.let_go)

    def let_go(self):
        """Nothing of the case shall keep its namespace."""
        for item in self.get("pushsecrets")["items"]:
            self.kubectl("delete", "pushsecret", item["metadata"]["name"], "--wait=false")
        self.wait(lambda: not self.get("pushsecrets")["items"], "the PushSecrets to go")

    def tearDown(self):
        told = str([item.get("status") for item in self.get("pushsecrets")["items"]])
        self.assertNotIn(CANARY, told)
        super().tearDown()

    def object(self, name="push"):
        return self.get("pushsecret", name)

    def ready(self, name):
        if name.startswith("read-"):
            return super().ready(name)
        conditions = self.object(name).get("status", {}).get("conditions", ())
        return next((item for item in conditions if item["type"] == "Ready"), None)

    def wait_pushed(self, name="push", *texts):
        return self.wait_ready(name, "True", "PushSecret synced successfully", *texts,
                               reason="Synced")

    def wait_errored(self, *texts, name="push"):
        return self.wait_ready(name, "False", *texts, reason="Errored")

    def synced(self, name="push"):
        """Store to keys, as the status has them."""
        found = self.object(name).get("status", {}).get("syncedPushSecrets", {})
        return {label: sorted(entries) for label, entries in found.items()}

    def wait_remote(self, remote, value, store_name="store"):
        """The store has that value; None: nothing of that name."""
        name = f"read-{remote.replace('/', '.').lower()}"
        self.apply(external_secret(name, {"value": remote}, interval="1s",
                                   secretStoreRef={"name": store_name}))
        if value is None:
            self.wait_ready(name, "False", f"(key: {remote})")
        else:
            self.wait_secret(name, value=value)


class DataTest(PushCase):
    """spec.data, spec.template and conversionStrategy."""

    def test_a_key(self):
        self.apply(push("push", entry("db/user", "user")))
        self.wait_pushed()
        self.wait_remote("db/user", "ann")
        status = self.object()["status"]
        self.assertEqual(status["syncedPushSecrets"], {"SecretStore/store": {"db/user": {
            "match": {"secretKey": "user", "remoteRef": {"remoteKey": "db/user"}},
            "conversionStrategy": "None"}}})
        self.assertRegex(status["syncedResourceVersion"], "^1-[0-9a-f]{56}$")
        self.assertNotIn("finalizers", self.object()["metadata"])
        self.wait(lambda: any("Synced" in line for line in self.cluster.events(self.namespace)),
                  "an Event")
        columns = self.kubectl("get", "pushsecrets").split("\n")
        self.assertEqual(columns[0].split(), ["NAME", "AGE", "STATUS", "LAST", "SYNC"])
        self.assertIn("Synced", columns[1])

    def test_a_change_of_the_secret_follows_and_rest_writes_nothing(self):
        self.apply(push("push", entry("user", "user")))
        self.wait_remote("user", "ann")
        version = self.object()["metadata"]["resourceVersion"]
        time.sleep(QUIET_S)
        self.assertEqual(self.object()["metadata"]["resourceVersion"], version)
        self.apply(secret("source", user="eve"))
        self.wait_remote("user", "eve")

    def test_an_edit_is_followed_at_once(self):
        self.apply(push("push", entry("one", "user"), interval="1h"))
        self.wait_pushed()
        self.apply(push("push", entry("two", "user"), interval="1h"))
        self.wait_remote("two", "ann")
        self.wait_remote("one", "ann")
        self.assertEqual(self.synced(), {"SecretStore/store": ["two"]})

    def test_the_whole_secret(self):
        self.apply(secret("whole", b="<2>", a="1"),
                   push("push", entry("all"), source={"name": "whole"}))
        self.wait_remote("all", '{"a":"1","b":"<2>"}')

    def test_reverse_unicode(self):
        self.apply(secret("odd", **{"a_U002f_b": "1"}),
                   push("push", entry("one", "a/b", conversionStrategy="ReverseUnicode"),
                        entry("all", conversionStrategy="ReverseUnicode"),
                        source={"name": "odd"}))
        self.wait_remote("one", "1")
        self.wait_remote("all", '{"a/b":"1"}')

    def test_a_template(self):
        self.apply(push("push", entry("url", "url"), entry("user", "user"), template={
            "data": {"url": "https://{{ .user | upper }}@host"}}))
        self.wait_remote("url", "https://ANN@host")
        self.wait_remote("user", "ann")

    def test_a_template_that_fails(self):
        self.apply(push("push", entry("url", "url"), template={"data": {"url": "{{ .nobody }}"}}))
        self.wait_errored("could not execute template: spec.template.data.url")

    def test_secrets_by_labels(self):
        self.apply(secret("one", {"labels": {"team": "a"}}, one="1"),
                   secret("two", {"labels": {"team": "a"}}, two="2"),
                   push("push", source={"selector": {"matchLabels": {"team": "a"}}},
                        dataTo=[{"storeRef": {"name": "store"}}]))
        self.wait_remote("one", "1")
        self.wait_remote("two", "2")
        self.wait_remote("user", None)

    def test_stores_by_labels(self):
        other = store("other")
        other["metadata"]["labels"] = {"tier": "one"}
        self.apply(other, push("push", entry("user", "user"), secretStoreRefs=[
            {"labelSelector": {"matchLabels": {"tier": "one"}}}]))
        self.wait_remote("user", "ann", "other")
        self.assertEqual(self.synced(), {"SecretStore/other": ["user"]})


class BulkTest(PushCase):
    """spec.dataTo."""

    def test_keys_that_match_rewritten(self):
        self.apply(secret("many", **{"db-host": "h", "db-port": "p", "web": "w"}),
                   push("push", source={"name": "many"}, dataTo=[{
                       "storeRef": {"name": "store"}, "match": {"regexp": "^db-"},
                       "rewrite": [{"regexp": {"source": "^db-", "target": "app/"}},
                                   {"transform": {"template": "{{ .value | lower }}"}}]}]))
        self.wait_remote("app/host", "h")
        self.wait_remote("app/port", "p")
        self.wait_remote("web", None)
        self.assertEqual(self.synced(), {"SecretStore/store": ["app/host", "app/port"]})

    def test_all_in_one_and_data_beside(self):
        self.apply(secret("many", a="1", b="2"),
                   push("push", entry("own", "a"), source={"name": "many"}, dataTo=[
                       {"storeRef": {"name": "store"}},
                       {"storeRef": {"name": "store"}, "remoteKey": "all"}]))
        self.wait_remote("all", '{"a":"1","b":"2"}')
        self.wait_remote("own", "1")
        self.wait_remote("b", "2")
        self.wait_remote("a", None)

    def test_two_keys_that_become_one(self):
        self.apply(push("push", dataTo=[{
            "storeRef": {"name": "store"},
            "rewrite": [{"regexp": {"source": ".*", "target": "x"}}]}]))
        self.wait_errored('duplicate remote key "x"')


class PolicyTest(PushCase):
    """updatePolicy and deletionPolicy."""

    def test_what_another_tool_made_is_refused(self):
        self.apply(push("push", entry("taken", "user")))
        self.wait_errored("set secret failed: could not write remote ref taken to target "
                          "secretstore store")
        self.wait_remote("taken", "theirs")

    def test_if_not_exists(self):
        self.apply(push("push", entry("taken", "user"), entry("free", "user"),
                        updatePolicy="IfNotExists"))
        self.wait_pushed("push", "Existing secrets in providers unchanged.")
        self.wait_remote("taken", "theirs")
        self.wait_remote("free", "ann")
        self.apply(secret("source", user="eve"))
        time.sleep(QUIET_S)
        self.wait_remote("free", "ann")

    def test_what_vanishes_is_removed(self):
        self.apply(push("push", entry("one", "user"), entry("two", "user"),
                        deletionPolicy="Delete"))
        self.wait_pushed()
        self.wait_remote("two", "ann")
        self.assertEqual(self.object()["metadata"]["finalizers"], [FINALIZER])
        self.apply(push("push", entry("one", "user"), deletionPolicy="Delete"))
        self.wait_remote("two", None)
        self.wait_remote("one", "ann")
        self.assertEqual(self.synced(), {"SecretStore/store": ["one"]})

    def test_a_deleted_object_takes_its_values_along(self):
        self.apply(push("push", entry("one", "user"), deletionPolicy="Delete"))
        self.wait_remote("one", "ann")
        self.kubectl("annotate", "pushsecret", "push", "a=b")
        self.kubectl("delete", "pushsecret", "push", "--timeout=15s")
        self.wait_remote("one", None)

    def test_a_deleted_object_leaves_its_values_otherwise(self):
        self.apply(push("push", entry("one", "user")))
        self.wait_remote("one", "ann")
        self.kubectl("delete", "pushsecret", "push", "--timeout=15s")
        self.touch("read-one")
        self.wait_remote("one", "ann")

    def test_the_finalizer_goes_with_the_policy(self):
        self.apply(push("push", entry("one", "user"), deletionPolicy="Delete"))
        self.wait_pushed()
        self.apply(push("push", entry("one", "user")))
        self.wait(lambda: "finalizers" not in self.object()["metadata"], "the finalizer to go")

    def test_a_source_that_is_gone(self):
        self.apply(push("push", entry("one", "user"), deletionPolicy="Delete"))
        self.wait_remote("one", "ann")
        self.kubectl("delete", "secret", "source")
        self.wait_ready("push", "False", "source secret deleted; provider secrets cleaned up",
                        reason="SourceDeleted")
        self.wait_remote("one", None)
        self.assertEqual(self.synced(), {})
        self.apply(secret("source", user="bob"))
        self.wait_pushed()
        self.wait_remote("one", "bob")

    def test_a_namespace_that_goes_is_not_held_up(self):
        with self.cluster.namespace("push") as namespace:
            self.cluster.apply(objects(store(), secret("source", user="ann"),
                                       push("push", entry("one", "user"),
                                            deletionPolicy="Delete")), "-n", namespace)
            self.wait(lambda: self.cluster.get("pushsecret", "push", "-n", namespace)
                      ["metadata"].get("finalizers"), "the finalizer")
            self.cluster.kubectl("-n", namespace, "delete", "secretstore", "store")
            self.cluster.kubectl("-n", namespace, "delete", "pushsecret", "push", "--timeout=15s")


class ConditionTest(PushCase):
    """What is said when something is missing or not understood."""

    def test_a_source_that_is_missing(self):
        self.apply(push("push", entry("one", "user"), source={"name": "nobody"}))
        self.wait_errored("could not get source secret", '"nobody"')
        self.apply(secret("nobody", user="ann"))
        self.wait_pushed()

    def test_a_key_that_is_missing(self):
        self.apply(push("push", entry("one", "nobody")))
        self.wait_errored("set secret failed: secret key nobody does not exist")

    def test_a_store_that_is_missing(self):
        self.apply(push("push", entry("one", "user"), secretStoreRefs=[{"name": "nobody"}]))
        self.wait_errored('could not get SecretStore "nobody"')
        self.apply(store("nobody"))
        self.wait_pushed()

    def test_a_generator(self):
        made = push("push", entry("one", "user"))
        made["spec"]["selector"] = {"generatorRef": {"kind": "Password", "name": "p"}}
        self.apply(made)
        self.wait_errored("spec.selector.generatorRef is not supported")

    def test_what_the_schema_refuses(self):
        rows = (
            ("a store by nothing", {"secretStoreRefs": [{}]}, "one of name and labelSelector"),
            ("no such policy", {"updatePolicy": "Merge"}, "updatePolicy"),
            ("two sources", {"selector": {"secret": {"name": "a"}, "generatorRef": {
                "kind": "Password", "name": "p"}}}, "selector"),
            ("a source by nothing", {"selector": {"secret": {}}}, "one of name and selector"),
            ("no remote key", {"data": [{"match": {"remoteRef": {}}}]}, "remoteKey"),
            ("no store of dataTo", {"dataTo": [{}]}, "storeRef"),
            ("both ways of dataTo", {"dataTo": [{
                "storeRef": {"name": "store"}, "remoteKey": "a",
                "rewrite": [{"transform": {"template": "b"}}]}]},
             "remoteKey and rewrite exclude each other"),
            ("a step of two kinds", {"dataTo": [{"storeRef": {"name": "store"}, "rewrite": [{
                "transform": {"template": "b"}, "regexp": {"source": "a", "target": "b"}}]}]},
             "exactly one of regexp and transform"),
            ("a token", {"template": {"type": "kubernetes.io/service-account-token"}},
             "a ServiceAccount token cannot be made from a template"),
        )
        for name, spec, want in rows:
            with self.subTest(name):
                with self.assertRaises(CommandError) as refused:
                    self.apply(push("push", **spec))
                self.assertIn(want, str(refused.exception))


class BaseTest(PushCase):
    """The base install reads no Secret: the condition names the rule, one Role suffices."""

    MANIFESTS = "base"

    def test_a_role_for_one_secret_suffices(self):
        self.apply(push("push", entry("one", "user")))
        self.wait_errored("could not get source secret", '"get"', '"secrets"', '["source"]')
        group = "rbac.authorization.k8s.io"
        self.apply({"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "push"},
                    "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"],
                               "resourceNames": ["source"]}]},
                   {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {
                       "name": "push"}, "roleRef": {"apiGroup": group, "kind": "Role",
                                                    "name": "push"},
                    "subjects": [{"kind": "ServiceAccount", "name": "lockstep",
                                  "namespace": "lockstep-system"}]})
        self.wait_pushed()
        self.wait_remote("one", "ann")

    def test_labels_need_the_right_to_list(self):
        self.apply(push("push", source={"selector": {"matchLabels": {"a": "b"}}}))
        self.wait_errored("could not get source secret", '"list"', '"secrets"')

    def test_deletion_needs_the_right_to_patch(self):
        self.apply(push("push", entry("one", "user"), deletionPolicy="Delete"))
        self.wait_errored("could not update finalizers", "deploy/components/push-secrets",
                          '"patch"', '"pushsecrets"')


if __name__ == "__main__":
    unittest.main()
