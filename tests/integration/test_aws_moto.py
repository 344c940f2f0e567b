"""AWS Secrets Manager and STS as moto plays them, with its signature and policy checks on.

moto checks each request's signature with botocore's own signer, so a mistake in ours is a refusal
here. The agent runs on a folder of manifests; what it has synced is looked at in its mirror.
"""
import functools
import json
import os
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from dir_agent import PROGRAM, DirAgent, wait_for

REGION = "eu-west-1"
SEEDS = Path(__file__).parent / "seeds"
TUTORIAL = SEEDS / "provider-tutorial.yaml"
ROLE = "arn:aws:iam::123456789012:role/reader"

PUSH = Path(PROGRAM).parent / "integration/store_push"
PUSH_RIGHTS = ("DescribeSecret", "GetSecretValue", "CreateSecret", "PutSecretValue", "TagResource",
               "UntagResource", "DeleteSecret", "ReplicateSecretToRegions",
               "RemoveRegionsFromReplication")
OWNER = {"Key": "managed-by", "Value": "external-secrets"}

CREDENTIALS = """
---
apiVersion: v1
kind: Secret
metadata: {name: %(name)s, namespace: app}
stringData: {id: "%(id)s", key: "%(key)s", token: "%(token)s"}
"""

STORE = """
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: app}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
%s
"""

SECRET_REF = """      auth:
        secretRef:
          accessKeyIDSecretRef: {name: %(name)s, key: id}
          secretAccessKeySecretRef: {name: %(name)s, key: key}
"""
TOKEN_REF = "          sessionTokenSecretRef: {name: %(name)s, key: token}\n"

SPEC = """
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s, namespace: app}
spec:
  refreshInterval: %s
  secretStoreRef: {name: aws}
%s
"""


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": "arn:aws:iam::123456789012:user/assumer"},
                "Condition": {"StringEquals": {"sts:ExternalId": "open-sesame"}},
            }
        ],
    }
)
ASSUME = f"      role: {ROLE}\n      externalID: open-sesame\n"


