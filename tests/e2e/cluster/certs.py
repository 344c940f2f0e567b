"""Keys, certificates and tokens of a test cluster, new for each run.

ECDSA P-256 through the openssl program. The files end up in the cluster's own tmpfs and are worth
nothing after the run.
"""
import secrets
import subprocess
from pathlib import Path

from . import layout

DAYS = "2"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

# Extensions come from the command line alone; openssl insists on the section all the same.
OPENSSL_CONFIG = "[req]\ndistinguished_name = name\n[name]\n"

SERVER_NAMES = ",".join((
    "IP:127.0.0.1",
    f"IP:{layout.NODE_IP}",
    f"IP:{layout.SERVICE_IP}",
    "DNS:localhost",
    "DNS:kubernetes",
    "DNS:kubernetes.default",
    "DNS:kubernetes.default.svc",
))

USERS = (
    ("admin", "admin", "system:masters"),
    ("controller-manager", "system:kube-controller-manager", ""),
    ("scheduler", "system:kube-scheduler", ""),
    ("kubelet", f"system:node:{layout.NODE}", "system:nodes"),
)


def openssl(*argv):
    done = subprocess.run(("openssl", *argv), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {argv[0]}: {done.stderr.strip()}")


class Authority:
    """A certificate authority whose files live in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = self.folder / "openssl.cnf"
        self.config.write_text(OPENSSL_CONFIG, encoding="ascii")
        self._new("ca", "/CN=lockstep-e2e", "basicConstraints=critical,CA:TRUE",
                  "keyUsage=critical,keyCertSign,cRLSign")

    def _new(self, name, subject, *extensions, signer=()):
        added = [word for extension in extensions for word in ("-addext", extension)]
        openssl("req", "-x509", *NEW_KEY, "-config", str(self.config), "-days", DAYS,
                "-subj", subject, "-keyout", str(self.folder / f"{name}.key"),
                "-out", str(self.folder / f"{name}.crt"), *added, *signer)

    def issue(self, name, subject, usage, names=None):
        """Make NAME.key and NAME.crt; usage is serverAuth or clientAuth, names the SANs."""
        extensions = ["basicConstraints=critical,CA:FALSE", f"extendedKeyUsage={usage}"]
        if names:
            extensions.append(f"subjectAltName={names}")
        signer = ("-CA", str(self.folder / "ca.crt"), "-CAkey", str(self.folder / "ca.key"))
        self._new(name, subject, *extensions, signer=signer)


def make_pki(folder):
    """Fill folder with everything the components need; return {user: token}."""
    folder = Path(folder)
    authority = Authority(folder)
    authority.issue("apiserver", "/CN=kube-apiserver", "serverAuth", SERVER_NAMES)
    authority.issue("apiserver-kubelet", "/O=system:masters/CN=apiserver-kubelet", "clientAuth")
    authority.issue("kubelet", f"/CN={layout.NODE}", "serverAuth",
                    f"IP:{layout.NODE_IP},DNS:{layout.NODE}")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", str(folder / "sa.key"))
    openssl("pkey", "-in", str(folder / "sa.key"), "-pubout", "-out", str(folder / "sa.pub"))
    tokens = {name: secrets.token_hex(16) for name, _, _ in USERS}
    rows = [f'{tokens[name]},{user},{user},"{group}"' for name, user, group in USERS]
    (folder / "tokens.csv").write_text("\n".join(rows) + "\n", encoding="ascii")
    return tokens
