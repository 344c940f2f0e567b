#pragma once
/* asn1.h: reads DER into the fields of a structure by the rules of Go's encoding/asn1, which
 * private keys and PKCS#12 files are read with there.
 *
 * It differs from der.h where it matters for what is accepted: what follows the last field of a
 * structure is not looked at, an optional field that does not fit counts as missing, and the length
 * of an explicit tag is not held against what is in it. Each asn1_take_* steps over one field and
 * says false where the whole structure is to be refused.
 *
 * Owns     nothing: what is read points into the input.
 * Threads  one at a time.
 * Source   Go 1.26 encoding/asn1. */

#include <stdbool.h>
#include <stdint.h>

#include "template/text.h"

/* Any element. */
struct asn1_raw {
    unsigned class; /* 0 universal, 2 context */
    bool is_constructed;
    uint32_t tag;
    struct text body, whole;
};

/* Universal class. */
bool asn1_take_sequence(struct text *in, struct text *body);
bool asn1_take_set(struct text *in, struct text *body);
bool asn1_take_octets(struct text *in, struct text *body);
bool asn1_take_oid(struct text *in, struct text *body);
bool asn1_take_integer(struct text *in, struct text *body);
bool asn1_take_int64(struct text *in, int64_t *out);
bool asn1_take_any(struct text *in, struct asn1_raw *out);

/* The same where the field is optional: body is left alone when it is missing. */
bool asn1_take_optional_integer(struct text *in, bool *is_there, struct text *body);
bool asn1_take_optional_sequence(struct text *in, bool *is_there, struct text *body);
bool asn1_take_optional_set(struct text *in, bool *is_there, struct text *body);

/* [tag] of the context class, primitive, in place of the octet string's own. */
bool asn1_take_optional_context_octets(struct text *in, uint32_t tag, struct text *body);

/* An explicit [tag] around any element, which is not looked at: its body. */
bool asn1_take_explicit_any(struct text *in, uint32_t tag, bool *is_there, struct text *body);

/* An optional explicit [tag] around an element of the universal class, primitive, of that type.
 * What is of another type counts as missing, and *in stays where it is. */
bool asn1_take_optional_explicit(struct text *in, uint32_t tag, uint32_t type, bool *is_there,
                                 struct text *body);

/* The same where it must be there. */
bool asn1_take_explicit_octets(struct text *in, uint32_t tag, struct text *body);

/* AlgorithmIdentifier; params.whole is empty when it has none. */
struct asn1_algorithm {
    struct text oid; /* body */
    struct asn1_raw params;
};
bool asn1_take_algorithm(struct text *in, struct asn1_algorithm *out);

/* The same where it is optional. */
bool asn1_take_optional_algorithm(struct text *in, bool *is_there, struct asn1_algorithm *out);
