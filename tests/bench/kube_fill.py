#!/usr/bin/env python3
"""kube_fill.py URL CA TOKEN_FILE COUNT: make ExternalSecrets app-0 .. app-COUNT-1.

Runs inside the test cluster's namespaces. A few threads with a connection each: kubectl would take
minutes for ten thousand objects.
"""
import concurrent.futures
import http.client
import json
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

from manifests import NAMESPACE, external_secret

THREADS = 4
PATH = f"/apis/external-secrets.io/v1/namespaces/{NAMESPACE}/externalsecrets"


def fill(address, context, token, numbers):
    connection = http.client.HTTPSConnection(address.hostname, address.port, context=context)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for number in numbers:
        body = json.dumps(external_secret(f"app-{number}", "fake", "/app"))
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"app-{number}: {answer.status} {text[:300]}")
    connection.close()


def main():
    url, ca, token_file, count = sys.argv[1:]
    token = Path(token_file).read_text(encoding="ascii").strip()
    context = ssl.create_default_context(cafile=ca)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(fill, urlsplit(url), context, token,
                               range(first, int(count), THREADS)) for first in range(THREADS)]
        for future in futures:
            future.result()


if __name__ == "__main__":
    main()
