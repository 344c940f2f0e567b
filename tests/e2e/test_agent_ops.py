"""What the shipped agent tells about itself."""
import json

from agent_fixture import ADMIN_PORT, SYSTEM, AgentCase, metric
from cluster import layout
from harness import cluster


class OpsTest(AgentCase):
    def test_pages_on_the_pod_address(self):
        self.wait(lambda: self.agent.page("/readyz"), "readyz")
        self.assertTrue(self.agent.page("/healthz"))
        page = self.agent.page("/metrics")
        for name, want in (("lockstep_build_info", 1), ("lockstep_csi_registered", 1),
                           ("lockstep_secret_memory_locked", 1), ("lockstep_fence_stands", 1)):
            with self.subTest(name):
                self.assertEqual(metric(page, name), want)

    def test_volumes_are_counted(self):
        """As many as are mounted; Pods of other cases may be on their way out."""
        def counted():
            mounted = [path for path in cluster().mounts() if "/kubernetes.io~csi/" in path]
            return self.agent.metric("lockstep_volumes") == len(mounted)
        self.give("app")
        self.start("reader", "app")
        self.wait(counted, "the volumes to be counted")
        self.assertGreaterEqual(self.agent.metric("lockstep_volumes"), 1)
        self.delete_pod("reader")
        self.wait_unmounted("reader")
        self.wait(counted, "one volume less to be counted")

    def test_status_command_in_the_container(self):
        self.give("app")
        self.start("reader", "app")
        told = cluster().kubectl("exec", "daemonset/lockstep", "-n", SYSTEM, "--", "/lockstep",
                                 "status", f"--admin=127.0.0.1:{ADMIN_PORT}")
        self.assertIn(layout.NODE, told)

    def test_all_shards_are_held(self):
        self.wait(lambda: self.agent.metric("lockstep_shards_held") == 8, "all eight shards", 60)
        leases = cluster().get("leases", "-n", SYSTEM, "-l", "lockstep.dev/shards=true")["items"]
        self.assertEqual({lease["spec"]["holderIdentity"] for lease in leases}, {layout.NODE})

    def test_log_is_json_lines(self):
        for line in self.agent.log().splitlines():
            self.assertLessEqual({"ts", "level", "event"}, json.loads(line).keys())
