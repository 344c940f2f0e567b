#!/usr/bin/env python3
"""Analyzers and layout: clang-format, clang-tidy, cppcheck, gcc -fanalyzer, headers alone.

A file found clean is not looked at again until it, a header it includes, the options or the tool
change. Expects the generated protocol headers in build/debug/gen, as `make lint` does.
"""
import sys

import common

FLAGS = ["-D_GNU_SOURCE", "-Iagent", "-I.", f"-I{common.BUILD}/debug/gen", "-std=gnu17"]
WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Wstrict-prototypes", "-Werror"]

# Left to others, for gcc 12 is too often wrong: leaks (it does not know CLEANUP; ASan and valgrind
# find them), null pointers and unset values (it does not know that a call which returned NULL has
# set *out; clang's analyzer follows that within a file, and valgrind sees the rest).
ANALYZER = ["-O0", "-fanalyzer", "-Werror"] + ["-Wno-analyzer-" + kind for kind in (
    "malloc-leak", "fd-leak", "file-leak", "null-dereference", "null-argument",
    "possible-null-dereference", "possible-null-argument", "use-of-uninitialized-value")]

# cppcheck 2.10 sees a source without its headers, as its manual advises: with them it crashes on
# some, is slow, and finds nothing more. It takes a compound literal after ?: for a syntax error.
CPPCHECK = ["cppcheck", "--quiet", "--enable=warning,performance,portability", "--std=c11",
            "--inline-suppr", "--error-exitcode=1", "--language=c", "--platform=unix64",
            "-D_GNU_SOURCE", "--include=agent/base/attr.h", "--suppress=internalAstError"]


def alone(compiler):
    return lambda path: [compiler, *FLAGS, *WARNINGS, "-fsyntax-only", "-include", path,
                         "-x", "c", "/dev/null"]


def main():
    sources, headers = common.sources(), common.headers()
    everything = sources + headers + common.files("tests/*/*.c", "tests/*/*.h")
    protocol = "".join(common.read(path) for path in common.files("proto/*.proto"))
    tidy_config = protocol + common.read(".clang-tidy") + common.version_of("clang-tidy-14")
    results = [
        common.run_each("clang-format", everything,
                        lambda path: ["clang-format-14", "--dry-run", "-Werror", path],
                        common.read(".clang-format")),
        common.run_each("header alone, gcc", headers, alone("gcc")),
        common.run_each("header alone, clang", headers, alone("clang-14")),
        common.run_each("cppcheck", sources, lambda path: [*CPPCHECK, path],
                        common.version_of("cppcheck")),
        common.run_each("gcc -fanalyzer", sources,
                        lambda path: ["gcc", *FLAGS, *ANALYZER, "-c", "-o", "/dev/null", path],
                        protocol + common.version_of("gcc")),
        common.run_each("clang-tidy", sources,
                        lambda path: ["clang-tidy-14", "--quiet", path, "--", *FLAGS],
                        tidy_config),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
