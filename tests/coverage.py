#!/usr/bin/env python3
"""coverage.py BUILD: lines and branches that the tests of a coverage build ran, by file and folder.

Reads what gcov makes of the counters beside the objects; knows agent/ and driver/ only.
"""
import collections
import json
import subprocess
import sys
from pathlib import Path


def reports(build):
    """gcov's JSON for every object of the program that has counters."""
    for folder in ("agent", "driver"):
        for counters in sorted((build / folder).rglob("*.gcda")):
            text = subprocess.run(
                ["gcov", "--json-format", "--stdout", "--branch-probabilities", str(counters)],
                capture_output=True, text=True, check=True).stdout
            yield from (json.loads(line) for line in text.splitlines() if line)


def collect(build):
    """{file: ({line: ran}, {(line, branch): taken})} of our sources."""
    found = collections.defaultdict(lambda: ({}, {}))
    for report in reports(build):
        for file in report["files"]:
            name = file["file"].removeprefix(f"{Path.cwd()}/")
            if not name.startswith(("agent/", "driver/")):
                continue
            lines, branches = found[name]
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, False) or line["count"] > 0
                for at, branch in enumerate(line["branches"]):
                    key = (number, at)
                    branches[key] = branches.get(key, False) or branch["count"] > 0
    return found


def percent(hits):
    return f"{100 * sum(hits) / len(hits):5.1f} % of {len(hits):5d}" if hits else "      none      "


def show(name, lines, branches):
    print(f"{name:44} lines {percent(lines)}   branches {percent(branches)}")


def main():
    found = collect(Path(sys.argv[1]))
    if not found:
        print("coverage.py: no counters, run the tests first", file=sys.stderr)
        return 1
    folders = collections.defaultdict(lambda: ([], []))
    for name in sorted(found):
        lines, branches = (list(part.values()) for part in found[name])
        show(name, lines, branches)
        for total in (name.rsplit("/", 1)[0] + "/", "all"):
            folders[total][0].extend(lines)
            folders[total][1].extend(branches)
    print()
    for name in sorted(folders, key=lambda name: (name == "all", name)):
        show(name, *folders[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
