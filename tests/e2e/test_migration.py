"""docs/MIGRATION.md, command by command: what the page shows is run, in order, as it stands there.

The commands are taken out of the page, so that it cannot promise what nobody tried. External
Secrets is a stand-in: a chart of ours with its Deployment, and the objects as its controller leaves
them. Around each step the case checks what the page says of it.
"""
import base64
import hashlib
import json
import shutil
import tempfile
import time
import unittest
from pathlib import Path

import yaml

from agent_fixture import CANARY, DEPLOY, IMAGE, ROOT, SYSTEM, program
from cluster import Cluster
from cluster.cluster import programs
from guide import commands

GUIDE = ROOT / "docs/MIGRATION.md"
CHART = Path(__file__).parent / "charts/external-secrets"
THEIR_NS = "external-secrets"
RELEASE = ("external-secrets", "external-secrets/external-secrets")
GROUP = "external-secrets.io"
RECONCILE = "reconcile.external-secrets.io"
FINALIZER = "externalsecrets.external-secrets.io/externalsecret-cleanup"
OF_NAMESPACE = "externalsecrets.external-secrets.io/ces-db"  # the one of step 7
GRACE_S = 60  # what was External Secrets' is taken over 30 s after it is due
AGENT = f"system:serviceaccount:{SYSTEM}:lockstep"
VALUES = {"user": f"{CANARY}-user", "password": f"{CANARY}-pass"}

# Commands that end with another status than 0: here because there are rights to add.
STATUS = {"kubectl -n lockstep-system exec ds/lockstep -- /lockstep check > rights.yaml": 1}


def sha3(text):
    return hashlib.sha3_224(text.encode()).hexdigest()


def go_map(entries):
    return f"map[{' '.join(f'{key}:{entries[key]}' for key in sorted(entries))}]"


def data_hash(data):
    """External Secrets' hash of the bytes of a Secret; data is encoded."""
    return sha3(go_map({key: f"[{' '.join(map(str, base64.b64decode(value)))}]"
                        for key, value in data.items()}))


def encoded(values):
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


def external_secret(name, **spec):
    return {"apiVersion": f"{GROUP}/v1", "kind": "ExternalSecret",
            "metadata": {"name": name, "namespace": "shop", "finalizers": [FINALIZER]},
            "spec": {"secretStoreRef": {"name": "store"}, "refreshInterval": "1h", "data": [
                {"secretKey": key, "remoteRef": {"key": key}} for key in VALUES], **spec}}


def store(name, **spec):
    return {"apiVersion": f"{GROUP}/v1", "kind": "SecretStore",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"provider": {"fake": {"data": [
                {"key": key, "value": value} for key, value in VALUES.items()]}}, **spec}}


# What is in the cluster before the move. The page's names are shop and shop-db.
TEMPLATE = {"type": "Opaque", "data": {"url": "postgres://{{ .user }}:{{ .password }}@db"}}
SHOP_DB = external_secret("shop-db", target={"template": TEMPLATE})
SHOP_APP = external_secret("shop-app", target={"template": {"templateFrom": [
    {"configMap": {"name": "shapes", "items": [{"key": "line"}]}}]}})
OF_ANOTHER_CLASS = external_secret(
    "later", secretStoreRef={"name": "later"},
    target={"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}})
SHAPES = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shapes",
                                                                "namespace": "shop"},
          "data": {"line": "{{ .user }} has {{ .password }}"}}
RENDERED = {"shop-db": {"url": f"postgres://{VALUES['user']}:{VALUES['password']}@db"},
            "shop-app": {"line": f"{VALUES['user']} has {VALUES['password']}"}}


class MigrationTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.cluster = self.enterContext(Cluster("full"))
        self.cluster.import_image(IMAGE)
        self.folder = Path(tempfile.mkdtemp(prefix="lockstep-migration."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = f"{Path(program(self.cluster)).parent}:{programs('helm')}"
        (self.folder / "deploy").symlink_to(DEPLOY)
        (self.folder / "shop-db.yaml").write_text(yaml.safe_dump(SHOP_DB), encoding="utf-8")
        (self.folder / "values.yaml").write_text(yaml.safe_dump(VALUES), encoding="utf-8")
        self.make_chart()
        self.shell(f"helm -n {THEIR_NS} install --create-namespace {' '.join(RELEASE)}")
        self.cluster.kubectl("-n", THEIR_NS, "rollout", "status", "deployment", RELEASE[0])
        self.said = {}

    # The stand-in of External Secrets

    def make_chart(self):
        """The chart where commands run: Helm takes a folder of that name before a repository."""
        chart = self.folder / RELEASE[1]
        shutil.copytree(CHART, chart)
        definitions = chart / "definitions"
        definitions.mkdir()
        plurals = set()
        for path in DEPLOY.glob("crds/*.yaml"):
            manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
            if manifest["kind"] == "CustomResourceDefinition":
                plurals.add(manifest["spec"]["names"]["plural"])
                shutil.copy(path, definitions)
        for kind, version, scope in (("PushSecret", "v1alpha1", "Namespaced"),
                                     ("ClusterExternalSecret", "v1", "Cluster")):
            if f"{kind.lower()}s" not in plurals:
                (definitions / f"{kind}.yaml").write_text(
                    json.dumps(definition(kind, version, scope)), encoding="utf-8")

    def give(self, item):
        """An ExternalSecret as External Secrets leaves it, synced a minute ago, and its Secret."""
        self.cluster.apply(json.dumps(item) + "\n")
        meta = self.get(item)["metadata"]
        name, data = meta["name"], encoded(RENDERED[meta["name"]])
        synced = sha3("{annotations:%s labels:%s}" % (go_map(meta.get("annotations", {})),
                                                      go_map(meta.get("labels", {}))))
        then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        self.cluster.kubectl(
            "-n", "shop", "patch", "externalsecret", name, "--subresource=status", "--type=merge",
            "--field-manager=external-secrets", "-p", json.dumps({"status": {
                "refreshTime": then, "syncedResourceVersion": f"{meta['generation']}-{synced}",
                "binding": {"name": name},
                "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced",
                                "message": "secret synced", "lastTransitionTime": then}]}}))
        owner = {"apiVersion": f"{GROUP}/v1", "kind": "ExternalSecret", "name": name,
                 "uid": meta["uid"], "controller": True, "blockOwnerDeletion": True}
        self.cluster.kubectl("create", f"--field-manager=externalsecrets.{GROUP}/{name}", "-f", "-",
                             input=json.dumps({
                                 "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                                 "metadata": {
                                     "name": name, "namespace": "shop", "ownerReferences": [owner],
                                     "labels": {f"{RECONCILE}/managed": "true",
                                                f"{RECONCILE}/created-by": sha3(f"shop/{name}")},
                                     "annotations": {f"{RECONCILE}/data-hash": data_hash(data)}},
                                 "data": data}))

    # Commands

    def shell(self, command, code=0):
        """What a command prints, run as an administrator would in the folder of the case."""
        done = self.cluster.exec(
            ("bash", "-o", "pipefail", "-c",
             f'cd {self.folder} && export HOME={self.folder} PATH={self.path}:"$PATH"\n{command}'),
            check=False)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def run_step(self, step):
        """All commands of a step; what each printed is told by heard."""
        shown = [command for where, command in commands(GUIDE) if where == step]
        self.assertTrue(shown, f"the page shows no command in step {step}")
        for command in shown:
            self.said[command] = self.shell(command, STATUS.get(command, 0))

    def shown(self, words):
        """The one command so far that has these words."""
        found, = (command for command in self.said if words in command)
        return found

    def heard(self, words):
        return self.said[self.shown(words)]

    def again(self, command, want):
        """The same command until it prints what is wanted."""
        return self.cluster.wait_for(lambda: self.shell(command) == want, f"{command}: {want}",
                                     GRACE_S)

    # What there is

    def get(self, item):
        return self.cluster.get(item["kind"], item["metadata"]["name"], "-n", "shop")

    def secret(self, name):
        return self.cluster.get("secret", name, "-n", "shop")

    def ready(self, item):
        condition, = self.get(item)["status"]["conditions"]
        return condition["status"], condition["reason"]

    def assert_in_place(self):
        """The Secrets hold what they held, and their hashes fit."""
        for name, values in RENDERED.items():
            found = self.secret(name)
            self.assertEqual(found["data"], encoded(values))
            self.assertEqual(found["metadata"]["annotations"][f"{RECONCILE}/data-hash"],
                             data_hash(found["data"]))
        for item in (SHOP_DB, SHOP_APP):
            self.assertEqual(self.ready(item), ("True", "SecretSynced"))

    def may(self, verb, what, namespace):
        return self.cluster.kubectl("auth", "can-i", verb, what, f"--as={AGENT}", "-n", namespace,
                                    check=False).strip() == "yes"

    def touch(self, *items):
        """Have them refreshed, and wait until they are."""
        before = [self.get(item)["status"]["refreshTime"] for item in items]
        for item in items:
            self.cluster.kubectl("-n", "shop", "annotate", "externalsecret",
                                 item["metadata"]["name"], "--overwrite",
                                 f"force-sync={time.time_ns()}")
        for item, then in zip(items, before):
            self.cluster.wait_for(lambda: self.get(item)["status"]["refreshTime"] != then,
                                  f"a refresh of {item['metadata']['name']}", GRACE_S)

    # The page

    def test_there_and_back(self):
        self.cluster.kubectl("create", "-f", "-", input=json.dumps({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "finalizers": [OF_NAMESPACE]}}))
        for item in (store("store"), store("later", controller="other"), SHAPES, OF_ANOTHER_CLASS):
            self.cluster.apply(json.dumps(item) + "\n")
        for item in (SHOP_DB, SHOP_APP):
            self.give(item)
        self.prepare()
        self.switch()
        self.settle()
        self.go_back()
        numbers = [str(number) for number in range(1, 10)]
        self.assertEqual(list(dict.fromkeys(where for where, _ in commands(GUIDE))),
                         [*numbers, "The way back"])

    def prepare(self):
        self.run_step("1")
        self.assertIn("manifest:", self.heard("grep -nE 'generatorRef"))
        self.run_step("2")
        self.assertEqual(self.heard("lockstep render"), "")
        self.run_step("3")
        rows = (self.folder / "before.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual(rows[0].split(), ["NS", "NAME", "UID", "HASH"])
        self.assertEqual({row.split()[1] for row in rows[1:]}, set(RENDERED))

    def switch(self):
        """Steps 4 to 6: nothing is written before it is due, and then the same."""
        self.run_step("4")
        self.shell(self.shown("wait --for=delete"))  # nothing is left to wait for, which is as good
        self.assertEqual(self.cluster.get("pods", "-n", THEIR_NS)["items"], [])
        versions = {name: self.secret(name)["metadata"]["resourceVersion"] for name in RENDERED}
        self.run_step("5")
        self.assert_in_place()
        self.run_step("6")
        self.assertNotIn("missing", self.heard("/lockstep check"))
        self.assertIn("synced", self.heard("/lockstep status"))
        listed = self.said["kubectl get externalsecrets -A"]
        self.assertEqual(listed.count("SecretSynced"), len(RENDERED))
        self.assertEqual(self.secret("shop-app")["metadata"]["resourceVersion"],
                         versions["shop-app"])
        self.touch(SHOP_APP)
        self.again(self.shown("jsonpath="), "true")
        self.shell(self.shown("> before.txt").replace("before.txt", "after.txt"))
        self.assertEqual(*((self.folder / name).read_text(encoding="utf-8")
                           for name in ("before.txt", "after.txt")))
        self.assert_in_place()

    def settle(self):
        """Steps 7 to 9: External Secrets is gone, and so are its rights."""
        self.run_step("7")
        self.assertIn(OF_NAMESPACE, self.heard("FINALIZERS:"))
        self.assertNotIn("finalizers", self.cluster.get("namespace", "shop")["metadata"])
        self.cluster.apply(json.dumps(external_secret("short-lived")) + "\n")
        self.cluster.kubectl("-n", "shop", "delete", "externalsecret", "short-lived",
                             f"--timeout={GRACE_S}s")
        self.run_step("8")
        self.assertEqual(self.cluster.get("deployments", "-n", THEIR_NS)["items"], [])
        self.assert_in_place()
        self.assertTrue(self.may("get", "secrets", "kube-system"))
        self.run_step("9")
        self.assertFalse(self.may("get", "secrets", "kube-system"))
        self.assertFalse(self.may("get", "configmaps", "shop"))
        self.assertTrue(self.may("get", "configmaps/shapes", "shop"))
        self.cluster.kubectl("-n", SYSTEM, "rollout", "status", "daemonset", "lockstep")
        self.touch(SHOP_DB, SHOP_APP)
        self.assert_in_place()
        self.shell("kubectl -n lockstep-system exec ds/lockstep -- /lockstep check")

    def go_back(self):
        self.shell(f"helm -n {THEIR_NS} install {' '.join(RELEASE)} "
                   "--set-string 'crds.annotations.helm\\.sh/resource-policy=keep'")
        self.cluster.kubectl("-n", THEIR_NS, "scale", "deployment", RELEASE[0], "--replicas=0")
        self.run_step("The way back")
        self.assertEqual(self.cluster.get("deployment", RELEASE[0], "-n", THEIR_NS)["spec"]
                         ["replicas"], 1)
        self.assert_in_place()
        for name in RENDERED:
            meta = self.cluster.get("secret", name, "-n", "shop",
                                    "--show-managed-fields")["metadata"]
            self.assertNotIn("lockstep.dev/managed", meta["labels"])
            self.assertIn(f"externalsecrets.{GROUP}/{name}",
                          [field["manager"] for field in meta["managedFields"]])
        self.assert_not_written()
        removal = "kubectl delete -k deploy/overlays/external-secrets-compat"
        self.assertIn(f"`{removal}`", GUIDE.read_text(encoding="utf-8"))
        self.shell(f"{removal} --ignore-not-found")
        self.assert_in_place()

    def assert_not_written(self):
        """The agent stays for volumes, and leaves the Secret to whoever writes it."""
        wrong = {"data": encoded({"url": "by somebody else"})}
        self.cluster.kubectl("-n", "shop", "patch", "secret", "shop-db", "--type=merge", "-p",
                             json.dumps(wrong))
        self.cluster.kubectl("-n", "shop", "annotate", "externalsecret", "shop-db", "--overwrite",
                             "force-sync=back")
        time.sleep(3)
        self.assertEqual(self.secret("shop-db")["data"], wrong["data"])
        self.cluster.kubectl("-n", "shop", "patch", "secret", "shop-db", "--type=merge", "-p",
                             json.dumps({"data": encoded(RENDERED["shop-db"])}))


def definition(kind, version, scope):
    """A definition that takes anything: of a kind that is only listed here."""
    plural = f"{kind.lower()}s"
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{GROUP}"},
            "spec": {"group": GROUP, "scope": scope,
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                     "versions": [{"name": version, "served": True, "storage": True, "schema": {
                         "openAPIV3Schema": {"type": "object",
                                             "x-kubernetes-preserve-unknown-fields": True}}}]}}
