#!/usr/bin/env python3
"""Every command in a ```sh block of a document is run by a test, and every link leads to a file.

doc_commands.txt names for each command the test that runs it and words of that test; both are
looked up, so that a command that is no longer run, or no longer shown, is found here.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests/lint/doc_commands.txt"


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "deploy/README.md"]


def shown_commands():
    for document in documents():
        for block in re.findall(r"```sh\n(.*?)```", document.read_text(), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                command = " ".join(line.split("#")[0].split())
                if command:
                    yield document, command


def listed_commands():
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            command, test = line.split(" => ")
            file, words = test.split(": ", 1)
            yield command, file, words


def broken_links():
    for document in documents():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            if not (document.parent / target).exists():
                yield f"{document.relative_to(ROOT)}: link to {target}, which is not there"


def problems():
    listed = list(listed_commands())
    shown = list(shown_commands())
    for document, command in shown:
        if command not in {c for c, _, _ in listed}:
            yield f"{document.relative_to(ROOT)}: no test is named for: {command}"
    for command, file, words in listed:
        if command not in {c for _, c in shown}:
            yield f"doc_commands.txt: no document shows: {command}"
        elif not (ROOT / file).exists() or words not in (ROOT / file).read_text():
            yield f"doc_commands.txt: {file} does not have: {words}"
    yield from broken_links()


def main():
    found = list(problems())
    for problem in found:
        print(f"FAIL docs: {problem}")
    if not found:
        print("ok docs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
