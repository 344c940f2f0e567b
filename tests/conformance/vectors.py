#!/usr/bin/env python3
"""vectors.py ORACLE: write tests/vectors/template/*.jsonl; with --check only compare.

The cases come from cases/: calls and whole templates as a person writes them, and what is made from
them by rule: arguments exchanged for values of every other kind, every kind of value under every
kind of use, every token after every other. The oracle gives the answers. A vector is one line:

    {"name": ..., "template": ..., "missingkey": "error", "out": ...}

with "error" in place of "out" where Go refuses. A line {"data": {key: base64}} holds for those
below it. Text that is no UTF-8, or holds a zero byte, stands under template64 or out64. What
differs from run to run is put into cases as a question about it, such as the length of a random
text, never as the thing itself.
"""
import argparse
import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import exchange
import kinds

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors" / "template"
ERROR_MAX = 160


def coded(raw):
    return base64.b64encode(raw).decode()


def texts(name):
    return json.loads((HERE / "cases" / name).read_text(encoding="utf-8"))


def data_map():
    data = {name: coded(text.encode()) for name, text in texts("data.json").items()}
    data["bad"] = coded(b"a\xff\xfeb")
    data["nul"] = coded(b"a\0b")
    return data


def lines(name):
    """Lines of a case file without comments and blank ones; \u23ce is a newline."""
    for line in (HERE / "cases" / name).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("# "):
            yield line.replace("\u23ce", "\n")


def templates(name):
    """Cases of a file whose lines are whole templates."""
    options = {"missingkey": "error"}
    for line in lines(name):
        word, _, rest = line.partition(" ")
        if word == "@missingkey":
            options["missingkey"] = rest
        elif word == "@delims":
            options.pop("left", None)
            options.pop("right", None)
            if rest != "{{ }}":
                options["left"], options["right"] = rest.split()
        else:
            yield {"template": line, **options}


def calls(name):
    """(function, template) of each line of a file of calls."""
    subject = ""
    for line in lines(name):
        if line.startswith("{{"):
            yield subject, line
            continue
        if not line.startswith("("):
            subject = line.split(" ")[0]
        yield subject, "{{ " + line + " }}"


class Group:
    """One file of vectors: cases over one map of data, named by what they are about."""

    def __init__(self, name, data):
        self.name, self.data = name, data
        self.cases = []
        self.numbers = {}
        self.seen = set()

    def add(self, subject, case):
        key = json.dumps(case, sort_keys=True)
        if key in self.seen:
            return
        self.seen.add(key)
        number = self.numbers[subject] = self.numbers.get(subject, 0) + 1
        self.cases.append({"name": f"{subject} {number}", **case})

    def take(self, subject, found):
        for case in found:
            self.add(subject, case)


def strict(template):
    return {"template": template, "missingkey": "error"}


def groups(signatures):
    data, material = data_map(), texts("material.json")
    material_name = re.compile(r"\.(" + "|".join(material) + r")\b")
    needs_material = lambda template: material_name.search(template)
    functions, keys = Group("functions", data), Group("keys", {**data, **material})
    for subject, template in calls("functions.txt"):
        (keys if needs_material(template) else functions).add(subject, strict(template))
    exchanged = Group("exchange", data)
    for subject, template in exchange.cases(calls("functions.txt"), signatures):
        if not needs_material(template):
            exchanged.add(subject, strict(template))
    semantics, language = Group("semantics", data), Group("language", data)
    semantics.take("semantics", templates("semantics.txt"))
    language.take("language", templates("language.txt"))
    language.take("tokens", map(strict, kinds.token_pairs()))
    idioms = Group("idioms", {**data, **material})
    idioms.take("idiom", templates("idioms.txt"))
    values = Group("values", {name: coded(text) for name, text in kinds.DATA.items()})
    for subject, template in kinds.uses():
        values.add(subject, strict(template))
    return [functions, keys, exchanged, semantics, language, idioms, values]


def ask(oracle, group):
    """The answers to a group's cases."""
    asked = "".join(json.dumps({**case, "data": group.data}) + "\n" for case in group.cases)
    done = subprocess.run([oracle], input=asked, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(group.cases):
        raise SystemExit(f"{group.name}: {len(answers)} answers to {len(group.cases)} cases")
    return answers


def answered(case, answer):
    """The vector's line."""
    vector = dict(case)
    if answer["ok"]:
        raw = base64.b64decode(answer["out"])
        try:
            vector["out"] = raw.decode()
        except UnicodeDecodeError:
            vector["out64"] = coded(raw)
        if b"\0" in raw:
            vector["out64"] = coded(raw)
            vector.pop("out", None)
    else:
        vector["error"] = answer["error"][:ERROR_MAX]
    return json.dumps(vector, ensure_ascii=False, separators=(",", ":"))


def written(oracle, group):
    head = json.dumps({"data": group.data}, separators=(",", ":"))
    return "\n".join([head] + list(map(answered, group.cases, ask(oracle, group)))) + "\n"


def differences(name, old, new):
    """Lines to show for a file that is not as the oracle has it."""
    old, new = old.split("\n"), new.split("\n")
    shown = [f"  - {line}\n  + {fresh}" for line, fresh in zip(old, new) if line != fresh]
    if len(old) != len(new):
        shown.append(f"  {len(old)} lines, now {len(new)}")
    return [f"{name}: {len(shown)} differences"] + shown[:10]


def forgotten(signatures, found):
    """Functions that no vector names."""
    named = {word for group in found for case in group.cases
             for word in re.findall(r"\w+", case["template"])}
    return sorted(set(signatures) - named)


def main():
    parser = argparse.ArgumentParser(description="Write or check the vectors of the templates.")
    parser.add_argument("oracle")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    signatures = exchange.signatures(options.oracle)
    found, status = groups(signatures), 0
    if forgotten(signatures, found):
        raise SystemExit(f"no vector for {', '.join(forgotten(signatures, found))}")
    for group in found:
        path, text = VECTORS / f"{group.name}.jsonl", written(options.oracle, group)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if not options.check:
            path.write_text(text, encoding="utf-8")
            print(f"{len(group.cases)} vectors in {path.name}")
        elif old == text:
            print(f"ok {path.name} ({len(group.cases)} vectors)")
        else:
            print(f"FAIL {path.name}")
            print("\n".join(differences(path.name, old, text)))
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
