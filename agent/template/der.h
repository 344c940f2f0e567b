#pragma once
/* der.h: reads and writes DER, the encoding of certificates and keys.
 *
 * A reader is a cursor: each der_take_* steps over one element of *in and says false where another
 * thing stands there or the element is not strict DER; *in is then of no use. It reads what Go's
 * cryptobyte reads; what encoding/asn1 reads is in asn1.h.
 *
 * Owns     nothing: what is read points into the input.
 * Threads  one at a time.
 * Source   ITU-T X.690 sections 8, 10 and 11. */

#include <stdbool.h>
#include <stdint.h>

#include "template/text.h"

/* Identifier octets. */
#define DER_BOOLEAN 0x01u
#define DER_INTEGER 0x02u
#define DER_BIT_STRING 0x03u
#define DER_OCTET_STRING 0x04u
#define DER_NULL 0x05u
#define DER_OID 0x06u
#define DER_UTF8_STRING 0x0cu
#define DER_NUMERIC_STRING 0x12u
#define DER_PRINTABLE_STRING 0x13u
#define DER_T61_STRING 0x14u
#define DER_IA5_STRING 0x16u
#define DER_UTC_TIME 0x17u
#define DER_GENERALIZED_TIME 0x18u
#define DER_BMP_STRING 0x1eu
#define DER_SEQUENCE 0x30u
#define DER_SET 0x31u
#define DER_CONTEXT(n) (0x80u | (n))             /* [n], primitive */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0u | (n)) /* [n], constructed */

/* A bit string: bytes, of which the last has so many unused low bits (all zero). */
struct der_bits {
    struct text bytes;
    unsigned unused;
};

/* Length at in.p[1] in its shortest form: bytes of the head and of the body, which may reach past
 * the input. */
bool der_read_head(struct text in, size_t *head, size_t *body);

/* Is the next element of that tag? */
bool der_is_next(struct text in, unsigned tag);

/* Any element: its tag, its body; with its head in whole. body and whole may be NULL, or in itself.
 */
bool der_take_any(struct text *in, unsigned *tag, struct text *body, struct text *whole);

/* An element of that tag: its body, or the whole of it. */
bool der_take(struct text *in, unsigned tag, struct text *body);
bool der_take_whole(struct text *in, unsigned tag, struct text *whole);

/* The same where it may be missing; *is_there may be NULL, *body is then left alone. */
bool der_take_optional(struct text *in, unsigned tag, bool *is_there, struct text *body);

bool der_take_bool(struct text *in, bool *out);
bool der_take_bits(struct text *in, struct der_bits *out);

/* Body of a bit string. */
bool der_read_bits(struct text body, struct der_bits *out);

/* Bytes of an object identifier whose parts are below 2^31. */
bool der_take_oid(struct text *in, struct text *out);

/* An integer of any size as it stands there, two's complement; one that fits 64 bits. */
bool der_take_integer(struct text *in, struct text *out);
bool der_take_int64(struct text *in, int64_t *out);

/* Body of an integer: shortest form? Below zero? Its value, false where it does not fit. */
bool der_integer_is_valid(struct text body);
bool der_integer_is_negative(struct text body);
bool der_integer_value(struct text body, int64_t *out);

/* Body of an integer that is not negative, without the zeros in front. */
struct text der_integer_magnitude(struct text body);

/* Body of an object identifier as der_take_oid reads it? */
bool der_oid_is_valid(struct text body);

/* Appends its dotted form, "2.5.4.3", of a valid body. */
void der_oid_print(struct text_buf *b, struct text body);

/* The bits moved to the right end of the bytes. Errors: as secret_arena_alloc. */
NODISCARD struct err *der_bits_align(struct secret_arena *a, const struct der_bits *bits,
                                     struct text *out);

/* A writer: der_begin opens an element, der_end closes the one that der_begin returned. */
size_t der_begin(struct text_buf *b, unsigned tag);
void der_end(struct text_buf *b, size_t begun);

/* A whole element. */
void der_add(struct text_buf *b, unsigned tag, struct text body);
void der_add_int(struct text_buf *b, int64_t v);
void der_add_magnitude(struct text_buf *b, struct text big_endian); /* an integer >= 0 */
void der_add_bits(struct text_buf *b, struct text bytes);           /* none of them unused */
void der_add_null(struct text_buf *b);

/* What Go's asn1.Marshal makes of a string that is valid UTF-8: PrintableString or UTF8String. */
void der_add_string(struct text_buf *b, struct text t);
