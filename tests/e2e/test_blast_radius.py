"""What the agent's ServiceAccount can and cannot do, asked of a real API server.

The manifests of deploy/ are applied as an administrator would apply them. The agent's side speaks
plain HTTP with a real token of its ServiceAccount: kubectl reads an object before it patches it,
and the refusal of that read would hide what the patch alone achieves. Every answer is searched for
the value of the Secret under attack, whatever its status.
"""
import base64
import json
import unittest
from pathlib import Path

from cluster import Cluster
from cluster import layout

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CANARY = "never-to-be-seen-5b1c"
CANARY_BASE64 = base64.b64encode(CANARY.encode()).decode()

AGENT = ("lockstep-system", "lockstep")
OURS = {"lockstep.dev/managed": "true"}
THEIRS = {"reconcile.external-secrets.io/managed": "true"}
BY_POLICY = "ValidatingAdmissionPolicy 'lockstep-managed-secrets'"
BY_SECOND_POLICY = "ValidatingAdmissionPolicy 'lockstep-external-secrets'"
BY_RBAC = "cannot"

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
JSON = "application/json"
FORCE = "fieldManager=lockstep&force=true"
TOKEN_TYPES = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token")


def secret(name, labels=None, kind="Opaque", **data):
    """A Secret as JSON; a token type gets the annotation that its controller wants."""
    annotations = {}
    if kind == TOKEN_TYPES[0]:
        annotations["kubernetes.io/service-account.name"] = "default"
    return json.dumps({
        "apiVersion": "v1", "kind": "Secret", "type": kind,
        "metadata": {"name": name, "labels": labels or {}, "annotations": annotations},
        "stringData" if kind == "Opaque" else "data": data,
    })


def owner(kind="ClusterExternalSecret", version="external-secrets.io/v1", controller=True):
    return [{"apiVersion": version, "kind": kind, "name": "db", "uid": "0-1-2",
             **({} if controller is None else {"controller": controller})}]


CHILD = owner()


def external_secret(name, owners=None, **metadata):
    return json.dumps({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": name, **({"ownerReferences": owners} if owners else {}), **metadata},
        "spec": {"secretStoreRef": {"name": "store"},
                 "data": [{"secretKey": "k", "remoteRef": {"key": "r"}}]}})


