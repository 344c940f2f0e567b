/* PEM blocks, certificate chains, names, keys of other notations, and certificates that are made:
 * against files that OpenSSL and Go made. */
#include <string.h>

#include "tests/support/pem_fixture.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

#define FILE(name) "(index . \"" name "\")"

struct row {
    const char *name, *template, *want;
};

/* Blocks */

#define A "-----BEGIN A-----\\nYWJj\\n-----END A-----\\n"
#define A_OUT "-----BEGIN A-----\nYWJj\n-----END A-----\n"
#define B "-----BEGIN B-----\\nZGVm\\n-----END B-----\\n"
#define FILTER(type, pem) "{{ filterPEM \"" type "\" \"" pem "\" }}"

static const struct row blocks[] = {
    {"one of two", FILTER("A", A B), A_OUT},
    {"any case", FILTER("a", B A), A_OUT},
    {"all of one type", FILTER("A", A B A), A_OUT A_OUT},
    {"none of that type", FILTER("C", A B), ""},
    {"type is not a part",
     FILTER("PRIVATE KEY", "-----BEGIN EC PRIVATE KEY-----\\nYWJj\\n"
                           "-----END EC PRIVATE KEY-----\\n"),
     ""},
    {"nothing", FILTER("A", ""), ""},
    {"only junk", FILTER("A", "junk"), NULL},
    {"junk in front", FILTER("A", "junk " A), A_OUT},
    {"junk between", FILTER("A", B "junk\\n" A), A_OUT},
    {"junk behind another type", FILTER("A", B "junk"), NULL},
    {"junk behind it", FILTER("A", A "junk"), A_OUT},
    {"no line end behind", FILTER("A", "-----BEGIN A-----\\nYWJj\\n-----END A-----"), A_OUT},
    {"carriage returns",
     FILTER("A", "-----BEGIN A-----\\r\\nYW\\r\\nJj\\r\\n-----END A-----\\r\\n"), A_OUT},
    {"blanks", FILTER("A", "-----BEGIN A----- \\n Y W\\tJj \\n-----END A-----\\t\\n"), A_OUT},
    {"empty block", FILTER("A", "-----BEGIN A-----\\n-----END A-----\\n"),
     "-----BEGIN A-----\n-----END A-----\n"},
    {"begin not at the start of a line",
     FILTER("A", A "x-----BEGIN A-----\\nYQ==\\n-----END A-----"), A_OUT},
    {"begin without an end", FILTER("A", "-----BEGIN A-----\\nYQ==\\n" A), A_OUT},
    {"ends differ", FILTER("A", "-----BEGIN A-----\\nYQ==\\n-----END B-----\\n" A), A_OUT},
    {"no dashes at the end", FILTER("A", "-----BEGIN A-----\\nYQ==\\n-----END A\\n" A), A_OUT},
    {"no dashes behind the type", FILTER("A", "-----BEGIN A\\nYQ==\\n-----END A-----\\n" A), A_OUT},
    {"text behind the end", FILTER("A", "-----BEGIN A-----\\nYQ==\\n-----END A-----x\\n" A), A_OUT},
    {"no base64", FILTER("A", "-----BEGIN A-----\\nY*==\\n-----END A-----\\n" A), A_OUT},
    {"padding is missing", FILTER("A", "-----BEGIN A-----\\nYQ\\n-----END A-----\\n"), NULL},
    {"headers are sorted",
     FILTER("A", "-----BEGIN A-----\\nz: 1\\nProc-Type : 4,ENCRYPTED\\na:b:c\\nz:\\t 2 \\n\\n"
                 "YWJj\\n-----END A-----\\n"),
     "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\na: b:c\nz: 2\n\nYWJj\n-----END A-----\n"},
    {"header is the end", FILTER("A", "-----BEGIN A-----\\na: b\\n-----END A-----\\n" A), A_OUT},
    {"lines of 64", "{{ filterPEM \"CERTIFICATE\" " FILE("root.crt") " }}", "@root.crt"},
    {"first argument is a text", "{{ filterPEM 1 \"\" }}", NULL},
};

