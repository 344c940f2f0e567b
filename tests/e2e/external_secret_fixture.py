"""The agent beside a control plane of its own, with stores of the provider `fake`.

    from external_secret_fixture import FakeCase, external_secret, store

    class FindTest(FakeCase):
        def test_it(self):
            self.apply(store(db="one"), external_secret("app", data={"password": "db"}))
            self.wait_secret("app", password="one")

The agent is a plain process with the token of its ServiceAccount and the rights of MANIFESTS. Both
installations live as long as the test run; each case has a namespace of its own.
"""
import atexit
import base64
import functools
import json
import unittest
import uuid

from agent_fixture import CANARY, DEPLOY, SYSTEM, agent_kubeconfig, objects, program
from cluster import Cluster, CommandError, layout

AGENT = f"system:serviceaccount:{SYSTEM}:lockstep"
COMPAT = "overlays/external-secrets-compat"
GROUP = "external-secrets.io"

LABEL_OURS = "lockstep.dev/managed"
LABEL_CREATED_BY = "reconcile.external-secrets.io/created-by"
HASH = "reconcile.external-secrets.io/data-hash"

PASS_S = 10  # an edit is done, on a machine that has other things to do too


class Installation:
    """A control plane with the manifests of a folder of deploy/; the agent when it is started."""

    def __init__(self, manifests):
        self.cluster = Cluster("api")
        self.cluster.__enter__()
        atexit.register(self.cluster.close)
        self.cluster.apply(DEPLOY / "crds", "--server-side")
        self.cluster.apply(DEPLOY / manifests, "--server-side")
        self.cluster.wait_for(self.fence_stands, "the admission policy to be in force")

    def start_agent(self, *options):
        self.cluster.run("agent", (
            program(self.cluster), "agent", "--mirror-shards=1",
            f"--kubeconfig={agent_kubeconfig('agent', self.cluster)}", f"--namespace={SYSTEM}",
            f"--node-name={layout.NODE}", f"--kubelet-root={layout.STATE}/kubelet",
            "--registration-dir=off", "--admin=127.0.0.1:9808", *options))

    def fence_stands(self):
        unlabelled = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fence"}}
        done = self.cluster.kubectl_done(
            "apply", "--server-side", "--dry-run=server", f"--as={AGENT}", "-n", SYSTEM, "-f", "-",
            input=json.dumps(unlabelled), check=False)
        return "lockstep-managed-secrets" in done.stderr


@functools.cache
def installation(manifests, *options):
    made = Installation(manifests)
    made.start_agent(*options)
    return made


def fake(values):
    return {"fake": {"data": [{"key": key, "value": value} for key, value in values.items()]}}


def store(name="store", kind="SecretStore", spec=None, **values):
    """A store of the provider fake; spec holds further members."""
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"provider": fake(values), **(spec or {})}}


def external_secret(name, data=None, metadata=None, interval="2s", **spec):
    """An ExternalSecret.

    data  keys of the Secret and what they are called in the store; or the list as it is
    """
    if isinstance(data, dict):
        data = [{"secretKey": key, "remoteRef": {"key": remote}} for key, remote in data.items()]
    return {"apiVersion": f"{GROUP}/v1", "kind": "ExternalSecret",
            "metadata": {"name": name, **(metadata or {})},
            "spec": {"secretStoreRef": {"name": "store"}, "refreshInterval": interval,
                     **({"data": data} if data else {}), **spec}}


def secret(name, metadata=None, **data):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **(metadata or {})},
            "stringData": data}


def reader_role(name, kinds, names):
    """What an administrator adds when the agent asks for it: get of single objects."""
    group = "rbac.authorization.k8s.io"
    return (
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": name}, "rules": [
            {"apiGroups": [""], "resources": kinds, "resourceNames": names, "verbs": ["get"]}]},
        {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {"name": name},
         "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
         "subjects": [{"kind": "ServiceAccount", "name": "lockstep", "namespace": SYSTEM}]},
    )


def decoded(found):
    return {key: base64.b64decode(value).decode()
            for key, value in (found.get("data") or {}).items()}


class FakeCase(unittest.TestCase):
    """A case with a namespace; nothing of CANARY is in a log, an event or a condition."""

    MANIFESTS = "base"
    OPTIONS = ()  # of the agent, besides those that every case needs
    maxDiff = None

    def setUp(self):
        self.cluster = installation(self.MANIFESTS, *self.OPTIONS).cluster
        self.namespace = self.enterContext(self.cluster.namespace("es"))

    def tearDown(self):
        told = [self.cluster.log("agent"), *self.cluster.events(self.namespace)]
        told += [json.dumps(item.get("status")) for item in self.get("externalsecrets")["items"]]
        self.assertNotIn(CANARY, "\n".join(told))

    # Objects of the namespace

    def apply(self, *items):
        self.cluster.apply(objects(*items), "-n", self.namespace)

    def kubectl(self, *args, **options):
        return self.cluster.kubectl("-n", self.namespace, *args, **options)

    def get(self, *args):
        return self.cluster.get(*args, "-n", self.namespace)

    def held(self, name):
        """A Secret as the server holds it, or None."""
        try:
            return self.get("secret", name)
        except CommandError:
            return None

    def secret(self, name):
        """The data of a Secret, decoded; None when there is no such Secret."""
        found = self.held(name)
        return decoded(found) if found else None

    def touch(self, name):
        """Any annotation asks for a refresh."""
        self.kubectl("annotate", "externalsecret", name, "--overwrite",
                     f"force-sync={uuid.uuid4()}")

    def ready(self, name):
        """The condition Ready of an ExternalSecret; None when it says nothing."""
        conditions = self.get("externalsecret", name).get("status", {}).get("conditions", ())
        return next((item for item in conditions if item["type"] == "Ready"), None)

    # What is waited for

    def wait(self, condition, what, timeout=PASS_S):
        return self.cluster.wait_for(condition, what, timeout)

    def wait_secret(self, name, **data):
        self.wait(lambda: self.assertEqual(self.secret(name), data) or True,
                  f"the data of Secret {name}")

    def wait_ready(self, name, status, *texts, reason=None):
        """Wait for the condition Ready with that status and each text in its message."""
        def told():
            condition = self.ready(name)
            return (condition and condition["status"] == status
                    and (reason is None or condition["reason"] == reason)
                    and all(text in condition["message"] for text in texts) and condition)
        try:
            return self.wait(told, f"condition Ready={status} of {name}")
        except Exception as error:
            raise AssertionError(f"Ready={status} {texts}; is {self.ready(name)}") from error

    def wait_synced(self, *names):
        for name in names:
            self.wait_ready(name, "True", reason="SecretSynced")
