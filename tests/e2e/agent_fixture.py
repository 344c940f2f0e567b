"""The agent of the shipped manifests in the shared cluster, and AWS Secrets Manager beside it.

    from agent_fixture import AgentCase

    class VolumeTest(AgentCase):
        def test_it(self):
            self.give("app")               # an ExternalSecret "app" of revision 1
            self.start("web", "app")       # a Pod that mounts it, Ready
            self.rotate("app", 2)

The manifests are deploy/crds and deploy/base as they are; only the addresses of the store are added
to the environment. The image is the one that `make image` builds. The store is moto, which checks
the signature of every request and what its user may do.
"""
import base64
import functools
import json
import os
import re
import signal
import subprocess
import tarfile
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path

from cluster import ClusterError, config, layout
from harness import Case, cluster

E2E = Path(__file__).resolve().parent
ROOT = E2E.parents[1]
DEPLOY = ROOT / "deploy"
IMAGE = Path(os.environ.get("LOCKSTEP_IMAGE") or ROOT / "build" / "image" / "lockstep.tar")

SYSTEM = "lockstep-system"
DRIVER = "csi.lockstep.dev"
STATE = f"{layout.KUBELET}/plugins/{DRIVER}/state"
ADMIN_PORT = 9808

# In every value and nowhere else: it must not turn up in a log or an event.
CANARY = "zq7x5b1c"

AWS = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://10.250.0.1:5000",
       "AWS_ENDPOINT_URL_STS": "http://10.250.0.1:5000"}
REGION = "eu-central-1"


