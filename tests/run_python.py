#!/usr/bin/env python3
"""run_python.py FILE [PATTERN]: run a unittest module, one plain line per case for run.py.

Sub-tests that fail are a line each; a case whose sub-tests all pass is one line.
"""
import sys
import traceback
import unittest
from pathlib import Path


class Result(unittest.TestResult):
    """`ok NAME`, `FAIL NAME` with the traceback, or `skip NAME` with the reason, as they come."""

    def __init__(self):
        super().__init__()
        self.has_failed = False

    def startTest(self, test):
        super().startTest(test)
        self.has_failed = False

    def fail(self, test, error):
        self.has_failed = True
        print(f"FAIL {test.id()}")
        print("".join(traceback.format_exception(*error)), end="", flush=True)

    def addSuccess(self, test):
        if not self.has_failed:
            print(f"ok {test.id()}", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.fail(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"skip {test.id()}: {reason}", flush=True)

    def addExpectedFailure(self, test, err):
        print(f"ok {test.id()}", flush=True)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        print(f"FAIL {test.id()}: passed, but is marked as an expected failure", flush=True)


def main():
    file = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(file.parent))
    loader = unittest.TestLoader()
    if len(sys.argv) > 2:
        loader.testNamePatterns = [f"*{sys.argv[2]}*"]
    result = Result()
    loader.loadTestsFromName(file.stem).run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
