#!/usr/bin/env python3
"""run.py: run test programs, show what failed, count real cases.

A program may speak cmocka's TAP or plain lines `ok NAME`, `FAIL NAME`, `skip NAME`; if its last
line is `N passed, N failed, N skipped`, that counts instead. An argument is one program with its
arguments, as one word; test_*.py is run by run_python.py. A program that crashes, runs over its
time, exits non-zero without a failed case, stops short of its TAP plan or shows no case at all is
one more failure.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

SUMMARY = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped$")
PLAN = re.compile(r"1\.\.(\d+)$")
TAP = re.compile(r"(?:not )?ok \d+\b(.*)")
PLAIN = re.compile(r"(ok|FAIL|skip)\s+\S")
PLAIN_WORDS = {"ok": "passed", "FAIL": "failed", "skip": "skipped"}
HEARTBEAT_S = 30
SHOWN_LINES = 400


def line_result(line):
    """passed, failed or skipped if this line ends a case, else None."""
    found = TAP.match(line)
    if found:
        if "# SKIP" in found[1]:
            return "skipped"
        return "failed" if line.startswith("not ") else "passed"
    found = PLAIN.match(line)
    return found and PLAIN_WORDS[found[1]]


class Count:
    """Cases by outcome, and the number that TAP plans promised."""

    def __init__(self):
        self.passed = self.failed = self.skipped = self.planned = 0
        self.has_plan = False

    def add(self, line):
        plan = PLAN.match(line)
        if plan:
            self.has_plan = True
            self.planned += int(plan[1])
        result = line_result(line)
        if result:
            setattr(self, result, getattr(self, result) + 1)

    def total(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Program:
    """One test program: command, output, count of its cases, and what else is wrong with it."""

    def __init__(self, text, options):
        words = shlex.split(text)
        self.name = os.path.relpath(words[0]) + "".join(" " + w for w in words[1:])
        if re.match(r"test_.*\.py$", os.path.basename(words[0])):
            runner = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_python.py")
            words = [os.environ.get("TEST_PYTHON", sys.executable), "-B", runner] + words
        self.argv = shlex.split(options.wrap) + words
        self.timeout_s = options.timeout
        self.is_live = options.live
        self.count = Count()
        self.lines = []
        self.problems = []
        self.seconds = 0.0

    def run(self):
        start = time.monotonic()
        try:
            self.run_process(start)
        except OSError as error:
            self.problems.append(f"cannot be started: {error.strerror}")
        self.seconds = time.monotonic() - start
        return self

    def run_process(self, start):
        process = subprocess.Popen(
            self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONUNBUFFERED="1",
                     PYTHONDONTWRITEBYTECODE="1"),
            start_new_session=True, encoding="utf-8", errors="replace")
        ended = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(process, ended, start))
        watcher.start()
        for line in process.stdout:
            self.take(line.rstrip("\n"))
        status = process.wait()
        ended.set()
        watcher.join()
        self.judge(status)

    def take(self, line):
        self.lines.append(line)
        self.count.add(line)
        if self.is_live:
            say("  " + line)

    def watch(self, process, ended, start):
        """Say now and then that a long program is alive; end it when its time is up."""
        next_sign_s = HEARTBEAT_S
        while not ended.wait(1):
            seconds = time.monotonic() - start
            if seconds > self.timeout_s:
                self.problems.append(f"ran longer than {self.timeout_s} s")
                os.killpg(process.pid, signal.SIGKILL)
                return
            if seconds > next_sign_s and not self.is_live:
                say(f"  ... {self.name}: {self.count.total()} cases after {seconds:.0f} s")
                next_sign_s += HEARTBEAT_S

    def judge(self, status):
        summary = self.lines and SUMMARY.match(self.lines[-1])
        if summary:
            count = self.count
            count.passed, count.failed, count.skipped = map(int, summary.groups())
        elif self.count.has_plan and self.count.total() != self.count.planned:
            self.problems.append(f"{self.count.total()} of {self.count.planned} cases ended")
        if status < 0:
            self.problems.append(f"killed by {signal.Signals(-status).name}")
        elif status != 0 and self.count.failed == 0:
            self.problems.append(f"exit status {status}")
        if self.count.total() == 0 and not self.problems:
            self.problems.append("showed no case")

    def report(self):
        """One line; all output but what passed if anything is wrong."""
        self.count.failed += 1 if self.problems else 0
        word = "FAIL" if self.count.failed else "ok"
        why = "".join(f" [{problem}]" for problem in self.problems)
        say(f"{word:4} {self.name}: {self.count} in {self.seconds:.1f} s{why}")
        if self.count.failed and not self.is_live:
            kept = [line for line in self.lines if line_result(line) != "passed"]
            if len(kept) > SHOWN_LINES:
                say(f"     | ({len(kept) - SHOWN_LINES} lines before these)")
            for line in kept[-SHOWN_LINES:]:
                say("     | " + line)


say_lock = threading.Lock()


def say(text):
    with say_lock:
        print(text, flush=True)


def run_all(programs, jobs):
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(p.run) for p in programs]):
            done.result().report()
    return programs


def main():
    parser = argparse.ArgumentParser(description="Run test programs and count their cases.")
    parser.add_argument("programs", nargs="*", help="run side by side")
    parser.add_argument("--serial", nargs="*", default=[], help="run one by one, afterwards")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--timeout", type=int, default=180, help="seconds for each program")
    parser.add_argument("--wrap", default="", help="a command before each program")
    parser.add_argument("--live", action="store_true", help="show all output as it comes")
    parser.add_argument("--tally", help="append the result line to this file as well")
    options = parser.parse_args()
    done = run_all([Program(text, options) for text in options.programs], options.jobs)
    done += run_all([Program(text, options) for text in options.serial], 1)
    total = Count()
    for program in done:
        total.passed += program.count.passed
        total.failed += program.count.failed
        total.skipped += program.count.skipped
    if not done:
        say("no test program was given")
        total.failed = 1
    if options.tally:
        with open(options.tally, "a", encoding="utf-8") as tally:
            tally.write(f"{total}\n")
    say(str(total))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
