"""What every test module of this folder starts from: the one shared cluster.

    from harness import Case, cluster

    class MountTest(Case):
        def test_it(self):
            namespace = self.new_namespace()
            cluster().apply(MANIFEST, "-n", namespace)
"""
import atexit
import unittest

from cluster import Cluster

_shared = []


def cluster():
    """The running full cluster, started at the first call and ended with this process."""
    if not _shared:
        started = Cluster("full")
        started.__enter__()
        _shared.append(started)
        atexit.register(close)
    return _shared[0]


def close():
    """End the shared cluster, if there is one."""
    while _shared:
        _shared.pop().close()


class Case(unittest.TestCase):
    """A test case with namespaces that go away after it."""

    longMessage = True
    maxDiff = None

    def new_namespace(self):
        return self.enterContext(cluster().namespace())
