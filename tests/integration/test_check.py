"""`lockstep check -f` on files: that it agrees with the API server, what it prints, its exit codes.

The manifests that the API server is asked about in tests/e2e/test_external_secret_schema.py are
asked about here too: what one refuses the other must refuse, and for the same field.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = os.environ.get("LOCKSTEP", str(ROOT / "build/debug/lockstep"))
EXAMPLES = ROOT / "deploy/examples"

sys.path.insert(0, str(ROOT / "tests/e2e"))
# pylint: disable-next=wrong-import-position
from test_external_secret_schema import (ACCEPTED, GROUP, REFUSED, STORE,  # noqa: E402
                                         STORES_REFUSED)

OK, PROBLEMS, USAGE = 0, 1, 2

WORKS = {"secretStoreRef": {"name": "s"}, "data": [{"secretKey": "k", "remoteRef": {"key": "r"}}]}

# What the API server takes and the agent cannot do, and the field that is named.
NOT_DONE = {
    "no store": "spec.dataFrom[0].sourceRef.generatorRef",
    "data of a generator": "spec.data[0].sourceRef.generatorRef",
    "generator": "spec.dataFrom[0].sourceRef.generatorRef",
}


def external_secret(name="app", **spec):
    members = {key: value for key, value in {**WORKS, **spec}.items() if value is not None}
    return {"apiVersion": f"{GROUP}/v1", "kind": "ExternalSecret", "metadata": {"name": name},
            "spec": members}


def store(kind="SecretStore", **spec):
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": "s"},
            "spec": {**STORE, **spec}}


class CheckTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="lockstep-test."))
        self.addCleanup(shutil.rmtree, self.dir)

    def put(self, name, *objects):
        path = self.dir / name
        path.write_text(yaml.safe_dump_all(objects))
        return str(path)

    def run_program(self, *args, code, **options):
        """What it prints, and what it says on standard error."""
        done = subprocess.run([PROGRAM, "check", *args], capture_output=True, text=True,
                              timeout=60, check=False, **options)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def check(self, *objects, code=PROBLEMS):
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        out, err = self.run_program("-f", "-", code=code, input=text)
        self.assertEqual(err, "")
        return out

    # Beside the API server

    def test_what_is_accepted(self):
        for name, spec in ACCEPTED.items():
            with self.subTest(name):
                if name in NOT_DONE:
                    said = self.check(external_secret(**spec))
                    self.assertIn(f"ExternalSecret default/app: {NOT_DONE[name]} is not supported",
                                  said)
                else:
                    self.assertEqual(self.check(external_secret(**spec), code=OK), "")

    def test_what_is_refused(self):
        for name, (spec, want) in REFUSED.items():
            with self.subTest(name):
                said = self.check(external_secret(**spec))
                self.assertIn("-:1: ExternalSecret default/app: spec.", said)
                if " " not in want:  # a field, in place of a rule's sentence
                    self.assertIn(want, said)

    def test_stores(self):
        self.assertEqual(self.check(store("ClusterSecretStore"), code=OK), "")
        self.assertEqual(self.check(store(conditions=None), code=OK), "")
        for name, (spec, want) in STORES_REFUSED.items():
            for kind in ("SecretStore", "ClusterSecretStore"):
                with self.subTest(f"{kind}: {name}"):
                    self.assertIn(want, self.check(store(kind, **spec)))

    def test_every_rule_has_its_row(self):
        """Each x-kubernetes-validations of the definition is what some row is refused for."""
        wants = [want for _, want in REFUSED.values()]
        text = (ROOT / "deploy/crds/externalsecrets.yaml").read_text()
        schema = yaml.safe_load(text)["spec"]["versions"][0]["schema"]
        messages = set(rules(schema))
        self.assertGreater(len(messages), 10)
        for message in messages:
            self.assertTrue(any(want in message for want in wants if " " in want), message)

    # What is printed

    def test_a_folder_of_several_files(self):
        self.put("a.yaml", external_secret(targt={}), store(conditions=None))
        self.put("b.yml", external_secret("other", data=[
            {"secretKey": "k", "remoteRef": {"key": "r", "proprty": "p"}}]))
        (self.dir / "c.json").write_text("{")
        (self.dir / "values.txt").write_text("[")
        out, err = self.run_program("-f", str(self.dir), code=PROBLEMS)
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertTrue(lines[0].startswith("c.json: line 2, column 1: "), lines[0])
        self.assertEqual(lines[1:], [
            "a.yaml:1: ExternalSecret default/app: spec.targt is not supported, did you mean "
            "target?",
            "b.yml:1: ExternalSecret default/other: spec.data[0].remoteRef.proprty is not "
            "supported, did you mean property?"])

    def test_several_paths_are_looked_at_together(self):
        first = self.put("spec", external_secret())
        second = self.put("store", store(provider={"fake": {}}, conditions=None))
        self.run_program("-f", first, code=OK)
        out, _ = self.run_program("-f", first, f"--file={second}", code=PROBLEMS)
        self.assertEqual(out.splitlines(), [
            f'{first}:1: ExternalSecret default/app: store of spec.data[0]: SecretStore "s" '
            f"({second}:1) has problems of its own",
            f"{second}:1: SecretStore default/s: spec.provider.fake.data must be a list"])

    def test_delimiters(self):
        path = self.put("a.yaml", external_secret(target={"template": {"data": {"a": "<< .k"}}}))
        self.run_program("-f", path, code=OK)
        out, _ = self.run_program("-f", path, "--template-left-delimiter=<<",
                                  "--template-right-delimiter=>>", code=PROBLEMS)
        self.assertIn("spec.target.template.data.a: template: a:1: ", out)

    def test_values_are_not_told(self):
        canary = "zq7x5b1c"
        encoded = base64.b64encode(canary.encode()).decode()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"},
                  "data": {"a": encoded}, "stringData": {"b": "{{ " + canary}}
        spec = {"target": {"template": {"templateFrom": [
            {"secret": {"name": "c", "items": [{"key": "a"}, {"key": "b"}, {"key": "gone"}]}}]}}}
        fake = {"fake": {"data": [{"key": "a", "value": canary, "colour": canary}]}}
        said = self.check(secret, external_secret(**spec), store(provider=fake, conditions=None))
        self.assertIn('has no key "gone"', said)
        self.assertIn("spec.provider.fake.data[0].colour", said)
        self.assertNotIn(canary, said)
        self.assertNotIn(encoded, said)

    def test_the_examples(self):
        for folder in sorted({path.parent for path in EXAMPLES.rglob("*.yaml")}):
            if folder.name == "values":
                continue
            with self.subTest(folder.relative_to(ROOT)):
                self.run_program("-f", str(folder), code=OK)

    # Wrong use

    def test_exit_codes(self):
        here = self.put("a.yaml", external_secret())
        empty = self.dir / "empty"
        empty.mkdir()
        for args, code, words in (
                (["-f"], USAGE, "--file: has no value"), (["-f", here, "-f"], USAGE, "no value"),
                (["-f", here, "--workers=2"], USAGE, "unknown option --workers"),
                (["-f", here, "more"], USAGE, "no option"),
                (["-f", str(self.dir / "gone.yaml")], PROBLEMS, "gone.yaml"),
                (["-f", str(empty)], PROBLEMS, "there are no manifests")):
            with self.subTest(args):
                out, err = self.run_program(*args, code=code)
                self.assertEqual(out, "")
                self.assertIn(words, err)


def rules(schema):
    """The messages of all rules in a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from rules(item)
    elif isinstance(schema, dict):
        yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", ()))
        for item in schema.values():
            yield from rules(item)


if __name__ == "__main__":
    unittest.main()