/* Chains */

#define CHAIN(place, pem) "{{ filterCertChain \"" place "\" " pem " }}"
#define SHUFFLED "(print " FILE("root.crt") " " FILE("leaf.crt") " " FILE("inter.crt") ")"

static const struct row chains[] = {
    {"leaf", CHAIN("leaf", FILE("chain.crt")), "@leaf.crt"},
    {"intermediate", CHAIN("intermediate", FILE("chain.crt")), "@inter.crt"},
    {"root", CHAIN("root", FILE("chain.crt")), "@root.crt"},
    {"another place", CHAIN("all", FILE("chain.crt")), ""},
    {"leaf of a shuffled chain", CHAIN("leaf", SHUFFLED), "@leaf.crt"},
    {"intermediate of a shuffled chain", CHAIN("intermediate", SHUFFLED), "@inter.crt"},
    {"root of a shuffled chain", CHAIN("root", SHUFFLED), "@root.crt"},
    {"a root alone is no leaf", CHAIN("leaf", FILE("root.crt")), ""},
    {"a root alone", CHAIN("root", FILE("root.crt")), "@root.crt"},
    {"a leaf alone", CHAIN("leaf", FILE("leaf.crt")), "@leaf.crt"},
    {"a leaf alone is no root", CHAIN("root", FILE("leaf.crt")), ""},
    {"a leaf alone has none between", CHAIN("intermediate", FILE("leaf.crt")), ""},
    {"without a root",
     "{{ print " FILE("inter.crt") " " FILE("leaf.crt") " | filterCertChain \"intermediate\" }}",
     "@inter.crt"},
    {"two leaves",
     "{{ print " FILE("chain.crt") " " FILE("other.crt") " | filterCertChain \"leaf\" }}", NULL},
    {"one certificate twice",
     "{{ print " FILE("root.crt") " " FILE("root.crt") " | filterCertChain \"root\" }}", NULL},
    {"nothing", CHAIN("leaf", "\"\""), NULL},
    {"junk", CHAIN("leaf", "\"junk\""), NULL},
    {"junk around is ignored",
     "{{ print \"a\\n\" " FILE("leaf.crt") " \"b\" | filterCertChain \"leaf\" }}", "@leaf.crt"},
    {"a key", CHAIN("leaf", FILE("rsa.key")), NULL},
    {"unknown curve", CHAIN("leaf", FILE("k1.crt")), NULL},
};

static const struct row names[] = {
    {"in their order of kinds", "{{ certSANs " FILE("sans.crt") " | join \" \" }}",
     "leaf.example *.example.org 2001:db8::1:0:0:1 192.0.2.1 ops@example.org "
     "https://example.org/a%2Fb?c spiffe://example.org/app"},
    {"is a list of texts", "{{ certSANs " FILE("sans.crt") " | printf \"%T\" }}", "[]string"},
    {"none", "{{ certSANs " FILE("chain.crt") " | toJson }}", "[]"},
    {"only the first certificate",
     "{{ print \"junk\" " FILE("root.crt") " " FILE("sans.crt") " | certSANs }}", "[]"},
    {"no block", "{{ certSANs \"junk\" }}", NULL},
    {"a key", "{{ certSANs " FILE("rsa.key") " }}", NULL},
};

/* Keys */

#define PUBLIC(name) "{{ jwkPublicKeyPem " FILE(name) " }}"
#define PRIVATE(name) "{{ jwkPrivateKeyPem " FILE(name) " }}"
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\","

