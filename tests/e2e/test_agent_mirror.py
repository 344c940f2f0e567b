"""Secrets that the shipped agent mirrors: the same bytes as the files, mended, and cleaned up."""
import base64
import json

from agent_fixture import CANARY, AgentCase, agent_kubeconfig, external_secret, revision
from harness import cluster


class MirrorTest(AgentCase):
    def test_secret_and_volume_have_the_same_bytes(self):
        self.give("app")
        self.start("reader", "app")
        self.wait_secret("app", 1)
        for key, value in self.secret("app").items():
            self.assertEqual(self.run_in("reader", f"cat /secrets/{key}"), value)
        found = self.get("secret", "app")
        owner, = found["metadata"]["ownerReferences"]
        self.assertEqual((owner["kind"], owner["name"]), ("ExternalSecret", "app"))
        self.assertEqual(found["metadata"]["labels"]["lockstep.dev/managed"], "true")
        self.assertEqual(self.wait_ready("app")["reason"], "SecretSynced")

    def test_environment_of_a_pod(self):
        """A Pod that reads the Secret starts by itself as soon as there is one."""
        self.create("environment", "app", volumes=[], containers=[{
            "name": "main", "image": "localhost/busybox:1", "imagePullPolicy": "Never",
            "command": ["sh", "-c", "trap exit TERM; sleep 3600 & wait"],
            "envFrom": [{"secretRef": {"name": "app"}}]}])
        self.give("app")
        self.wait_pod("environment")
        self.assertEqual(self.run_in("environment", 'printf %s "$password"'), f"{CANARY}-pass-1")

    def test_drift_is_mended(self):
        self.give("app")
        self.wait_secret("app", 1)
        wrong = base64.b64encode(b"wrong").decode()
        self.kubectl("patch", "secret", "app", "--type=merge", "-p", json.dumps(
            {"data": {"password": wrong, "added": wrong}}))
        self.wait_secret("app", 1)

    def test_deleted_secret_comes_back(self):
        self.give("app")
        self.wait_secret("app", 1)
        before = self.get("secret", "app")["metadata"]["uid"]
        self.kubectl("delete", "secret", "app")
        self.wait_secret("app", 1)
        self.assertNotEqual(self.get("secret", "app")["metadata"]["uid"], before)

    def test_deletion_of_the_external_secret(self):
        """The Secret is collected; a Pod that runs keeps its files."""
        self.give("app")
        self.start("reader", "app")
        self.wait_secret("app", 1)
        self.kubectl("delete", "externalsecret", "app")
        cluster().wait_gone(self.namespace, "secret", "app")
        self.assertEqual(self.password_in("reader"), f"{CANARY}-pass-1")

    def test_foreign_secret_is_left_alone(self):
        self.kubectl("create", "secret", "generic", "taken", "--from-literal=password=mine")
        before = self.get("secret", "taken")
        self.moto.put(self.key("app"), revision(1))
        self.apply(external_secret("app", self.key("app"), target={"name": "taken"}))
        condition = self.wait_ready("app", "False")
        self.assertIn(f'Secret "{self.namespace}/taken"', condition["message"])
        self.wait(lambda: self.events("UpdateFailed"), "an event")
        self.assertEqual(self.get("secret", "taken"), before)
        self.start("reader", "app")
        self.assertEqual(self.password_in("reader"), f"{CANARY}-pass-1")

    def test_a_stolen_token_reads_one_credential(self):
        """The Role of the store opens that very Secret to the agent, and nothing beside it."""
        self.give("app")
        self.wait_secret("app", 1)
        stolen = {"KUBECONFIG": agent_kubeconfig("stolen")}

        def reads(name, namespace):
            done = cluster().exec(("kubectl", "get", "secret", name, "-n", namespace, "-o", "json"),
                                  env=stolen, check=False)
            self.assertNotIn(base64.b64encode(CANARY.encode()).decode()[:8], done.stdout)
            return done.returncode == 0
        self.assertTrue(reads("aws-credentials", self.namespace))
        self.assertFalse(reads("app", self.namespace))
        other = self.new_namespace()
        cluster().kubectl("create", "secret", "generic", "aws-credentials", "-n", other,
                          f"--from-literal=key={CANARY}")
        self.assertFalse(reads("aws-credentials", other))
