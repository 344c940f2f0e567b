#pragma once
/* go_url.h: URLs as Go's net/url reads and prints them.
 *
 * Owns     nothing: the parts of a URL live where it was read, or in the arena.
 * Threads  one at a time.
 * Source   RFC 3986; Go 1.26 net/url. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "template/text.h"

struct go_url {
    struct text scheme; /* in small letters */
    struct text opaque; /* all behind the scheme, where that does not begin with a slash */
    bool has_user, has_password;
    struct text user, password; /* not escaped */
    struct text host;           /* with the port; not escaped, but for a zone's "%25" gone */
    struct text path;           /* not escaped */
    struct text query;          /* as it was */
    struct text fragment;       /* not escaped */
    /* Path and fragment as they were read, where we would escape them in another way. */
    struct text raw_path, raw_fragment;
    bool has_bare_query; /* a question mark with nothing behind it */
    bool omits_host;     /* a scheme, and then a path that begins with one slash */
};

/* Read t. Errors: INVALID (Go's message without the URL in it, or the arena's limit), UNAVAILABLE.
 */
NODISCARD struct err *go_url_parse(struct secret_arena *a, struct text t, struct go_url *out);

/* The host without port and brackets. */
struct text go_url_hostname(const struct go_url *u);

/* Append "user" or "user:password", escaped; nothing where there is no user. */
void go_url_print_user(struct text_buf *b, const struct go_url *u);

/* Append the URL. */
void go_url_print(struct text_buf *b, const struct go_url *u);
