/* PKCS#12: files of OpenSSL are read as go-pkcs12 reads them, and what is written is what it writes
 * from the same random bytes. */
#include "tests/support/pem_fixture.h"
#include "tests/support/table.h"

#define FILE(name) "(index . \"" name "\")"
#define KEY(name, password) "{{ pkcs12keyPass \"" password "\" (b64dec " FILE(name) ") }}"
#define CERT(name, password) "{{ pkcs12certPass \"" password "\" (b64dec " FILE(name) ") }}"

struct row {
    const char *name, *template, *want;
};

static const struct row files[] = {
    {"key", KEY("modern.p12", "pw"), "@leaf.key"},
    {"key under an empty password", "{{ pkcs12key (b64dec " FILE("empty.p12") ") }}", "@leaf.key"},
    {"certificate under an empty password", "{{ pkcs12cert (b64dec " FILE("empty.p12") ") }}",
     "@leaf.crt"},
    {"key under 3DES", KEY("legacy.p12", "pw"), "@rsa.p8"},
    {"key under RC2 of 128 bits", KEY("rc2.p12", "pw"), "@inter.p8"},
    {"certificate under RC2 of 128 bits", CERT("rc2.p12", "pw"), "@inter.crt"},
    {"RC4", KEY("rc4.p12", "pw"), NULL},
    {"AES of 128 bits, MAC of SHA-512", KEY("aes.p12", "p\\u00e4\\u20ac"), "@p521.p8"},
    {"AES of 192 bits", CERT("aes.p12", "p\\u00e4\\u20ac"), "@other.crt"},
    {"neither encrypted nor authentic", KEY("plain.p12", ""), "@inter.p8"},
    {"not authentic under a password", KEY("plain.p12", "pw"), NULL},
    {"MAC of SHA-384", KEY("sha384.p12", "pw"), NULL},
    {"wrong password", KEY("modern.p12", "wp"), NULL},
    {"no password", "{{ pkcs12key (b64dec " FILE("modern.p12") ") }}", NULL},
    {"password beyond the basic plane", KEY("modern.p12", "\\U0001f600"), NULL},
    {"without a key", CERT("nokey.p12", "pw"), NULL},
    {"without a certificate", KEY("nocert.p12", "pw"), NULL},
    {"base64 is not decoded", "{{ pkcs12keyPass \"pw\" " FILE("modern.p12") " }}", NULL},
    {"cut off", "{{ pkcs12keyPass \"pw\" (b64dec " FILE("modern.p12") " | trunc 900) }}", NULL},
    {"something behind", "{{ pkcs12keyPass \"pw\" (print (b64dec " FILE("modern.p12") ") \"x\") }}",
     NULL},
    {"nothing", "{{ pkcs12key \"\" }}", NULL},
};

#define AGAIN(function, password) " | b64dec | " function " \"" password "\" }}"

