#!/usr/bin/env python3
"""upstream.py ORACLE SUBJECT: run the tables of Go's own tests, and of the libraries' tests.

Nothing of them is kept here. Tables of values are printed by a test of ours that is laid over the
package while it is compiled (go test -overlay); tables of constants are read from the source by the
oracle. A row whose answer the oracle gives as the table has it must come out of the subject alike.
Other rows, whose data no template over texts can hold, count as differential cases: oracle and
subject must agree on what is left of them.
"""
import base64
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tables

HERE = Path(__file__).resolve().parent
ORACLE_SOURCE = HERE.parent / "oracle"
FIND_GO = HERE.parent.parent / "e2e" / "tools" / "find-go.sh"
SHOWN = 8
# Different at each run, or today's date for what is no time.
VOLATILE = re.compile(r"\b(rand\w+|gen\w+|uuidv4|now|ago|shuffle|bcrypt|htpasswd|encryptAES|env|"
                      r"expandenv|getHostByName|derivePassword|keys|values|buildCustomCert|"
                      r"date\w*|html[Dd]ate\w*)\b")
# Prints where a value lies in memory.
POINTER = re.compile(r"%[^a-zA-Z]*p")
# Start of a helper of sprig's tests, and what is put behind it.
HELPERS = {"func runtv(tpl, expect string, vars interface{}) error {\n":
           "\tlockstepNote(tpl, vars, expect)\n",
           "func runRaw(tpl string, vars interface{}) (string, error) {\n":
           "\tlockstepNote(tpl, vars)\n"}