class Agent:
    """The API server as the bearer of the agent's token sees it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.headers = f"{layout.CONFIG}/agent.headers"
        path = cluster.path(self.headers)
        path.write_text(f"Authorization: Bearer {cluster.token(*AGENT)}\n", encoding="utf-8")
        path.chmod(0o600)

    def ask(self, method, path, body="", kind=JSON):
        """Send one request; returns its status and the text of the answer."""
        done = self.cluster.exec(
            ("curl", "-sS", "--max-time", "20", "--cacert", f"{layout.PKI}/ca.crt", "-X", method,
             "-H", f"@{self.headers}", "-H", f"Content-Type: {kind}", "--data-binary", "@-",
             "-w", "\n%{http_code}", self.cluster.api_url + path), input=body)
        text, _, status = done.stdout.rpartition("\n")
        return int(status), text


class ClusterCase(unittest.TestCase):
    """Starts a cluster for the class, with the manifests of MANIFESTS, and waits for the fence."""

    MANIFESTS = "base"

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster("api"))
        cls.cluster.apply(DEPLOY / "crds", "--server-side")
        cls.cluster.apply(DEPLOY / cls.MANIFESTS, "--server-side")
        cls.agent = Agent(cls.cluster)
        cls.cluster.wait_for(cls.fence_stands, "the admission policy to be in force")

    @classmethod
    def fence_stands(cls):
        path = f"/api/v1/namespaces/{AGENT[0]}/secrets/fence?dryRun=All&fieldManager=lockstep"
        status, text = cls.agent.ask("PATCH", path, secret("fence"), APPLY)
        return status == 403 and BY_POLICY in text

    def setUp(self):
        self.namespace = self.enterContext(self.cluster.namespace("blast"))
        self.secrets = f"/api/v1/namespaces/{self.namespace}/secrets"
        self.external_secrets = (f"/apis/external-secrets.io/v1/namespaces/{self.namespace}"
                                 "/externalsecrets")

    def make(self, name, labels=None, kind="Opaque", **data):
        """Make a Secret as administrator; returns it as the server holds it."""
        self.cluster.kubectl("create", "-n", self.namespace, "-f", "-",
                             input=secret(name, labels, kind, **data))
        return self.held(name)

    def held(self, name):
        return self.cluster.get("secret", name, "-n", self.namespace)

    def refuses(self, by, *request):
        """Send a request that must be refused by `by`, without a word of the content."""
        status, text = self.agent.ask(*request)
        self.assertEqual(status, 403, text)
        self.assertIn(by, text)
        self.assertNotIn(CANARY, text)
        self.assertNotIn(CANARY_BASE64, text)

    def grants(self, want, *request):
        status, text = self.agent.ask(*request)
        self.assertEqual(status, want, text)
        return json.loads(text)


class Fence(ClusterCase):
    """The base: Secrets of others can be neither read nor touched."""

    def test_reads_are_refused(self):
        self.make("foreign", password=CANARY)
        self.make("ours", OURS, password=CANARY)
        for path in (f"{self.secrets}/foreign", f"{self.secrets}/ours", self.secrets,
                     f"{self.secrets}?watch=true", "/api/v1/secrets", "/api/v1/secrets?watch=true",
                     f"{self.secrets}?labelSelector=lockstep.dev/managed"):
            with self.subTest(path):
                self.refuses(BY_RBAC, "GET", path)

    def test_writes_to_a_foreign_secret_are_refused(self):
        before = self.make("foreign", password=CANARY)
        path = f"{self.secrets}/foreign"
        bare, labelled = secret("foreign"), secret("foreign", OURS, added="x")
        only_label = json.dumps({"metadata": {"labels": OURS}})
        rows = (
            ("apply without label", f"{path}?{FORCE}", bare, APPLY),
            ("apply with our label", f"{path}?{FORCE}", labelled, APPLY),
            ("apply without force", f"{path}?fieldManager=x", labelled, APPLY),
            ("dry run without label", f"{path}?{FORCE}&dryRun=All", bare, APPLY),
            ("dry run with our label", f"{path}?{FORCE}&dryRun=All", labelled, APPLY),
            ("empty merge patch", path, "{}", MERGE),
            ("empty JSON patch", path, "[]", JSON_PATCH),
            ("empty merge patch, dry run", f"{path}?dryRun=All", "{}", MERGE),
            ("label by merge patch", path, only_label, MERGE),
        )
        for name, target, body, kind in rows:
            with self.subTest(name):
                self.refuses(BY_POLICY, "PATCH", target, body, kind)
        self.assertEqual(self.held("foreign"), before)

    def test_deletion_of_a_foreign_secret_is_refused(self):
        before = self.make("foreign", password=CANARY)
        for query in ("", "?dryRun=All", "?gracePeriodSeconds=0"):
            with self.subTest(query):
                self.refuses(BY_POLICY, "DELETE", f"{self.secrets}/foreign{query}")
        self.refuses(BY_RBAC, "DELETE", self.secrets)
        self.assertEqual(self.held("foreign"), before)

    def test_creation_needs_the_label(self):
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/new?{FORCE}", secret("new"), APPLY)
        self.refuses(BY_POLICY, "POST", self.secrets, secret("new"))
        self.refuses(BY_POLICY, "POST", self.secrets, secret("new", {"managed": "true"}))

    def test_a_mirrored_secret_is_made_changed_and_deleted(self):
        path = f"{self.secrets}/ours?{FORCE}"
        made = self.grants(201, "PATCH", path, secret("ours", OURS, key="one"), APPLY)
        self.assertEqual(made["metadata"]["managedFields"][0]["manager"], "lockstep")
        self.grants(200, "PATCH", path, secret("ours", OURS, key="two"), APPLY)
        self.assertEqual(base64.b64decode(self.held("ours")["data"]["key"]), b"two")
        self.grants(200, "DELETE", f"{self.secrets}/ours")

    def test_the_label_stays_on(self):
        self.make("ours", OURS, key="one")
        without = json.dumps({"metadata": {"labels": {"lockstep.dev/managed": None}}})
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/ours", without, MERGE)

    def test_a_secret_of_external_secrets_is_taken_over(self):
        self.make("theirs", THEIRS, key="old")
        taken = self.grants(200, "PATCH", f"{self.secrets}/theirs?{FORCE}",
                            secret("theirs", OURS, key="new"), APPLY)
        self.assertEqual(taken["metadata"]["labels"], {**OURS, **THEIRS})

    def test_tokens_of_the_cluster_are_out_of_reach(self):
        for number, kind in enumerate(TOKEN_TYPES):
            with self.subTest(kind):
                new = secret("new", OURS, kind)
                self.refuses(BY_POLICY, "POST", self.secrets, new)
                self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/new?{FORCE}", new, APPLY)
                self.cluster.kubectl("create", "serviceaccount", "default", "-n", self.namespace,
                                     check=False)
                old = f"{self.secrets}/old-{number}"
                self.make(f"old-{number}", OURS, kind, token=CANARY_BASE64)
                self.refuses(BY_POLICY, "PATCH", old, "{}", MERGE)
                self.refuses(BY_POLICY, "DELETE", old)

    def test_other_ways_in_are_refused(self):
        self.make("ours", OURS, key="one")
        account = f"/api/v1/namespaces/{AGENT[0]}/serviceaccounts/{AGENT[1]}"
        lease = json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                            "metadata": {"name": "mirror"}})
        policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
        rows = (
            ("PUT", f"{self.secrets}/ours", secret("ours", OURS)),
            ("POST", f"{account}/token", "{}"),
            ("GET", f"/api/v1/namespaces/{self.namespace}/configmaps", ""),
            ("GET", "/api/v1/pods", ""),
            ("GET", "/api/v1/namespaces", ""),
            ("POST", f"{self.external_secrets}", external_secret("new", CHILD)),
            ("DELETE", f"{self.external_secrets}/app", ""),
            ("DELETE", f"{policies}/lockstep-external-secrets", ""),
            ("GET", "/apis/storage.k8s.io/v1/csinodes", ""),
            ("DELETE", f"{policies}/lockstep-managed-secrets", ""),
            ("POST", f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases", lease),
            ("GET", f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/other", ""),
        )
        for method, path, body in rows:
            with self.subTest(f"{method} {path}"):
                self.refuses(BY_RBAC, method, path, body)

    def test_what_the_agent_needs_is_granted(self):
        lease = json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                            "metadata": {"name": "mirror"}, "spec": {"holderIdentity": "a"}})
        leases = f"/apis/coordination.k8s.io/v1/namespaces/{AGENT[0]}/leases"
        self.grants(201, "POST", leases, lease)
        self.grants(200, "PUT", f"{leases}/mirror", json.dumps(
            self.grants(200, "GET", f"{leases}/mirror")))
        for path in (leases, "/apis/external-secrets.io/v1/externalsecrets",
                     "/apis/external-secrets.io/v1/secretstores",
                     "/apis/external-secrets.io/v1/clustersecretstores",
                     "/apis/external-secrets.io/v1/clusterexternalsecrets",
                     "/apis/external-secrets.io/v1alpha1/pushsecrets"):
            with self.subTest(path):
                self.grants(200, "GET", path)
        about = {"kind": "Namespace", "name": self.namespace, "namespace": self.namespace}
        event = {"metadata": {"generateName": "e-"}, "reason": "Updated", "type": "Normal"}
        self.grants(201, "POST", f"/api/v1/namespaces/{self.namespace}/events",
                    json.dumps({**event, "involvedObject": about}))
        for path in ("/apis/storage.k8s.io/v1/csinodes/node-1", "/apis/coordination.k8s.io/v1"
                     f"/namespaces/{self.namespace}/leases/external-secrets-controller"):
            with self.subTest(path):
                status, text = self.agent.ask("GET", path)
                self.assertEqual(status, 404, text)

    def test_credentials_come_by_name(self):
        role = (DEPLOY / "examples/credentials-role.yaml").read_text(encoding="utf-8")
        self.cluster.apply(role.replace("namespace: shop", f"namespace: {self.namespace}"))
        self.make("aws-credentials", key="one")
        self.make("other", password=CANARY)
        self.grants(200, "GET", f"{self.secrets}/aws-credentials")
        self.refuses(BY_RBAC, "GET", f"{self.secrets}/other")
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/aws-credentials", "{}", MERGE)


class Definitions(ClusterCase):
    """The definitions take manifests of both versions and keep what they do not know."""

    GROUP = "external-secrets.io"

    def manifest(self, version, **spec):
        return json.dumps({
            "apiVersion": f"{self.GROUP}/{version}", "kind": "ExternalSecret",
            "metadata": {"name": "app", "namespace": self.namespace},
            "spec": {"secretStoreRef": {"name": "store"}, "data": [
                {"secretKey": "k", "remoteRef": {"key": "r", "later": {"a": 1}}}], **spec},
        })

    def apply_text(self, text):
        return self.cluster.kubectl_done("apply", "-f", "-", input=text, check=False)

    def test_both_versions_are_served_from_one_object(self):
        for written, read in (("v1", "v1beta1"), ("v1beta1", "v1")):
            with self.subTest(written):
                self.apply_text(self.manifest(written, later=[1, 2])).check_returncode()
                found = self.cluster.get(f"externalsecrets.{read}.{self.GROUP}", "app", "-n",
                                         self.namespace)
                self.assertEqual(found["apiVersion"], f"{self.GROUP}/{read}")
                self.assertEqual(found["spec"]["later"], [1, 2])
                self.assertEqual(found["spec"]["data"][0]["remoteRef"]["later"], {"a": 1})

    def test_what_external_secrets_refuses_is_refused(self):
        rows = (
            ("no data", {"data": []}, "at least one entry"),
            ("delete what is not owned",
             {"target": {"creationPolicy": "Merge", "deletionPolicy": "Delete"}}, "that owns"),
            ("merge with nothing",
             {"target": {"creationPolicy": "None", "deletionPolicy": "Merge"}}, "makes none"),
            ("unknown word", {"target": {"creationPolicy": "Mine"}}, "Unsupported value"),
            ("two in one", {"dataFrom": [{"extract": {"key": "a"}, "find": {}}]}, "exclude"),
            ("bootstrap token", {"target": {"template": {"type": TOKEN_TYPES[1]}}}, "bootstrap"),
        )
        for name, spec, want in rows:
            with self.subTest(name):
                done = self.apply_text(self.manifest("v1", **spec))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(want, done.stderr)

    def test_columns_and_selectors(self):
        self.apply_text(self.manifest("v1", target={"name": "wanted"})).check_returncode()
        rows = self.cluster.kubectl("get", "es", "-n", self.namespace,
                                    "--field-selector=spec.target.name=wanted")
        self.assertEqual(rows.split()[:9], ["NAME", "STORETYPE", "STORE", "REFRESH", "INTERVAL",
                                            "STATUS", "READY", "LAST", "SYNC"])
        self.assertIn("1h0m0s", rows)
        self.assertNotIn("app", self.cluster.kubectl(
            "get", "es", "-n", self.namespace, "--field-selector=spec.target.name=other"))

    def test_the_agent_writes_status_and_nothing_else(self):
        self.apply_text(self.manifest("v1")).check_returncode()
        path = f"/apis/{self.GROUP}/v1/namespaces/{self.namespace}/externalsecrets/app"
        ready = {"type": "Ready", "status": "True", "reason": "SecretSynced"}
        patch = json.dumps({"status": {"conditions": [ready], "binding": {"name": "app"}}})
        found = self.grants(200, "PATCH", f"{path}/status", patch, MERGE)
        self.assertEqual(found["status"]["conditions"], [ready])
        self.refuses(BY_RBAC, "PATCH", path, '{"spec":{"refreshInterval":"1s"}}', MERGE)
        pushes = f"/apis/{self.GROUP}/v1alpha1/namespaces/{self.namespace}/pushsecrets"
        self.refuses(BY_RBAC, "PATCH", f"{pushes}/push", "{}", MERGE)

    def test_examples_are_accepted(self):
        for name in ("demo", "shop"):
            self.cluster.kubectl("create", "namespace", name)
        self.cluster.kubectl("create", "serviceaccount", "default", "-n", "shop")
        for folder in ("aws", "demo", "credentials-role.yaml"):
            with self.subTest(folder):
                self.cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f",
                                     DEPLOY / "examples" / folder)


class WatchSecrets(ClusterCase):
    """The overlay that watches: reads everything, writes no more than the base."""

    MANIFESTS = "overlays/watch-secrets"

    def test_reads_are_granted_and_writes_are_not(self):
        self.make("foreign", key="one")
        for path in (f"{self.secrets}/foreign", self.secrets, "/api/v1/secrets"):
            with self.subTest(path):
                self.grants(200, "GET", path)
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/foreign", "{}", MERGE)
        self.refuses(BY_POLICY, "DELETE", f"{self.secrets}/foreign")


class ClusterExternalSecrets(ClusterCase):
    """The component that fans out: ExternalSecrets of a ClusterExternalSecret, and no others."""

    MANIFESTS = "overlays/cluster-external-secrets"

    @classmethod
    def fence_stands(cls):
        path = f"/apis/external-secrets.io/v1/namespaces/{AGENT[0]}/externalsecrets?dryRun=All"
        status, text = cls.agent.ask("POST", path, external_secret("fence"))
        return super().fence_stands() and status == 403 and BY_SECOND_POLICY in text

    def make_external_secret(self, name, owners=None, **metadata):
        self.cluster.kubectl("create", "-n", self.namespace, "-f", "-",
                             input=external_secret(name, owners, **metadata))
        return f"{self.external_secrets}/{name}"

    def test_a_child_is_made_changed_and_deleted(self):
        path = f"{self.external_secrets}/new"
        self.grants(201, "POST", self.external_secrets, external_secret("new", CHILD))
        patch = json.dumps([{"op": "add", "path": "/spec/refreshInterval", "value": "5h"}])
        self.grants(200, "PATCH", path, patch, JSON_PATCH)
        self.grants(200, "PATCH", path, json.dumps(
            {"metadata": {"ownerReferences": owner(version="external-secrets.io/v1beta1")}}), MERGE)
        self.grants(200, "DELETE", path)

    def test_only_a_child_can_be_made(self):
        rows = (("no owner", None), ("another kind", owner("ClusterSecretStore")),
                ("another group", owner(version="external-secrets.io.evil/v1")),
                ("no controller", owner(controller=False)), ("not said", owner(controller=None)))
        for name, owners in rows:
            with self.subTest(name):
                self.refuses(BY_SECOND_POLICY, "POST", self.external_secrets,
                             external_secret("new", owners))
                self.refuses(BY_SECOND_POLICY, "PATCH",
                             f"{self.external_secrets}/new?{FORCE}",
                             external_secret("new", owners), APPLY)

    def test_what_is_no_child_stays_as_it_is(self):
        path = self.make_external_secret("theirs", finalizers=["example.com/keep"])
        own = {"metadata": {"ownerReferences": CHILD}}
        rows = (("spec", {"spec": {"refreshInterval": "5h"}}),
                ("label", {"metadata": {"labels": {"a": "b"}}}),
                ("annotation", {"metadata": {"annotations": {"a": "b"}}}),
                ("take it over", own), ("owner and spec", {**own, "spec": {"target": {}}}))
        for name, patch in rows:
            with self.subTest(name):
                self.refuses(BY_SECOND_POLICY, "PATCH", path, json.dumps(patch), MERGE)
        self.refuses(BY_SECOND_POLICY, "DELETE", path)
        self.grants(200, "PATCH", path, '{"metadata":{"finalizers":null}}', MERGE)

    def test_a_child_cannot_be_set_free(self):
        path = self.make_external_secret("child", CHILD)
        self.refuses(BY_SECOND_POLICY, "PATCH", path, '{"metadata":{"ownerReferences":null}}',
                     MERGE)

    def test_the_rest_is_as_in_the_base(self):
        self.make("foreign", key="one")
        self.refuses(BY_RBAC, "GET", f"{self.secrets}/foreign")
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/foreign", "{}", MERGE)
        self.grants(200, "GET", "/api/v1/namespaces")
        self.refuses(BY_RBAC, "GET", f"/api/v1/namespaces/{self.namespace}")
        self.refuses(BY_RBAC, "PATCH", f"/api/v1/namespaces/{self.namespace}", "{}", MERGE)
        clusters = "/apis/external-secrets.io/v1/clusterexternalsecrets"
        self.refuses(BY_RBAC, "PATCH", f"{clusters}/db", "{}", MERGE)
        self.refuses(BY_RBAC, "POST", clusters, "{}")


class PushSecrets(ClusterCase):
    """The overlay that pushes: reads every Secret, changes PushSecrets, makes and deletes none."""

    MANIFESTS = "overlays/push-secrets"
    GROUP = "/apis/external-secrets.io/v1alpha1"

    def test_what_it_adds(self):
        self.make("foreign", key="one")
        for path in (f"{self.secrets}/foreign", self.secrets, "/api/v1/secrets"):
            with self.subTest(path):
                self.grants(200, "GET", path)
        self.refuses(BY_RBAC, "GET", "/api/v1/secrets?watch=true")
        self.refuses(BY_POLICY, "PATCH", f"{self.secrets}/foreign", "{}", MERGE)
        self.refuses(BY_POLICY, "DELETE", f"{self.secrets}/foreign")

    def test_push_secrets(self):
        pushes = f"{self.GROUP}/namespaces/{self.namespace}/pushsecrets"
        made = json.dumps({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
                           "metadata": {"name": "push"}, "spec": {
                               "secretStoreRefs": [{"name": "store"}],
                               "selector": {"secret": {"name": "foreign"}}}})
        self.refuses(BY_RBAC, "POST", pushes, made)
        self.cluster.kubectl("create", "-n", self.namespace, "-f", "-", input=made)
        finalizer = json.dumps({"metadata": {"finalizers": ["a.b/c"]}})
        self.grants(200, "PATCH", f"{pushes}/push", finalizer, MERGE)
        self.grants(200, "PATCH", f"{pushes}/push", '{"metadata":{"finalizers":null}}', MERGE)
        for patch in ({"spec": {"selector": {"secret": {"name": "other"}}}},
                      {"metadata": {"labels": {"a": "b"}}}):
            with self.subTest(patch):
                self.refuses(BY_SECOND_POLICY, "PATCH", f"{pushes}/push", json.dumps(patch), MERGE)
        self.grants(200, "PATCH", f"{pushes}/push/status", '{"status":{}}', MERGE)
        self.refuses(BY_RBAC, "DELETE", f"{pushes}/push")


class ExternalSecretsCompat(ClusterCase):
    """The overlay that merges: may label and fill a foreign Secret, not delete it unlabelled."""

    MANIFESTS = "overlays/external-secrets-compat"

    def test_a_foreign_secret_is_merged_into(self):
        self.make("foreign", kept="yes")
        path = f"{self.secrets}/foreign"
        self.grants(200, "GET", path)
        self.refuses(BY_RBAC, "GET", self.secrets)
        self.refuses(BY_POLICY, "DELETE", path)
        self.refuses(BY_POLICY, "PATCH", f"{path}?{FORCE}", secret("foreign", added="yes"), APPLY)
        merged = self.grants(200, "PATCH", f"{path}?{FORCE}",
                             secret("foreign", OURS, added="yes"), APPLY)
        self.assertEqual(set(merged["data"]), {"kept", "added"})

    def test_the_rest_of_the_fence_stands(self):
        self.refuses(BY_POLICY, "POST", self.secrets, secret("new"))
        for kind in TOKEN_TYPES:
            with self.subTest(kind):
                self.refuses(BY_POLICY, "POST", self.secrets, secret("new", OURS, kind))


if __name__ == "__main__":
    unittest.main()
