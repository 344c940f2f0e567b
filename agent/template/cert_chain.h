#pragma once
/* cert_chain.h: certificates of a PEM text, in the order in which they signed each other.
 *
 * The order is inferred from key identifiers alone and proves nothing; no signature is checked.
 *
 * Owns     nothing: certificates live in the arena.
 * Threads  one at a time.
 * Source   RFC 5280 sections 4.2.1.1 and 4.2.1.2; External Secrets 2.9 filterCertChain. */

#include "template/engine.h"
#include "template/x509.h"

#define CERT_CHAIN_MAX 1000 /* certificates of one text */

struct cert_chain {
    const struct x509 **certs;
    size_t n, capacity;
};

/* Append cert (borrowed). Errors: INVALID (a limit), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *cert_chain_add(struct engine *g, struct cert_chain *chain,
                                     const struct x509 *cert);

/* All certificates of a PEM text in their order there; whatever its blocks are called. Junk between
 * and behind them is ignored. With junk_is_fatal each byte must belong to a block, or follow one on
 * its line, else INVALID. Errors: INVALID, UNAVAILABLE, INTERNAL. */
NODISCARD struct err *cert_chain_read(struct engine *g, struct text pem, bool junk_is_fatal,
                                      struct cert_chain *out);

/* in from the leaf up; out has at least one. Errors: INVALID ("no leaf certificate found", "found
 * multiple leaf or disjunct certificates", a cycle), UNAVAILABLE, INTERNAL. */
NODISCARD struct err *cert_chain_order(struct engine *g, const struct cert_chain *in,
                                       struct cert_chain *out);

/* Has it no authority, or itself for one? */
bool cert_chain_is_root(const struct x509 *cert);
