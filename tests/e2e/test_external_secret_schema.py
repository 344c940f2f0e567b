"""The definitions: every field of an ExternalSecret is known, and what cannot work is refused.

tests/integration/test_check.py puts the tables to `lockstep check -f` as well, which has to say
the same without a cluster.
"""
import json

from external_secret_fixture import GROUP, FakeCase

REMOTE = {"key": "db", "property": "p", "version": "1", "metadataPolicy": "Fetch",
          "conversionStrategy": "Unicode", "decodingStrategy": "Base64URL",
          "nullBytePolicy": "Fail"}
GENERATOR = {"generatorRef": {"kind": "Password", "name": "g"}}
ITEMS = {"name": "shapes", "items": [{"key": "a"}, {"key": "b.c", "templateAs": "KeysAndValues"}]}
MERGE = {"into": "all", "priority": ["a"], "priorityPolicy": "IgnoreNotFound",
         "conflictPolicy": "Ignore", "strategy": "JSON"}


def target(**members):
    return {"target": members}


def template(**members):
    return target(template=members)


def rewrite(*entries):
    return {"dataFrom": [{"extract": {"key": "a"}, "rewrite": list(entries)}]}


def windows(kind="deny", schedule="0 22 * * 1-5", duration="2h"):
    return {"syncWindows": {"kind": kind, "windows": [{"schedule": schedule,
                                                       "duration": duration}]}}


# By what is documented; each is added to a manifest that works.
ACCEPTED = {
    "store": {"secretStoreRef": {"name": "a.b-c", "kind": "ClusterSecretStore"}},
    "no store": {"secretStoreRef": None, "data": None, "dataFrom": [{"sourceRef": GENERATOR}]},
    **{f"refreshPolicy {word}": {"refreshPolicy": word}
       for word in ("CreatedOnce", "Periodic", "OnChange")},
    "interval": {"refreshInterval": "1h30m0.5s"}, "interval 0": {"refreshInterval": "0"},
    "windows": windows(), "windows allow": windows("allow", "@daily"),
    "windows every": windows(schedule="@every 90m"), "windows words": windows(
        schedule="*/5 9-17 * JAN,FEB MON-FRI"),
    "target": target(name="other.name", immutable=True),
    **{f"creationPolicy {word}": target(creationPolicy=word)
       for word in ("Owner", "Orphan", "Merge", "CreateOrMerge", "None")},
    **{f"deletionPolicy {word}": target(deletionPolicy=word)
       for word in ("Delete", "Merge", "Retain")},
    "manifest": target(manifest={"apiVersion": "v1", "kind": "ConfigMap"}, template={
        "templateFrom": [{"literal": "x", "target": "spec.slack[0].url"}]}),
    "template": template(type="kubernetes.io/tls", engineVersion="v2", mergePolicy="Merge", data={
        "a": "{{ .b }}"}, metadata={"labels": {"a": "b"}, "annotations": {"c": "d"},
                                    "finalizers": ["example.com/f"]}),
    "mergePolicy Replace": template(mergePolicy="Replace"), "template {}": template(),
    "templateFrom": template(templateFrom=[
        {"configMap": ITEMS}, {"secret": ITEMS, "target": "labels"}, {"literal": "a: b"},
        {"configMap": ITEMS, "secret": ITEMS, "literal": "a: b", "target": "Annotations"},
        *({"literal": "a: b", "valuesDecodingStrategy": word}
          for word in ("Auto", "Base64", "Base64URL", "None")), {"literal": "", "target": ""}]),
    "data": {"data": [{"secretKey": "A-b_c.1", "remoteRef": REMOTE, "sourceRef": {
        "storeRef": {"name": "s", "kind": "SecretStore"}}}]},
    "data of a generator": {"data": [{"secretKey": "a", "remoteRef": {"key": "b"},
                                      "sourceRef": GENERATOR}]},
    "extract": {"data": None, "dataFrom": [{"extract": REMOTE, "sourceRef": {
        "storeRef": {"name": "s"}}}]},
    "find": {"dataFrom": [
        {"find": {"name": {"regexp": "^a"}, "path": "p", "tags": {"a": "b"},
                  "conversionStrategy": "Default", "decodingStrategy": "Auto",
                  "nullBytePolicy": "Ignore"}}, {"find": {"tags": {"a": "b"}}}]},
    "generator": {"dataFrom": [{"sourceRef": {"generatorRef": {
        "apiVersion": "generators.external-secrets.io/v1alpha1", "kind": "ClusterGenerator",
        "name": "g"}}, "rewrite": [{"regexp": {"source": "a", "target": "b"}}]}]},
    "rewrite": rewrite({"regexp": {"source": "(.*)", "target": "x-${1}"}},
                       {"transform": {"template": "{{ .value | upper }}"}}, {"merge": MERGE},
                       {"merge": {}}, {"merge": {"strategy": "Extract", "conflictPolicy": "Error",
                                                 "priorityPolicy": "Strict"}}),
}

