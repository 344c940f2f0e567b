#!/usr/bin/env python3
"""material.py: make the keys, certificates and archives that vectors are about.

Prints one JSON map of base64 texts. Everything in it is new at each run, so the file that is
checked in (cases/material.json) is made anew only when something is added, and all vectors with it.
Needs OpenSSL 3.
"""
import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DAYS = "36500"
PASSWORD = "1234"
SIGNERS = ("rootkey", "interkey", "otherkey")
SANS = ("DNS:leaf.example,DNS:*.example.org,IP:192.0.2.7,IP:2001:db8::1,"
        "email:ops@example.org,URI:spiffe://example.org/app")


def openssl(*words, stdin=b""):
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


class Workshop:
    """A folder with the files that OpenSSL wants, and the texts that come out."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.texts = {}

    def path(self, name):
        return str(self.folder / name)

    def keep(self, name, text):
        self.texts[name] = text
        (self.folder / name).write_bytes(text)

    def keys(self):
        self.keep("rsa8", openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                                  "rsa_keygen_bits:2048"))
        self.keep("rsa1", openssl("rsa", "-in", self.path("rsa8"), "-traditional"))
        self.keep("ec8", openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                                 "ec_paramgen_curve:P-256"))
        self.keep("ec1", openssl("ec", "-in", self.path("ec8")))
        self.keep("ed8", openssl("genpkey", "-algorithm", "ED25519"))
        self.keep("rsapub", openssl("pkey", "-in", self.path("rsa8"), "-pubout"))
        for name in SIGNERS:
            self.keep(name, openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                                    "ec_paramgen_curve:P-256"))

    def self_signed(self, name, key, subject):
        self.keep(name, openssl("req", "-x509", "-new", "-key", self.path(key), "-days", DAYS,
                                "-subj", subject))

    def signed(self, name, key, subject, issuer, issuer_key, extensions):
        (self.folder / "ext").write_text("subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
                                         + extensions)
        request = openssl("req", "-new", "-key", self.path(key), "-subj", subject)
        self.keep(name, openssl("x509", "-req", "-days", DAYS, "-CA", self.path(issuer), "-CAkey",
                                self.path(issuer_key), "-set_serial", "77", "-extfile",
                                self.path("ext"), stdin=request))

    def certificates(self):
        self.self_signed("root", "rootkey", "/O=Example/CN=root")
        self.self_signed("other", "otherkey", "/CN=other")
        self.self_signed("rsacert", "rsa8", "/CN=rsa")
        self.signed("inter", "interkey", "/CN=inter", "root", "rootkey",
                    "basicConstraints=critical,CA:true\n")
        self.signed("leaf", "ec8", "/C=DE/O=Example, Inc./OU=a+OU=b/CN=leaf \\\"x\\\"", "inter",
                    "interkey", f"subjectAltName={SANS}\n")
        part = self.texts
        self.keep("chain", part["leaf"] + part["inter"] + part["root"])
        self.keep("shuffled", part["root"] + part["leaf"] + part["inter"])
        self.keep("issuers", part["root"] + part["inter"])
        self.keep("disjunct", part["leaf"] + part["other"])
        self.keep("bundle", b"a note\n" + part["ec1"] + part["leaf"] + part["ec8"] + part["inter"])

    def archive(self, name, key, cert, *more):
        self.keep(name, openssl("pkcs12", "-export", "-inkey", self.path(key), "-in",
                                self.path(cert), "-certfile", self.path("issuers"), *more))

    def archives(self):
        self.archive("pfx", "ec8", "leaf", "-passout", "pass:")
        self.archive("pfxpass", "ec8", "leaf", "-passout", f"pass:{PASSWORD}")
        self.archive("pfxold", "rsa8", "rsacert", "-passout", f"pass:{PASSWORD}", "-legacy")

    def ciphertexts(self):
        for name in ("sha1", "sha256", "sha512"):
            self.keep("oaep" + name, openssl(
                "pkeyutl", "-encrypt", "-inkey", self.path("rsa8"), "-pkeyopt",
                "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{name}", "-pkeyopt",
                f"rsa_mgf1_md:{name}", stdin=b"plain text"))
        key, iv = b"secret".ljust(32, b"\0"), bytes(range(16))
        body = openssl("enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(),
                       stdin=b"plain text")
        self.keep("aes", base64.b64encode(iv + body))

    def number(self, key, label, kind):
        """The bytes that `openssl pkey -text` prints under label, without a leading zero."""
        text = openssl(kind, "-in", self.path(key), "-noout", "-text").decode()
        block = re.search(label + r":\s*((?:[0-9a-f]{2}:?\s*)+)", text)[1]
        return bytes.fromhex(re.sub(r"[:\s]", "", block)).lstrip(b"\0")

    def jwks(self):
        labels = {"n": "modulus", "d": "privateExponent", "p": "prime1", "q": "prime2",
                  "dp": "exponent1", "dq": "exponent2", "qi": "coefficient"}
        rsa = {name: self.number("rsa8", label, "rsa") for name, label in labels.items()}
        rsa = {"kty": "RSA", "e": "AQAB", **{name: url(text) for name, text in rsa.items()}}
        point = self.number("ec8", "pub", "ec")[1:]
        ec = {"kty": "EC", "crv": "P-256", "x": url(point[:32]), "y": url(point[32:]),
              "d": url(self.number("ec8", "priv", "ec").rjust(32, b"\0"))}
        okp = {"kty": "OKP", "crv": "Ed25519", "x": url(self.octets("ed8", "pub")),
               "d": url(self.octets("ed8", "priv"))}
        private = {"rsa": "d p q dp dq qi", "ec": "d", "okp": "d"}
        for name, key in (("rsa", rsa), ("ec", ec), ("okp", okp)):
            self.keep("jwk" + name, json.dumps(key).encode())
            public = {k: v for k, v in key.items() if k not in private[name].split()}
            self.keep(f"jwk{name}pub", json.dumps(public).encode())
        self.keep("jwkoct", b'{"kty":"oct","k":"AAECAw"}')

    def octets(self, key, label):
        text = openssl("pkey", "-in", self.path(key), "-noout", "-text").decode()
        block = re.search(label + r":\s*((?:[0-9a-f]{2}:?\s*)+)", text)[1]
        return bytes.fromhex(re.sub(r"[:\s]", "", block))


def url(text):
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def main():
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(folder)
        shop.keys()
        shop.certificates()
        shop.archives()
        shop.ciphertexts()
        shop.jwks()
    texts = {name: base64.b64encode(text).decode() for name, text in sorted(shop.texts.items())
             if name not in SIGNERS}
    json.dump(texts, sys.stdout, indent=0)
    print()


if __name__ == "__main__":
    main()
