#pragma once
/* http_transfer.h: one request and its reply, as libcurl sees them. Private to http_curl.
 *
 * Owns     the easy handle, a copy of the request's body and headers, and the reply so far.
 * Threads  made, read and freed by the caller's thread; the thread that runs it has it in between.
 * Source   libcurl 7.88 and 8.14; only options that both know. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/http.h"
#include "net/http_receiver.h"
#include "net/http_sockets.h"
#include "net/line_pipe.h"

/* What all transfers of one client share; borrowed, outlives them. */
struct http_transfer_env {
    bool use_http2;
    unsigned connect_timeout_ms;
    unsigned idle_close_s;
    const char *user_agent;
    const char *ca_file; /* the system's trust store; NULL when there is none */
    struct http_sockets *sockets;
};

struct http_transfer;

/* Prepare rq; everything in it is copied. lines (borrowed) is the goal of the kind LINES, otherwise
 * NULL. Errors: INVALID (a secret header with a line break), INTERNAL (secret memory, libcurl). */
NODISCARD struct err *http_transfer_new(const struct http_transfer_env *env,
                                        const struct http_request *rq, enum http_receive_kind kind,
                                        struct line_pipe *lines, struct http_transfer **out);
void http_transfer_free(struct http_transfer *t);
CLEANUP_DEFINE(http_transfer)

/* The CURL handle to run; owned by t. */
void *http_transfer_easy(const struct http_transfer *t);

/* "GetSecretValue: host:port", what error texts start with. */
const char *http_transfer_label(const struct http_transfer *t);

/* libcurl is through with it, with this CURLcode. */
void http_transfer_finish(struct http_transfer *t, int curl_code);

/* After the finish: the reply, or why there is none. Call it once.
 * Errors: UNAVAILABLE (connect, TLS, reset, cut short), INVALID (limits, CA certificates),
 * INTERNAL (secret memory). */
NODISCARD struct err *http_transfer_take(struct http_transfer *t, struct http_reply **out);
