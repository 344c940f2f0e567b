#!/usr/bin/env python3
"""Writes agent/base/unicode_tables.c from UnicodeData.txt (Debian's package unicode-data).

Needs version 15.0.0 of it, the one that Go 1.21 to 1.26 know:
    agent/base/unicode_tables.py /usr/share/unicode/UnicodeData.txt >agent/base/unicode_tables.c
"""
import subprocess
import sys

LAST = 0x10ffff
WHITE = {0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x85}  # besides the categories Z*
CLASSES = ["OTHER", "SPACE", "MARK", "PUNCT", "LETTER", "UPPER", "LOWER", "DIGIT", "NUMBER",
           "UPPER_EVEN", "UPPER_ODD"]

TOP = """\
/* Written by unicode_tables.py from UnicodeData.txt 15.0.0; do not edit. Long stretches in which
 * capital and small letters take turns are one run with a class of their own, which makes the
 * tables half as long. */
#include "base/unicode_tables.h"

#include "base/attr.h"
"""


def read(path):
    """Per code point its category and its (upper, lower, title) mapping."""
    categories = ["Cn"] * (LAST + 1)
    cases = {}
    first = None
    for line in open(path, encoding="ascii"):
        field = line.rstrip("\n").split(";")
        rune = int(field[0], 16)
        start = first if field[1].endswith("Last>") else rune
        first = rune if field[1].endswith("First>") else None
        categories[start:rune + 1] = [field[2]] * (rune + 1 - start)
        upper = int(field[12] or field[0], 16)
        cases[rune] = (upper, int(field[13] or field[0], 16), int(field[14] or f"{upper:x}", 16))
    return categories, cases


def class_of(rune, category):
    if category[0] == "Z" or rune in WHITE:
        return "SPACE"
    exact = {"Lu": "UPPER", "Ll": "LOWER", "Nd": "DIGIT"}.get(category)
    return exact or {"L": "LETTER", "N": "NUMBER", "P": "PUNCT", "C": "OTHER"}.get(category[0], "MARK")


def stretch(classes, at):
    """End of the stretch of alternating capital and small letters that begins at at."""
    turn = {"UPPER": "LOWER", "LOWER": "UPPER"}
    end = at + 1
    while end <= LAST and classes[end] == turn.get(classes[end - 1]):
        end += 1
    return end


def runs(classes):
    """(first, class) of each run."""
    at, before = 0, None
    while at <= LAST:
        end, name = stretch(classes, at), classes[at]
        if end - at > 2:
            even = (at % 2 == 0) == (name == "UPPER")
            name = "UPPER_EVEN" if even else "UPPER_ODD"
        else:
            end = at + 1
        if name != before:
            yield at, name
        at, before = end, name


def deltas(rune, case):
    return tuple(to - rune for to in case)


def case_rows(cases):
    """(first, last, upper, lower, title), with None for a stretch of pairs."""
    rows = []
    for rune, case in sorted(cases.items()):
        delta = deltas(rune, case)
        if delta == (0, 0, 0):
            continue
        pair = {(0, 1, 0): "capital", (-1, 0, -1): "small"}.get(delta)
        row = rows[-1] if rows else None
        if row and row["last"] == rune - 1 and pair and row["pair"] not in (None, pair):
            row.update(last=rune, pair=pair, is_stretch=True)
        elif row and row["last"] == rune - 1 and row["delta"] == delta and not row["is_stretch"]:
            row["last"] = rune
            row["pair"] = None
        else:
            rows.append({"first": rune, "last": rune, "delta": delta, "pair": pair,
                         "is_stretch": False})
    return rows


def case_text(row):
    delta = [f"{value}" for value in row["delta"]]
    if row["is_stretch"]:
        kind = "CAPITAL_FIRST" if row["delta"] == (0, 1, 0) else "SMALL_FIRST"
        delta = [f"UNICODE_{kind}", "0", "0"]
    return "{" + ", ".join([f"0x{row['first']:x}", f"0x{row['last']:x}", *delta]) + "}"


def array(kind, name, items):
    return (f"\nconst {kind} {name}[] = {{\n{', '.join(items)},\n}};\n"
            f"const size_t {name}_n = ARRAY_SIZE({name});\n")


def main():
    categories, cases = read(sys.argv[1])
    classes = [class_of(rune, category) for rune, category in enumerate(categories)]
    text = TOP + array("uint32_t", "unicode_runs", [f"0x{first << 4 | CLASSES.index(name):x}"
                                                    for first, name in runs(classes)])
    text += array("struct unicode_case", "unicode_cases",
                  [case_text(row) for row in case_rows(cases)])
    laid_out = subprocess.run(["clang-format-14", "--assume-filename=agent/base/unicode_tables.c"],
                              input=text, capture_output=True, text=True, check=True)
    sys.stdout.write(laid_out.stdout)


if __name__ == "__main__":
    sys.exit(main())