# By what is wrong, and a word of the refusal.
REFUSED = {
    "no data": ({"data": None}, "at least one entry in data or dataFrom"),
    "store name": ({"secretStoreRef": {"name": "No_Name"}}, "spec.secretStoreRef.name"),
    "store kind": ({"secretStoreRef": {"name": "s", "kind": "Store"}}, "spec.secretStoreRef.kind"),
    "refreshPolicy": ({"refreshPolicy": "Often"}, "spec.refreshPolicy"),
    "window kind": (windows("maybe"), "spec.syncWindows.kind"),
    "window schedule": (windows(schedule="daily"), "spec.syncWindows.windows[0].schedule"),
    "window without duration": ({"syncWindows": {"kind": "deny", "windows": [{
        "schedule": "@daily"}]}}, "spec.syncWindows.windows[0].duration"),
    "no windows": ({"syncWindows": {"kind": "deny", "windows": []}}, "spec.syncWindows.windows"),
    "target name": (target(name="a/b"), "spec.target.name"),
    "creationPolicy": (target(creationPolicy="Mine"), "spec.target.creationPolicy"),
    "deletionPolicy": (target(deletionPolicy="Keep"), "spec.target.deletionPolicy"),
    **{f"Delete and {word}": (target(creationPolicy=word, deletionPolicy="Delete"),
                              "deletionPolicy Delete needs a creationPolicy that owns")
       for word in ("Merge", "CreateOrMerge", "None")},
    "Merge and None": (target(creationPolicy="None", deletionPolicy="Merge"),
                       "deletionPolicy Merge needs a Secret"),
    "immutable": (target(immutable="yes"), "spec.target.immutable"),
    "manifest without kind": (target(manifest={"apiVersion": "v1"}), "spec.target.manifest.kind"),
    "engineVersion": (template(engineVersion="v1"), "spec.target.template.engineVersion"),
    "mergePolicy": (template(mergePolicy="Add"), "spec.target.template.mergePolicy"),
    "bootstrap token": (template(type="bootstrap.kubernetes.io/token"), "a bootstrap token"),
    "account token": (template(type="kubernetes.io/service-account-token", templateFrom=[
        {"literal": "a: b", "target": "Annotations"}]), "a ServiceAccount token"),
    "from nothing": (template(templateFrom=[{"target": "Data"}]),
                     "one of configMap, secret and literal is needed"),
    "from no items": (template(templateFrom=[{"configMap": {"name": "a"}}]), "configMap.items"),
    "from no name": (template(templateFrom=[{"secret": {"items": [{"key": "a"}]}}]),
                     "secret.name"),
    "templateAs": (template(templateFrom=[{"secret": {"name": "a", "items": [
        {"key": "a", "templateAs": "Keys"}]}}]), "items[0].templateAs"),
    "target of a Secret": (template(templateFrom=[{"literal": "a", "target": "spec.a"}]),
                           "templateFrom fills Data, Labels or Annotations"),
    "valuesDecodingStrategy": (template(templateFrom=[{
        "literal": "a", "valuesDecodingStrategy": "Hex"}]), "valuesDecodingStrategy"),
    "secretKey": ({"data": [{"secretKey": "a/b", "remoteRef": {"key": "b"}}]},
                  "spec.data[0].secretKey"),
    "no remote key": ({"data": [{"secretKey": "a", "remoteRef": {}}]},
                      "spec.data[0].remoteRef.key"),
    **{field: ({"data": [{"secretKey": "a", "remoteRef": {"key": "b", field: "Odd"}}]},
               f"spec.data[0].remoteRef.{field}")
       for field in ("metadataPolicy", "conversionStrategy", "decodingStrategy",
                     "nullBytePolicy")},
    "empty sourceRef": ({"data": [{"secretKey": "a", "remoteRef": {"key": "b"},
                                   "sourceRef": {}}]},
                        "exactly one of storeRef and generatorRef"),
    "two in sourceRef": ({"dataFrom": [{"sourceRef": {**GENERATOR, "storeRef": {"name": "s"}}}]},
                         "exactly one of storeRef and generatorRef"),
    "extract and find": ({"dataFrom": [{"extract": {"key": "a"}, "find": {}}]},
                         "extract and find exclude each other"),
    "generator and extract": ({"dataFrom": [{"extract": {"key": "a"}, "sourceRef": GENERATOR}]},
                              "a generator stands alone"),
    "empty entry": ({"dataFrom": [{}]}, "one of extract, find and sourceRef is needed"),
    "empty rewrite": (rewrite({}), "exactly one of regexp, transform and merge"),
    "two in rewrite": (rewrite({"merge": {}, "transform": {"template": "a"}}),
                       "exactly one of regexp, transform and merge"),
    "regexp without target": (rewrite({"regexp": {"source": "a"}}), "rewrite[0].regexp.target"),
    "transform without template": (rewrite({"transform": {}}), "rewrite[0].transform.template"),
    "strategy": (rewrite({"merge": {"strategy": "Deep"}}), "rewrite[0].merge.strategy"),
    "JSON without into": (rewrite({"merge": {"strategy": "JSON"}}), "strategy JSON needs into"),
    "conflictPolicy": (rewrite({"merge": {"conflictPolicy": "Any"}}), "conflictPolicy"),
    "priorityPolicy": (rewrite({"merge": {"priorityPolicy": "Any"}}), "priorityPolicy"),
}

