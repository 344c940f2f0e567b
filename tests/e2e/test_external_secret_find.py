"""dataFrom: find, extract and rewrite, from the store to the Secret."""
import json

from agent_fixture import CANARY
from external_secret_fixture import FakeCase, external_secret, store

FOUND = {"app/db": "one", "app/api": "two", "other": "three"}
OBJECTS = {"a": json.dumps({"x": 1, "same": "a"}), "b": json.dumps({"y": [1, 2], "same": "b"})}


def find(regexp, *rewrite, **more):
    return {"find": {"name": {"regexp": regexp}, **more},
            **({"rewrite": list(rewrite)} if rewrite else {})}


class FindTest(FakeCase):
    def setUp(self):
        super().setUp()
        self.apply(store(**FOUND), store("objects", **OBJECTS), store(
            "all", doc=json.dumps({"user": "ann", "n": 1.50, "no": None, "in": {"a": [1]}})))

    def give(self, name, *sources, **spec):
        self.apply(external_secret(name, dataFrom=list(sources), **spec))

    def test_find_and_its_keys(self):
        self.give("plain", find("^app/"))
        self.give("anywhere", find("p"))
        self.give("unicode", find("^app/", conversionStrategy="Unicode"))
        self.wait_secret("plain", app_db="one", app_api="two")
        self.wait_secret("anywhere", app_db="one", app_api="two")
        self.wait_secret("unicode", app_U002f_db="one", app_U002f_api="two")

    def test_extract_keeps_what_json_wrote_and_data_win(self):
        self.give("app", {"extract": {"key": "doc"}}, secretStoreRef={"name": "all"}, data=[
            {"secretKey": "user", "remoteRef": {"key": "doc", "property": "in.a.0"}}])
        found = dict(user="1", n="1.5", no="")
        self.wait(lambda: self.secret("app"), "the Secret")
        self.assertEqual({key: self.secret("app")[key] for key in found}, found)
        self.assertEqual(json.loads(self.secret("app")["in"]), {"a": [1]})

    def test_an_entry_with_a_store_of_its_own(self):
        self.give("app", {"extract": {"key": "doc", "property": "in"},
                          "sourceRef": {"storeRef": {"name": "all", "kind": "SecretStore"}}},
                  find("^other$"))
        self.wait_secret("app", a="[1]", other="three")

    def test_rewrite_regexp_and_transform(self):
        self.give("groups", find("^app/", {"regexp": {"source": "^app[/_](?P<n>.*)$",
                                                       "target": "my-${n}"}}))
        self.give("chain", find("^app/", {"regexp": {"source": "[/_]", "target": "."}},
                                {"transform": {"template": "{{ .value | upper }}"}}))
        self.wait_secret("groups", **{"my-db": "one", "my-api": "two"})
        self.wait_secret("chain", **{"APP.DB": "one", "APP.API": "two"})

    def test_rewrite_merge(self):
        of = {"secretStoreRef": {"name": "objects"}}
        merge = {"conflictPolicy": "Ignore"}
        self.give("extract", find(".", {"merge": merge}), **of)
        self.give("first", find(".", {"merge": {**merge, "priority": ["a"]}}), **of)
        self.give("json", find(".", {"merge": {**merge, "strategy": "JSON", "into": "all"}}), **of)
        self.wait_secret("extract", x="1", y="[1,2]", same="b")
        self.wait_secret("first", x="1", y="[1,2]", same="a")
        self.wait_secret("json", **OBJECTS, all='{"same":"b","x":1,"y":[1,2]}')

    def test_what_cannot_be_rewritten_is_named(self):
        rows = {
            "conflict": (find(".", {"merge": {}}), ("rewrite[0].merge", "same")),
            "priority": (find(".", {"merge": {"conflictPolicy": "Ignore", "priority": ["c"]}}),
                         ("rewrite[0].merge", '"c"')),
            "regexp": (find(".", {"regexp": {"source": "(", "target": "x"}}),
                       ("rewrite[0].regexp",)),
            "template": (find(".", {"merge": {"conflictPolicy": "Ignore"}},
                              {"transform": {"template": "{{ fail .value }}"}}),
                         ("rewrite[1].transform",)),
            "key": (find("^a$", {"regexp": {"source": "a", "target": "/"}}), ('"/"',)),
        }
        for name, (source, _) in rows.items():
            self.give(name, source, secretStoreRef={"name": "objects"})
        for name, (_, texts) in rows.items():
            with self.subTest(name):
                self.wait_ready(name, "False", "spec.dataFrom[0].find", *texts)
                self.assertIsNone(self.held(name))

    def test_decoding_and_null_bytes(self):
        self.apply(store("encoded", good="dHdv", zero="AAE=", bad=f"{CANARY}!"))

        rows = {"auto": {"key": "good", "decodingStrategy": "Auto"},
                "bad": {"key": "bad", "decodingStrategy": "Base64"},
                "zero": {"key": "zero", "decodingStrategy": "Base64", "nullBytePolicy": "Fail"}}
        for name, remote in rows.items():
            self.apply(external_secret(name, [{"secretKey": "k", "remoteRef": remote}],
                                       secretStoreRef={"name": "encoded"}))
        self.wait_secret("auto", k="two")
        self.wait_ready("bad", "False", "spec.data[0] (key: bad)")
        self.wait_ready("zero", "False", "null bytes")
