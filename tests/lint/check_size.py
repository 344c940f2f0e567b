#!/usr/bin/env python3
"""Limits of length: functions, files, headers, lines. Complexity and nesting are clang-tidy's."""
import subprocess
import sys

import common

FUNCTION_MAX, FILE_MAX, HEADER_MAX, LINE_MAX = 80, 800, 150, 100


def function_problems(paths):
    listing = subprocess.run(
        ["ctags", "-x", "--c-kinds=f", "--fields=+ne", "--_xformat=%F %N %n %{end}", *paths],
        cwd=common.TOP, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    if not rows:
        return ["ctags lists no function"]
    lengths = [(path, name, int(start), int(end) - int(start) + 1)
               for path, name, start, end in (row for row in rows if len(row) == 4)]
    return [f"{path}:{start}: {name} has {length} lines, at most {FUNCTION_MAX}"
            for path, name, start, length in lengths if length > FUNCTION_MAX]


def file_problems(paths):
    for path in paths:
        most = HEADER_MAX if path.endswith(".h") else FILE_MAX
        count = len(common.read(path).splitlines())
        if count > most:
            yield f"{path}: {count} lines, at most {most}"


def line_problems(paths):
    for path in paths:
        for number, line in enumerate(common.read(path).splitlines(), 1):
            if len(line) > LINE_MAX:
                yield f"{path}:{number}: {len(line)} columns, at most {LINE_MAX}"


def main():
    code = common.files("agent/*/*.[ch]", "driver/*.[ch]", "tests/*/*.[ch]", "tests/lint/*/*.c")
    scripts = common.files("tests/**/*.py", "tests/**/*.sh", "deploy/**/*.sh", ".ci/*", "Makefile")
    results = [common.report("length of functions", function_problems(code)),
               common.report("length of files", list(file_problems(code + scripts))),
               common.report("length of lines", list(line_problems(code + scripts)))]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
