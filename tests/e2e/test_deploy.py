"""The shipped manifests without a cluster: they render, ask for little, and agree on names."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

from cluster.cluster import programs

HERE = Path(__file__).parent


class DeployTest(unittest.TestCase):
    def test_manifests_render_and_ask_for_little(self):
        path = f"{programs('k8s')}:{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, str(HERE / "deploy_check.py")],
            capture_output=True,
            text=True,
            env=os.environ | {"PATH": path},
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
