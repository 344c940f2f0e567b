#pragma once
/* http_server.h: a real HTTP/1.1 server on loopback, scripted by path, that can misbehave on the
 * wire.
 *
 * Owns     its threads and sockets; the routes are borrowed.
 * Threads  started and freed by the test thread; one thread accepts, one per connection serves.
 * Source   RFC 9112. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum http_server_fault {
    HTTP_SERVER_OK,
    HTTP_SERVER_ECHO,         /* the body is the request as it was received */
    HTTP_SERVER_SLOW,         /* wait_ms pass before the reply */
    HTTP_SERVER_FREEZE,       /* no reply, connection stays open */
    HTTP_SERVER_CLOSE,        /* no reply, connection closed */
    HTTP_SERVER_RESET,        /* half a body, then a TCP reset */
    HTTP_SERVER_CUT,          /* half the announced body, then closed */
    HTTP_SERVER_WRONG_LENGTH, /* one byte more announced than sent, then closed */
    HTTP_SERVER_GARBAGE,      /* bytes that are not HTTP */
    HTTP_SERVER_HUGE_HEADER,  /* one header of 200 kB */
    HTTP_SERVER_MANY_HEADERS, /* 400 headers */
    HTTP_SERVER_INTERIM,      /* a 103 reply with headers of its own before the real one */
    HTTP_SERVER_LINES,        /* chunked, a chunk per line of body, wait_ms between them */
    HTTP_SERVER_LINES_CUT,    /* the same, closed in place of the last chunk */
    HTTP_SERVER_LINES_FREEZE, /* the same, left open in place of the last chunk */
};

struct http_server_route {
    const char *path;    /* request target, exact */
    int status;          /* 0: 200 */
    const char *headers; /* further header lines, each with CRLF; may be NULL */
    const char *body;    /* may be NULL */
    unsigned repeat;     /* the body that many times; 0: once */
    enum http_server_fault fault;
    unsigned wait_ms;
};

struct http_server;

/* Serve n routes on a port that the kernel picks; other paths get 404. With TLS the certificate is
 * made for this run, for 127.0.0.1. Ends the test program when the kernel refuses. */
struct http_server *http_server_new(const struct http_server_route *routes, size_t n,
                                    bool use_tls) NODISCARD;
void http_server_free(struct http_server *s);
CLEANUP_DEFINE(http_server)

/* "http://127.0.0.1:PORT" or "https://...", without a slash at the end. */
const char *http_server_url(const struct http_server *s);

/* PEM of the certificate, NULL without TLS. */
const char *http_server_ca(const struct http_server *s);

/* Connections accepted so far, connections open now, requests read so far. */
size_t http_server_accepted(struct http_server *s);
size_t http_server_open(struct http_server *s);
size_t http_server_requests(struct http_server *s);
