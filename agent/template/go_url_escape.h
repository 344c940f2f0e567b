#pragma once
/* go_url_escape.h: percent-encoding of the parts of a URL, for go_url*.c alone.
 *
 * Owns     nothing.
 * Threads  one at a time.
 * Source   RFC 3986; Go 1.26 net/url. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

/* The parts differ in which characters stand for themselves. */
enum go_url_part {
    GO_URL_PATH,
    GO_URL_USER,
    GO_URL_FRAGMENT,
    GO_URL_HOST,
    GO_URL_ZONE, /* of an IPv6 address */
};

/* t with its escapes resolved. Errors: INVALID (a bad escape; in a host also a bad character, or an
 * escape of ASCII), and those of secret_arena_alloc. */
NODISCARD struct err *go_url_unescape(struct secret_arena *a, struct text t, enum go_url_part part,
                                      struct text *out);

/* t where escaping decoded, what it was read as, would give something else and t may stand as it
 * is; else empty. Errors: as secret_arena_alloc. */
NODISCARD struct err *go_url_keep_raw(struct secret_arena *a, struct text t, struct text decoded,
                                      enum go_url_part part, struct text *out);

/* Append t, escaped. */
void go_url_escape(struct text_buf *b, struct text t, enum go_url_part part);
