"""`lockstep check` with the agent's token: the Roles that it prints are what is missing."""
import yaml

from agent_fixture import CANARY, SYSTEM, agent_kubeconfig, program
from external_secret_fixture import FakeCase, external_secret, secret, store

OK, MISSING = 0, 1


class CheckTest(FakeCase):
    def check(self):
        """Exit code, the comments, and the documents about this case's namespace."""
        config = agent_kubeconfig("check", self.cluster)
        done = self.cluster.exec(
            (program(self.cluster), "check", f"--kubeconfig={config}", f"--namespace={SYSTEM}",
             "--node-name=check"), check=False)
        self.assertNotIn(CANARY, done.stdout + done.stderr)
        self.assertIn("# asked as the ServiceAccount lockstep in lockstep-system", done.stdout)
        ours = [item for item in yaml.safe_load_all(done.stdout)
                if item and item["metadata"]["namespace"] == self.namespace]
        comments = [line for line in done.stdout.splitlines()
                    if line.startswith("#") and line.partition(":")[0].endswith(self.namespace)]
        return done.returncode, comments, ours

    def test_roles_for_templates(self):
        """A template of a ConfigMap and one of a Secret, denied until the Role is applied."""
        self.assertEqual(self.check()[1:], ([], []))
        self.apply(store(password=CANARY), secret("words", greeting="Hello"), {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shapes"},
            "data": {"line": "{{ .password }}!"}})
        self.apply(external_secret("app", data={"password": "password"}, target={"template": {
            "templateFrom": [{"configMap": {"name": "shapes", "items": [{"key": "line"}]}},
                             {"secret": {"name": "words", "items": [{"key": "greeting"}]}}]}}))
        self.wait_ready("app", "False", "configmaps")
        code, comments, roles = self.check()
        self.assertEqual(code, MISSING)
        self.assertEqual(comments, [
            f'# missing  get secrets "words" in {self.namespace}: given by the Role below',
            f'# missing  get configmaps "shapes" in {self.namespace}: given by the Role below'])
        self.assertEqual([item["kind"] for item in roles], ["Role", "RoleBinding"])
        self.assertEqual([(rule["resources"], rule["resourceNames"], rule["verbs"])
                          for rule in roles[0]["rules"]],
                         [(["secrets"], ["words"], ["get"]), (["configmaps"], ["shapes"], ["get"])])
        self.cluster.apply(yaml.safe_dump_all(roles))
        self.touch("app")
        self.wait_secret("app", line=f"{CANARY}!", greeting="Hello")
        self.wait_synced("app")
        _, comments, roles = self.check()
        self.assertEqual(comments, [f'# ok       get secrets "words" in {self.namespace}',
                                    f'# ok       get configmaps "shapes" in {self.namespace}'])
        self.assertEqual(roles, [])
