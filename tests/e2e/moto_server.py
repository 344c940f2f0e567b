"""moto_server.py HOST PORT STATE KEYS: moto that has its users and secrets before it listens.

Every request is checked: its signature, and whether its user may do that. STATE is a JSON file
{"region": R, "policies": {USER: [ACTION...]}, "secrets": {NAME: TEXT}}; KEYS is written as
{USER: [ID, KEY]} and is the same after each start. Runs under the Python of tests/setup/env.sh.
"""
import json
import os
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import main

SEED = 7


def make_user(iam, user, actions):
    policy = {"Version": "2012-10-17",
              "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
    iam.create_user(region_name="us-east-1", user_name=user)
    iam.put_user_policy(user, "all", json.dumps(policy))
    key = iam.create_access_key(user)
    return key.access_key_id, key.secret_access_key


def make_secret(manager, name, text):
    manager.create_secret(name=name, secret_string=text, secret_binary=None, description=None,
                          tags=None, kms_key_id=None, client_request_token=None,
                          replica_regions=[], force_overwrite=False)


def prepare(state):
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    manager = secretsmanager_backends[DEFAULT_ACCOUNT_ID][state["region"]]
    mock_random.seed(SEED)
    keys = {user: make_user(iam, user, actions) for user, actions in state["policies"].items()}
    for name, text in state["secrets"].items():
        make_secret(manager, name, text)
    return keys


def serve(host, port, state, keys):
    with open(state, encoding="utf-8") as file:
        made = prepare(json.load(file))
    with open(keys, "w", encoding="utf-8") as file:
        json.dump(made, file)
    main(["-H", host, "-p", port])


if __name__ == "__main__":
    serve(*sys.argv[1:])
