#!/usr/bin/env python3
"""No mutable variables of file scope (or static in functions) but in the files that may.

Looked up in the objects that `make lint` builds with clang: what the compiler put into a writable
section is mutable, whatever the source looks like.
"""
import subprocess
import sys

import common

MAY = ("agent/base/log", "agent/base/metric", "agent/base/secret_buf", "agent/base/secret_heap")
WRITABLE = (".data", ".bss", ".tdata", ".tbss")


def variables(path):
    """Names of the variables in writable sections of an object file."""
    listing = subprocess.run(["objdump", "-t", path], capture_output=True, text=True,
                             check=True).stdout
    for line in listing.splitlines():
        front, tab, back = line.partition("\t")
        words = front.split()
        if tab and words and words[-1] in WRITABLE and "O" in words:
            yield back.split()[-1]


def main():
    objects = common.BUILD / "clang"
    problems, seen = [], 0
    for source in common.sources():
        path = objects / (source[:-len(".c")] + ".o")
        if not path.exists():
            problems.append(f"{source}: was not built into {objects}")
            continue
        seen += 1
        if source[:-len(".c")] not in MAY:
            problems += [f"{source}: {name} is mutable" for name in variables(path)]
    if not seen:
        problems.append(f"no object in {objects}")
    return 0 if common.report("no mutable file-scope variables", problems) else 1


if __name__ == "__main__":
    sys.exit(main())
