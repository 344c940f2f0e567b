"""A real single-node Kubernetes in namespaces of its own, for tests."""
from .cluster import Cluster, ClusterError, CommandError, Timeout, programs

__all__ = ["Cluster", "ClusterError", "CommandError", "Timeout", "programs"]
