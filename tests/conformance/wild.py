#!/usr/bin/env python3
"""wild.py ORACLE SUBJECT FOLDER...: do templates that people wrote render as Go renders them?

Takes what looks like a template out of the files below each FOLDER: whole files, texts of Go
programs, single actions. Each template is rendered over texts for all names that it uses, a second
time over texts of other kinds, and once more with `.a.b` written `.a_b`, since the data has no
depth.
"""
import base64
import json
import random
import re
import subprocess
import sys
from pathlib import Path

SUFFIXES = {".go", ".md", ".tmpl", ".tpl", ".gotmpl", ".yaml", ".yml", ".json", ".toml", ".txt"}
FILE_MAX = 300_000
TEMPLATE_MAX = 60_000
SEED = 7
QUOTED = re.compile(r'`([^`]*\{\{[^`]*)`|("(?:[^"\\\n]|\\.)*\{\{(?:[^"\\\n]|\\.)*")')
ACTION = re.compile(r"\{\{.*?\}\}", re.S)
PATH = re.compile(r"(?<![\w)])\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)")
NAME = re.compile(r"\.([A-Za-z_]\w*)")
# Helm's own, and what else there is no function for: these make the rest of a template reachable.
STRANGERS = re.compile(r"\b(include|tpl|required|lookup|block)\b")
# Another answer each time, or each second.
UNSTABLE = re.compile(
    r"\b(now|ago|date\w*|htmlDate\w*|rand\w*|shuffle|uuidv4|bcrypt|htpasswd|gen\w+|build\w+|"
    r"derivePassword|encryptAES|keys|values|duration\w*|env|expandenv|getHostByName|filter\w+|"
    r"toDate|unixEpoch)\b|%p")
KINDS = (
    lambda name: f"{name}-value", lambda name: "42", lambda name: "", lambda name: "true",
    lambda name: json.dumps({"user": name, "n": 1.5, "list": [1, "two", None]}),
    lambda name: base64.b64encode(name.encode()).decode(),
    lambda name: 'a: 1\nb: [x, "y"]\n', lambda name: "line 1\nline 2 <b>&\"'",
    lambda name: "https://u:p@example.com:8080/p?q=1#f",
)


def texts_of(path):
    if path.suffix not in SUFFIXES or path.stat().st_size > FILE_MAX:
        return
    content = path.read_bytes()
    if b"{{" not in content:
        return
    text = content.decode(errors="replace")
    if path.suffix == ".go":
        for raw, quoted in QUOTED.findall(text):
            try:
                yield raw or json.loads(quoted)
            except ValueError:
                continue
        return
    yield text
    yield from ACTION.findall(text)


def templates(folders):
    found = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            for text in texts_of(path):
                flat = STRANGERS.sub("list", PATH.sub(lambda m: "." + m[1].replace(".", "_"), text))
                found.update(dict.fromkeys((text, flat)))
    return [t for t in found if "{{" in t and len(t) <= TEMPLATE_MAX and not UNSTABLE.search(t)]


def questions(found):
    chance = random.Random(SEED)
    for i, text in enumerate(found):
        names = sorted(set(NAME.findall(text)))
        plain = {name: KINDS[0](name) for name in names}
        mixed = {name: chance.choice(KINDS)(name) for name in names}
        for j, data in enumerate([plain, mixed][:1 + bool(names)]):
            coded = {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
            yield {"name": f"w{i}.{j}", "template": text, "data": coded, "missingkey": "error"}


def answers(program, asked):
    done = subprocess.run([program], input="".join(json.dumps(q) + "\n" for q in asked).encode(),
                          stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def place(answer):
    """Where a refusal is, as far as both must say the same."""
    found = re.match(r"template: [^:]*:\d+:", answer.get("error", ""))
    return found[0] if found else ""


def is_same(theirs, ours):
    if theirs["ok"] or ours["ok"]:
        return theirs["ok"] == ours["ok"] and theirs["out"] == ours["out"]
    return place(theirs) == place(ours)


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: wild.py ORACLE SUBJECT FOLDER...")
    oracle, subject, *folders = sys.argv[1:]
    asked = list(questions(templates(folders)))
    theirs, ours = answers(oracle, asked), answers(subject, asked)
    count = {"succeed": 0, "refused": 0, "differ": 0}
    for question, a, b in zip(asked, theirs, ours, strict=True):
        if is_same(a, b):
            count["succeed" if a["ok"] else "refused"] += 1
            continue
        count["differ"] += 1
        if count["differ"] <= 10:
            print(json.dumps({"question": question, "go": a, "ours": b})[:2000])
    agree = count["succeed"] + count["refused"]
    print(f"{agree} agree ({count['succeed']} succeed), {count['differ']} differ, 0 at a limit")
    return 1 if count["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
