"""Targets that are no Secrets: spec.target.manifest."""
from agent_fixture import SYSTEM, objects
from cluster import CommandError
from external_secret_fixture import (COMPAT, HASH, LABEL_CREATED_BY, LABEL_OURS, FakeCase,
                                     external_secret, installation, store)

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
ALERT = {"apiVersion": "example.org/v1", "kind": "Alert"}
GRID = {"apiVersion": "example.org/v1", "kind": "Grid"}
POLICIES = ("Owner", "Orphan", "Merge", "CreateOrMerge", "None")
MERGES = ("Merge", "CreateOrMerge")

UID = "0b5e3ae5-6ef8-4f6f-a1a1-6a3a4cf0a5a0"
OTHERS = {"ownerReferences": [{"apiVersion": "example.org/v1", "kind": "Grid", "name": "other",
                               "uid": UID, "controller": True}]}


def crd(kind, scope, spec):
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "required": ["spec"], "properties": {"spec": spec}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.example.org"},
            "spec": {"group": "example.org", "scope": scope,
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                     "versions": [{"name": "v1", "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": schema}}]}}


ANY_MAP = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def writer_role(name, group, resources, verbs=("create", "patch", "delete")):
    """What an administrator adds to let the agent write a kind of object."""
    rbac = "rbac.authorization.k8s.io"
    return (
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": name}, "rules": [
            {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}]},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": {"name": name},
         "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
         "subjects": [{"kind": "ServiceAccount", "name": "lockstep", "namespace": SYSTEM}]},
    )


class ManifestCase(FakeCase):
    """An agent that may write other kinds."""

    MANIFESTS = COMPAT
    OPTIONS = ("--unsafe-allow-generic-targets",)
    ROLES = (*writer_role("config-maps", "", ["configmaps"]),
             *writer_role("alerts", "example.org", ["alerts"]))

    @classmethod
    def setUpClass(cls):
        cluster = installation(cls.MANIFESTS, *cls.OPTIONS).cluster
        cluster.apply(objects(crd("Alert", "Namespaced", ANY_MAP), crd("Grid", "Cluster", ANY_MAP)))
        for plural in ("alerts", "grids"):
            cluster.kubectl("wait", "--for=condition=Established", f"crd/{plural}.example.org")

    def setUp(self):
        super().setUp()
        self.apply(store(db="one", user="alice"), *self.ROLES)

    def give(self, name, manifest, /, data=None, policy=None, deletion=None, **target):
        policies = {"creationPolicy": policy, "deletionPolicy": deletion}
        target |= {key: value for key, value in policies.items() if value}
        self.apply(external_secret(name, data or {"k": "db"},
                                   target={"manifest": manifest, **target}))

    def object(self, kind, name):
        """An object as the server holds it, or None."""
        try:
            return self.get(kind, name)
        except CommandError:
            return None

    def config_map(self, name):
        found = self.object("configmap", name)
        return found and found.get("data", {})

    def alert(self, name):
        found = self.object("alert", name)
        return found and found["spec"]

    def wait_config_map(self, name, **data):
        self.wait(lambda: self.assertEqual(self.config_map(name), data) or True,
                  f"the data of ConfigMap {name}")

    def wait_alert(self, name, **spec):
        self.wait(lambda: self.assertEqual(self.alert(name), spec) or True,
                  f"the spec of Alert {name}")

    def wait_written(self, *names):
        for name in names:
            self.wait_ready(name, "True", "secret synced", reason="ResourceSynced")


