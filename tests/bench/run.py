#!/usr/bin/env python3
"""run.py [PART...]: measure the agent and write docs/BENCHMARKS.md.

The release program of build/release is measured if there is one, else the one that LOCKSTEP names,
else the debug one; --program chooses another. With parts named, only these run and the document is
left alone. Wants to be started by run.sh, in a mount namespace of its own.
"""
import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cluster_parts
import node_parts
import report
import template_parts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "BENCHMARKS.md"
PARTS = {
    "templates": template_parts.templates,
    "publish": node_parts.publish,
    "storm": node_parts.storm,
    "start": node_parts.start,
    "memory": node_parts.memory,
    "idle": node_parts.idle,
    "cluster": cluster_parts.small,
    "many": cluster_parts.many,
}


class Bench:
    """What every part needs: the programs, and a folder that goes away."""

    def __init__(self, program, tools, folder):
        self.program = program
        self.tools = tools
        self.folder = Path(folder)
        self._folders = 0

    def new_folder(self):
        self._folders += 1
        folder = self.folder / str(self._folders)
        folder.mkdir()
        return folder

    def tool(self, name, *args):
        """Output lines of one of our small programs, split into words."""
        argv = [str(self.tools / name), *(str(word) for word in args)]
        with open(self.folder / "tools.log", "ab") as log:
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=log, text=True, check=True)
        return [line.split() for line in done.stdout.splitlines()]


def first_line(path, start):
    """The value of the first line of a file in /proc that begins with start."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(start):
            return line.partition(":")[2].strip()
    return "?"


def output(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip()


def choose_program(named):
    release, debug = (ROOT / "build" / name / "lockstep" for name in ("release", "debug"))
    if named:
        return Path(named).resolve()
    if release.exists():
        return release
    return Path(os.environ.get("LOCKSTEP") or debug)


def machine(bench):
    """Rows about where and what."""
    memory_kib = int(first_line("/proc/meminfo", "MemTotal").split()[0])
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    kind = "static" if "statically" in output("ldd", str(bench.program)) else "dynamic"
    size = bench.program.stat().st_size // 1024
    return [
        ("date", time.strftime("%Y-%m-%d")),
        ("commit", output("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")),
        ("program", f"{output(str(bench.program), 'version')}, {kind}, {size} KiB"),
        ("machine", f"{os.cpu_count()} cores of {first_line('/proc/cpuinfo', 'model name')}, "
                    f"{memory_kib >> 20} GiB"),
        ("system", f"{system}, Linux {platform.release()}"),
        ("folder", output("findmnt", "-n", "-o", "FSTYPE", "-T", str(bench.folder))),
        ("load before", " ".join(f"{load:.2f}" for load in os.getloadavg())),
    ]


def on_terminate(number, frame):
    """Leave through every context manager, so that nothing stays."""
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, on_terminate)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help=f"only these parts of: {' '.join(PARTS)}")
    parser.add_argument("--program", help="the lockstep to measure")
    parser.add_argument("--tools", default=ROOT / "build" / "debug" / "bench", type=Path)
    options = parser.parse_args()
    if not set(options.part) <= set(PARTS):
        parser.error(f"the parts are: {' '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="lockstep-bench.") as folder:
        bench = Bench(choose_program(options.program), options.tools, folder)
        about = machine(bench)
        print(report.table(("", ""), about), flush=True)
        sections = []
        for name in options.part or PARTS:
            began = time.monotonic()
            found = PARTS[name](bench)
            print("\n".join(line for section in found for line in section.lines()))
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
            sections += found
        print(report.summary(sections))
    if not options.part:
        about.append(("load after", " ".join(f"{load:.2f}" for load in os.getloadavg())))
        DOCUMENT.write_text(report.document(about, sections), encoding="utf-8")
        print(f"{DOCUMENT} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
