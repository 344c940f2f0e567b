"""target.template: what it makes of the values, and what it may read."""
import json

from agent_fixture import CANARY, AgentCase, agent
from external_secret_fixture import (COMPAT, HASH, LABEL_OURS, FakeCase, external_secret,
                                     reader_role, store)

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shapes"},
              "data": {"url": "postgres://{{ .user }}@db",
                       "all": '{{ range $k, $v := . }}{{ $k }}-copy: "{{ $v }}"\n{{ end }}'}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shapes"},
          "stringData": {"line": "{{ .user | upper }}"}}
FROM = [
    {"configMap": {"name": "shapes", "items": [
        {"key": "url"}, {"key": "all", "templateAs": "KeysAndValues"}]}},
    {"secret": {"name": "shapes", "items": [{"key": "line"}]}},
]
RENDERED = {"url": "postgres://ann@db", "user-copy": "ann", "line": "ANN"}


class TemplateTest(FakeCase):
    def setUp(self):
        super().setUp()
        self.apply(store(user="ann", pass_=f"{CANARY}-1"))

    def give(self, name="app", data=None, **target):
        self.apply(external_secret(name, data or {"user": "user"}, target=target))

    def test_everything_that_a_template_shapes(self):
        self.give(data={"user": "user", "password": "pass_"}, template={
            "type": "kubernetes.io/basic-auth",
            "metadata": {"labels": {"who": "{{ .user }}"}, "annotations": {"for": "{{ .user }}!"},
                         "finalizers": ["example.com/kept"]},
            "data": {"username": "{{ .user }}", "password": "{{ .password | b64enc | b64dec }}"}})
        self.wait_secret("app", username="ann", password=f"{CANARY}-1")
        found = self.held("app")
        meta = found["metadata"]
        self.assertEqual(found["type"], "kubernetes.io/basic-auth")
        self.assertEqual((meta["labels"]["who"], meta["labels"][LABEL_OURS]), ("ann", "true"))
        self.assertEqual(set(meta["annotations"]), {"for", HASH})
        self.assertEqual(meta["annotations"]["for"], "ann!")
        self.assertEqual(meta["finalizers"], ["example.com/kept"])
        self.kubectl("patch", "secret", "app", "--type=merge",
                     "-p", '{"metadata":{"finalizers":null}}')

    def test_metadata_without_a_template_is_that_of_the_external_secret(self):
        self.apply(external_secret("app", {"k": "user"}, {"labels": {"team": "a"},
                                                          "annotations": {"note": "b"}}),
                   external_secret("bare", {"k": "user"}, {"labels": {"team": "a"}},
                                   target={"template": {}}))
        self.wait_synced("app", "bare")
        app, bare = (self.held(name)["metadata"] for name in ("app", "bare"))
        self.assertEqual((app["labels"]["team"], app["annotations"]["note"]), ("a", "b"))
        self.assertNotIn("team", bare["labels"])
        self.assertEqual(self.secret("bare"), {"k": "ann"})

    def test_merge_policy(self):
        data = {"greeting": "hello {{ .user }}"}
        self.give("replace", template={"data": data})
        self.give("merge", template={"data": data, "mergePolicy": "Merge"})
        self.wait_secret("replace", greeting="hello ann")
        self.wait_secret("merge", greeting="hello ann", user="ann")

    def test_what_leaves_the_template_leaves_the_secret(self):
        self.give(template={"metadata": {"labels": {"a": "x"}}, "data": {"a": "1", "b": "2"}})
        self.wait_secret("app", a="1", b="2")
        self.give(template={"metadata": {"labels": {"b": "y"}}, "data": {"b": "2"}})
        self.wait_secret("app", b="2")
        labels = self.held("app")["metadata"]["labels"]
        self.assertEqual((labels.get("a"), labels.get("b")), (None, "y"))

    def test_literals_and_their_targets(self):
        self.give(template={"templateFrom": [
            {"literal": 'a: "{{ .user }}"\nb: one'},
            {"literal": "b: two\nc: dHdv", "valuesDecodingStrategy": "Auto"},
            {"target": "labels", "literal": "who: {{ .user }}"},
            {"target": "Annotations", "literal": "for: {{ .user }}"}],
            "data": {"a": "wins"}})
        self.wait_ready("app", "True")
        self.assertEqual(self.secret("app")["a"], "wins")
        self.assertEqual(self.secret("app")["c"], "two")
        meta = self.held("app")["metadata"]
        self.assertEqual((meta["labels"]["who"], meta["annotations"]["for"]), ("ann", "ann"))

    def test_sources_that_may_not_be_read_name_the_rule_to_add(self):
        self.apply(CONFIG_MAP, SECRET)
        self.give(template={"templateFrom": FROM})
        for kind, resource in (("ConfigMap", "configmaps"), ("Secret", "secrets")):
            told = self.wait_ready("app", "False", f'{kind} "shapes"')["message"]
            for part in ("spec.target.template.templateFrom[", '"get"', f'"{resource}"',
                         '["shapes"]', f'"{self.namespace}"'):
                self.assertIn(part, told)
            self.assertIsNone(self.held("app"))
            self.apply(*reader_role(resource, [resource], ["shapes"]))
        self.wait_secret("app", **RENDERED)

    def test_a_failing_template_leaves_the_secret_as_it_was(self):
        rows = (
            ("missing key", "{{ .pasword }}"),
            ("a value that is no JSON", "{{ .password | mustFromJson }}"),
            ("a value as the reason", "{{ fail .password }}"),
            ("a value as a number", "{{ slice .password 90 }}"),
            ("syntax", "{{ .password "),
        )
        data, good = {"password": "pass_"}, {"good": "{{ .password }}"}
        self.give(data=data, template={"data": good})
        for name, text in rows:
            with self.subTest(name):
                self.wait_secret("app", good=f"{CANARY}-1")
                before = self.held("app")
                self.give(data=data, template={"data": {"good": "x", "bad": text}})
                told = self.wait_ready("app", "False", "spec.target.template.data.bad",
                                       reason="SecretSyncedError")
                self.assertNotIn(CANARY, told["message"])
                self.assertEqual(self.held("app"), before)
                self.give(data=data, template={"data": good})
                self.wait_ready("app", "True")


