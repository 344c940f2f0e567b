"""The cgroup tree of one cluster, in every hierarchy of the machine.

The kubelet demands that its root exists beforehand, and leaves empty folders behind. A tree is
named after the process that made it, so that the next run can sweep what a killed one left.
"""
import os
import re
import time
from pathlib import Path

PREFIX = "lsk-"
REMOVE_TIMEOUT_S = 10


def hierarchies():
    """The mount points of all cgroup hierarchies, version 1 and 2."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] in ("cgroup", "cgroup2"):
            found.append(Path(before.split()[4]))
    return found


def _remove_tree(folder):
    """Remove folder bottom-up; a cgroup that still holds a process raises OSError."""
    for path, _, _ in os.walk(folder, topdown=False):
        os.rmdir(path)


def sweep():
    """Remove trees whose maker is gone; one in use is left alone."""
    for hierarchy in hierarchies():
        for folder in hierarchy.glob(f"{PREFIX}*"):
            maker = re.fullmatch(rf"{PREFIX}(\d+)-\d+", folder.name)
            if maker and not Path(f"/proc/{maker[1]}").exists():
                try:
                    _remove_tree(folder)
                except OSError:
                    continue


class CgroupTree:
    """One cluster's tree: `path` is its name below each hierarchy, as the kubelet wants it."""

    made = 0

    def __init__(self):
        sweep()
        CgroupTree.made += 1
        self.name = f"{PREFIX}{os.getpid()}-{CgroupTree.made}"
        self.path = f"/{self.name}"
        self.folders = [hierarchy / self.name for hierarchy in hierarchies()]
        for folder in self.folders:
            folder.mkdir()

    def remove(self):
        """Remove the tree; the kernel may need a moment after the last process ended."""
        deadline = time.monotonic() + REMOVE_TIMEOUT_S
        for folder in self.folders:
            while folder.exists():
                try:
                    _remove_tree(folder)
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
