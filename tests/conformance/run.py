#!/usr/bin/env python3
"""run.py SUBJECT: is the template engine Go's? What `make conformance` runs, see README.md.

Builds the oracle, looks whether the vectors are still what it answers, runs the tables of Go's and
the libraries' own tests, and compares oracle and subject on generated cases. Environment:

    SEED   seed of the generated cases; a new one each time, and printed, when it is not set
    WILD   folders, with ":" between them, where templates that people wrote are looked for; the
           cache of Go modules when it is not set
    CASES  number of generated templates, 200000 when it is not set; the rest goes along with it
"""
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATES = int(os.environ.get("CASES") or 200_000)
SEED = int(os.environ.get("SEED") or secrets.randbelow(1 << 32))
# Kind of question, and how many for each hundred templates. One of floats holds 500 of them.
KINDS = {"template": 100, "floats": 1, "json": 25, "yaml": 25, "yaml_strings": 15,
         "yaml_text": 25, "regexp": 25, "unquote": 10}
AGREED = re.compile(r"(\d+) agree \(\d+ succeed\), (\d+) differ, (\d+) at a limit")
VECTORS = re.compile(r"(ok|FAIL) \S+ \((\d+) vectors\)|FAIL \S+")
TOTAL = re.compile(r"(\d+) passed, (\d+) failed, \d+ skipped$")
# Share of templates that may end at a limit of ours where Go goes on.
LIMITED_MAX = 0.001


class Count:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed


def say(text):
    print(text, flush=True)


def run(words):
    """Output and exit status; what the program prints is shown as it comes."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace")
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        say("  " + lines[-1])
    return lines, process.wait()


def step(count, name, words, read):
    """One program; read gives (passed, failed) of its lines."""
    start = time.monotonic()
    say(f"{name} ...")
    lines, status = run(words)
    passed, failed = read(lines)
    if status != 0 and failed == 0:
        failed = 1
    count.add(passed, failed)
    say(f"{'FAIL' if failed else 'ok'} {name}, {time.monotonic() - start:.0f} s")


def read_vectors(lines):
    found = [VECTORS.match(line) for line in lines]
    passed = sum(int(match[2]) for match in found if match and match[2])
    return passed, sum(1 for match in found if match and not match[2])


def read_total(lines):
    match = TOTAL.match(lines[-1]) if lines else None
    return (int(match[1]), int(match[2])) if match else (0, 1)


def read_comparison(lines):
    for line in lines:
        match = AGREED.search(line)
        if match:
            agreed, differing, limited = map(int, match.groups())
            too_many = limited > LIMITED_MAX * (agreed + differing + limited)
            return agreed + limited, differing + too_many
    return 0, 1


def module_cache():
    go = subprocess.run([HERE.parent / "e2e" / "tools" / "find-go.sh"], stdout=subprocess.PIPE,
                        text=True, check=True).stdout.strip()
    return subprocess.run([go, "env", "GOMODCACHE"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: run.py SUBJECT")
    subject = sys.argv[1]
    oracle = subprocess.run([HERE / "build.sh"], stdout=subprocess.PIPE, text=True,
                            check=True).stdout.strip()
    count = Count()
    say(f"seed {SEED}")
    step(count, "vectors are the oracle's answers",
         [sys.executable, "-B", HERE / "vectors.py", oracle, "--check"], read_vectors)
    step(count, "upstream tables",
         [sys.executable, "-B", HERE / "upstream" / "upstream.py", oracle, subject], read_total)
    step(count, "templates that people wrote",
         [sys.executable, "-B", HERE / "wild.py", oracle, subject,
          *(os.environ.get("WILD") or module_cache()).split(":")], read_comparison)
    for kind, share in KINDS.items():
        step(count, f"generated {kind}",
             [oracle, "compare", "--subject", subject, "--kind", kind, "--seed", str(SEED),
              "--n", str(max(1, TEMPLATES * share // 100)),
              "--workers", str(os.cpu_count() or 2)], read_comparison)
    say(f"{count.passed} passed, {count.failed} failed, 0 skipped")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
