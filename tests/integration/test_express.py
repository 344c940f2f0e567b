"""The express provider against a real Express server, with the manifests of the tutorial."""
import json
import os
import re
import subprocess
import unittest
import urllib.request
from pathlib import Path

from dir_agent import DirAgent, wait_for

HERE = Path(__file__).parent
TUTORIAL = HERE / "seeds/provider-tutorial.yaml"
KEYS = {
    "my-secret-key": "this-is-a-secret",
    "a/b c?d": "odd name",
    "json": '{"user":"u","pass.word":"p"}',
    "unicode": "z\u00fcrich \u0000 \U0001f511",
}

STORE = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: keys, namespace: app}
spec: {provider: {express: {host: "%s"}}}
"""

SPEC = """
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s, namespace: app}
spec:
  refreshInterval: %s
  secretStoreRef: {name: keys}
%s
"""


class KeyServer:
    """tests/integration/express/server.js while it runs."""

    def __init__(self, keys):
        self.process = subprocess.Popen(
            ["node", str(HERE / "express/server.js")],
            env=os.environ | {"KEYS": json.dumps(keys)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def put(self, key, value):
        request = urllib.request.Request(
            f"{self.url}/keys/{key}",
            method="PUT",
            data=json.dumps({"value": value}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def requests(self):
        with urllib.request.urlopen(f"{self.url}/requests", timeout=10) as reply:
            return json.load(reply)["requests"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def spec(name, lines, refresh="1h"):
    return SPEC % (name, refresh, "\n".join("  " + line for line in lines))


class ExpressTest(unittest.TestCase):
    def setUp(self):
        self.server = KeyServer(KEYS)
        self.addCleanup(self.server.stop)

    def agent(self, *specs, host=None):
        return DirAgent(STORE % (host or self.server.url) + "".join(specs))

    def test_the_tutorial_s_manifests(self):
        manifests = TUTORIAL.read_text().replace("EXPRESS_HOST", self.server.url)
        with DirAgent(manifests) as agent:
            values = agent.secret("default", "my-express-secret")
            self.assertEqual(values, {"secretKey": b"this-is-a-secret"})

    def test_names_properties_and_bytes(self):
        lines = [
            "data:",
            '- {secretKey: odd, remoteRef: {key: "a/b c?d"}}',
            "- {secretKey: dotted, remoteRef: {key: json, property: pass.word}}",
            "- {secretKey: bytes, remoteRef: {key: unicode}}",
            "dataFrom:",
            "- {extract: {key: json}}",
        ]
        with self.agent(spec("all", lines)) as agent:
            values = agent.secret("app", "all")
        self.assertEqual(
            values,
            {
                "odd": b"odd name",
                "dotted": b"p",
                "bytes": KEYS["unicode"].encode(),
                "user": b"u",
                "pass.word": b"p",
            },
        )
        self.assertEqual(self.server.requests(), 3)

    def test_each_want_is_a_request_or_a_saved_one(self):
        lines = ["data:", "- {secretKey: k, remoteRef: {key: my-secret-key}}"]
        with self.agent(*[spec(f"s{i}", lines) for i in range(8)]) as agent:
            for i in range(8):
                self.assertEqual(agent.secret("app", f"s{i}"), {"k": b"this-is-a-secret"})
            made, counted = self.server.requests(), agent.calls("GetKey")
            saved = agent.saved("flight") + agent.saved("cache")
        self.assertEqual(made, counted)
        self.assertEqual(made + saved, 8)

    def test_rotation(self):
        lines = ["data:", "- {secretKey: k, remoteRef: {key: my-secret-key}}"]
        with self.agent(spec("s", lines, refresh="1s")) as agent:
            self.assertEqual(agent.secret("app", "s"), {"k": b"this-is-a-secret"})
            self.server.put("my-secret-key", "changed")
            wait_for("rotation", lambda: agent.data("app", "s") == {"k": b"changed"})

    def test_what_is_not_there_is_named(self):
        lines = ["data:", "- {secretKey: k, remoteRef: {key: nothing}}"]
        with self.agent(spec("s", lines)) as agent:
            agent.failure("app", "s", "spec.data[0] (key: nothing): secret does not exist")
            self.assertIsNone(agent.data("app", "s"))

    def test_a_server_that_is_gone_is_named(self):
        lines = ["data:", "- {secretKey: k, remoteRef: {key: my-secret-key}}"]
        gone = KeyServer({})
        gone.stop()
        with self.agent(spec("s", lines), host=gone.url) as agent:
            agent.failure("app", "s", "spec.data[0] (key: my-secret-key): GetKey")

    def test_the_last_value_outlives_the_server(self):
        lines = ["data:", "- {secretKey: k, remoteRef: {key: my-secret-key}}"]
        with self.agent(spec("s", lines, refresh="1s")) as agent:
            agent.secret("app", "s")
            self.server.process.kill()
            wait_for("failed calls", lambda: agent.calls("GetKey", "error") >= 1)
            self.assertEqual(agent.data("app", "s"), {"k": b"this-is-a-secret"})


class GuideTest(unittest.TestCase):
    """docs/PROVIDERS.md shows the provider as it is."""

    def test_the_guide_shows_the_real_code(self):
        root = HERE.parents[1]
        code = (root / "agent/fetch/provider_express.c").read_text()
        guide = (root / "docs/PROVIDERS.md").read_text()
        blocks = re.findall(r"```c\n(.*?)```", guide, re.DOTALL)
        for block in blocks:
            self.assertIn(block, code)
        shown = sum(block.count("\n") for block in blocks)
        written = len([line for line in code.splitlines() if line])
        self.assertGreater(shown, 0.9 * written)


if __name__ == "__main__":
    unittest.main()