class ContentTest(ManifestCase):
    """What is written, by kind and template."""

    def test_config_map(self):
        self.apply(external_secret("app", {"k": "db"}, {"labels": {"team": "a"}},
                                   target={"manifest": CONFIG_MAP, "name": "settings"}))
        self.wait_config_map("settings", k="one")
        self.wait_written("app")
        metadata = self.object("configmap", "settings")["metadata"]
        owner, = metadata["ownerReferences"]
        self.assertEqual((owner["kind"], owner["name"], owner["controller"]),
                         ("ExternalSecret", "app", True))
        self.assertEqual(metadata["labels"][LABEL_OURS], "true")
        self.assertEqual(metadata["labels"]["team"], "a")
        self.assertIn(LABEL_CREATED_BY, metadata["labels"])
        # SHA3-224 of map[k:one]
        self.assertEqual(metadata["annotations"][HASH],
                         "3d979c24810c829a904807726f9624cd018ed13b046a3093571008a7")
        self.assertIsNone(self.held("settings"))
        self.assertNotIn("binding", self.get("externalsecret", "app")["status"])
        self.apply(store(db="two", user="alice"))
        self.wait_config_map("settings", k="two")

    def test_config_map_of_templates(self):
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "templates"},
                    "data": {"file": "user={{ .u }}", "pairs": "a: {{ .k }}\nb: '{{ .u }}'"}})
        self.give("app", CONFIG_MAP, {"k": "db", "u": "user"}, template={
            "metadata": {"annotations": {"who": "{{ .u }}"}},
            "data": {"line": "{{ .u }}:{{ .k }}"},
            "templateFrom": [
                {"configMap": {"name": "templates", "items": [
                    {"key": "file"}, {"key": "pairs", "templateAs": "KeysAndValues"}]}},
                {"literal": "c: {{ .k | upper }}"},
                {"literal": "from: {{ .u }}", "target": "Labels"}]})
        self.wait_config_map("app", line="alice:one", file="user=alice", a="one", b="alice",
                             c="ONE")
        metadata = self.object("configmap", "app")["metadata"]
        self.assertEqual(metadata["annotations"]["who"], "alice")
        self.assertEqual(metadata["labels"]["from"], "alice")

    def test_custom_resource(self):
        self.give("plain", ALERT)
        self.wait_alert("plain", data={"k": "one"})
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "templates"},
                    "data": {"headers": "X-Token: {{ .k }}"}})
        self.give("app", ALERT, {"k": "db", "u": "user"}, template={"templateFrom": [
            {"target": "spec", "literal": "severity: 3\nreceivers: [{name: first}]"},
            {"target": "spec.slack.api_url", "literal": "https://hooks.invalid/{{ .k }}"},
            {"target": "spec.receivers[1].name", "literal": "{{ .u }}"},
            {"target": "spec.receivers[0]", "literal": "level: 2"},
            {"target": "spec.customHeaders", "configMap": {"name": "templates", "items": [
                {"key": "headers", "templateAs": "KeysAndValues"}]}}]})
        self.wait_alert("app", severity=3, slack={"api_url": "https://hooks.invalid/one"},
                        receivers=[{"name": "first", "level": 2}, {"name": "alice"}],
                        customHeaders={"X-Token": "one"})
        self.give("app", ALERT, template={"templateFrom": [
            {"target": "spec.slack.api_url", "literal": "https://hooks.invalid/{{ .k }}"}]})
        self.wait_alert("app", slack={"api_url": "https://hooks.invalid/one"})

    def test_a_secret_by_its_manifest(self):
        self.give("app", {"apiVersion": "v1", "kind": "Secret"})
        self.wait_secret("app", k="one")
        self.give("encoded", {"apiVersion": "v1", "kind": "Secret"}, template={
            "type": "example.org/x", "data": {"k": "{{ .k | b64enc }}"}})
        self.wait_secret("encoded", k="one")
        self.assertEqual(self.held("encoded")["type"], "example.org/x")
        self.give("token", {"apiVersion": "v1", "kind": "Secret"}, template={"templateFrom": [
            {"target": "type", "literal": "kubernetes.io/service-account-token"}]})
        self.wait_ready("token", "False", "such a Secret is refused")
        self.assertIsNone(self.held("token"))

    def test_immutable(self):
        self.give("app", CONFIG_MAP, immutable=True)
        self.wait_config_map("app", k="one")
        self.assertIs(self.object("configmap", "app")["immutable"], True)
        self.apply(store(db="two", user="alice"))
        self.wait_ready("app", "False", f'ConfigMap "{self.namespace}/app"', "target is immutable")

    def test_what_cannot_be_written(self):
        self.give("grid", GRID)
        self.wait_ready("grid", "False", "spec.target.manifest", "cluster-scoped")
        self.give("kind", {"apiVersion": "example.org/v1", "kind": "Alarm"})
        self.wait_ready("kind", "False", "has no kind Alarm")
        self.give("group", {"apiVersion": "example.com/v1", "kind": "Alarm"})
        self.wait_ready("group", "False", "is its CRD installed?")
        self.give("path", ALERT, template={"templateFrom": [
            {"target": "[0].name", "literal": "x"}]})
        self.wait_ready("path", "False", "templateFrom[0].target", "begins with a name")
        self.give("bytes", CONFIG_MAP, template={"data": {"k": '{{ b64dec "/w==" }}'}})
        self.wait_ready("bytes", "False", "not UTF-8")