static const struct row keys[] = {
    {"RSA", PUBLIC("rsa-public.jwk"), "@rsa.pub"},
    {"EC", PUBLIC("root-public.jwk"), "@root.pub"},
    {"Ed25519", PUBLIC("leaf-public.jwk"), "@leaf.pub"},
    {"private RSA", PRIVATE("rsa.jwk"), "@rsa.p8"},
    {"private RSA without CRT", PRIVATE("rsa-short.jwk"), "@rsa.p8"},
    {"private P-256", PRIVATE("root.jwk"), "@root.p8"},
    {"private P-384", PRIVATE("inter.jwk"), "@inter.p8"},
    {"private P-521", PRIVATE("p521.jwk"), "@p521.p8"},
    {"private Ed25519", PRIVATE("leaf.jwk"), "@leaf.key"},
    {"private is not public", PUBLIC("rsa.jwk"), NULL},
    {"public is not private", PRIVATE("rsa-public.jwk"), NULL},
    {"what follows is ignored", "{{ print " FILE("root-public.jwk") " \" x\" | jwkPublicKeyPem }}",
     "@root.pub"},
    {"names in any case",
     "{{ " FILE("root-public.jwk") " | replace \"kty\" \"KTY\" | "
                                   "jwkPublicKeyPem }}",
     "@root.pub"},
    {"null is a text", "{{ jwkPublicKeyPem `{" OKP "\"kid\":null,\"x\":null}` | len }}", "69"},
    {"a member of the wrong type", "{{ jwkPublicKeyPem `{" OKP "\"x\":\"AA\",\"kid\":1}` }}", NULL},
    {"a list of the wrong type", "{{ jwkPublicKeyPem `{" OKP "\"x\":\"AA\",\"x5c\":[1]}` }}", NULL},
    {"kty changes", "{{ jwkPublicKeyPem `{" OKP "\"x\":\"AA\",\"kty\":\"EC\"}` }}", NULL},
    {"x is missing", "{{ jwkPublicKeyPem `{" OKP "\"kid\":\"a\"}` }}", NULL},
    {"no base64", "{{ jwkPublicKeyPem `{" OKP "\"x\":\"*\"}` }}", NULL},
    {"X25519", "{{ jwkPublicKeyPem `{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}` }}", NULL},
    {"symmetric", "{{ jwkPrivateKeyPem `{\"kty\":\"oct\",\"k\":\"AA\"}` }}", NULL},
    {"another curve",
     "{{ " FILE("root-public.jwk") " | replace \"P-256\" \"P-384\" | "
                                   "jwkPublicKeyPem }}",
     NULL},
    {"x is not that of d",
     "{{ " FILE("leaf.jwk") " | replace \"\\\"x\\\": \\\"\" "
                            "\"\\\"x\\\": \\\"AAAA\" | jwkPrivateKeyPem }}",
     NULL},
    {"numbers that do not fit",
     "{{ " FILE("rsa.jwk") " | replace \"AQAB\" \"Aw\" | "
                           "jwkPrivateKeyPem }}",
     NULL},
    {"no JSON", "{{ jwkPublicKeyPem \"{\" }}", NULL},
    {"a list", "{{ jwkPublicKeyPem \"[]\" }}", NULL},
    {"another kind", "{{ jwkPublicKeyPem `{\"kty\":\"rsa\"}` }}", NULL},
};

#define OPEN(hash, sealed, key)                                                                    \
    "{{ rsaDecrypt \"RSA-OAEP\" \"" hash "\" (b64dec " FILE(sealed) ") " FILE(key) " }}"

static const struct row sealed[] = {
    {"SHA-1", OPEN("SHA1", "sealed-sha1.b64", "rsa.key"), "sealed by sha1"},
    {"SHA-256", OPEN("SHA256", "sealed-sha256.b64", "rsa.key"), "sealed by sha256"},
    {"SHA-512", OPEN("SHA512", "sealed-sha512.b64", "rsa.key"), "sealed by sha512"},
    {"SHA-256 where unknown", OPEN("SHA3", "sealed-sha256.b64", "rsa.key"), "sealed by sha256"},
    {"PKCS#8", OPEN("SHA256", "sealed-sha256.b64", "rsa.p8"), "sealed by sha256"},
    {"another hash", OPEN("SHA1", "sealed-sha256.b64", "rsa.key"), NULL},
    {"another key", OPEN("SHA256", "sealed-sha256.b64", "rsa3.key"), NULL},
    {"too small a key", OPEN("SHA256", "sealed-sha256.b64", "rsa512.key"), NULL},
    {"no RSA key", OPEN("SHA256", "sealed-sha256.b64", "leaf.key"), NULL},
    {"no key", "{{ rsaDecrypt \"RSA-OAEP\" \"\" \"a\" \"b\" }}", NULL},
    {"broken key", "{{ rsaDecrypt \"RSA-OAEP\" \"\" \"a\" \"" A "\" }}", NULL},
    {"scheme None", "{{ rsaDecrypt \"None\" \"\" \"a\" \"b\" }}", "a"},
    {"another scheme", "{{ rsaDecrypt \"RSA\" \"\" \"a\" \"b\" }}", NULL},
};

