"""Names and addresses that the parts of the test cluster agree on.

Everything here is seen from inside the cluster's namespaces. STATE is short because a Unix socket
path may have at most 107 bytes and the kubelet puts sockets deep below its own folder.
"""

STATE = "/run/lsk"
LOGS = f"{STATE}/logs"
PKI = f"{STATE}/pki"
CONFIG = f"{STATE}/config"
CONTAINERD_SOCKET = f"{STATE}/containerd.sock"

# The kubelet's usual folder, on a tmpfs, so that manifests with the usual hostPath work unchanged.
KUBELET = "/var/lib/kubelet"

NODE = "node-1"
NODE_IP = "10.250.0.1"
NODE_NET = "10.250.0.0/24"
BRIDGE = "br0"
BRIDGE_MAC = "02:00:0a:fa:00:01"

# The `kubernetes` Service says port 443 of this address. Nothing translates Service addresses
# here, so the node owns the address and the API server listens on that very port.
SERVICE_IP = "10.96.0.1"
SERVICE_NET = "10.96.0.0/24"
API_PORT = 443
API_URL = f"https://127.0.0.1:{API_PORT}"
ETCD_URL = "http://127.0.0.1:2379"

# What the kubelet would set for the whole machine; the cluster gets files of its own instead.
KERNEL_SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