class PolicyTest(ManifestCase):
    """creationPolicy and deletionPolicy, by what stands at the target."""

    def put(self, name, metadata):
        self.apply({**CONFIG_MAP, "metadata": {"name": name, **metadata}, "data": {"old": "kept"}})

    def check(self, metadata, refused=()):
        """What becomes of ConfigMaps with that metadata under each policy."""
        for policy in POLICIES:
            self.put(policy.lower(), metadata)
        before = {policy: self.object("configmap", policy.lower()) for policy in POLICIES}
        for policy in POLICIES:
            self.give(policy.lower(), CONFIG_MAP, policy=policy)
        for policy in POLICIES:
            with self.subTest(policy):
                name = policy.lower()
                self.wait_ready(name, "False" if policy in refused else "True")
                if policy == "None" or policy in refused:
                    self.assertEqual(self.object("configmap", name), before[policy])
                    continue
                kept = {"old": "kept"} if policy in MERGES else {}
                self.wait_config_map(name, k="one", **kept)
                labels = self.object("configmap", name)["metadata"]["labels"]
                self.assertEqual(LABEL_CREATED_BY in labels, policy == "Owner")

    def test_nothing_there(self):
        for policy in POLICIES:
            self.give(policy.lower(), CONFIG_MAP, policy=policy)
        for policy in POLICIES:
            with self.subTest(policy):
                self.wait_ready(policy.lower(), "True")
                made = policy not in ("Merge", "None")
                self.assertEqual(self.config_map(policy.lower()), {"k": "one"} if made else None)

    def test_ours(self):
        self.check({"labels": {LABEL_OURS: "true"}})

    def test_foreign(self):
        self.check({})

    def test_with_another_controller(self):
        self.check(OTHERS, refused=("Owner",))

    def test_of_another_external_secret(self):
        owner = {**OTHERS["ownerReferences"][0], "apiVersion": "external-secrets.io/v1",
                 "kind": "ExternalSecret"}
        self.check({"ownerReferences": [owner]},
                   refused=("Owner", "Orphan", "Merge", "CreateOrMerge"))

    def test_merge_into_a_custom_resource(self):
        self.apply({**ALERT, "metadata": {"name": "app"}, "spec": {"a": 1, "m": {"b": 2}}})
        self.give("app", ALERT, policy="Merge", template={"templateFrom": [
            {"target": "spec.m.c", "literal": "{{ .k }}"}]})
        self.wait_alert("app", a=1, m={"b": 2, "c": "one"})

    def test_a_renamed_target(self):
        self.give("app", CONFIG_MAP)
        self.wait_config_map("app", k="one")
        self.give("app", CONFIG_MAP, name="renamed")
        self.wait_config_map("renamed", k="one")
        self.wait(lambda: self.config_map("app") is None, "the old ConfigMap to be gone")

    def test_nothing_left_in_the_store(self):
        template = {"templateFrom": [{"target": "spec.a", "literal": "{{ .k }}"}]}
        found = [{"find": {"name": {"regexp": "db"}}}]
        self.give("delete", CONFIG_MAP, deletion="Delete")
        self.give("alert", ALERT, deletion="Delete", template=template)
        self.give("merge", CONFIG_MAP, deletion="Merge")
        self.apply(external_secret("retain", dataFrom=found, target={"manifest": CONFIG_MAP}))
        self.wait_config_map("delete", k="one")
        self.wait_alert("alert", a="one")
        self.wait_config_map("merge", k="one")
        self.wait_config_map("retain", db="one")
        self.apply(store(user="alice"))
        self.wait(lambda: self.config_map("delete") is None, "the ConfigMap to be gone")
        self.wait(lambda: self.alert("alert") is None, "the Alert to be gone")
        self.wait_config_map("merge")
        self.wait_ready("retain", "True", "DeletionPolicy=Retain")
        self.assertEqual(self.config_map("retain"), {"db": "one"})

    def test_the_external_secret_goes(self):
        self.give("delete", CONFIG_MAP, deletion="Delete")
        self.give("orphan", CONFIG_MAP, policy="Orphan")
        self.wait_config_map("delete", k="one")
        self.wait_config_map("orphan", k="one")
        self.kubectl("delete", "externalsecret", "delete", "orphan")
        self.wait(lambda: self.config_map("delete") is None, "the ConfigMap to be gone")
        self.assertEqual(self.config_map("orphan"), {"k": "one"})

    def test_what_others_change_is_mended(self):
        self.give("app", CONFIG_MAP)
        self.wait_config_map("app", k="one")
        self.kubectl("patch", "configmap", "app", "--type=merge", "-p",
                     '{"data":{"k":"spoilt","more":"x"}}')
        self.wait_config_map("app", k="one")


class RightsTest(ManifestCase):
    """No right to write the kind: the condition names the whole rule."""

    ROLES = ()

    def assert_rule(self, name, group, plural):
        self.wait_ready(name, "False", f"{{apiGroups: [\"{group}\"], resources: [{plural}], "
                                       "verbs: [create, patch, delete]}")

    def test_no_right(self):
        self.give("app", CONFIG_MAP)
        self.give("alert", ALERT)
        self.assert_rule("app", "", "configmaps")
        self.assert_rule("alert", "example.org", "alerts")
        self.apply(*writer_role("config-maps", "", ["configmaps"]))
        self.touch("app")
        self.wait_config_map("app", k="one")

    def test_no_right_to_create(self):
        self.apply(*writer_role("config-maps", "", ["configmaps"], ["patch"]))
        self.give("app", CONFIG_MAP)
        self.assert_rule("app", "", "configmaps")


class BaseRightsTest(RightsTest):
    """The same in the base install, which ships no such right either."""

    MANIFESTS = "base"