/* Certificates that are made */

#define CUSTOM(cert, key) "(buildCustomCert (b64enc " FILE(cert) ") (b64enc " FILE(key) "))"
#define ED "(genPrivateKey \"ed25519\")"

static const struct row made[] = {
    {"ecdsa", "{{ genPrivateKey \"ecdsa\" | filterPEM \"EC PRIVATE KEY\" | len }}", "227"},
    {"ed25519", "{{ genPrivateKey \"ed25519\" | filterPEM \"PRIVATE KEY\" | len }}", "119"},
    {"unknown type", "{{ genPrivateKey \"rsa4096\" }}", "Unknown type rsa4096"},
    {"authority is a root",
     "{{ $c := genCAWithKey \"a\" 1 " ED " }}{{ filterCertChain \"root\" $c.Cert | eq $c.Cert }}",
     "true"},
    {"the key is given back", "{{ (genCAWithKey \"a\" 1 " FILE("root.key") ").Key }}", "@root.key"},
    {"RSA is written as PKCS#1", "{{ (genCAWithKey \"a\" 1 " FILE("rsa.p8") ").Key }}", "@rsa.key"},
    {"an authority without one of its own is signed by what has no key identifier",
     "{{ $a := genCAWithKey \"a\" 1 " ED " }}{{ $b := genSignedCertWithKey \"b\" nil nil 1 $a " ED
     " }}{{ print $a.Cert $b.Cert | filterCertChain \"leaf\" }}",
     NULL},
    {"a new RSA key", "{{ (genCA \"a\" 1).Key | filterPEM \"RSA PRIVATE KEY\" | len | lt 1600 }}",
     "true"},
    {"names",
     "{{ (genSelfSignedCertWithKey \"a\" (list \"::ffff:1.2.3.4\" \"1::\") (list \"b\" \"c\") 1 " ED
     ").Cert | certSANs }}",
     "[b c 1.2.3.4 1::]"},
    {"no address", "{{ genSelfSignedCertWithKey \"a\" (list \"1.2.3\") nil 1 " ED " }}", NULL},
    {"address with a zone",
     "{{ genSelfSignedCertWithKey \"a\" (list \"fe80::1%e\") nil 1 " ED " }}", NULL},
    {"address is a number", "{{ genSelfSignedCertWithKey \"a\" (list 1) nil 1 " ED " }}", NULL},
    {"name is a number", "{{ genSelfSignedCertWithKey \"a\" nil (list 1) 1 " ED " }}", NULL},
    {"name is no ASCII", "{{ genSelfSignedCertWithKey \"a\" nil (list \"\\u00fc\") 1 " ED " }}",
     NULL},
    {"common name is no UTF-8", "{{ genCAWithKey \"\\xff\" 1 " ED " }}", NULL},
    {"DSA cannot sign", "{{ genCAWithKey \"a\" 1 " FILE("dsa.key") " }}", NULL},
    {"X25519 cannot sign", "{{ genCAWithKey \"a\" 1 " FILE("x25519.key") " }}", NULL},
    {"too small a key", "{{ genCAWithKey \"a\" 1 " FILE("rsa512.key") " }}", NULL},
    {"unknown curve", "{{ genCAWithKey \"a\" 1 " FILE("k1.key") " }}", NULL},
    {"no key", "{{ genCAWithKey \"a\" 1 \"junk\" }}", NULL},
    {"certificate is no key", "{{ genCAWithKey \"a\" 1 " FILE("root.crt") " }}", NULL},
    {"signer of another key",
     "{{ genSignedCertWithKey \"a\" nil nil 1 " CUSTOM("root.crt", "inter.key") " " ED " }}", NULL},
    {"DSA key is kept", "{{ " CUSTOM("root.crt", "dsa.key") ".Key }}", "@dsa.key"},
    {"certificate is kept", "{{ " CUSTOM("chain.crt", "leaf.key") ".Cert }}", "@chain.crt"},
    {"custom without base64", "{{ buildCustomCert \"*\" \"\" }}", NULL},
    {"custom without a certificate", "{{ buildCustomCert \"YQ==\" \"YQ==\" }}", NULL},
    {"custom with a key for a certificate",
     "{{ buildCustomCert (b64enc " FILE("leaf.key") ") (b64enc " FILE("leaf.key") ") }}", NULL},
    {"custom without a key", "{{ buildCustomCert (b64enc " FILE("root.crt") ") \"YQ==\" }}", NULL},
    {"printed whole", "{{ genCA \"a\" 1 | kindOf }}", "struct"},
    {"another field", "{{ (genCAWithKey \"a\" 1 " ED ").Name }}", NULL},
};

