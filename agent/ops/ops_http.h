#pragma once
/* ops_http.h: the admin listener: a table of paths, GET and HEAD only.
 *
 * Owns     an ops_http owns its socket and its one thread.
 * Threads  start and free from main; handlers run on the listener's thread, one at a time, and must
 *          not block.
 * Source   RFC 9110; libmicrohttpd 0.9.75. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str_buf.h"
#include "ops/ops_address.h"

#define OPS_HTTP_CONNECTIONS_MAX 16
#define OPS_HTTP_IDLE_S 10               /* a silent connection is closed after that */
#define OPS_HTTP_REQUEST_MAX (16u << 10) /* bytes of headers of one connection */
#define OPS_HTTP_BODY_MAX (8u << 20)     /* bytes of one reply */

struct ops_request {
    bool wants_html; /* Accept names text/html */
};

struct ops_reply {
    unsigned status;          /* preset to 200 */
    const char *content_type; /* literal; preset to plain text */
    struct str_buf body;      /* empty, at most OPS_HTTP_BODY_MAX */
};

typedef void ops_handler_fn(void *ctx, const struct ops_request *rq, struct ops_reply *reply);

struct ops_route {
    const char *path; /* exact */
    ops_handler_fn *handle;
    void *ctx;
};

struct ops_http;

/* Listen and serve. Routes are borrowed until ops_http_free. A path that is not there is answered
 * 404, another method 405, a body that did not fit 500.
 * Errors: INTERNAL (address taken, no socket), DENIED (privileged port). */
NODISCARD struct err *ops_http_start(const struct ops_address *address,
                                     const struct ops_route *routes, size_t n_routes,
                                     struct ops_http **out);

/* Port that it really listens on. */
uint16_t ops_http_port(const struct ops_http *h);

/* Stop serving and join the thread; NULL is ignored. */
void ops_http_free(struct ops_http *h);
CLEANUP_DEFINE(ops_http)
