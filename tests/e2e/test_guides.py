"""Commands that pages of docs/ show, taken out of the pages and run."""
import time
from pathlib import Path

from agent_fixture import ROOT, agent, objects, program
from external_secret_fixture import external_secret, store
from guide import blocks
from harness import Case, cluster


PUSHED = "pushsecret.externalsecrets.io/finalizer"


def shown(page, words):
    """The one block of a page that has these words."""
    found, = (text for _, text in blocks(ROOT / page) if words in text)
    return found


class GuideTest(Case):
    def setUp(self):
        agent()
        self.path = Path(program()).parent

    def shell(self, script, check=True):
        return cluster().exec(("bash", "-ec", f'PATH={self.path}:"$PATH"\n{script}'), check=check)

    def make_shop(self):
        """The namespace of the pages' examples; the next case makes it again."""
        cluster().kubectl("create", "namespace", "shop")
        self.addCleanup(cluster().kubectl, "delete", "namespace", "shop")

    def test_a_volume_without_a_pod(self):
        """What the driver is told by hand, on the node: the files are there, and then are not."""
        script = shown("docs/OPERATIONS.md", "lockstep csi publish")
        self.make_shop()
        cluster().apply(objects(store(user="u", password="p"), external_secret(
            "app-db", data={"user": "user", "password": "password"})), "-n", "shop")
        listed = self.shell(script).stdout.split()
        self.assertEqual([word for word in listed if word in ("user", "password")],
                         ["password", "user"])
        mount, = (line.split()[1] for line in script.splitlines() if line.startswith("ls "))
        self.assertFalse(cluster().path(mount).exists())

    def test_the_fence_tried_by_hand(self):
        done = self.shell(shown("docs/RBAC.md", "--dry-run=server"), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("lockstep-managed-secrets", done.stderr)

    def test_a_push_secret_that_cannot_clean_up(self):
        """It stays in deletion, as the base may not take its finalizer off, and is let go."""
        script = shown("docs/PUSH.md", "patch pushsecret")
        self.make_shop()
        cluster().kubectl("create", "-f", "-", input=objects({
            "apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
            "metadata": {"name": "db", "namespace": "shop", "finalizers": [PUSHED]},
            "spec": {"deletionPolicy": "Delete", "secretStoreRefs": [{"name": "aws"}],
                     "selector": {"secret": {"name": "db"}}}}))
        cluster().kubectl("-n", "shop", "delete", "pushsecret", "db", "--wait=false")
        time.sleep(2)
        self.assertIn("deletionTimestamp",
                      cluster().get("pushsecret", "db", "-n", "shop")["metadata"])
        self.shell(script)
        cluster().wait_gone("shop", "pushsecret", "db")
