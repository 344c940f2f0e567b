"""Which stores an ExternalSecret may use: conditions, classes, and stores that are not there."""
import time

from agent_fixture import objects
from external_secret_fixture import COMPAT, GROUP, FakeCase, external_secret, store

QUIET_S = 4


class ConditionsTest(FakeCase):
    """conditions of a ClusterSecretStore, which is named after the case's namespace."""

    LABELS_CAN_BE_READ = False

    def setUp(self):
        super().setUp()
        self.addCleanup(self.cluster.kubectl, "delete", "clustersecretstore", self.namespace)

    def cluster_store(self, *conditions):
        spec = {"conditions": list(conditions)} if conditions else {}
        self.cluster.apply(objects(store(self.namespace, "ClusterSecretStore", spec, db="one")))

    def give(self, name="app"):
        self.apply(external_secret(name, {"k": "db"}, secretStoreRef={
            "name": self.namespace, "kind": "ClusterSecretStore"}))

    def denied(self, name="app"):
        self.wait_ready(name, "False", f'using cluster store "{self.namespace}" is not allowed '
                        f'from namespace "{self.namespace}": denied by spec.condition')

    def test_names_and_expressions(self):
        rows = (
            ("nobody said otherwise", (), True),
            ("exact", ({"namespaces": ["other", self.namespace]},), True),
            ("not exact", ({"namespaces": [self.namespace[:-1]]},), False),
            ("unanchored", ({"namespaceRegexes": [self.namespace[1:5]]},), True),
            ("other expression", ({"namespaceRegexes": ["^prod-"]},), False),
            ("one suffices", ({"namespaces": ["other"]}, {"namespaceRegexes": ["^es-"]}), True),
        )
        self.cluster_store({"namespaces": ["other"]})
        self.give()
        for name, conditions, want in rows:
            with self.subTest(name):
                self.denied()
                self.cluster_store(*conditions)
                if want:
                    self.wait_ready("app", "True")
                    self.cluster_store({"namespaces": ["other"]})

    def test_a_selector(self):
        self.cluster_store({"namespaceSelector": {"matchLabels": {"team": "a"}}})
        self.give()
        if not self.LABELS_CAN_BE_READ:
            self.wait_ready("app", "False", f'ClusterSecretStore "{self.namespace}"',
                            "ClusterRole", '"get"', '"namespaces"')
            self.assertIsNone(self.held("app"))
            return
        self.denied()
        self.cluster.kubectl("label", "namespace", self.namespace, "team=a")
        self.wait_secret("app", k="one")

    def test_an_expression_of_a_selector(self):
        self.cluster_store({"namespaceSelector": {"matchExpressions": [
            {"key": "team", "operator": "In", "values": ["a", "b"]},
            {"key": "closed", "operator": "DoesNotExist"}]}})
        self.cluster.kubectl("label", "namespace", self.namespace, "team=b")
        self.give()
        if self.LABELS_CAN_BE_READ:
            self.wait_secret("app", k="one")
            self.cluster.kubectl("label", "namespace", self.namespace, "closed=")
            self.touch("app")
            self.denied()
        else:
            self.wait_ready("app", "False", '"namespaces"')

    def test_a_name_that_fits_needs_no_labels(self):
        self.cluster_store({"namespaceSelector": {"matchLabels": {"team": "a"}}},
                           {"namespaces": [self.namespace]})
        self.give()
        self.wait_secret("app", k="one")


class CompatConditionsTest(ConditionsTest):
    MANIFESTS = COMPAT
    LABELS_CAN_BE_READ = True


class ClassTest(FakeCase):
    def test_another_class_is_left_alone(self):
        self.apply(store("theirs", spec={"controller": "other"}, db="one"),
                   store("mine", spec={"controller": "default"}, db="one"))
        entry = {"secretKey": "k2", "remoteRef": {"key": "db"},
                 "sourceRef": {"storeRef": {"name": "theirs"}}}
        mixed = external_secret("mixed", [{"secretKey": "k", "remoteRef": {"key": "db"}}, entry],
                                secretStoreRef={"name": "mine"})
        self.apply(mixed,
                   external_secret("foreign", {"k": "db"}, secretStoreRef={"name": "theirs"}),
                   external_secret("app", {"k": "db"}, secretStoreRef={"name": "mine"}))
        self.wait_secret("app", k="one")
        time.sleep(QUIET_S)
        for name in ("foreign", "mixed"):
            with self.subTest(name):
                self.assertNotIn("status", self.get("externalsecret", name))
                self.assertIsNone(self.held(name))
        self.assertNotIn("status", self.get("secretstore", "theirs"))
        about = {event["involvedObject"]["name"] for event in self.get("events")["items"]}
        self.assertLessEqual(about, {"mine", "app"})

    def test_it_becomes_ours(self):
        self.apply(store(spec={"controller": "other"}, db="one"),
                   external_secret("app", {"k": "db"}))
        time.sleep(1)
        self.assertNotIn("status", self.get("externalsecret", "app"))
        self.apply(store(db="one"))
        self.wait_secret("app", k="one")


class StoreTest(FakeCase):
    def test_both_versions_and_the_status(self):
        old = store(db="one")
        old["apiVersion"] = f"{GROUP}/v1beta1"
        app = external_secret("app", {"k": "db"})
        app["apiVersion"] = f"{GROUP}/v1beta1"
        self.apply(old, app, store("unknown", db="x"))
        self.kubectl("patch", "secretstore", "unknown", "--type=merge",
                     "-p", '{"spec":{"provider":{"fake":{"validationResult":1}}}}')
        self.wait_secret("app", k="one")

        def reason(name):
            found = self.get("secretstore", name)["status"]
            condition, = found["conditions"]
            return condition["status"], condition["reason"], found["capabilities"]
        self.wait(lambda: reason("store")[1:] == ("Valid", "ReadWrite"), "the status of store")
        self.wait(lambda: reason("unknown")[:2] == ("True", "ValidationUnknown"),
                  "the status of unknown")

    def test_a_store_that_comes_later(self):
        self.apply(external_secret("app", {"k": "db"}))
        time.sleep(1)
        self.assertIsNone(self.held("app"))
        self.apply(store(db="one"))
        self.wait_secret("app", k="one")
