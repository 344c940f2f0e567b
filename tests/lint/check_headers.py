#!/usr/bin/env python3
"""What every header and source says at its top, and the order of includes."""
import re
import sys

import common

INCLUDE = re.compile(r'^#include ([<"])([^>"]+)[>"]', re.MULTILINE)


def header_problems(path):
    text = common.read(path)
    name = path.rsplit("/", 1)[-1]
    top = text[:text.find("*/") + 2]
    if not text.startswith("#pragma once\n"):
        yield "does not begin with #pragma once"
    if not top.startswith(f"#pragma once\n/* {name}: "):
        yield f"does not go on with the comment /* {name}: ..."
    for word in ("Owns", "Threads"):
        if not re.search(rf"^ \* {word} +\S", top, re.MULTILINE):
            yield f"its first comment has no line {word}"


def source_problems(path):
    text = common.read(path)
    own = re.sub(r"^agent/", "", path)[:-len(".c")] + ".h"
    if not text.startswith("/* "):
        yield "does not begin with a paragraph on how it works"
    includes = INCLUDE.findall(text.split("\n#if", 1)[0])
    has_own_header = (common.TOP / path).with_suffix(".h").exists()
    if has_own_header and (not includes or includes[0] != ('"', own)):
        yield f'does not include "{own}" first'
    if includes and includes[0][0] == '"':
        includes = includes[1:]
    marks = "".join(mark for mark, _ in includes)
    if '"<' in marks:
        yield "includes <...> after our own headers"


def all_problems(paths, problems_of):
    return [f"{path}: {problem}" for path in paths for problem in problems_of(path)]


def main():
    results = [
        common.report("header comments", all_problems(common.headers(), header_problems)),
        common.report("source beginnings", all_problems(common.sources(), source_problems)),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