static void one_row(void **state)
{
    const struct row *r = *state;

    pem_fixture_check(r->template, r->want);
}

#define MADE_AT_S 1795515340

/* With Go's serial number and time the bytes are Go's. */
static void bytes_are_those_of_go(void **state)
{
    static const unsigned char ca[] = {0x99, 0x82, 0x34, 0xda, 0x4c, 0x1d, 0xe2, 0xa8,
                                       0x95, 0x0a, 0x95, 0xd0, 0x5b, 0x68, 0xa9, 0x67};
    static const unsigned char leaf[] = {0x3f, 0x21, 0x4c, 0xbe, 0xe6, 0xb7, 0xeb, 0x5f,
                                         0xa3, 0x2e, 0xab, 0xee, 0x30, 0xbc, 0x20, 0x21};

    (void)state;
    pem_fixture_check_fixed("{{ (genCAWithKey \"My CA\" 365 " FILE("leaf.key") ").Cert }}", ca,
                            sizeof(ca), MADE_AT_S, "@go-ca.crt");
    pem_fixture_check_fixed(
        "{{ (genSignedCertWithKey \"www & co\" (list \"10.0.0.1\" \"2001:db8::1\") "
        "(list \"a.example\" \"*.b.example\") 20000 " CUSTOM("go-ca.crt", "leaf.key") " " FILE(
            "rsa.key") ").Cert }}",
        leaf, sizeof(leaf), MADE_AT_S, "@go-signed.crt");
}

static void limits(void **state)
{
    (void)state;
    pem_fixture_limit("{{ range until 17 }}{{ genPrivateKey \"ed25519\" }}{{ end }}");
    pem_fixture_limit("{{ $s := \"-----BEGIN A-----\\n\" }}{{ range until 300 }}"
                      "{{ $s = print $s . \":x\\n\" }}{{ end }}"
                      "{{ print $s \"\\n-----END A-----\\n\" | filterPEM \"A\" }}");
}

/* Neither keys nor names stand in a message. */
static void messages_quote_nothing(void **state)
{
    (void)state;
    template_rig_refuse("{{ genSelfSignedCert .user (list .pass) nil 1 }}",
                        "error parsing ip: element 0 is no address");
    template_rig_refuse("{{ rsaDecrypt .pass \"\" .pass .pass }}",
                        "decryption scheme is not supported");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_are_those_of_go),
    cmocka_unit_test(limits),
    cmocka_unit_test(messages_quote_nothing),
};

int main(void)
{
    return TABLE_RUN("pem_block", blocks, one_row) + TABLE_RUN("cert_chain", chains, one_row) +
           TABLE_RUN("cert_names", names, one_row) + TABLE_RUN("jwk", keys, one_row) +
           TABLE_RUN("rsa_decrypt", sealed, one_row) + TABLE_RUN("cert_make", made, one_row) +
           GROUP_RUN("template_certs", tests);
}
