#pragma once
/* http_server_tls.h: a throw-away certificate for 127.0.0.1 and the TLS context that serves it.
 *
 * Owns     context and text.
 * Threads  made by the test thread; the context may be used by any.
 * Source   OpenSSL 3. */

#include <openssl/ssl.h>

#include "base/attr.h"

struct http_server_tls {
    SSL_CTX *context;
    char *ca_pem; /* the self-signed certificate itself */
};

struct http_server_tls *http_server_tls_new(void) NODISCARD;
void http_server_tls_free(struct http_server_tls *t);
CLEANUP_DEFINE(http_server_tls)
