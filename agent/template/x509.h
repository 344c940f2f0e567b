#pragma once
/* x509.h: certificates as Go's crypto/x509 parses them, as far as templates ask.
 *
 * What is accepted and refused is Go's; signatures, dates and trust are not looked at. Below it are
 * x509_name.c, x509_names.c, x509_ext.c and x509_key.c, each with one part of the structure.
 *
 * Owns     nothing: a certificate points into its DER and the arena.
 * Threads  one at a time.
 * Source   RFC 5280; Go 1.26 crypto/x509. */

#include <stdbool.h>

#include "template/engine.h"
#include "template/text.h"

/* Extensions of one certificate, alternative names of one certificate: more are refused. */
#define X509_EXTENSIONS_MAX 1000
#define X509_NAMES_MAX 10000

struct curve;

enum x509_key_kind { X509_KEY_UNKNOWN, X509_KEY_RSA, X509_KEY_EC, X509_KEY_ED25519, X509_KEY_DSA };

/* A subject's public key; of the unknown kinds and DSA only that it is one. */
struct x509_key {
    enum x509_key_kind kind;
    struct text modulus; /* RSA: big-endian, no zeros in front */
    int64_t exponent;
    const struct curve *curve; /* EC */
    struct text point;         /* EC: uncompressed; Ed25519: 32 bytes */
};

enum x509_name_kind { X509_NAME_DNS, X509_NAME_IP, X509_NAME_EMAIL, X509_NAME_URI };

struct x509_name {
    enum x509_name_kind kind;
    struct text value; /* of an address 4 or 16 bytes; of a URI as Go prints it */
};

struct x509 {
    struct text raw;     /* the whole certificate */
    struct text subject; /* its element, whole */
    struct x509_key key;
    struct text subject_key_id;
    bool has_authority_key_id;
    struct text authority_key_id;
    const struct x509_name *names; /* subjectAltName, in their order there */
    size_t n_names;
};

/* Parse the certificate at the start of *der, which moves behind it.
 * Errors: INVALID (what is wrong, never an excerpt; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *x509_take(struct engine *g, struct text *der, struct x509 *out);

/* Parse der, which holds nothing else. */
NODISCARD struct err *x509_parse(struct engine *g, struct text der, struct x509 *out);

/* Append the subject as Go's pkix.Name.String prints it. Errors: INVALID (a limit). */
NODISCARD struct err *x509_print_subject(struct engine *g, const struct x509 *cert,
                                         struct text_buf *b);

/* The parts. A Name, whole: is it well-formed? */
NODISCARD struct err *x509_check_name(struct engine *g, struct text whole);

/* One extension's value put into out. */
NODISCARD struct err *x509_read_extension(struct engine *g, struct text oid, bool is_critical,
                                          struct text value, struct x509 *out);

/* subjectAltName, its value: names put into out. nameConstraints: is it well-formed? */
NODISCARD struct err *x509_read_names(struct engine *g, struct text whole, struct x509 *out);
NODISCARD struct err *x509_check_constraints(struct text value);

/* SubjectPublicKeyInfo, whole. */
NODISCARD struct err *x509_read_key(struct engine *g, struct text whole, struct x509_key *out);
