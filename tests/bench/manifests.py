"""The objects that the benchmarks measure with: ExternalSecrets of ten keys, and their stores."""
import json

KEYS = 10
NAMESPACE = "bench"
VALUE = json.dumps({f"k{i}": f"{i:032d}" for i in range(KEYS)})


def _object(kind, name, spec):
    return {"apiVersion": "external-secrets.io/v1", "kind": kind,
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def external_secret(name, store, key=None):
    """Ten properties of one value under key; without key ten values with keys of their own."""
    remotes = [{"key": key, "property": f"k{i}"} if key else {"key": f"{name}-{i}"}
               for i in range(KEYS)]
    return _object("ExternalSecret", name, {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": store, "kind": "SecretStore"},
        "target": {"name": name},
        "data": [{"secretKey": f"key-{i}", "remoteRef": remote}
                 for i, remote in enumerate(remotes)]})


def fake_store(name, key):
    """Holds the ten properties itself."""
    return _object("SecretStore", name,
                   {"provider": {"fake": {"data": [{"key": key, "value": VALUE}]}}})


def http_store(name, url):
    return _object("SecretStore", name, {"provider": {"express": {"host": url}}})


def same():
    """One ExternalSecret "app" with the store that it needs."""
    return [fake_store("fake", "/app"), external_secret("app", "fake", "/app")]