class Moto:
    """AWS Secrets Manager. A start finds users and secrets as they were before the stop."""

    URL = AWS["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
    POLICIES = {"admin": ["secretsmanager:*"],
                "agent": ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
                "pusher": [f"secretsmanager:{name}" for name in (
                    "GetSecretValue", "DescribeSecret", "CreateSecret", "PutSecretValue",
                    "TagResource", "UntagResource", "DeleteSecret")]}
    FILES = (f"{layout.CONFIG}/moto-state.json", f"{layout.CONFIG}/moto-keys.json")

    def __init__(self):
        self.secrets = {}
        self.keys = {}

    def start(self):
        host, _, port = self.URL.rpartition("/")[2].partition(":")
        state, keys = map(cluster().path, self.FILES)
        state.write_text(json.dumps({"region": REGION, "policies": self.POLICIES,
                                     "secrets": self.secrets}), encoding="utf-8")
        cluster().run("moto", (test_python(), "-B", E2E / "moto_server.py", host, port,
                               *self.FILES))
        cluster().wait_for(lambda: self._curl("/moto-api/data.json"), "moto")
        self.keys = json.loads(keys.read_text(encoding="utf-8"))

    def stop(self):
        cluster().stop("moto")

    @contextmanager
    def away(self):
        """Nobody listens at its address meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self):
        """Connections are accepted meanwhile, as the kernel does that, and nothing is answered."""
        cluster().send_signal("moto", signal.SIGSTOP)
        try:
            yield
        finally:
            cluster().send_signal("moto", signal.SIGCONT)

    def remove(self, name):
        self._admin("DeleteSecret", SecretId=name, ForceDeleteWithoutRecovery=True)
        del self.secrets[name]

    def put(self, name, text):
        """Make the secret, or give it a new value."""
        if name in self.secrets:
            self._admin("PutSecretValue", SecretId=name, SecretString=text)
        else:
            self._admin("CreateSecret", Name=name, SecretString=text)
        self.secrets[name] = text

    def value(self, name):
        """The JSON object that the secret is, as text or as bytes."""
        told = json.loads(self._admin("GetSecretValue", SecretId=name))
        return json.loads(told.get("SecretString") or base64.b64decode(told["SecretBinary"]))

    def describe(self, name):
        return json.loads(self._admin("DescribeSecret", SecretId=name))

    def _curl(self, path, *args, body=None):
        return cluster().exec(("curl", "-sS", "--fail-with-body", "--max-time", "10", *args,
                               self.URL + path), input=body).stdout

    def _admin(self, operation, **request):
        request["ClientRequestToken"] = str(uuid.uuid4())
        return self._curl("/", "--aws-sigv4", f"aws:amz:{REGION}:secretsmanager",
                          "--user", ":".join(self.keys["admin"]),
                          "-H", f"X-Amz-Target: secretsmanager.{operation}",
                          "-H", "Content-Type: application/x-amz-json-1.1",
                          "--data-binary", "@-",
                          body=json.dumps(request))


@functools.cache
def test_python():
    """The Python that has the packages of tests/setup/requirements.txt."""
    done = subprocess.run((ROOT / "tests/setup/env.sh", "sh", "-c", 'echo "$TEST_PYTHON"'),
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


class Agent:
    """The DaemonSet of deploy/base, with one Pod since there is one node."""

    def deploy(self):
        if not IMAGE.exists():
            raise ClusterError(f"{IMAGE} is missing: make image")
        cluster().import_image(IMAGE)
        cluster().apply(DEPLOY / "crds", "--server-side")
        with tempfile.TemporaryDirectory() as folder:
            patch = {"apiVersion": "apps/v1", "kind": "DaemonSet",
                     "metadata": {"name": "lockstep", "namespace": SYSTEM},
                     "spec": {"template": {"spec": {"containers": [{
                         "name": "agent", "env": [{"name": name, "value": value}
                                                  for name, value in AWS.items()]}]}}}}
            Path(folder, "kustomization.yaml").write_text(json.dumps({
                "resources": [os.path.relpath(DEPLOY / "base", os.path.realpath(folder))],
                "patches": [{"patch": json.dumps(patch)}]}), encoding="utf-8")
            cluster().apply(folder, "--server-side")
        self.wait_ready()

    def wait_ready(self):
        cluster().kubectl("rollout", "status", "daemonset/lockstep", "-n", SYSTEM,
                          "--timeout=90s")
        cluster().wait_for(self.is_registered, "the driver in the CSINode")

    def is_registered(self):
        drivers = cluster().get("csinode", layout.NODE)["spec"].get("drivers") or ()
        return any(driver["name"] == DRIVER for driver in drivers)

    def pods(self):
        return cluster().get("pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=lockstep")["items"]

    def pod(self):
        """The one Pod that is not on its way out."""
        pod, = (pod for pod in self.pods() if "deletionTimestamp" not in pod["metadata"])
        return pod

    def readiness(self):
        """Whether each container is ready, of Pods on their way out too."""
        return [status["ready"] for pod in self.pods()
                for status in pod["status"].get("containerStatuses", ({"ready": False},))]

    def status(self):
        return self.pod()["status"]["containerStatuses"][0]

    def lives(self):
        """Changes when the agent's process is another one."""
        status = self.status()
        return status["containerID"], status["restartCount"]

    def process(self):
        """The process as the node sees it."""
        name = self.status()["containerID"].rpartition("/")[2]
        listed = cluster().exec(("ctr", "-a", layout.CONTAINERD_SOCKET, "-n", "k8s.io", "tasks",
                                 "ls")).stdout
        return int(re.search(rf"^{name}\s+(\d+)", listed, re.MULTILINE)[1])

    def kill(self):
        """End the process without warning, as the kernel would when memory runs out."""
        cluster().exec(("kill", "-KILL", self.process()))

    def log(self):
        """What the current containers have written; of a Pod on its way out too."""
        return "\n".join(cluster().kubectl("logs", pod["metadata"]["name"], "-n", SYSTEM,
                                           check=False) for pod in self.pods())

    def page(self, path):
        address = self.pod()["status"]["podIP"]
        return cluster().exec(("curl", "-sS", "--fail-with-body", "--max-time", "10",
                               f"http://{address}:{ADMIN_PORT}{path}")).stdout

    def metric(self, name, **labels):
        return metric(self.page("/metrics"), name, **labels)


def metric(page, name, **labels):
    """The sum of all series of a metric that have these labels."""
    total = 0.0
    for line in page.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and labels.items() <= dict(re.findall(r'(\w+)="(.*?)"', found[1] or "")).items():
            total += float(found[2])
    return total


@functools.cache
def moto():
    started = Moto()
    started.start()
    return started


@functools.cache
def agent():
    deployed = Agent()
    deployed.deploy()
    return deployed


@contextmanager
def without(component):
    """Meanwhile a component of the cluster is away; at the end the API server answers again."""
    cluster().stop(component)
    try:
        yield
    finally:
        cluster().start(component)
        cluster().wait_for(lambda: cluster().kubectl("get", "--raw=/readyz") == "ok",
                           "the API server to be ready")


def files_below(folder):
    return [path for path in cluster().path(folder).rglob("*") if path.is_file()]


def program(where=None):
    """The path, inside the cluster `where` (the shared one), of the program in the image."""
    path = f"{layout.STATE}/lockstep"
    out = (where or cluster()).path(path)
    if not out.exists():
        with tarfile.open(IMAGE) as image:
            manifest, = json.load(image.extractfile("manifest.json"))
            for layer in manifest["Layers"]:
                with tarfile.open(fileobj=image.extractfile(layer)) as entries:
                    if "lockstep" in entries.getnames():
                        out.write_bytes(entries.extractfile("lockstep").read())
        out.chmod(0o755)
    return path


def agent_kubeconfig(name, where=None):
    """A file with a token of the agent's ServiceAccount; returns its path inside."""
    where = where or cluster()
    inside = f"{layout.CONFIG}/{name}.kubeconfig"
    path = where.path(inside)
    path.write_text(config.kubeconfig(where.token(SYSTEM, "lockstep")), encoding="utf-8")
    path.chmod(0o600)
    return inside


def revision(number):
    """What the store holds: two fields that tell of which revision they are."""
    return json.dumps({"username": f"{CANARY}-user-{number}",
                       "password": f"{CANARY}-pass-{number}"})


def objects(*items):
    """Manifests as one text for apply()."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) + "\n"


def credentials():
    """The store's key in a Secret, and the right to read just that."""
    key_id, key = moto().keys["agent"]
    role = {"kind": "Role", "name": "lockstep-credentials"}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": role["name"]}}
    return (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws-credentials"},
         "stringData": {"id": key_id, "key": key}},
        {**rbac, "kind": "Role", "rules": [{
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["aws-credentials"],
            "verbs": ["get"]}]},
        {**rbac, "kind": "RoleBinding",
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", **role},
         "subjects": [{"kind": "ServiceAccount", "name": "lockstep", "namespace": SYSTEM}]},
    )


