"""What a render costs, beside Go's text/template with the functions of External Secrets."""
import base64
import json
import os
import subprocess
from pathlib import Path

from report import Section, median

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
RENDERS = 10000
FIELDS = 40

USER = {"user": "app", "password": "correct horse battery staple"}
SERVER = {"host": "db.example.internal", "port": "5432", "name": "orders", **USER}
DOCKER = (r'{"auths":{"{{ .registry }}":{"username":"{{ .user }}","password":"{{ .password }}",'
          r'"auth":"{{ printf "%s:%s" .user .password | b64enc }}"}}}')
PEM = "\n".join(("-----BEGIN CERTIFICATE-----", *["c2FtcGxl" * 8] * 20,
                 "-----END CERTIFICATE-----"))
NESTED = json.dumps({"database": SERVER, "replicas": ["a", "b", "c"], "weight": 1.5})


def config_file():
    """Ten kB of settings, a field in every seventh line."""
    lines = []
    for number in range(FIELDS):
        lines += [f"# setting {number} of the service, as its operators know it"] * 3
        lines += [f"[section.{number}]", f"timeout_seconds = {number}", "retries = 3",
                  f"secret = {{{{ .field{number} }}}}"]
    return "\n".join(lines)


CASES = (
    ("a field", "{{ .password }}", USER),
    ("user:password in base64", '{{ printf "%s:%s" .user .password | b64enc }}', USER),
    ("Docker configuration", DOCKER, {"registry": "registry.example.com", **USER}),
    ("toJson of a dict",
     '{{ dict "host" .host "port" .port "user" .user "password" .password | toJson }}', SERVER),
    ("if and else",
     '{{ if eq .port "5432" }}postgres{{ else if .tls }}tls{{ else }}plain{{ end }}://{{ .host }}',
     {**SERVER, "tls": ""}),
    ("range over the data", '{{ range $k, $v := . }}{{ $k }}={{ $v }}\n{{ end }}', SERVER),
    ("URL with urlquery",
     "postgres://{{ .user | urlquery }}:{{ .password | urlquery }}@{{ .host }}:{{ .port }}"
     "/{{ .name }}", SERVER),
    ("a field of JSON", "{{ (fromJson .config).database.password }}", {"config": NESTED}),
    (f"file of 10 kB, {FIELDS} fields", config_file(),
     {f"field{n}": f"value-{n}-" + "v" * 24 for n in range(FIELDS)}),
    ("nindent of a PEM", "tls.crt: |{{ .crt | nindent 2 }}\n", {"crt": PEM}),
)


def programs():
    """Our renderer with the flags of a release, and Go's; each is built if it is not there."""
    env = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    subprocess.run(["make", "--no-print-directory", "-s", f"-j{os.cpu_count()}",
                    "PROFILE=release", "B=build/release", "-f", "Makefile",
                    "-f", "tests/bench/bench.mk", "bench-templates"],
                   cwd=ROOT, env=env, check=True)
    oracle = subprocess.run([ROOT / "tests" / "conformance" / "build.sh"], env=env,
                            stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return ROOT / "build" / "release" / "bench" / "template_render", oracle


def ask(argv, lines):
    done = subprocess.run([str(word) for word in argv], input="".join(lines), text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def questions(oracle):
    """A line per case, with what Go makes of it."""
    lines = []
    for number, (_, text, data) in enumerate(CASES):
        coded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        lines.append(json.dumps({"name": str(number), "template": text, "data": coded,
                                 "missingkey": "error"}) + "\n")
    answers = [json.loads(answer) for answer in ask([oracle], lines)]
    if not all(answer["ok"] for answer in answers):
        raise RuntimeError(f"Go refuses a template: {answers}")
    return [json.dumps({**json.loads(line), "out": answer["out"]}) + "\n"
            for line, answer in zip(lines, answers)]


def medians(rounds):
    """Per case the median of each column over all rounds."""
    return [[median(column) for column in zip(*same_case)] for same_case in zip(*rounds)]


def numbers(lines):
    return [[int(word) for word in line.split()[1:]] for line in lines]


def times_as_fast(ours, go):
    return f"{go / ours:.1f}"


def row(label, ours, go):
    micro = [f"{ns / RENDERS / 1000:.2f}" for ns in (ours[0], go[0], ours[1], go[1])]
    return (label, *micro[:2], times_as_fast(ours[0], go[0]),
            *micro[2:], times_as_fast(ours[1], go[1]), f"{ours[2] / 1024:.1f}")


def headlines(ours, go):
    ratio = [[theirs[i] / own[i] for own, theirs in zip(ours, go)] for i in (0, 1)]
    least = min(range(len(CASES)), key=lambda n: ratio[0][n])
    return [
        (f"render, {len(CASES)} templates",
         f"{median(ratio[0]):.1f} times as fast as Go, {median(ratio[1]):.1f} with parsing",
         "", ""),
        (f"render, least ahead of Go: {CASES[least][0]}",
         f"{ratio[0][least]:.1f} times as fast as Go", "", ""),
        ("render, most memory beside the output", f"{max(o[2] for o in ours) / 1024:.1f} KiB",
         "", ""),
    ]


def templates(bench):
    renderer, oracle = programs()
    lines = questions(oracle)
    rounds = [(numbers(ask([renderer, RENDERS], lines)),
               numbers(ask([oracle, "bench", RENDERS], lines))) for _ in range(ROUNDS)]
    ours, go = (medians(side) for side in zip(*rounds))
    return [Section("Templates", (
        f"Microseconds of CPU time of one thread for one render: {RENDERS:,} in a row, medians of "
        f"{ROUNDS} rounds in which both engines take turns. *Go* is text/template with sprig, its "
        "functions registered once (`tests/conformance/oracle`); garbage that it collects in other "
        "threads does not count. Ours is built as the release is, and must render what Go does. "
        "First parsed once, then with parsing each time. Ratio: how many times as fast as Go. "
        "Memory: KiB of locked memory that a render takes beside its output."),
        ("", "ours", "Go", "ratio", "parsing, ours", "Go", "ratio", "memory"),
        [row(case[0], *both) for case, *both in zip(CASES, ours, go)], headlines(ours, go))]