static const struct row written[] = {
    {"key there and back",
     "{{ pemToPkcs12Pass " FILE("leaf.crt") " " FILE("leaf.key") " \"pw\"" AGAIN("pkcs12keyPass",
                                                                                 "pw"),
     "@leaf.key"},
    {"RSA key", "{{ pemToPkcs12 " FILE("sans.crt") " " FILE("rsa.key") AGAIN("pkcs12keyPass", ""),
     "@rsa.p8"},
    {"key of three primes",
     "{{ pemToPkcs12 " FILE("sans.crt") " " FILE("rsa3.key") AGAIN("pkcs12keyPass", ""),
     "@rsa3.p8"},
    {"EC key", "{{ pemToPkcs12 " FILE("sans.crt") " " FILE("p521.key") AGAIN("pkcs12keyPass", ""),
     "@p521.p8"},
    {"X25519 key",
     "{{ pemToPkcs12 " FILE("sans.crt") " " FILE("x25519.key") AGAIN("pkcs12keyPass", ""),
     "@x25519.key"},
    {"only the first certificate",
     "{{ pemToPkcs12 " FILE("chain.crt") " " FILE("leaf.key") AGAIN("pkcs12certPass", ""),
     "@leaf.crt"},
    {"all certificates",
     "{{ fullPemToPkcs12 " FILE("chain.crt") " " FILE("leaf.key") AGAIN("pkcs12certPass", ""),
     "@chain.crt"},
    {"ordered when read",
     "{{ $c := print " FILE("root.crt") " " FILE("leaf.crt") " " FILE(
         "inter.crt") " }}"
                      "{{ fullPemToPkcs12Pass $c " FILE("leaf.key") " \"pw\"" AGAIN(
                          "pkcs12certPass", "pw"),
     "@chain.crt"},
    {"left as they are where there are two chains",
     "{{ $c := print " FILE("leaf.crt") " " FILE(
         "other.crt") " }}"
                      "{{ fullPemToPkcs12 $c " FILE("leaf.key") " | b64dec | pkcs12cert | eq $c }}",
     "true"},
    {"a trust store has no key",
     "{{ pemTruststoreToPKCS12 " FILE("root.crt") " | b64dec | pkcs12cert }}", NULL},
    {"a trust store of nothing", "{{ pemTruststoreToPKCS12 \"\" | b64dec | len }}", "251"},
    {"no certificate", "{{ pemToPkcs12 \"x\" " FILE("leaf.key") " }}", NULL},
    {"no key", "{{ pemToPkcs12 " FILE("leaf.crt") " \"y\" }}", NULL},
    {"broken certificate", "{{ pemToPkcs12 " FILE("leaf.key") " " FILE("leaf.key") " }}", NULL},
    {"broken key", "{{ pemToPkcs12 " FILE("leaf.crt") " " FILE("leaf.crt") " }}", NULL},
    {"DSA key", "{{ pemToPkcs12 " FILE("leaf.crt") " " FILE("dsa.key") " }}", NULL},
    {"key on an unknown curve", "{{ pemToPkcs12 " FILE("leaf.crt") " " FILE("k1.key") " }}", NULL},
    {"junk behind all certificates",
     "{{ fullPemToPkcs12 (print " FILE("leaf.crt") " \"x\") " FILE("leaf.key") " }}", NULL},
    {"junk behind the first certificate",
     "{{ pemToPkcs12 (print " FILE("leaf.crt") " \"x\") " FILE("leaf.key")
         AGAIN("pkcs12certPass", ""),
     "@leaf.crt"},
    {"junk behind a trust store",
     "{{ pemTruststoreToPKCS12 (print " FILE("leaf.crt") " \"\\n\") }}", NULL},
    {"password beyond the basic plane",
     "{{ pemToPkcs12Pass " FILE("leaf.crt") " " FILE("leaf.key") " \"\\U0001f600\" }}", NULL},
};

static void one_row(void **state)
{
    const struct row *r = *state;

    pem_fixture_check(r->template, r->want);
}

static void bytes_are_those_of_go(void **state)
{
    (void)state;
    pem_fixture_check_fixed(
        "{{ fullPemToPkcs12Pass " FILE("chain.crt") " " FILE("leaf.key") " \"pw\" }}", NULL, 0, 0,
        "@go-chain.p12");
    pem_fixture_check_fixed("{{ pemTruststoreToPKCS12 " FILE("chain.crt") " }}", NULL, 0, 0,
                            "@go-trust.p12");
}

/* What openssl pkcs12 put into modern.p12 and legacy.p12, besides the chain that they hold. */
static void certificates_of_openssl(void **state)
{
    (void)state;
    pem_fixture_check(
        "{{ pkcs12certPass \"pw\" (b64dec " FILE(
            "modern.p12") ") | "
                          "filterPEM \"certificate\" | hasPrefix " FILE("leaf.crt") " }}",
        "true");
    pem_fixture_check(
        "{{ $c := print " FILE("sans.crt") " " FILE(
            "root.crt") " }}"
                        "{{ pkcs12certPass \"pw\" (b64dec " FILE("legacy.p12") ") | eq $c }}",
        "true");
}

/* A file cannot ask for more iterations than a render may spend. */
static void iterations_are_charged(void **state)
{
    (void)state;
    pem_fixture_limit(KEY("iterations.p12", "pw"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_are_those_of_go),
    cmocka_unit_test(certificates_of_openssl),
    cmocka_unit_test(iterations_are_charged),
};

int main(void)
{
    return TABLE_RUN("pkcs12_read", files, one_row) + TABLE_RUN("pkcs12_write", written, one_row) +
           GROUP_RUN("template_pkcs12", tests);
}