def run_go(*words, cwd=None, env=None, check=True):
    settings = dict(os.environ, GOTOOLCHAIN="local", GOWORK="off", GOFLAGS="", **(env or {}))
    return subprocess.run([GO, *words], cwd=cwd, env=settings, check=check, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


GO = subprocess.run([FIND_GO], capture_output=True, text=True, check=True).stdout.strip()


def module_folder(module):
    return Path(run_go("list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module,
                       cwd=ORACLE_SOURCE).strip())


def with_package(source, package):
    return re.sub(r"^package \w+$", f"package {package}", source, count=1, flags=re.MULTILINE)


def dumped(folder, files, *words):
    """Rows that the tests of a folder print while files are laid over it: name to text."""
    with tempfile.TemporaryDirectory() as scratch:
        replaced = {}
        for name, text in files.items():
            path = Path(scratch) / name
            path.write_text(text, encoding="utf-8")
            replaced[str(folder / name)] = str(path)
        overlay, dump = Path(scratch) / "overlay.json", Path(scratch) / "dump.jsonl"
        overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
        said = run_go("test", "-count=1", "-vet=off", "-overlay", str(overlay), *words, ".",
                      cwd=folder, env={"LOCKSTEP_DUMP": str(dump)}, check=False)
        if not dump.exists():
            raise SystemExit(f"upstream.py: {folder}: no table was printed\n{said}")
        with dump.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def our_files(package, source):
    dump = (HERE / "dump.go").read_text(encoding="utf-8")
    return {"zz_lockstep_dump_test.go": with_package(dump, package),
            "zz_lockstep_test.go": (HERE / source).read_text(encoding="utf-8")}


def standard_tables(goroot, path, package, source):
    return dumped(Path(goroot) / "src" / path, our_files(package, source), "-run", "^TestLockstep$")


def sprig_tables(folder):
    """Every template that sprig's tests run, whatever becomes of the tests themselves.

    Go lays nothing over its module cache, so this works on a copy that is dropped afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "sprig"
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        copy.chmod(0o755)
        files = our_files("sprig", "sprig.go")
        helpers = (folder / "functions_test.go").read_text(encoding="utf-8")
        for start, note in HELPERS.items():
            if start not in helpers:
                raise SystemExit("upstream.py: sprig's tests have other helpers now")
            helpers = helpers.replace(start, start + note)
        files["functions_test.go"] = helpers
        return dumped(copy, files, "-mod=mod", "-skip",
                      "Gen|Rand|Hostname|Env|Derive|Bcrypt|Custom")


def case(name, question, ok=None, want=None):
    return {"set": name, "question": {"name": "k", "missingkey": "default", **question}, "ok": ok,
            "want": want}


def text64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def exec_cases(rows):
    for row in rows:
        argument = "" if row["data"] in ("", "nil") else " " + row["data"]
        text = (row["before"] + '{{define "lockstep"}}' + row["template"] + "{{end}}"
                '{{template "lockstep"' + argument + "}}")
        blank = re.sub(r"\{\{define.*?\{\{end\}\}", "", row["before"], flags=re.DOTALL)
        yield case("text/template " + row["table"], {"template64": text64(text)}, row["ok"],
                   blank.encode() + base64.b64decode(row["want"]))


def fmt_cases(rows):
    for row in rows:
        if row["template"] and not POINTER.search(row["name"]):
            yield case("fmt " + row["table"], {"template64": row["template"]}, row["ok"],
                       base64.b64decode(row["want"]))


def sprig_cases(rows):
    seen = set()
    for row in rows:
        key = row["template"], row["data"], str(row["want"])
        if key in seen or VOLATILE.search(row["template"]):
            continue
        seen.add(key)
        argument = "" if row["data"] in ("", "nil") else " " + row["data"]
        text = ('{{define "lockstep"}}' + row["template"] + '{{end}}{{template "lockstep"' +
                argument + "}}")
        want = row["want"][0].encode() if row["want"] else None
        yield case("sprig", {"template64": text64(text)}, True if row["want"] else None, want)


def constant_cases(oracle, goroot):
    """Cases from tables.py: (set, files, handler) over what the oracle reads in the sources."""
    for name, module, files, wanted, handler in tables.ALL:
        folder = Path(goroot) / "src" if module is None else module_folder(module)
        paths = [str(folder / file) for file in files]
        listing = subprocess.run([oracle, "tables", *paths], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            found = json.loads(line)
            if found["table"] not in wanted:
                continue
            for made in handler(tables.plain(found["row"])):
                yield case(f"{name} {found['table']}", *made)
    for made in tables.regexp_searches(Path(goroot) / "src/regexp/testdata/re2-search.txt"):
        yield case("regexp re2-search.txt", *made)


def ask(program, cases):
    asked = "".join(json.dumps(c["question"]) + "\n" for c in cases)
    done = subprocess.run([program], input=asked, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(cases):
        raise SystemExit(f"upstream.py: {program} died at\n{cases[len(answers)]}\n{done.stderr}")
    return answers


def is_alike(one, other):
    return one["ok"] == other["ok"] and (not one["ok"] or one["out"] == other["out"])


def is_as_wanted(made, answer):
    if made["ok"] is None or answer["ok"] != made["ok"]:
        return False
    if not answer["ok"] or made["want"] is None:
        return True
    return base64.b64decode(answer["out"]) == made["want"]


def shown(answer):
    return repr(base64.b64decode(answer["out"])) if answer["ok"] else "refused: " + answer["error"]


def main():
    oracle, subject = sys.argv[1:3]
    goroot = run_go("env", "GOROOT").strip()
    cases = list(exec_cases(standard_tables(goroot, "text/template", "template",
                                            "text_template.go")))
    cases += fmt_cases(standard_tables(goroot, "fmt", "fmt_test", "fmt.go"))
    cases += sprig_cases(sprig_tables(module_folder("github.com/Masterminds/sprig/v3")))
    cases += constant_cases(oracle, goroot)
    sets = collections.OrderedDict()
    for made, theirs, ours in zip(cases, ask(oracle, cases), ask(subject, cases)):
        count = sets.setdefault(made["set"], {"all": 0, "wanted": 0, "bad": []})
        count["all"] += 1
        count["wanted"] += is_as_wanted(made, theirs)
        if not is_alike(theirs, ours):
            count["bad"].append((made, theirs, ours))
    for name, count in sets.items():
        print(f"{'FAIL' if count['bad'] else 'ok'} {name}: {count['all']} rows, {count['wanted']} "
              f"with upstream's own answer, {len(count['bad'])} differ")
        for made, theirs, ours in count["bad"][:SHOWN]:
            print(f"  {tables.readable(made['question'])}\n    Go:   {shown(theirs)}\n"
                  f"    ours: {shown(ours)}")
    total = sum(count["all"] for count in sets.values())
    bad = sum(len(count["bad"]) for count in sets.values())
    print(f"{total - bad} passed, {bad} failed, 0 skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
