#!/usr/bin/env python3
"""Includes go down only, and each library's header stays in its place: tests/lint/layers.txt."""
import fnmatch
import os
import re
import sys

import common

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def rules():
    """({folder: allowed folders}, [(quote, prefix, file patterns)])"""
    layers, fences = {}, []
    for line in common.table("tests/lint/layers.txt"):
        key, _, value = line.partition(":")
        if key[0] in '<"':
            fences.append((key[0], key[1:].rstrip('>"'), value.split()))
        else:
            layers[key] = value.split()
    return layers, fences


def includes(path):
    """(line number, quote, name) of each include."""
    for number, line in enumerate(common.read(path).splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1], found[2]


def folder_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "agent" else parts[0]


def layer_problem(layers, path, name):
    """Why path may not include our header name, or None."""
    where = next((base for base in ("agent", ".") if (common.TOP / base / name).is_file()), None)
    if name.startswith("proto/"):
        return None
    if where is None:
        return f"{name} is not a path from agent/ or the top"
    target = folder_of(os.path.normpath(os.path.join(where, name)))
    own = folder_of(path)
    allowed = layers.get(own)
    if allowed is None:
        return f"folder {own} is not in layers.txt"
    if target == own or (target != "cmd" and (target in allowed or "*" in allowed)):
        return None
    return f"{own} may not include {target} ({name})"


def fence_problem(fences, path, quote, name):
    for mark, prefix, patterns in fences:
        if quote == mark and name.startswith(prefix):
            if not any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
                return f"{name} is only for {' '.join(patterns)}"
    return None


def main():
    layers, fences = rules()
    layer_problems, fence_problems = [], []
    for path in common.sources() + common.headers():
        for number, quote, name in includes(path):
            if quote == '"':
                problem = layer_problem(layers, path, name)
                if problem:
                    layer_problems.append(f"{path}:{number}: {problem}")
            problem = fence_problem(fences, path, quote, name)
            if problem:
                fence_problems.append(f"{path}:{number}: {problem}")
    results = [common.report("layers", layer_problems), common.report("fences", fence_problems)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
