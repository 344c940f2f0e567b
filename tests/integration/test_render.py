"""`lockstep render` on files: what it prints, what it says, and its exit codes.

The commands that docs/TEMPLATES.md shows are run as they stand there, and the tables of functions
in it are compared with what the program prints.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = os.environ.get("LOCKSTEP", str(ROOT / "build/debug/lockstep"))
GUIDE = ROOT / "docs/TEMPLATES.md"
EXAMPLE = ROOT / "deploy/examples/templates"

OK, FAILED, USAGE, DIFFERS = 0, 1, 2, 3

SPEC = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %(name)s, namespace: %(ns)s, labels: {team: blue}}
spec:
  secretStoreRef: {name: store}
  target: %(target)s
  data:
  - {secretKey: user, remoteRef: {key: db, property: user}}
  - {secretKey: password, remoteRef: {key: db, property: password}}
"""
VALUES = """
db: {user: shop, password: "p@ss"}
other: words
"""
CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: texts, namespace: app}
data:
  app.ini: "user = {{ .user }}\\n"
  flags: "verbose: yes\\nquoted: \\"yes\\"\\n"
"""
STORE = """
---
apiVersion: external-secrets.io/v1
kind: %s
metadata: {name: store, namespace: app}
spec: {provider: {%s}}
"""
FAKE = 'fake: {data: [{key: db, value: \'{"user":"fake","password":"of the store"}\'}]}'


def spec(target="{}", name="s", ns="app"):
    return SPEC % {"name": name, "ns": ns, "target": target}


def templates(**texts):
    """A target with these templates as its data."""
    quoted = ", ".join(f"{key}: {yaml_text(text)}" for key, text in texts.items())
    return "{template: {data: {%s}}}" % quoted


def yaml_text(text):
    return json.dumps(text)


class RenderTest(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="lockstep-test."))
        self.addCleanup(shutil.rmtree, self.dir)

    def put(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return str(path)

    def run_program(self, *args):
        done = subprocess.run([PROGRAM, "render", *args], capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.decode()

    def render(self, manifests, *args, values=VALUES, code=OK):
        """Render a file with values; what it prints, or what it says when it does not render."""
        data = [f"--data={self.put('values', values)}"] if values is not None else []
        got, out, said = self.run_program("-f", self.put("all.yaml", manifests), *data, *args)
        self.assertEqual(got, code, said)
        if code in (OK, DIFFERS):
            self.assertEqual(said, "")
            return out
        self.assertEqual(out, b"")
        return said

    def secret(self, manifests, *args, **options):
        return yaml.safe_load(self.render(manifests, *args, **options))

    def value(self, template, *args, **options):
        """What one template renders to."""
        return self.render(spec(templates(k=template)), "--key=k", *args, **options)

    def refused(self, template, text, *args):
        """The message says text and quotes no value."""
        said = self.value(template, *args, code=FAILED)
        self.assertIn('ExternalSecret "app/s": spec.target.template.data.k: ', said)
        self.assertIn(text, said)
        for value in ("p@ss", "shop"):
            self.assertNotIn(value, said)

    # What is printed

    def test_text(self):
        secret = self.secret(spec())
        self.assertEqual(secret["kind"], "Secret")
        self.assertEqual(secret["metadata"]["name"], "s")
        self.assertEqual(secret["metadata"]["namespace"], "app")
        self.assertEqual(secret["metadata"]["labels"], {"team": "blue"})
        self.assertEqual(secret["type"], "Opaque")
        self.assertEqual(secret["stringData"], {"user": "shop", "password": "p@ss"})
        self.assertNotIn("data", secret)

    def test_secret(self):
        secret = self.secret(spec(templates(k="{{ .user }}\n", empty="")), "--output=secret")
        decoded = {k: base64.b64decode(v) for k, v in secret["data"].items()}
        self.assertEqual(decoded, {"k": b"shop\n", "empty": b""})
        self.assertNotIn("stringData", secret)

    def test_what_is_no_text_stays_in_base64(self):
        secret = self.secret(spec(templates(k='{{ b64dec "/wA=" }}', text="t")))
        self.assertEqual(secret["data"], {"k": "/wA="})
        self.assertEqual(secret["stringData"], {"text": "t"})

    def test_files(self):
        out = self.render(spec(templates(a="1\n2\n", b="no line break")), "--output=files")
        self.assertEqual(
            out, b"==> a (4 bytes) <==\n1\n2\n\n==> b (13 bytes) <==\nno line break\n"
        )

    def test_key(self):
        self.assertEqual(self.render(spec(), "--key=password"), b"p@ss")
        said = self.render(spec(), "--key=absent", code=FAILED)
        self.assertIn("no key absent", said)

    def test_metadata_type_and_immutable(self):
        target = (
            "{immutable: true, name: other, template: {type: kubernetes.io/basic-auth,"
            " metadata: {labels: {user: '{{ .user }}'}, annotations: {note: fixed}}}}"
        )
        secret = self.secret(spec(target))
        self.assertEqual(
            secret["metadata"],
            {
                "name": "other",
                "namespace": "app",
                "labels": {"user": "shop"},
                "annotations": {"note": "fixed"},
            },
        )
        self.assertEqual(secret["type"], "kubernetes.io/basic-auth")
        self.assertIs(secret["immutable"], True)
        self.assertEqual(secret["stringData"], {"user": "shop", "password": "p@ss"})

    # Targets of other kinds

    def test_a_config_map(self):
        found = self.secret(spec("{name: settings, manifest: {apiVersion: v1, kind: ConfigMap}}"))
        self.assertEqual(found, {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "app", "labels": {"team": "blue"}},
            "data": {"user": "shop", "password": "p@ss"}})

    def test_a_custom_resource(self):
        fields = [("spec", "size: 9007199254740993"), ("spec.list[1].name", "{{ .user }}"),
                  ("spec.text", "'1'")]
        targets = ", ".join("{target: %s, literal: %s}" % (json.dumps(path), json.dumps(text))
                            for path, text in fields)
        target = ("{manifest: {apiVersion: example.org/v1, kind: Alert}, template: {templateFrom: "
                  f"[{targets}], metadata: {{labels: {{user: '{{{{ .user }}}}'}}}}}}}}")
        found = self.secret(spec(target))
        self.assertEqual(found["apiVersion"], "example.org/v1")
        self.assertEqual(found["metadata"]["labels"], {"user": "shop"})
        self.assertEqual(found["spec"], {"size": 9007199254740993, "text": "1",
                                         "list": [None, {"name": "shop"}]})
        self.assertEqual(set(found), {"apiVersion", "kind", "metadata", "spec"})
        before = {**found, "spec": {"size": 1, "list": [], "gone": {"a": 1}, "text": "1"},
                  "status": {"x": 1}}
        diff = f"--diff={self.put('before', yaml.safe_dump(before))}"
        out = self.render(spec(target), diff, code=DIFFERS).decode()
        self.assertEqual([line for line in out.splitlines() if line[0] in "+-~"],
                         ["- spec.gone", "~ spec.list", "~ spec.size"])
        same = f"--diff={self.put('before', yaml.safe_dump(found))}"
        self.assertEqual(self.render(spec(target), same), b"")

    # Where values and templates come from

    def test_values_for_any_version(self):
        manifests = spec().replace("property: user", 'property: user, version: "7"')
        self.assertEqual(self.secret(manifests)["stringData"]["user"], "shop")

    def test_values_take_the_place_of_any_store(self):
        manifests = spec() + STORE % ("SecretStore", "vault: {server: 'https://vault.invalid'}")
        self.assertEqual(self.secret(manifests)["stringData"]["user"], "shop")

    def test_values_of_a_fake_store(self):
        manifests = spec() + STORE % ("SecretStore", FAKE)
        self.assertEqual(self.secret(manifests, values=None)["stringData"]["user"], "fake")

    def test_other_stores_are_not_asked(self):
        manifests = spec() + STORE % ("SecretStore", "aws: {service: SecretsManager, region: r}")
        said = self.render(manifests, values=None, code=FAILED)
        self.assertIn("--data", said)

    def test_find(self):
        manifests = spec() + (
            "  dataFrom:\n  - find: {name: {regexp: '^oth'}}\n"
            "    rewrite: [{regexp: {source: '(.*)', target: 'found-$1'}}]\n"
        )
        self.assertEqual(self.secret(manifests)["stringData"]["found-other"], "words")

    def test_template_from_a_config_map(self):
        target = (
            "{template: {templateFrom: [{configMap: {name: texts, items: "
            "[{key: app.ini}, {key: flags, templateAs: KeysAndValues}]}},"
            " {literal: 'x: {{ .user | quote }}'}]}}"
        )
        secret = self.secret(spec(target) + CONFIG_MAP)
        want = {"app.ini": "user = shop\n", "verbose": "true", "quoted": "yes", "x": "shop"}
        self.assertEqual(secret["stringData"], want)

    def test_a_config_map_that_is_not_there(self):
        target = "{template: {templateFrom: [{configMap: {name: gone, items: [{key: a}]}}]}}"
        said = self.render(spec(target), code=FAILED)
        self.assertIn('ConfigMap "app/gone"', said)

    def test_a_folder(self):
        self.put("spec.yaml", spec(templates(k="{{ .user }}")))
        self.put("more.yaml", CONFIG_MAP)
        code, out, said = self.run_program(
            "-f", str(self.dir), f"--data={self.put('values', VALUES)}", "--key=k"
        )
        self.assertEqual((code, out, said), (OK, b"shop", ""))

    def test_one_of_several(self):
        several = spec(templates(k="one")) + "---" + spec(templates(k="two"), name="t")
        several += "---" + spec(templates(k="three"), ns="elsewhere")
        self.assertIn("--name", self.render(several, code=FAILED))
        self.assertEqual(self.render(several, "--name=t", "--key=k"), b"two")
        self.assertIn("--name", self.render(several, "--name=s", code=FAILED))
        one = ("--name=s", "--namespace=elsewhere", "--key=k")
        self.assertEqual(self.render(several, *one), b"three")
        self.assertIn("no such ExternalSecret", self.render(several, "--name=u", code=FAILED))

    # What differs

    def before(self, manifests, *args):
        return self.put("before.yaml", self.render(manifests, *args).decode())

    def test_no_difference(self):
        target = templates(k="{{ .user }}", binary='{{ b64dec "/wA=" }}')
        for output in ("text", "secret"):
            before = self.before(spec(target), f"--output={output}")
            self.assertEqual(self.render(spec(target), f"--diff={before}"), b"")

    def test_differences(self):
        before = self.before(spec(templates(same="s", gone="g", k="a\n{{ .user }}\nc\n")))
        manifests = spec(templates(same="s", new="n", k="a\n{{ .password }}\nc\n"))
        manifests = manifests.replace("{template: {", "{template: {metadata: {labels: {a: b}}, ")
        out = self.render(manifests, f"--diff={before}", code=DIFFERS)
        self.assertEqual(
            out.decode().splitlines(),
            [
                "+ metadata.labels.a",
                "- data.gone",
                "~ data.k",
                "    - shop",
                "    + p@ss",
                "+ data.new",
            ],
        )

    def test_type_differs_where_the_template_names_one(self):
        before = self.before(spec())
        typed = "{template: {type: kubernetes.io/basic-auth, metadata: {labels: {team: blue}}}}"
        out = self.render(spec(typed), f"--diff={before}", code=DIFFERS)
        self.assertEqual(out, b"~ type\n")
        before = self.before(spec(typed))
        self.assertEqual(self.render(spec(), f"--diff={before}"), b"")

    def test_what_a_cluster_adds_is_no_difference(self):
        secret = self.secret(spec(), "--output=secret")
        secret["metadata"].update(uid="u", resourceVersion="1", creationTimestamp="x")
        secret["metadata"]["labels"]["reconcile.external-secrets.io/managed"] = "true"
        secret["metadata"]["labels"]["lockstep.dev/managed"] = "true"
        secret["metadata"]["annotations"] = {
            "reconcile.external-secrets.io/data-hash": "h",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
        }
        before = self.put("before.yaml", yaml.safe_dump(secret))
        self.assertEqual(self.render(spec(), f"--diff={before}"), b"")
        secret["metadata"]["labels"]["other"] = "l"
        before = self.put("before.yaml", yaml.safe_dump(secret))
        out = self.render(spec(), f"--diff={before}", code=DIFFERS)
        self.assertEqual(out, b"- metadata.labels.other\n")

    def test_a_diff_with_what_is_no_secret(self):
        for text in ("[]", "data: {k: '%%%'}", "a: [", ""):
            before = self.put("before.yaml", text)
            self.render(spec(), f"--diff={before}", code=FAILED)

    # Options of the agent

    def test_delimiters(self):
        options = ("--template-left-delimiter=<<", "--template-right-delimiter=>>")
        self.assertEqual(self.value("<< .user >>{{ .user }}", *options), b"shop{{ .user }}")

    def test_pure_templates(self):
        for template, kind in (("{{ uuidv4 }}", "are random"), ("{{ now }}", "read the clock")):
            self.assertNotEqual(self.value(template), b"")
            self.refused(template, f"functions that {kind} are switched off", "--pure-templates")
        self.assertEqual(self.value("{{ .user }}", "--pure-templates"), b"shop")

    # What goes wrong

    def test_errors_name_the_place_and_no_value(self):
        self.refused("{{ .absent }}", 'template: k:1:3: executing "k" at <.absent>')
        self.refused("{{ .user", "template: k:1: ")
        self.refused("a\n{{ unheardOf }}", 'template: k:2: function "unheardOf" not defined')
        self.refused("{{ fail .password }}", "a message of 4 bytes")
        self.refused('{{ fail "p@ss" }}', "a message of 4 bytes")
        self.refused("{{ .user.name }}", "can't evaluate field name")

    def test_limits(self):
        self.refused('{{ repeat 2000000 "x" }}', "limit reached: ")
        endless = '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}'
        self.refused(endless, "limit reached: ")

    def test_a_missing_value_is_named(self):
        said = self.render(spec(), values="other: x", code=FAILED)
        self.assertIn("spec.data[0] (key: db): secret does not exist", said)

    def test_a_problem_of_the_manifest_is_named(self):
        said = self.render(spec("{unheardOf: 1}"), code=FAILED)
        self.assertIn("spec.target.unheardOf", said)
        self.render("a: [", code=FAILED)

    def test_values_that_are_no_map(self):
        for values in ("- a", "a: [", "", "text"):
            self.assertIn("--data", self.render(spec(), values=values, code=FAILED))

    def test_files_that_are_not_there(self):
        gone = str(self.dir / "gone.yaml")
        here = self.put("all.yaml", spec())
        for args in (["-f", gone], ["-f", here, f"--data={gone}"]):
            self.assertEqual(self.run_program(*args)[0], FAILED)
        self.render(spec(), f"--diff={gone}", code=FAILED)

    def test_a_file_that_would_be_passed_over(self):
        here = self.put("all.txt", spec())
        code, _, said = self.run_program("-f", here)
        self.assertEqual(code, FAILED)
        self.assertIn("all.txt: the name of a file of manifests must end in .yaml", said)

    def test_wrong_use(self):
        here = self.put("all.yaml", spec())
        for args in ([], ["-f"], ["-f", here, "--output=json"], ["-f", here, "--unheard-of"]):
            code, out, said = self.run_program(*args)
            self.assertEqual((code, out), (USAGE, b""), args)
            self.assertNotEqual(said, "", args)

    # docs/TEMPLATES.md and its example

    def test_the_example(self):
        values = EXAMPLE / "values/shop.yaml"
        code, out, said = self.run_program("-f", str(EXAMPLE), f"--data={values}")
        self.assertEqual((code, said), (OK, ""))
        secret = yaml.safe_load(out)
        texts = secret["stringData"]
        self.assertEqual(secret["metadata"]["labels"]["shop.example/user"], "shop")
        self.assertEqual(
            texts["url"], "postgres://shop:p%40ss%3Cword%3E@db.shop.svc:5432/shop"
        )
        self.assertEqual(base64.b64decode(texts["basic-auth"]), b"shop:p@ss<word>")
        self.assertEqual(
            texts["config.json"],
            '{"password":"p@ss\\u003cword\\u003e","pool":5,"user":"shop"}\n',
        )
        auth = base64.b64encode(b"shop:made-up-token").decode()
        self.assertEqual(
            texts[".dockerconfigjson"],
            '{"auths":{"registry.example":{"auth":"%s"}}}' % auth,
        )
        want = {"host-0": "a.example", "host-1": "b.example", "region": "eu-west-1"}
        want |= {"verbose": "true", "quoted": "yes", "mode": "416"}
        self.assertEqual({key: texts[key] for key in want}, want)
        self.assertIn('password = "p@ss<word>"\n', texts["app.ini"])

    def test_the_guide_s_commands(self):
        shown = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.S)
        script = "set -e\nlockstep() { \"$PROGRAM\" \"$@\"; }\n" + "".join(shown)
        (self.dir / "deploy").symlink_to(ROOT / "deploy")
        env = os.environ | {"PROGRAM": PROGRAM}
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.dir, env=env, capture_output=True, text=True
        )
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        self.assertGreaterEqual(len(shown), 2)
        self.assertTrue((self.dir / "before.yaml").read_text().startswith(done.stdout[:100]))

    def test_the_guide_s_table_of_yaml(self):
        """The left column of "Keys and values", read as YAML by the program, is the right one."""
        part = GUIDE.read_text().split("## Keys and values")[1].split("\n## ")[0]
        seen = 0
        for left, right in re.findall(r"^\| (.*?) \| (.*?) \|$", part, re.M):
            for text in re.findall(r"`([^`]+)`", left):
                target = "{template: {templateFrom: [{literal: %s}]}}" % yaml_text(f"k: {text}")
                want = {"as it is": text.strip('"'), "empty": ""}.get(right, right.strip("`"))
                self.assertEqual(self.render(spec(target), "--key=k").decode(), want, text)
                seen += 1
        self.assertGreater(seen, 10)

    def test_the_guide_s_functions(self):
        code, out, said = self.run_program("--functions")
        self.assertEqual((code, said), (OK, ""))
        begin, end = "<!-- functions: begin -->\n", "<!-- functions: end -->\n"
        guide = GUIDE.read_text()
        held = guide[guide.index(begin) + len(begin) : guide.index(end)]
        self.assertGreater(len(held), 10000)
        self.assertEqual(held, out.decode(), "tests/lint/update_guide.sh writes it anew")


if __name__ == "__main__":
    unittest.main()