def policy(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Keys:
    """One set of AWS keys, and the manifests that hand it to a store."""

    def __init__(self, name, id, key, token=""):
        self.name, self.id, self.key, self.token = name, id, key, token

    def manifests(self, more=""):
        names = {"name": self.name, "id": self.id, "key": self.key, "token": self.token}
        auth = SECRET_REF + (TOKEN_REF if self.token else "")
        return CREDENTIALS % names + STORE % (auth % names + more)


def spec(name, *lines, refresh="1h"):
    return SPEC % (name, refresh, "\n".join("  " + line for line in lines))


def data(*entries):
    return ["data:"] + [f"- {{secretKey: {k}, remoteRef: {{{ref}}}}}" for k, ref in entries]


class Moto:
    """moto with users, a role and secrets, and from then on with its checks on."""

    def __init__(self):
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.verify(False)
        self.make_users()
        self.make_secrets()
        self.verify(True)
        self.admin = self.client("secretsmanager", self.users["admin"])

    def client(self, service, keys=None):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys.id if keys else "x",
            aws_secret_access_key=keys.key if keys else "x",
        )

    def verify(self, on):
        body = b"0" if on else b"1000000"
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", body, {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def make_users(self):
        iam = self.client("iam")
        rights = {
            "admin": policy("*"),
            "batch": policy("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"),
            "single": policy("secretsmanager:GetSecretValue"),
            "finder": policy(
                "secretsmanager:GetSecretValue",
                "secretsmanager:BatchGetSecretValue",
                "secretsmanager:ListSecrets",
                "secretsmanager:DescribeSecret",
            ),
            "lister": policy("secretsmanager:GetSecretValue", "secretsmanager:ListSecrets"),
            "pusher": policy(*(f"secretsmanager:{right}" for right in PUSH_RIGHTS)),
            "nothing": policy("s3:ListBuckets"),
            "assumer": policy("sts:AssumeRole"),
        }
        self.users = {}
        for name, document in rights.items():
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
            made = iam.create_access_key(UserName=name)["AccessKey"]
            self.users[name] = Keys(name, made["AccessKeyId"], made["SecretAccessKey"])
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=rights["batch"])

    def make_secrets(self):
        self.plain = self.client("secretsmanager")
        values = {
            "text": "s3cret",
            "json": json.dumps({"user": "u", "tls.crt": "dotted", "deep": {"port": 5432}}),
            "prod/db": "with prefix",
        }
        self.arns = {}
        for name, value in values.items():
            made = self.plain.create_secret(Name=name, SecretString=value)
            self.arns[name] = made["ARN"]
        self.plain.create_secret(Name="binary", SecretBinary=b"\x00\xff\n")
        self.plain.create_secret(Name="versions", SecretString="old")
        self.old = self.plain.get_secret_value(SecretId="versions")["VersionId"]
        self.plain.put_secret_value(SecretId="versions", SecretString="new")
        self.plain.create_secret(Name="doomed", SecretString="x")
        self.plain.delete_secret(SecretId="doomed")
        for i in range(25):
            self.plain.create_secret(Name=f"n{i}", SecretString=f"value {i}")
        for i in range(120):
            tags = [{"Key": "team", "Value": "blue" if i % 2 else "red"}]
            if i < 3:
                tags.append({"Key": "tier", "Value": "<gold>"})
            self.plain.create_secret(
                Name=f"shop/{i:03}/key", SecretString=f"shop value {i}", Tags=tags
            )
        self.plain.create_secret(
            Name="app-secret", SecretString='{"username":"bob","password":"abc123xyz456"}'
        )
        self.plain.create_secret(Name="remote-key-in-the-provider", SecretString='{"a":"1"}')
        self.plain.create_secret(
            Name="provider-key", SecretString='{"provider-key-property":"from the tutorial"}'
        )
        self.plain.put_secret_value(
            SecretId="provider-key",
            SecretString='{"provider-key-property":"of another version"}',
        )
        first = self.plain.list_secret_version_ids(SecretId="provider-key")["Versions"]
        old = next(v["VersionId"] for v in first if "AWSPREVIOUS" in v["VersionStages"])
        self.plain.update_secret_version_stage(
            SecretId="provider-key", VersionStage="provider-key-version", MoveToVersionId=old
        )

    def stop(self):
        self.server.stop()


@functools.cache
def moto():
    """The one of this module: all that moto knows is the process's."""
    made = Moto()
    unittest.addModuleCleanup(made.stop)
    return made


class AwsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = moto()

    def agent(self, keys, *specs, more="", env=None):
        endpoint = {"AWS_ENDPOINT_URL": self.moto.url}
        return DirAgent(keys.manifests(more) + "".join(specs), endpoint | (env or {}))

    def user(self, name):
        return self.moto.users[name]

    def synced(self, keys, entries, **options):
        with self.agent(keys, spec("s", *data(*entries)), **options) as agent:
            return agent.secret("app", "s")

    def refused(self, keys, entries, text, **options):
        """The condition says text, there is no Secret, and no value is in the log."""
        with self.agent(keys, spec("s", *data(*entries)), **options) as agent:
            agent.failure("app", "s", text)
            self.assertIsNone(agent.data("app", "s"))
            self.assertNotIn("s3cret", agent.log_text())
            self.assertNotIn(keys.key, agent.log_text())

    def test_operator_tutorial(self):
        keys = self.user("single")
        manifests = (SEEDS / "operator-tutorial.yaml").read_text()
        for placeholder, value in (
            ("us-east-1", REGION),
            ("SECRET_KEY", keys.key),
            ("ACCESS_KEY", keys.id),
        ):
            manifests = manifests.replace(placeholder, value)
        with DirAgent(manifests, {"AWS_ENDPOINT_URL": self.moto.url}) as agent:
            want = {"username": b"bob", "password": b"abc123xyz456"}
            self.assertEqual(agent.secret("app", "app-secret"), want)
            store = "global-secret-store.ClusterSecretStore.status.json"
            status = wait_for("the store's status", lambda: agent.read("", store))
            self.assertEqual(status["conditions"][0]["message"], "store validated")

    def test_other_dialect_is_named(self):
        manifests = (SEEDS / "kubernetes-external-secrets.yaml").read_text()
        with DirAgent(manifests) as agent:
            said = "apiVersion kubernetes-client.io/v1 is not supported"
            wait_for("the warning", lambda: said in agent.log_text())

    def test_text_binary_and_properties(self):
        entries = [
            ("text", "key: text"),
            ("binary", "key: binary"),
            ("property", "key: json, property: user"),
            ("dotted", "key: json, property: tls.crt"),
            ("deep", "key: json, property: deep.port"),
            ("arn", f'key: "{self.moto.arns["text"]}"'),
        ]
        want = {
            "text": b"s3cret",
            "binary": b"\x00\xff\n",
            "property": b"u",
            "dotted": b"dotted",
            "deep": b"5432",
            "arn": b"s3cret",
        }
        self.assertEqual(self.synced(self.user("batch"), entries), want)

    def test_extract(self):
        lines = ["dataFrom:", "- {extract: {key: json}}"]
        with self.agent(self.user("batch"), spec("s", *lines)) as agent:
            values = agent.secret("app", "s")
        self.assertEqual(values, {"user": b"u", "tls.crt": b"dotted", "deep": b'{"port": 5432}'})

    def test_versions(self):
        entries = [
            ("newest", "key: versions"),
            ("stage", "key: versions, version: AWSPREVIOUS"),
            ("id", f"key: versions, version: uuid/{self.moto.old}"),
        ]
        want = {"newest": b"new", "stage": b"old", "id": b"old"}
        self.assertEqual(self.synced(self.user("batch"), entries), want)

    def test_prefix(self):
        values = self.synced(self.user("batch"), [("k", "key: db")], more="      prefix: prod/\n")
        self.assertEqual(values, {"k": b"with prefix"})

    def found(self, keys, find, calls, *rewrite, **options):
        """What one find gives, which must take exactly these calls."""
        lines = ["dataFrom:", f"- find: {{{find}}}", *rewrite]
        with self.agent(keys, spec("s", *lines), **options) as agent:
            values = agent.secret("app", "s")
            for operation in ("ListSecrets", "BatchGetSecretValue", "GetSecretValue"):
                self.assertEqual(agent.calls(operation), calls.get(operation, 0), operation)
        return values

    def test_find_by_name(self):
        values = self.found(
            self.user("finder"),
            "name: {regexp: '/0[0-4][0-9]/k'}",
            {"ListSecrets": 2, "BatchGetSecretValue": 3},
        )
        self.assertEqual(
            values, {f"shop_{i:03}_key": f"shop value {i}".encode() for i in range(50)}
        )

    def test_find_by_name_without_the_right_to_batches(self):
        values = self.found(
            self.user("lister"),
            "name: {regexp: '^shop/00[0-4]'}",
            {"ListSecrets": 2, "GetSecretValue": 5},
        )
        self.assertEqual(
            values, {f"shop_{i:03}_key": f"shop value {i}".encode() for i in range(5)}
        )

    def test_find_by_name_without_the_right_to_list(self):
        lines = ["dataFrom:", "- find: {name: {regexp: shop}}"]
        with self.agent(self.user("batch"), spec("s", *lines)) as agent:
            agent.failure("app", "s", "spec.dataFrom[0].find: ListSecrets: AccessDenied")

    def test_find_by_path_is_not_listed_and_not_prefixed(self):
        values = self.found(
            self.user("finder"),
            "path: shop/",
            {"BatchGetSecretValue": 6},
            more="      prefix: p/\n",
        )
        self.assertEqual(len(values), 120)
        self.assertEqual(values["shop_119_key"], b"shop value 119")

    def test_find_by_path_and_name(self):
        values = self.found(
            self.user("finder"),
            "path: shop/, name: {regexp: '/1.[89]/'}",
            {"BatchGetSecretValue": 6},
        )
        self.assertEqual(set(values), {f"shop_{i}_key" for i in (108, 109, 118, 119)})

    def test_find_by_tags(self):
        values = self.found(
            self.user("finder"), "tags: {team: red, tier: <gold>}", {"BatchGetSecretValue": 1}
        )
        self.assertEqual(values, {"shop_000_key": b"shop value 0", "shop_002_key": b"shop value 2"})

    def test_find_by_name_and_tags_needs_no_more_rights_than_by_name(self):
        values = self.found(
            self.user("lister"),
            "name: {regexp: '/00[0-1]/'}, tags: {team: red, tier: <gold>}",
            {"ListSecrets": 1, "GetSecretValue": 1},
        )
        self.assertEqual(values, {"shop_000_key": b"shop value 0"})

    def test_find_with_rewrite(self):
        values = self.found(
            self.user("finder"),
            "path: shop/00",
            {"BatchGetSecretValue": 1},
            "  rewrite:",
            '  - regexp: {source: "shop/0*([0-9]+)/(?P<what>.*)", target: "${what}-$1"}',
        )
        self.assertEqual(values, {f"key-{i}": f"shop value {i}".encode() for i in range(10)})

    def test_what_is_found_is_cached_together(self):
        lines = ["dataFrom:", "- find: {path: shop/00}", "- find: {path: shop/00}"]
        with self.agent(self.user("finder"), spec("s", *lines)) as agent:
            self.assertEqual(len(agent.secret("app", "s")), 10)
            self.assertEqual(agent.calls("BatchGetSecretValue"), 1)
            self.assertEqual(agent.saved("flight"), 1)

    def test_metadata_of_data_and_extract(self):
        lines = data(
            ("all", "key: shop/000/key, metadataPolicy: Fetch"),
            ("one", "key: shop/000/key, metadataPolicy: Fetch, property: team"),
            ("value", "key: shop/000/key"),
        ) + ["dataFrom:", "- {extract: {key: shop/001/key, metadataPolicy: Fetch}}"]
        with self.agent(self.user("finder"), spec("s", *lines)) as agent:
            values = agent.secret("app", "s")
            self.assertEqual(agent.calls("DescribeSecret"), 2)
        want = {
            "all": b'{"team":"red","tier":"\\u003cgold\\u003e"}',
            "one": b"red",
            "value": b"shop value 0",
            "team": b"blue",
            "tier": b"<gold>",
        }
        self.assertEqual(values, want)

    def test_metadata_with_prefix_and_without_the_right(self):
        entries = [("k", "key: 000/key, metadataPolicy: Fetch, property: team")]
        prefix = "      prefix: shop/\n"
        self.assertEqual(self.synced(self.user("finder"), entries, more=prefix), {"k": b"red"})
        want = "spec.data[0] (key: 000/key): DescribeSecret: AccessDenied"
        self.refused(self.user("batch"), entries, want, more=prefix)

    def test_the_tutorial_s_manifests(self):
        keys = self.user("batch")
        manifests = TUTORIAL.read_text().replace("us-east-1", REGION)
        manifests = manifests.replace("SECRET_KEY", keys.key).replace("ACCESS_KEY", keys.id)
        manifests = manifests.replace("EXPRESS_HOST", "http://127.0.0.1:1")
        with DirAgent(manifests, {"AWS_ENDPOINT_URL": self.moto.url}) as agent:
            values = agent.secret("default", "secret-to-be-created")
        self.assertEqual(
            values, {"secret-key-to-be-managed": b"from the tutorial", "a": b"1"}
        )

    def test_rotation(self):
        self.moto.admin.create_secret(Name="rotating", SecretString="first")
        rotating = spec("s", *data(("k", "key: rotating")), refresh="1s")
        with self.agent(self.user("batch"), rotating) as agent:
            self.assertEqual(agent.secret("app", "s"), {"k": b"first"})
            self.moto.admin.put_secret_value(SecretId="rotating", SecretString="second")
            wait_for("rotation", lambda: agent.data("app", "s") == {"k": b"second"})

    def test_a_wrong_key_is_a_condition(self):
        right = self.user("batch")
        wrong = Keys("wrong", right.id, "w" * 40)
        want = "spec.data[0] (key: text): GetSecretValue: SignatureDoesNotMatch"
        self.refused(wrong, [("k", "key: text")], want)

    def test_an_unknown_key_is_a_condition(self):
        unknown = Keys("unknown", "AKIAUNKNOWN", "w" * 40)
        want = "GetSecretValue: InvalidClientTokenId, HTTP status 403"
        self.refused(unknown, [("k", "key: text")], want)

    def test_a_missing_right_is_a_condition(self):
        self.refused(self.user("nothing"), [("k", "key: text")], "GetSecretValue: AccessDenied")

    def test_what_is_not_there_is_named(self):
        for key in ("unheard-of", "doomed"):
            entries = [("t", "key: text"), ("k", f"key: {key}")]
            want = f"spec.data[1] (key: {key}): secret does not exist"
            self.refused(self.user("batch"), entries, want)

    def test_what_is_not_there_is_left_out_under_delete(self):
        lines = data(("t", "key: text"), ("k", "key: unheard-of"), ("d", "key: doomed"))
        lines.append("target: {deletionPolicy: Delete}")
        with self.agent(self.user("batch"), spec("s", *lines)) as agent:
            self.assertEqual(agent.secret("app", "s"), {"t": b"s3cret"})

    def test_one_batch_for_twenty(self):
        entries = [(f"k{i}", f"key: n{i}") for i in range(20)]
        with self.agent(self.user("batch"), spec("s", *data(*entries))) as agent:
            values = agent.secret("app", "s")
            self.assertEqual(agent.calls("BatchGetSecretValue"), 1)
            self.assertEqual(agent.calls("GetSecretValue"), 0)
            self.assertEqual(agent.saved("batch"), 19)
        self.assertEqual(values, {f"k{i}": f"value {i}".encode() for i in range(20)})

    def test_two_batches_for_more(self):
        entries = [(f"k{i}", f"key: n{i}") for i in range(25)]
        with self.agent(self.user("batch"), spec("s", *data(*entries))) as agent:
            self.assertEqual(len(agent.secret("app", "s")), 25)
            self.assertEqual(agent.calls("BatchGetSecretValue"), 2)
            self.assertEqual(agent.calls("GetSecretValue"), 0)

    def test_one_key_many_times_is_one_call(self):
        entries = [(f"k{i}", "key: json, property: user") for i in range(5)]
        with self.agent(self.user("batch"), spec("s", *data(*entries))) as agent:
            self.assertEqual(agent.secret("app", "s"), {f"k{i}": b"u" for i in range(5)})
            self.assertEqual(agent.calls("GetSecretValue"), 1)
            self.assertEqual(agent.saved("flight"), 4)

    def test_a_denied_batch_falls_back_and_is_remembered(self):
        entries = [(f"k{i}", f"key: n{i}") for i in range(4)]
        again = spec("s", *data(*entries), refresh="1s")
        with self.agent(self.user("single"), again) as agent:
            self.assertEqual(len(agent.secret("app", "s")), 4)
            wait_for("a refresh", lambda: agent.calls("GetSecretValue") >= 8)
            self.assertEqual(agent.calls("BatchGetSecretValue", "error"), 1)
            self.assertEqual(agent.calls("BatchGetSecretValue"), 0)

    def test_an_assumed_role(self):
        with self.agent(
            self.user("assumer"),
            spec("s", *data(("k", "key: text")), refresh="1s"),
            more=ASSUME,
        ) as agent:
            self.assertEqual(agent.secret("app", "s"), {"k": b"s3cret"})
            wait_for("a refresh", lambda: agent.calls("GetSecretValue") >= 2)
            self.assertEqual(agent.calls("AssumeRole"), 1)

    def test_a_role_that_may_not_be_assumed(self):
        want = f"role {ROLE}: AssumeRole: AccessDenied"
        self.refused(self.user("nothing"), [("k", "key: text")], want, more=ASSUME)

    def test_a_wrong_external_id(self):
        want = f"role {ROLE}: AssumeRole: AccessDenied"
        more = ASSUME.replace("sesame", "barley")
        self.refused(self.user("assumer"), [("k", "key: text")], want, more=more)

    def test_a_session_token(self):
        sts = self.moto.client("sts", self.user("assumer"))
        made = sts.assume_role(
            RoleArn=ROLE, RoleSessionName="test", ExternalId="open-sesame"
        )["Credentials"]
        session = Keys(
            "session", made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]
        )
        self.assertEqual(self.synced(session, [("k", "key: text")]), {"k": b"s3cret"})
        forged = Keys("forged", session.id, session.key, "f" + session.token)
        self.refused(forged, [("k", "key: text")], "GetSecretValue: InvalidClientTokenId")

    def test_keys_of_the_environment(self):
        keys = self.user("batch")
        env = {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.moto.url,
            "AWS_ACCESS_KEY_ID": keys.id,
            "AWS_SECRET_ACCESS_KEY": keys.key,
        }
        manifests = STORE % "" + spec("s", *data(("k", "key: text")))
        with DirAgent(manifests, env) as agent:
            self.assertEqual(agent.secret("app", "s"), {"k": b"s3cret"})
        with DirAgent(manifests, {}) as agent:
            agent.failure("app", "s", "no credentials")

    def test_another_namespace_s_keys_are_refused(self):
        keys = self.user("batch")
        manifests = keys.manifests().replace(
            "{name: batch, key: id}", "{name: batch, key: id, namespace: other}"
        )
        with DirAgent(manifests + spec("s", *data(("k", "key: text")))) as agent:
            agent.failure("app", "s", "must be the SecretStore's own namespace")

    def test_mended_credentials_are_taken_up(self):
        right = self.user("batch")
        wrong = Keys("batch", right.id, "w" * 40)
        with self.agent(wrong, spec("s", *data(("k", "key: text")), refresh="1s")) as agent:
            agent.failure("app", "s", "SignatureDoesNotMatch")
            agent.put("all.yaml", right.manifests() + spec("s", *data(("k", "key: text"))))
            wait_for("the Secret", lambda: agent.data("app", "s") == {"k": b"s3cret"})


