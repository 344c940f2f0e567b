#!/usr/bin/env python3
"""Write botocore.txt: signing cases of our own, signed by botocore as the second opinion.

Needs botocore; the unit test needs only the file that this writes.
"""

import calendar
import datetime
import hashlib
import pathlib
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEXAMPLE//////////wEaDExampleToken+with/slashes=="
WHEN = datetime.datetime(2026, 2, 28, 23, 59, 58)
JSON_HEADERS = [("Content-Type", "application/x-amz-json-1.1")]
FORM_HEADERS = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
SM = ("secretsmanager", "eu-west-1", "secretsmanager.eu-west-1.amazonaws.com")
SSM = ("ssm", "us-east-1", "ssm.us-east-1.amazonaws.com")
STS = ("sts", "cn-north-1", "sts.cn-north-1.amazonaws.com.cn")
API = ("execute-api", "us-west-2", "abc123.execute-api.us-west-2.amazonaws.com")


def target(name):
    return JSON_HEADERS + [("X-Amz-Target", name)]


# name, (service, region, host), method, path, query, headers, body, has token
CASES = [
    ("sm-get-secret-value", SM, "POST", "/", "", target("secretsmanager.GetSecretValue"),
     '{"SecretId":"prod/db","VersionStage":"AWSCURRENT"}', False),
    ("sm-get-secret-value-token", SM, "POST", "/", "", target("secretsmanager.GetSecretValue"),
     '{"SecretId":"prod/db"}', True),
    ("sm-batch-get", SM, "POST", "/", "", target("secretsmanager.BatchGetSecretValue"),
     '{"SecretIdList":["a","b/c","d e"]}', True),
    ("ssm-get-parameters", SSM, "POST", "/", "", target("AmazonSSM.GetParameters"),
     '{"Names":["/app/user","/app/pass"],"WithDecryption":true}', False),
    ("sts-get-caller-identity", STS, "POST", "/", "", FORM_HEADERS,
     "Action=GetCallerIdentity&Version=2011-06-15", False),
    ("sts-assume-role-token", STS, "POST", "/", "", FORM_HEADERS,
     "Action=AssumeRole&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx"
     "&RoleSessionName=lockstep&Version=2011-06-15", True),
    ("sts-server-id-header", STS, "POST", "/", "",
     FORM_HEADERS + [("X-Vault-AWS-IAM-Server-ID", "vault.example.com")],
     "Action=GetCallerIdentity&Version=2011-06-15", True),
    ("empty-body-post", API, "POST", "/stage/empty", "", [], "", False),
    ("get-with-port", ("service", "us-east-1", "example.com:8443"), "GET", "/", "", [], "", False),
    ("query-unsorted", API, "GET", "/stage", "b=2&a=1&c=3&A=0&a=0", [], "", False),
    ("query-prefix-names", API, "GET", "/stage", "ab=1&a=2&a-b=3&a.b=4&a_b=5", [], "", False),
    ("query-no-value", API, "GET", "/stage", "flag=&other=x", [], "", False),
    ("query-encoded-arn", API, "GET", "/stage", "arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", [], "",
     False),
    ("headers-repeated", API, "GET", "/stage", "",
     [("X-Amz-Meta-B", "two"), ("X-Amz-Meta-A", "zwei"), ("X-Amz-Meta-B", "one")], "", False),
    ("headers-prefix-names", API, "GET", "/stage", "",
     [("X-Amz-Meta", "1"), ("X-Amz-Meta-A", "2"), ("X-Amz-Me", "3")], "", False),
    ("header-blanks", API, "GET", "/stage", "", [("X-Amz-Meta-A", "  a   b \t c  ")], "", False),
    ("header-empty", API, "GET", "/stage", "", [("X-Amz-Meta-A", "")], "", False),
    ("path-utf8", API, "GET", "/caf%C3%A9/%E1%88%B4", "", [], "", False),
    ("path-encoded-blank", API, "GET", "/a%20b/c", "", [], "", False),
    ("path-colon-and-plus", API, "GET", "/arn:aws:x/a+b", "", [], "", False),
    ("path-double-slashes", API, "GET", "//a///b//", "", [], "", False),
    ("path-dots", API, "GET", "/a/./b/../c/", "", [], "", False),
    ("path-dots-beyond-root", API, "GET", "/../../a", "", [], "", False),
    ("path-dots-at-end", API, "GET", "/a/b/..", "", [], "", False),
    ("path-empty", API, "GET", "", "", [], "", False),
    ("put-with-body", API, "PUT", "/stage/x", "v=1", JSON_HEADERS, '{"a":"\u00e9"}', False),
    ("delete", API, "DELETE", "/stage/x", "", [], "", True),
]


class FixedDate(datetime.datetime):
    """The clock that botocore reads."""

    @classmethod
    def utcnow(cls):
        return WHEN


def fixed_clock():
    """Older releases read datetime themselves, newer ones call a function of theirs."""
    if hasattr(botocore.auth, "get_current_datetime"):
        return mock.patch("botocore.auth.get_current_datetime", lambda **_: WHEN)
    return mock.patch("botocore.auth.datetime", mock.Mock(datetime=FixedDate))


def botocore_sign(scope, method, path, query, headers, body, token):
    service, region, host = scope
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, data=body.encode())
    for name, value in headers:
        request.headers.add_header(name, value)
    auth = botocore.auth.SigV4Auth(Credentials(ACCESS, SECRET, token), service, region)
    with fixed_clock():
        auth.add_auth(request)
    assert request.context["timestamp"] == WHEN.strftime("%Y%m%dT%H%M%SZ")
    signature = request.headers["Authorization"].rpartition("Signature=")[2]
    del request.headers["Authorization"]
    canonical = auth.canonical_request(request)
    return hashlib.sha256(canonical.encode()).hexdigest(), signature


def case_lines(name, scope, method, path, query, headers, body, has_token):
    service, region, host = scope
    canonical, signature = botocore_sign(scope, method, path, query, headers, body,
                                         TOKEN if has_token else None)
    lines = [f"case {name}", f"service {service}", f"region {region}", f"method {method}"]
    lines += [f"path {path}"] if path else []
    lines += [f"query {query}"] if query else []
    lines += [f"header host:{host}"] + [f"header {n}:{v}" for n, v in headers]
    lines += [f"token {TOKEN}"] if has_token else []
    lines += [f"body {body}"] if body else []
    return lines + [f"canonical {canonical}", f"signature {signature}"]


def main():
    lines = ["# Cases of our own, signed by botocore. Made by generate.py. Format: see README.md.",
             "", f"access {ACCESS}", f"secret {SECRET}",
             f"time {calendar.timegm(WHEN.timetuple())}"]
    for case in CASES:
        lines += [""] + case_lines(*case)
    pathlib.Path(__file__).with_name("botocore.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
