#pragma once
/* http_sockets.h: the sockets that libcurl has open, so that we can shut down those that look dead.
 *
 * libcurl keeps using an HTTP/2 connection whose peer is frozen; only the end of the socket itself
 * makes it let go.
 *
 * Owns     a record of descriptors; the descriptors themselves are libcurl's.
 * Threads  the thread that runs the transfers.
 * Source   CURLOPT_SOCKOPTFUNCTION(3), CURLOPT_CLOSESOCKETFUNCTION(3), tcp(7). */

#include "base/attr.h"
#include "base/err.h"

struct http_sockets;

struct http_sockets *http_sockets_new(void) NODISCARD;
void http_sockets_free(struct http_sockets *s);
CLEANUP_DEFINE(http_sockets)

/* Have easy (a CURL handle) report its sockets to s and set up each new one: keep-alive probes, and
 * TCP_USER_TIMEOUT so that a silent peer is given up after 30 s. s must outlive the connections.
 * Errors: INTERNAL (libcurl refuses an option). */
NODISCARD struct err *http_sockets_attach(struct http_sockets *s, void *easy);

/* shutdown(2) every open socket: running transfers fail, idle connections are not used again. */
void http_sockets_shutdown(const struct http_sockets *s);
