"""Does the harness give a cluster that behaves like one? Self-check of tests/e2e/cluster."""
import json
from pathlib import Path

from cluster import Cluster, CommandError, cgroups, layout
from harness import Case, cluster

ADMISSION_POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: e2e-self-check}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
  - {expression: "object.metadata.name != 'refused'", message: refused by the self-check}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: e2e-self-check}
spec: {policyName: e2e-self-check, validationActions: [Deny]}
"""

DAEMON_SET = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: daemon}
spec:
  selector: {matchLabels: {app: daemon}}
  template:
    metadata: {labels: {app: daemon}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: localhost/busybox:1
        imagePullPolicy: Never
        command: [sleep, "3600"]
"""


def busybox_pod(name, script, container=None, **spec):
    """A Pod that runs script in busybox, as YAML text (JSON with a line end).

    container and spec add fields to the container and to the Pod's spec.
    """
    return json.dumps({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "dnsPolicy": "Default",
            "containers": [{
                "name": "main",
                "image": "localhost/busybox:1",
                "imagePullPolicy": "Never",
                "command": ["sh", "-c", f"trap exit TERM; {script}; sleep 3600 & wait"],
                **(container or {}),
            }],
            **spec,
        },
    }) + "\n"


class NodeTest(Case):
    def test_node_is_ready(self):
        cluster().wait_node_ready()
        node = cluster().get("node", layout.NODE)
        served = json.loads(cluster().kubectl("get", "--raw=/version"))["gitVersion"]
        self.assertRegex(served, r"^v1\.\d+\.\d+$")
        self.assertEqual(node["status"]["nodeInfo"]["kubeletVersion"], served)

    def test_machine_settings_stay(self):
        """The kubelet sets kernel.panic to 10, for the cluster only."""
        setting = "/proc/sys/kernel/panic"
        inside = cluster().exec(["cat", setting]).stdout.strip()
        self.assertEqual(inside, "10")
        self.assertNotEqual(Path(setting).read_text(encoding="ascii").strip(), inside)

    def test_machine_folders_stay(self):
        cluster().exec(["touch", "/var/lib/lsk-written-inside", "/var/log/lsk-written-inside"])
        self.assertFalse(Path("/var/lib/lsk-written-inside").exists())
        self.assertFalse(Path("/var/log/lsk-written-inside").exists())


class PodTest(Case):
    def start(self, name, script="echo hello", **spec):
        namespace = self.new_namespace()
        cluster().apply(busybox_pod(name, script, **spec), "-n", namespace)
        return namespace, cluster().wait_pod_ready(namespace, name)

    def test_logs_and_exec(self):
        namespace, _ = self.start("talker")
        log = cluster().wait_for(lambda: cluster().kubectl("logs", "talker", "-n", namespace),
                                 "a line in the log")
        self.assertEqual(log, "hello\n")
        told = cluster().kubectl("exec", "-i", "talker", "-n", namespace, "--", "cat", input="echo")
        self.assertEqual(told, "echo")

    def test_pod_network(self):
        namespace, pod = self.start("networked")
        self.assertNotEqual(pod["status"]["podIP"], layout.NODE_IP)
        cluster().exec(["busybox", "ping", "-c", "1", "-W", "5", pod["status"]["podIP"]])
        self.reach_api(namespace, "networked")

    def test_host_network(self):
        namespace, pod = self.start("host", hostNetwork=True)
        self.assertEqual(pod["status"]["podIP"], layout.NODE_IP)
        self.reach_api(namespace, "host")

    def reach_api(self, namespace, pod):
        """The address that every client library takes from the environment leads to the API."""
        script = 'nc -w 5 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" </dev/null'
        cluster().kubectl("exec", pod, "-n", namespace, "--", "sh", "-c", script)

    def test_daemon_set(self):
        namespace = self.new_namespace()
        cluster().apply(DAEMON_SET, "-n", namespace)
        cluster().kubectl("rollout", "status", "daemonset/daemon", "-n", namespace,
                          "--timeout=90s")

    def test_mounts_of_a_privileged_pod_appear_on_the_node(self):
        """What a CSI driver in a DaemonSet needs."""
        namespace, _ = self.start(
            "mounter", "mkdir -p /k/self-check && mount -t tmpfs none /k/self-check && echo done",
            container={"securityContext": {"privileged": True}, "volumeMounts": [
                {"name": "k", "mountPath": "/k", "mountPropagation": "Bidirectional"}]},
            volumes=[{"name": "k", "hostPath": {"path": cluster().kubelet_dir}}])
        mount = f"{cluster().kubelet_dir}/self-check"
        cluster().wait_for(lambda: mount in cluster().mounts(), f"{mount} on the node")
        cluster().kubectl("delete", "pod", "mounter", "-n", namespace)
        self.assertIn(mount, cluster().mounts())
        cluster().exec(["umount", mount])

    def test_delete(self):
        namespace, _ = self.start("short")
        cluster().kubectl("delete", "pod", "short", "-n", namespace, "--wait=false")
        cluster().wait_gone(namespace, "pod", "short")


