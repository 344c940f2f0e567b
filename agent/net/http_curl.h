#pragma once
/* http_curl.h: the HTTP client over libcurl; one thread runs all transfers of one client.
 *
 * What http_do_secret sends and receives always goes by HTTP/1.1, on connections of its own: bodies
 * that hold secrets belong there, also when the reply does not matter. The headers of other HTTP/2
 * requests are copied into memory that is not erased.
 *
 * Redirects are not followed and no proxy is used. libcurl itself sends a request again when a
 * kept connection turns out to be closed before a byte of the reply came.
 *
 * Owns     the client owns its thread, connections and parsed trust store.
 * Threads  see http.h; new and free from one thread, free after all calls and streams have ended.
 * Source   libcurl 7.88 or later. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/http.h"

struct http_curl_options {
    bool use_http2;              /* over TLS, one connection per host; else HTTP/1.1 */
    unsigned connect_timeout_ms; /* name look-up, TCP and TLS together; 0: libcurl's 300 s */
    unsigned idle_close_s;       /* connections unused for so long are closed; 0: not by time */
    const char *user_agent;      /* copied */
};

/* Start a client. Call after zero_alloc_install, so that what libcurl frees is erased.
 * Errors: INTERNAL (libcurl or the kernel gives no handle). */
NODISCARD struct err *http_curl_new(const struct http_curl_options *options, struct http **out);

/* Version of the libcurl in use: "8.14.1". */
const char *http_curl_library(void);
