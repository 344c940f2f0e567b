#pragma once
/* cert_make.h: makes certificates as sprig's genCA and its kin do.
 *
 * Owns     nothing: results live in the arena.
 * Threads  one at a time.
 * Source   RFC 5280; sprig 3.3 crypto.go; Go 1.26 x509.CreateCertificate. */

#include "template/datum.h"
#include "template/engine.h"
#include "template/private_key.h"
#include "template/x509.h"

struct cert_request {
    struct text common_name;
    const struct list *ips, *dns; /* NULL: none */
    int64_t days;
    bool is_ca;
    const struct private_key *key;
    const struct x509 *signer; /* NULL: signed by key itself */
    const struct private_key *signer_key;
};

/* Check ips and dns, whose elements may be anything. Errors: INVALID ("error parsing ip"). */
NODISCARD struct err *cert_make_check_names(const struct cert_request *r);

/* A certificate for key, and key, as PEM; the serial number is random, it begins now.
 * Errors: INVALID (a key that cannot be in or sign a certificate, a signer whose key it is not, a
 * name that cannot be written; a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *cert_make(struct engine *g, const struct cert_request *r, struct cert *out);
