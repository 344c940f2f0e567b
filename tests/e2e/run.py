#!/usr/bin/env python3
"""run.py: run the end-to-end cases against one real cluster.

Every test_*.py of this folder is a unittest module. One full cluster is started for all of them.
Each case prints one line; the last line is `N passed, N failed, N skipped`. The exit status is 1
when a case failed, the cluster did not start or no case was selected, and 0 otherwise.
"""
import sys

# Before anything of ours is imported: a run leaves no files in the checkout.
sys.dont_write_bytecode = True

import argparse
import fnmatch
import signal
import time
import traceback
import unittest
from pathlib import Path

import harness
from cluster import Cluster

CASE_TIMEOUT_S = 300


class CaseTimeout(Exception):
    """A case did not end in CASE_TIMEOUT_S. Not an AssertionError: waits take those for not yet."""


def on_alarm(number, frame):
    raise CaseTimeout(f"the case ran longer than {CASE_TIMEOUT_S} s")


def on_terminate(number, frame):
    """The one exception that unittest lets through, so that the cluster is ended properly."""
    raise KeyboardInterrupt


class Result(unittest.TestResult):
    """One line per case, and after a failure all that helps to understand it."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        signal.alarm(CASE_TIMEOUT_S)

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def line(self, word, test):
        print(f"{word:4} {time.monotonic() - self.started:6.1f} s  {test.id()}", flush=True)

    def report(self, test, error):
        self.line("FAIL", test)
        print("".join(traceback.format_exception(*error)), end="")
        print(harness.cluster().diagnose(), flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.report(test, err)

    def addError(self, test, err):
        if not isinstance(test, unittest.TestCase):
            self.started = time.monotonic()
        super().addError(test, err)
        self.report(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.report(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("skip", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.line("FAIL", test)

    @property
    def failed(self):
        return len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)


def cases_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases_of(item)
        else:
            yield item


def select(pattern):
    """All cases whose full name has pattern in it, or matches it where it has wildcards."""
    found = unittest.defaultTestLoader.discover(str(Path(__file__).parent), "test_*.py")
    if pattern and not any(mark in pattern for mark in "*?["):
        pattern = f"*{pattern}*"
    return [case for case in cases_of(found)
            if not pattern or fnmatch.fnmatchcase(case.id(), pattern)]


def run(cases):
    result = Result()
    try:
        harness.cluster()
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print(f"0 passed, {len(cases)} failed, 0 skipped")
        return 1
    try:
        unittest.TestSuite(cases).run(result)
    finally:
        harness.close()
    print(f"{result.passed} passed, {result.failed} failed, {len(result.skipped)} skipped")
    return 1 if result.failed else 0


def shell():
    """An interactive shell inside a fresh cluster, for looking around."""
    with Cluster("full") as cluster:
        print(f"kubectl is admin here; the logs are in {cluster.state}/logs", flush=True)
        return cluster.popen(["bash", "-i"]).wait()


def main():
    options = argparse.ArgumentParser(description="Run the end-to-end cases.")
    options.add_argument("-k", metavar="PATTERN", help="only cases whose name has PATTERN in it")
    options.add_argument("--list", action="store_true", help="print the names of the cases")
    options.add_argument("--shell", action="store_true", help="a shell in a fresh cluster instead")
    chosen = options.parse_args()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_terminate)
    if chosen.shell:
        return shell()
    cases = select(chosen.k)
    if not cases:
        print(f"run.py: no case matches {chosen.k}", file=sys.stderr)
        return 1
    if chosen.list:
        print("\n".join(case.id() for case in cases))
        return 0
    return run(cases)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("run.py: interrupted")