def store():
    references = {f"{field}SecretRef": {"name": "aws-credentials", "key": key}
                  for field, key in (("accessKeyID", "id"), ("secretAccessKey", "key"))}
    return {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
            "metadata": {"name": "aws"},
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": REGION,
                                          "auth": {"secretRef": references}}}}}


def external_secret(name, key, interval="2s", **spec):
    """The two fields of the secret `key` of the store."""
    return {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
            "metadata": {"name": name},
            "spec": {"refreshInterval": interval, "secretStoreRef": {"name": "aws"},
                     "data": [{"secretKey": field, "remoteRef": {"key": key, "property": field}}
                              for field in ("username", "password")], **spec}}


def csi_volume(name, external, **attributes):
    return {"name": name, "csi": {"driver": DRIVER, "readOnly": True, "volumeAttributes": {
        "externalSecret": external, **attributes}}}


def pod_spec(external, script="sleep 3600", attributes=None, also=None, **spec):
    """The spec of a Pod that mounts an ExternalSecret at /secrets and runs script.

    also  a second ExternalSecret, mounted at /also
    spec  fields that replace those of the spec
    """
    volumes = [csi_volume("secrets", external, **(attributes or {}))]
    if also:
        volumes.append(csi_volume("also", also))
    return {
        "terminationGracePeriodSeconds": 1,
        "dnsPolicy": "Default",
        "automountServiceAccountToken": False,
        "containers": [{
            "name": "main", "image": "localhost/busybox:1", "imagePullPolicy": "Never",
            "command": ["sh", "-c", f"trap exit TERM; ({script}) & wait"],
            "volumeMounts": [{"name": volume["name"], "mountPath": f"/{volume['name']}",
                              "readOnly": True} for volume in volumes]}],
        "volumes": volumes,
        **spec,
    }


# Reads both files of one revision again and again, as docs/VOLUMES.md says: through the folder that
# ..data names at the time. That folder may be removed meanwhile, so one miss means nothing. Values
# have no line end, so the status of read means nothing either.
WITNESS = """
    misses=0
    while :; do
        username= password=
        cd /secrets/..data && { read -r username <username; read -r password <password; }
        if [ -z "$username" ] || [ -z "$password" ]; then
            misses=$((misses + 1))
            [ $misses -lt 20 ] || { echo LOST; exit; }
            continue
        fi
        misses=0
        [ "${username##*-}" = "${password##*-}" ] || echo MIXED
        [ "${password##*-}" = "$last" ] || echo "SAW ${password##*-}"
        last=${password##*-}
        reads=$((reads + 1))
        [ $((reads % 50)) -ne 0 ] || usleep 20000
    done 2>/dev/null
"""


