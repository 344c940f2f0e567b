"""Configuration files and command lines of the cluster's components."""
import json

from . import layout

CNI_PLUGINS = "/usr/lib/cni"

CONTAINERD = f"""\
version = 2
root = "{layout.STATE}/containerd"
state = "{layout.STATE}/containerd-run"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt",
]
[grpc]
  address = "{layout.CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  disable_tcp_service = true
  restrict_oom_score_adj = true
  sandbox_image = "localhost/pause:1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{layout.CONFIG}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""

CNI = {
    "cniVersion": "0.4.0",
    "name": "pods",
    "plugins": [{
        "type": "bridge",
        "bridge": layout.BRIDGE,
        "ipam": {
            "type": "host-local",
            "dataDir": f"{layout.STATE}/cni",
            "ranges": [[{"subnet": layout.NODE_NET, "rangeStart": "10.250.0.10",
                         "gateway": layout.NODE_IP}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }],
}


def kubeconfig(token):
    """A kubeconfig for the bearer of token; JSON is YAML too."""
    return json.dumps({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "e2e", "cluster": {
            "server": layout.API_URL,
            "certificate-authority": f"{layout.PKI}/ca.crt",
        }}],
        "users": [{"name": "e2e", "user": {"token": token}}],
        "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
        "current-context": "e2e",
    })


def kubelet(cgroup_root):
    return json.dumps({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.NODE_IP,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.PKI}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{layout.PKI}/kubelet.crt",
        "tlsPrivateKeyFile": f"{layout.PKI}/kubelet.key",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup_root,
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "containerRuntimeEndpoint": f"unix://{layout.CONTAINERD_SOCKET}",
        "podLogsDir": f"{layout.STATE}/podlogs",
        "resolvConf": f"{layout.CONFIG}/resolv.conf",
        "syncFrequency": "2s",
        "volumeStatsAggPeriod": "2s",
    })


def etcd_argv():
    return [
        "etcd",
        f"--data-dir={layout.STATE}/etcd",
        f"--listen-client-urls={layout.ETCD_URL}",
        f"--advertise-client-urls={layout.ETCD_URL}",
        "--listen-peer-urls=http://127.0.0.1:2380",
    ]


def apiserver_argv():
    pki = layout.PKI
    return [
        "kube-apiserver",
        f"--etcd-servers={layout.ETCD_URL}",
        "--bind-address=0.0.0.0",
        f"--secure-port={layout.API_PORT}",
        f"--advertise-address={layout.NODE_IP}",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--token-auth-file={pki}/tokens.csv",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--anonymous-auth=false",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={pki}/sa.key",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-cluster-ip-range={layout.SERVICE_NET}",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def controller_manager_argv():
    return [
        "kube-controller-manager",
        f"--kubeconfig={layout.CONFIG}/controller-manager.kubeconfig",
        "--bind-address=127.0.0.1",
        f"--service-account-private-key-file={layout.PKI}/sa.key",
        f"--root-ca-file={layout.PKI}/ca.crt",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ]


def scheduler_argv():
    return [
        "kube-scheduler",
        f"--kubeconfig={layout.CONFIG}/scheduler.kubeconfig",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def containerd_argv():
    return ["containerd", f"--config={layout.CONFIG}/containerd.toml"]


def kubelet_argv():
    return [
        "kubelet",
        f"--config={layout.CONFIG}/kubelet.json",
        f"--kubeconfig={layout.CONFIG}/kubelet.kubeconfig",
        f"--root-dir={layout.KUBELET}",
        f"--cert-dir={layout.PKI}",
        f"--node-ip={layout.NODE_IP}",
        f"--hostname-override={layout.NODE}",
    ]