class ApiTest(Case):
    def test_rbac_is_in_force(self):
        namespace = self.new_namespace()
        token = cluster().token(namespace, "default")
        with self.assertRaisesRegex(CommandError, "forbidden"):
            cluster().kubectl("get", "secrets", "-n", namespace, token=token)
        whoami = cluster().kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}",
                                   token=token)
        self.assertEqual(whoami, f"system:serviceaccount:{namespace}:default")

    def test_validating_admission_policy(self):
        namespace = self.new_namespace()
        cluster().apply(ADMISSION_POLICY)
        self.addCleanup(cluster().kubectl, "delete", "-f", "-", input=ADMISSION_POLICY)

        def refused():
            done = cluster().kubectl_done("create", "configmap", "refused", "-n", namespace,
                                          "--dry-run=server", check=False)
            return "refused by the self-check" in done.stderr
        cluster().wait_for(refused, "the policy to take effect")
        cluster().kubectl("create", "configmap", "allowed", "-n", namespace)


class RestartTest(Case):
    def setUp(self):
        self.pods = self.new_namespace()
        cluster().apply(busybox_pod("stays", "true"), "-n", self.pods)
        self.before = self.container()

    def container(self):
        pod = cluster().wait_pod_ready(self.pods, "stays")
        return pod["status"]["containerStatuses"][0]["containerID"]

    def start_another(self, name):
        cluster().apply(busybox_pod(name, "true"), "-n", self.pods)
        cluster().wait_pod_ready(self.pods, name)
        self.assertEqual(self.container(), self.before)

    def test_apiserver(self):
        cluster().stop("apiserver")
        self.assertNotEqual(cluster().kubectl_done("get", "ns", check=False).returncode, 0)
        cluster().start("apiserver")
        cluster().wait_for(lambda: cluster().kubectl("get", "--raw=/readyz") == "ok", "readyz")
        self.start_another("after-apiserver")

    def test_kubelet(self):
        cluster().restart("kubelet")
        self.start_another("after-kubelet")

    def test_containerd(self):
        cluster().restart("containerd")
        self.start_another("after-containerd")


class SecondClusterTest(Case):
    def test_api_tier_beside_the_full_one(self):
        with Cluster("api") as second:
            second.kubectl("create", "configmap", "only-here")
            self.assertEqual(
                second.get("configmap", "only-here", "-n", "default")["kind"], "ConfigMap")
            tree = second._cgroups.name
            member = second.pid
        self.assertFalse(Path(f"/proc/{member}").exists())
        self.assertEqual([h for h in cgroups.hierarchies() if (h / tree).exists()], [])
        with self.assertRaisesRegex(CommandError, "NotFound"):
            cluster().get("configmap", "only-here", "-n", "default")