class AgentCase(Case):
    """A case with a namespace that has a store; the agent must survive it."""

    may_restart = False

    def setUp(self):
        self.moto, self.agent = moto(), agent()
        self.namespace = self.new_namespace()
        self.apply(*credentials(), store())
        self.lives = self.agent.lives()
        self.started = {}

    def tearDown(self):
        """Nothing of this case's values is in a log or an event, and the agent is the same."""
        self.assertNotIn(CANARY, self.agent.log())
        self.assertNotIn(CANARY, "\n".join(cluster().events(self.namespace)))
        if not self.may_restart:
            self.assertEqual(self.agent.lives(), self.lives, "the agent ended and started again")

    # Objects of the namespace

    def apply(self, *items):
        cluster().apply(objects(*items), "-n", self.namespace)

    def kubectl(self, *args, **options):
        return cluster().kubectl("-n", self.namespace, *args, **options)

    def get(self, *args):
        return cluster().get(*args, "-n", self.namespace)

    def key(self, name):
        return f"{self.namespace}/{name}"

    def give(self, name, number=1, **spec):
        """An ExternalSecret, and what it names in the store."""
        self.moto.put(self.key(name), revision(number))
        self.apply(external_secret(name, self.key(name), **spec))

    def create(self, name, *args, **fields):
        """A Pod as pod_spec() describes it, not waited for."""
        self.create_all((name,), *args, **fields)

    def create_all(self, names, *args, **fields):
        self.apply(*({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
                      "spec": pod_spec(*args, **fields)} for name in names))

    def start(self, name, *args, **fields):
        self.create(name, *args, **fields)
        return self.wait_pod(name)

    def wait_pod(self, name, timeout=60):
        pod = self.started[name] = cluster().wait_pod_ready(self.namespace, name, timeout)
        return pod

    def delete_pod(self, name):
        self.kubectl("delete", "pod", name, "--wait=false")
        cluster().wait_gone(self.namespace, "pod", name)

    # What is seen

    def run_in(self, pod, script):
        return self.kubectl("exec", pod, "--", "sh", "-c", script)

    def password_in(self, pod):
        return self.run_in(pod, "cat /secrets/password")

    def folder(self, pod):
        """The kubelet's folder of a Pod that was waited for."""
        return f"{layout.KUBELET}/pods/{self.started[pod]['metadata']['uid']}"

    def mounts_of(self, pod):
        return [mount for mount in cluster().mounts()
                if mount.startswith(f"{self.folder(pod)}/volumes/kubernetes.io~csi/")]

    def mounted(self):
        """The uids of the namespace's Pods that have a volume mounted, once for each mount."""
        uids = {pod["metadata"]["uid"] for pod in self.get("pods")["items"]}
        paths = [path for path in cluster().mounts() if "/volumes/kubernetes.io~csi/" in path]
        return [uid for uid in uids for path in paths if f"/pods/{uid}/" in path]

    def node_password_of(self, pod):
        """The value as the node has it: needs no API server."""
        mount, = self.mounts_of(pod)
        return cluster().path(f"{mount}/..data/password").read_text(encoding="utf-8")

    def secret(self, name):
        """The data of a Secret, decoded."""
        data = self.get("secret", name).get("data") or {}
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def ready(self, name):
        """The condition Ready of an ExternalSecret."""
        condition, = (condition for condition in
                      self.get("externalsecret", name)["status"]["conditions"]
                      if condition["type"] == "Ready")
        return condition

    def events(self, reason):
        return [event for event in cluster().events(self.namespace)
                if event.startswith(f"{reason}: ")]

    # What is waited for

    def wait(self, condition, what, timeout=30):
        return cluster().wait_for(condition, what, timeout)

    def wait_ready(self, name, status="True"):
        return self.wait(lambda: self.ready(name)["status"] == status and self.ready(name),
                         f"condition Ready={status} of ExternalSecret {name}")

    def wait_secret(self, name, number):
        self.wait(lambda: self.secret(name) == json.loads(revision(number)),
                  f"Secret {name} of revision {number}")

    def wait_volume(self, pod, number):
        self.wait(lambda: self.password_in(pod) == f"{CANARY}-pass-{number}",
                  f"revision {number} in Pod {pod}")

    def wait_unmounted(self, pod, timeout=30):
        """Nothing of a deleted Pod's volumes is left: no mount, no folder, no record."""
        self.wait(lambda: not self.mounts_of(pod), f"the volume of Pod {pod} to be unmounted",
                  timeout)
        self.wait(lambda: not cluster().path(self.folder(pod)).exists(),
                  f"the folder of Pod {pod} to be gone", timeout)
        uid = self.started[pod]["metadata"]["uid"]
        records = [path.read_text(encoding="utf-8") for path in files_below(STATE)]
        self.assertEqual([record for record in records if uid in record], [])

    def rotate(self, name, number):
        """A new value in the store."""
        self.moto.put(self.key(name), revision(number))

    def witness(self, name, external):
        """A Pod that reads all the time; what it has seen is checked by assert_witness."""
        self.start(name, external, WITNESS)

    def assert_witness(self, name, *numbers):
        """It saw these revisions in this order, never a mixture, never nothing."""
        log = self.kubectl("logs", name).splitlines()
        self.assertEqual(log, [f"SAW {number}" for number in numbers])
