"""What the checks share: the files, one line per check, and a memory of files found clean."""
import concurrent.futures
import hashlib
import os
import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("BUILD", "build")
CACHE = Path(os.environ.get("LOCKSTEP_CACHE") or os.path.expanduser("~/.cache/lockstep"))
CLEAN = CACHE / "lint"
OURS = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


def files(*patterns):
    """Paths relative to TOP that match a glob pattern, sorted."""
    return sorted({str(path.relative_to(TOP)) for pattern in patterns
                   for path in TOP.glob(pattern) if path.is_file()})


def sources():
    return files("agent/*/*.c", "driver/*.c")


def headers():
    return files("agent/*/*.h", "driver/*.h")


def read(path):
    return (TOP / path).read_text(encoding="utf-8", errors="replace")


def report(name, problems):
    """One line, then what is wrong. True when nothing is."""
    print(f"{'FAIL' if problems else 'ok'} {name}", flush=True)
    for problem in problems:
        print(f"  {problem}", flush=True)
    return not problems


def table(path):
    """Lines of a data file without comments and blank lines."""
    return [line for line in (raw.split("#", 1)[0].strip() for raw in read(path).splitlines())
            if line]


def without_comments(text):
    """C text with comments and string contents blanked; line numbers stay."""
    pattern = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def blank(match):
        word = match.group()
        if word.startswith("/*"):
            return re.sub(r"[^\n]", " ", word)
        return word[0] + word[0]
    return pattern.sub(blank, text)


def included(path, seen):
    """path and all of our own files that it includes, directly or not."""
    if path in seen:
        return
    seen.add(path)
    for name in OURS.findall((TOP / path).read_bytes()):
        name = name.decode()
        for base in ("agent", ".", os.path.dirname(path)):
            candidate = os.path.normpath(os.path.join(base, name))
            if (TOP / candidate).is_file():
                included(candidate, seen)
                break


def fingerprint(path, command, extra):
    """Hash of all that decides what command says about path."""
    reached = set()
    included(path, reached)
    state = hashlib.sha256(repr((command, extra)).encode())
    for name in sorted(reached):
        state.update(name.encode() + b"\0" + (TOP / name).read_bytes())
    return state.hexdigest()


def version_of(tool):
    return subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout


def run_one(name, path, command, extra):
    """Output of command for path, "" if it is clean now or was with the very same input."""
    mark = CLEAN / name / fingerprint(path, command, extra)
    if mark.exists():
        return ""
    done = subprocess.run(command, cwd=TOP, text=True, errors="replace", check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        return ""
    return f"{path}: exit status {done.returncode}\n{done.stdout}".rstrip()


def run_each(name, paths, command_of, extra=""):
    """Run a command per file, side by side, and report them as one check."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        texts = pool.map(lambda path: run_one(name, path, command_of(path), extra), paths)
        problems = [line for text in texts if text for line in text.splitlines()]
    if not paths:
        problems = ["there is no file to check"]
    return report(name, problems)