def metadata(**spec):
    return json.dumps({
        "apiVersion": "kubernetes.external-secrets.io/v1alpha1",
        "kind": "PushSecretMetadata",
        "spec": spec,
    })


class PushTest(unittest.TestCase):
    """A store is written to as a PushSecret does it, and what is there then is looked at."""

    @classmethod
    def setUpClass(cls):
        cls.moto = moto()

    def run_tool(self, what, key, value, property, metadata, user, more):
        keys = self.moto.users[user]
        env = {
            "AWS_ENDPOINT_URL": self.moto.url,
            "AWS_ACCESS_KEY_ID": keys.id,
            "AWS_SECRET_ACCESS_KEY": keys.key,
        }
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as store:
            store.write(STORE % more)
            store.flush()
            done = subprocess.run(
                [PUSH, what, store.name, key, property, metadata],
                input=value, stdout=subprocess.PIPE, env=env, timeout=60, check=False,
            )
        return done.stdout.decode().strip()

    def push(self, key, value, property="", metadata="", what="push", user="pusher", more=""):
        return self.run_tool(what, key, value, property, metadata, user, more)

    def remove(self, key, property="", user="pusher", more=""):
        return self.run_tool("remove", key, b"", property, "", user, more)

    def value(self, key):
        found = self.moto.admin.get_secret_value(SecretId=key)
        return found.get("SecretString", found.get("SecretBinary"))

    def described(self, key):
        return self.moto.admin.describe_secret(SecretId=key)

    def versions(self, key):
        return self.moto.admin.list_secret_version_ids(
            SecretId=key, IncludeDeprecated=True)["Versions"]

    def tags(self, key):
        return {tag["Key"]: tag["Value"] for tag in self.described(key)["Tags"]}

    def is_gone(self, key):
        try:
            self.described(key)
        except self.moto.admin.exceptions.ResourceNotFoundException:
            return True
        return False

    def test_a_new_secret(self):
        self.assertEqual(self.push("push/new", b"\x00\xff"), "done")
        made = self.described("push/new")
        self.assertEqual(self.value("push/new"), b"\x00\xff")
        self.assertEqual(made["Tags"], [OWNER])
        self.assertEqual(made["Description"], "secret 'managed-by:external-secrets'")

    def test_a_new_secret_as_its_metadata_wants_it(self):
        wish = metadata(tags={"team": "<red>"}, description="d", kmsKeyID="alias/k",
                        secretPushFormat="string")
        self.assertEqual(self.push("meta", b'"s\n', metadata=wish, more="      prefix: p/\n"),
                         "done")
        made = self.described("p/meta")
        self.assertEqual(self.value("p/meta"), '"s\n')
        self.assertEqual(self.tags("p/meta"), {"team": "<red>", "managed-by": "external-secrets"})
        self.assertEqual((made["Description"], made["KmsKeyId"]), ("d", "alias/k"))

    def test_only_another_value_is_another_version(self):
        for value, n in ((b"one", 1), (b"one", 1), (b"two", 2), (b"two", 2), (b"one", 3)):
            self.assertEqual(self.push("push/again", value), "done")
            self.assertEqual(self.value("push/again"), value)
            self.assertEqual(len(self.versions("push/again")), n)

    def test_a_secret_without_a_value(self):
        self.moto.admin.create_secret(Name="push/empty", Tags=[OWNER])
        self.assertEqual(self.push("push/empty", b"v"), "done")
        self.assertEqual(self.value("push/empty"), b"v")

    def test_properties_beside_others(self):
        text = '{"z": 1.10, "user": "old", "deep": {"a": [1]}}'
        self.moto.admin.create_secret(Name="push/json", SecretString=text, Tags=[OWNER])
        string = metadata(secretPushFormat="string")
        for property, value in (("user", b"new"), ("deep.b", b"x"), ("tls\\.crt", b"c")):
            self.assertEqual(self.push("push/json", value, property, string), "done")
        self.assertEqual(
            self.value("push/json"),
            '{"z": 1.10, "user": "new", "deep": {"a": [1],"b":"x"},"tls.crt":"c"}',
        )
        for property in ("user", "deep", "tls\\.crt", "none"):
            self.assertEqual(self.remove("push/json", property), "done")
        self.assertEqual(self.value("push/json"), '{"z":1.10}')
        self.assertEqual(
            self.remove("push/json", "z", more=self.at_once()), "done")
        self.assertTrue(self.is_gone("push/json"))

    def test_a_property_of_what_is_no_json(self):
        self.moto.admin.create_secret(Name="push/text", SecretString="s3cret", Tags=[OWNER])
        said = self.push("push/text", b"v", "user")
        self.assertIn('remoteRef.property "user": the secret is not JSON', said)
        self.assertNotIn("s3cret", said)
        self.assertEqual(self.value("push/text"), "s3cret")

    def test_another_tool_s_secret_is_left_alone(self):
        said = self.push("text", b"mine")
        self.assertEqual(said, 'conflict: SecretStore "app/aws": secret not managed by '
                               "external-secrets: it lacks the tag managed-by=external-secrets")
        self.assertEqual(self.remove("text"), "done")
        self.assertEqual(self.remove("json", "user"), "done")
        self.assertEqual(self.value("text"), "s3cret")
        self.assertIn("user", self.value("json"))

    def test_only_if_absent(self):
        for value in (b"first", b"second"):
            self.assertEqual(self.push("push/once", value, what="push-if-absent"), "done")
        self.assertEqual(self.value("push/once"), b"first")
        self.assertEqual(self.push("text", b"mine", what="push-if-absent"), "done")

    def test_tags_are_brought_in_line(self):
        self.assertEqual(self.push("push/tags", b"v"), "done")
        self.moto.admin.tag_resource(SecretId="push/tags", Tags=[{"Key": "by", "Value": "hand"}])
        self.assertEqual(self.push("push/tags", b"v"), "done")
        self.assertEqual(self.tags("push/tags")["by"], "hand")
        for tags in ({"a": "1", "b": "2"}, {"a": "3"}):
            self.assertEqual(self.push("push/tags", b"v", metadata=metadata(tags=tags)), "done")
            self.assertEqual(self.tags("push/tags"), tags | {"managed-by": "external-secrets"})
        self.assertEqual(len(self.versions("push/tags")), 1)

    def test_replicas_are_brought_in_line(self):
        def replicas():
            return {at["Region"] for at in self.described("push/far").get("ReplicationStatus", [])}

        for regions in (["eu-west-2"], ["eu-west-2", "eu-west-3"], ["eu-west-3"], []):
            wish = metadata(replicationLocations=regions)
            self.assertEqual(self.push("push/far", b"v", metadata=wish), "done")
            self.assertEqual(replicas(), set(regions))
        wish = metadata(replicationLocations=["eu-west-2"])
        self.assertEqual(self.push("push/far", b"v", metadata=wish), "done")
        self.assertEqual(self.push("push/far", b"w"), "done")
        self.assertEqual(replicas(), {"eu-west-2"})
        self.assertEqual(self.remove("push/far", more=self.at_once()), "done")
        self.assertTrue(self.is_gone("push/far"))

    def at_once(self):
        return "      secretsManager: {forceDeleteWithoutRecovery: true}\n"

    def test_removal_with_a_window(self):
        self.assertEqual(self.remove("push/never"), "done")
        self.assertEqual(self.push("push/doomed", b"v"), "done")
        window = "      secretsManager: {recoveryWindowInDays: 7}\n"
        for _ in range(2):
            self.assertEqual(self.remove("push/doomed", more=window), "done")
        self.assertIn("DeletedDate", self.described("push/doomed"))
        self.assertIn("conflict: ", self.push("push/doomed", b"v"))
        self.assertIn("the secret is scheduled for deletion", self.push("push/doomed", b"v"))
        self.moto.admin.restore_secret(SecretId="push/doomed")
        self.assertEqual(self.push("push/doomed", b"w"), "done")
        self.assertEqual(self.value("push/doomed"), b"w")

    def test_removal_at_once(self):
        self.assertEqual(self.push("push/short", b"v"), "done")
        self.assertEqual(self.remove("push/short", more=self.at_once()), "done")
        self.assertTrue(self.is_gone("push/short"))

    def test_a_missing_right_is_named(self):
        for user, want in (
            ("nothing", "denied: SecretStore \"app/aws\": DescribeSecret: AccessDenied"),
            ("finder", "denied: SecretStore \"app/aws\": CreateSecret: AccessDenied"),
        ):
            self.assertIn(want, self.push("push/denied", b"s3cret", user=user))
        self.assertTrue(self.is_gone("push/denied"))


if __name__ == "__main__":
    unittest.main()
