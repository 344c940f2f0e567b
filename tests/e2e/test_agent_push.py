"""PushSecrets of the shipped agent, with no right but a Role by name: from a Secret to AWS."""
from agent_fixture import CANARY, SYSTEM, AgentCase, moto, store
from harness import cluster

RBAC = "rbac.authorization.k8s.io"


def pusher():
    """A store whose key may write, and the right to read that and the Secret `source`."""
    key_id, key = moto().keys["pusher"]
    written = store()
    written["metadata"]["name"] = "written"
    for reference in written["spec"]["provider"]["aws"]["auth"]["secretRef"].values():
        reference["name"] = "pusher-credentials"
    role = {"kind": "Role", "name": "lockstep-push"}
    meta = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": role["name"]}}
    return (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pusher-credentials"},
         "stringData": {"id": key_id, "key": key}},
        {**meta, "kind": "Role", "rules": [{
            "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"],
            "resourceNames": ["pusher-credentials", "source"]}]},
        {**meta, "kind": "RoleBinding", "roleRef": {"apiGroup": RBAC, **role},
         "subjects": [{"kind": "ServiceAccount", "name": "lockstep", "namespace": SYSTEM}]},
        written,
    )


class PushTest(AgentCase):
    def setUp(self):
        super().setUp()
        self.apply(*pusher())

    def give_source(self, password):
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "source"},
                    "stringData": {"password": password, "user": f"{CANARY}-user"}})

    def push(self, **spec):
        data = [{"match": {"secretKey": key, "remoteRef": {
            "remoteKey": self.key("pushed"), "property": key}}} for key in ("password", "user")]
        self.apply({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
                    "metadata": {"name": "push"},
                    "spec": {"refreshInterval": "2s", "secretStoreRefs": [{"name": "written"}],
                             "selector": {"secret": {"name": "source"}}, "data": data, **spec}})

    def wait_stored(self, password):
        want = {"password": password, "user": f"{CANARY}-user"}
        cluster().wait_for(lambda: self.moto.value(self.key("pushed")) == want,
                           "the store to have both properties")

    def test_a_secret_reaches_the_store_and_follows(self):
        self.give_source(f"{CANARY}-1")
        self.push()
        self.wait_stored(f"{CANARY}-1")
        ready, = self.get("pushsecret", "push")["status"]["conditions"]
        self.assertEqual((ready["type"], ready["status"], ready["reason"]),
                         ("Ready", "True", "Synced"))
        self.give_source(f"{CANARY}-2")
        self.wait_stored(f"{CANARY}-2")
        self.assertIn({"Key": "managed-by", "Value": "external-secrets"},
                      self.moto.describe(self.key("pushed"))["Tags"])

    def test_what_another_tool_made_is_left_alone(self):
        self.moto.put(self.key("pushed"), '{"password":"theirs"}')
        self.give_source(f"{CANARY}-1")
        self.push()

        def is_refused():
            ready, = self.get("pushsecret", "push")["status"]["conditions"]
            return ready["status"] == "False" and "managed" in ready["message"]
        cluster().wait_for(is_refused, "the PushSecret to be refused")
        self.assertEqual(self.moto.value(self.key("pushed")), {"password": "theirs"})