class CompatTemplateTest(FakeCase):
    """The overlay has the rule already."""

    MANIFESTS = COMPAT

    def test_config_maps_and_secrets_are_read(self):
        self.apply(store(user="ann"), CONFIG_MAP, SECRET, external_secret(
            "app", {"user": "user"}, target={"template": {"templateFrom": FROM}}))
        self.wait_secret("app", **RENDERED)

    def test_what_is_missing_is_named(self):
        self.apply(store(user="ann"), external_secret(
            "app", {"user": "user"}, target={"template": {"templateFrom": FROM}}))
        self.wait_ready("app", "False", "templateFrom[0].configMap shapes")
        self.apply({**CONFIG_MAP, "data": {"url": "u"}})
        self.wait_ready("app", "False", 'key "all"')
        self.apply(CONFIG_MAP, SECRET)
        self.wait_secret("app", **RENDERED)
        changed = {**CONFIG_MAP, "data": {**CONFIG_MAP["data"], "url": "mysql://{{ .user }}"}}
        self.apply(changed)
        self.wait_secret("app", **{**RENDERED, "url": "mysql://ann"})


class MountedTest(AgentCase):
    """With a kubelet: what is mounted and what is mirrored are the same bytes."""

    TEMPLATE = {"data": {"conf": "user={{ .user }}\npass={{ .password }}\n", "user": "{{ .user }}"}}

    def setUp(self):
        self.agent = agent()
        self.namespace = self.new_namespace()
        self.lives = self.agent.lives()
        self.started = {}
        self.apply(store(user="ann", pass_=f"{CANARY}-1"))

    def give(self, name, **target):
        self.apply(external_secret(name, {"user": "user", "password": "pass_"},
                                   target={"template": self.TEMPLATE, **target}))

    def test_the_same_bytes_in_secret_and_volume(self):
        self.give("app")
        self.give("bare", creationPolicy="None")
        self.start("reader", "app", also="bare")
        want = {"conf": f"user=ann\npass={CANARY}-1\n", "user": "ann"}
        self.wait(lambda: self.secret("app") == want, "the Secret")
        for folder in ("/secrets", "/also"):
            for key, value in want.items():
                told = self.run_in("reader", f"cat {folder}/{key}; printf .")
                self.assertEqual(told, value + ".")
        self.assertEqual(self.wait_ready("bare")["reason"], "SecretSynced")
        self.assertEqual([item["metadata"]["name"] for item in self.get("secrets")["items"]],
                         ["app"])
