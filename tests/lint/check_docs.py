#!/usr/bin/env python3
"""Every command that a document shows is run by a test, and every link leads to a file.

Commands are the lines of ```sh blocks, and those of indented blocks that begin with a program.
doc_commands.txt names for each command the test that runs it and words of that test; both are
looked up, so that a command that is no longer run, or no longer shown, is found here. A test that
takes all commands out of a document is named for the document.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = ROOT / "tests/lint/doc_commands.txt"
PROGRAMS = "git|helm|kubectl|lockstep|ls|make"


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "deploy/README.md"]


def shell_blocks(text):
    """The ```sh blocks, and the lines of indented blocks that begin with a program."""
    yield from re.findall(r"```sh\n(.*?)```", text, re.S)
    plain = re.sub(r"```.*?```", "", text, flags=re.S).replace("\\\n", " ")
    yield from re.findall(rf"^    ((?:{PROGRAMS}) .*)$", plain, re.M)


def shown_commands():
    for document in documents():
        for block in shell_blocks(document.read_text()):
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
    shown = [(document.relative_to(ROOT).as_posix(), command)
             for document, command in shown_commands()]
    known = {command for command, _, _ in listed}
    for document, command in shown:
        if command not in known and document not in known:
            yield f"{document}: no test is named for: {command}"
    for command, file, words in listed:
        if command not in {word for pair in shown for word in pair}:
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
