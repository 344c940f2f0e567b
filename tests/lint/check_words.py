#!/usr/bin/env python3
"""Words that have no place in the code, counted words, and the doors out of secret memory."""
import re
import sys

import common

PROGRAM = ("agent/*/*.[ch]", "driver/*.[ch]")
C_TESTS = ("tests/*/*.[ch]",)
ALLOC = ("agent/base/alloc.c", "agent/base/zero_alloc.c")

# Pattern, files, files that may, what to do instead. Comments and strings are not looked at.
BANNED = (
    (r"\b(strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|alloca)\(", PROGRAM, (),
     "str_buf, snprintf or memcpy with a checked size"),
    (r"\b(atoi|atol|atoll|sscanf|strtok)\(", PROGRAM, (), "strtol with its end, or a parser"),
    (r"\b(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf)\(", PROGRAM, ALLOC,
     "base/alloc.h"),
    (r"\b(localtime|gmtime|ctime|asctime|readdir_r|rand|setenv|putenv)\(", PROGRAM, (),
     "the function that is safe with threads"),
    (r"\b(system|popen|tmpnam|tempnam|mktemp)\(", PROGRAM, (), "posix_spawn, mkostemp"),
    (r"\bgoto\b", PROGRAM + C_TESTS, (), "CLEANUP"),
    (r"\btypedef\s+(struct|union|enum)\b[^;(]*[;{]", PROGRAM + C_TESTS, (),
     "struct tag; a typedef hides it"),
    (r"\bCURLOPT_VERBOSE\b|\bCURLOPT_DEBUGFUNCTION\b", PROGRAM, (), "it logs secrets"),
    (r"\bcJSON_GetObjectItem\(", PROGRAM, (), "cJSON_GetObjectItemCaseSensitive"),
    (r"//", PROGRAM + C_TESTS, (), "/* */"),
)
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|[Nn]ot yet impl" + r"emented")
TEXTS = ("agent/*/*", "driver/*", "proto/*", "deploy/**/*", "docs/**/*.md", "tests/**/*.py",
         "tests/**/*.sh", "tests/**/*.[ch]", "tests/**/*.txt", "*.md", "Makefile", "Dockerfile")


def matches(pattern, path):
    """Line numbers where pattern stands in the code of path."""
    text = common.without_comments(common.read(path))
    return [text.count("\n", 0, found.start()) + 1 for found in re.finditer(pattern, text)]


def banned_problems():
    for pattern, where, exempt, instead in BANNED:
        for path in common.files(*where):
            if path not in exempt:
                for number in matches(pattern, path):
                    yield f"{path}:{number}: matches {pattern}; instead: {instead}"


def unfinished_problems():
    for path in common.files(*TEXTS):
        for number, line in enumerate(common.read(path).splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished: {line.strip()}"


def counted_problems():
    """memcmp is not constant in time: each file's number of uses is written down with a reason."""
    allowed = {}
    for line in common.table("tests/lint/memcmp.txt"):
        path, count, _ = line.split(None, 2)
        allowed[path] = int(count)
    used = {path: len(matches(r"\bmemcmp\(", path)) for path in common.files(*PROGRAM)}
    for path in sorted(set(allowed) | {path for path, n in used.items() if n}):
        if used.get(path, 0) != allowed.get(path, 0):
            yield (f"{path}: {used.get(path, 0)} memcmp, tests/lint/memcmp.txt says "
                   f"{allowed.get(path, 0)}; secrets are compared by secret_view_equal")


def door_problems():
    """Raw secret bytes leave only in the files of doors.txt, and every listed file is a door."""
    listed = {line.split(None, 1)[0] for line in common.table("tests/lint/doors.txt")}
    used = {path for path in common.files(*PROGRAM)
            if path != "agent/base/secret_buf.h" and matches(r"\bsecret_view_raw\(", path)}
    for path in sorted(used - listed):
        yield f"{path}: calls secret_view_raw, but is not in tests/lint/doors.txt"
    for path in sorted(listed - used):
        yield f"{path}: is in tests/lint/doors.txt, but does not call secret_view_raw"


def main():
    results = [common.report("banned words", list(banned_problems())),
               common.report("nothing unfinished", list(unfinished_problems())),
               common.report("counted memcmp", list(counted_problems())),
               common.report("doors", list(door_problems()))]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