# One member that nobody knows at every place that may have one.
UNKNOWN = {"later": {"a": [1]}}


PROVIDER = {"fake": {"data": [{"key": "a", "value": "b", "version": "1"}], "validationResult": 1}}
CONDITION = {"namespaces": ["a"], "namespaceRegexes": ["^b"], "namespaceSelector": {
    "matchLabels": {"a": "b"}, "matchExpressions": [
        {"key": "c", "operator": "In", "values": ["d"]}, {"key": "e", "operator": "Exists"}]}}
STORE = {"provider": PROVIDER, "controller": "c", "refreshInterval": 60,
         "retrySettings": {"maxRetries": 3, "retryInterval": "10s"}, "conditions": [CONDITION]}

# Of stores: what takes the place of members of STORE, and a word of the refusal.
STORES_REFUSED = {
    "two providers": ({"provider": {**PROVIDER, "aws": {}}}, "spec.provider"),
    "no provider": ({"provider": {}}, "spec.provider"),
    "class": ({"controller": 1}, "spec.controller"),
    "retries": ({"retrySettings": {"maxRetries": "many"}}, "maxRetries"),
    "interval": ({"refreshInterval": [1]}, "spec.refreshInterval"),
    "names": ({"conditions": [{"namespaces": "a"}]}, "conditions[0].namespaces"),
    "selector": ({"conditions": [{"namespaceSelector": {"matchExpressions": [{"key": "a"}]}}]},
                 "operator"),
}


class SchemaTest(FakeCase):
    def send(self, kind, spec, *args):
        manifest = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": "app"},
                    "spec": {key: value for key, value in spec.items() if value is not None}}
        return self.cluster.kubectl_done("create", "--dry-run=server", "-n", self.namespace, "-f",
                                         "-", *args, input=json.dumps(manifest), check=False)

    def send_external_secret(self, spec, *args):
        works = {"secretStoreRef": {"name": "s"},
                 "data": [{"secretKey": "k", "remoteRef": {"key": "r"}}]}
        return self.send("ExternalSecret", {**works, **spec}, *args)

    def test_every_field_is_accepted_and_kept(self):
        for name, spec in ACCEPTED.items():
            with self.subTest(name):
                done = self.send_external_secret(spec, "-o", "json", "--validate=strict")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_kept(spec, json.loads(done.stdout)["spec"])

    def assert_kept(self, want, found):
        """All of want is in found, which may have defaults beside it."""
        if isinstance(want, dict):
            for key, value in want.items():
                if value is not None:
                    self.assertIn(key, found)
                    self.assert_kept(value, found[key])
        elif isinstance(want, list):
            self.assertEqual(len(want), len(found))
            for one, other in zip(want, found):
                self.assert_kept(one, other)
        else:
            self.assertEqual(want, found)

    def test_what_cannot_work_is_refused_by_name(self):
        for name, (spec, want) in REFUSED.items():
            with self.subTest(name):
                done = self.send_external_secret(spec)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(want, done.stderr)

    def test_unknown_members_are_kept(self):
        spec = {
            **UNKNOWN, "secretStoreRef": {"name": "s", **UNKNOWN},
            "syncWindows": {**UNKNOWN, "kind": "deny", "windows": [
                {"schedule": "@daily", "duration": "1h", **UNKNOWN}]},
            "target": {**UNKNOWN, "manifest": {"apiVersion": "v1", "kind": "A", **UNKNOWN},
                       "template": {**UNKNOWN, "metadata": UNKNOWN, "templateFrom": [
                           {"literal": "a", **UNKNOWN},
                           {"secret": {**UNKNOWN, "name": "a", "items": [
                               {"key": "k", **UNKNOWN}]}}]}},
            "data": [{"secretKey": "k", "remoteRef": {"key": "r", **UNKNOWN}, **UNKNOWN,
                      "sourceRef": {"storeRef": {"name": "s"}, **UNKNOWN}}],
            "dataFrom": [{**UNKNOWN, "find": {**UNKNOWN, "name": UNKNOWN}, "rewrite": [
                {"merge": UNKNOWN, **UNKNOWN}, {"regexp": {"source": "a", "target": "b",
                                                           **UNKNOWN}}]}],
        }
        done = self.send_external_secret(spec, "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_kept(spec, json.loads(done.stdout)["spec"])

    def test_defaults_are_few(self):
        done = self.send_external_secret({"target": {}}, "-o", "json")
        spec = json.loads(done.stdout)["spec"]
        self.assertEqual((spec["refreshInterval"], spec["target"]),
                         ("1h0m0s", {"creationPolicy": "Owner", "deletionPolicy": "Retain"}))
        self.assertEqual(set(spec), {"secretStoreRef", "data", "refreshInterval", "target"})

    def test_members_of_stores(self):
        for kind in ("SecretStore", "ClusterSecretStore"):
            for interval in (60, "5m"):
                spec = {**STORE, "refreshInterval": interval, **UNKNOWN,
                        "conditions": [CONDITION, UNKNOWN]}
                done = self.send(kind, spec, "-o", "json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_kept(spec, json.loads(done.stdout)["spec"])
            for name, (wrong, want) in STORES_REFUSED.items():
                with self.subTest(f"{kind}: {name}"):
                    done = self.send(kind, {**STORE, **wrong})
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn(want, done.stderr)
