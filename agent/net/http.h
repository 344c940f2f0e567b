#pragma once
/* http.h: HTTP as a dependency: requests with a deadline, bodies as text or as secrets, streams.
 *
 * Implementations: http_curl (libcurl), and scripted ones in tests.
 *
 * Owns     a reply belongs to the caller. Everything in a request is borrowed for the call.
 * Threads  any number of callers; each call blocks its caller until its deadline at most. Waiting
 *          callers see deadline cancellation within 100 ms.
 * Source   RFC 9110, RFC 9112, RFC 9113. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "base/str_buf.h"

#define HTTP_HEADERS_MAX 32
#define HTTP_URL_MAX 8192
#define HTTP_HOST_MAX 260               /* a DNS name of 253 bytes, ":" and a port */
#define HTTP_BODY_MAX (32u << 20)       /* largest text body anybody may ask for */
#define HTTP_SECRET_BODY_MAX (4u << 20) /* largest secret body anybody may ask for */
#define HTTP_LINE_MAX (8u << 20)        /* longest line of a stream */

struct http_header {
    const char *name;
    const char *value;         /* plain value, or NULL: then the value is secret */
    struct secret_view secret; /* a token, for example "Bearer ..." as a whole */
};

struct http_request {
    const char *method;                /* "GET", "POST", "PATCH", "PUT", "DELETE" */
    const char *url;                   /* absolute; never logged, never in an error */
    const struct http_header *headers; /* n_headers, at most HTTP_HEADERS_MAX */
    size_t n_headers;
    struct secret_view body; /* sent as it is; empty: no body */
    size_t reply_max_bytes;  /* more is an error; 0: 1 MiB */
    const char *ca_pem;      /* NULL: the system's trust store */
    bool allow_plain_http;   /* "http:" URLs are refused unless set */
    const char *operation;   /* short name for errors: "GetSecretValue" */
};

struct http_reply {
    int status;                /* 100..599 */
    char *content_type;        /* may be NULL */
    char *error_type;          /* x-amzn-errortype, may be NULL */
    uint64_t retry_after_ns;   /* from Retry-After (seconds form), 0 when absent */
    int64_t date_unix_s;       /* from Date, 0 when absent */
    struct str_buf text;       /* body of http_do */
    struct secret_buf *secret; /* body of http_do_secret, never NULL there */
};
void http_reply_free(struct http_reply *r);
CLEANUP_DEFINE(http_reply)

struct http_stream;
struct http;

/* Runs on a thread of the implementation; must be short, must not block and must not call the
 * stream or its http. */
typedef void http_notify_fn(void *ctx);

struct http_ops {
    struct err *(*send)(struct http *h, const struct http_request *rq, const struct deadline *dl,
                        bool is_secret, struct http_reply **out);
    struct err *(*stream_open)(struct http *h, const struct http_request *rq,
                               const struct deadline *dl, struct http_stream **out);
    struct err *(*stream_next)(struct http_stream *s, const struct deadline *dl,
                               struct str_buf *line, bool *out_has_line);
    void (*stream_notify)(struct http_stream *s, http_notify_fn *fn, void *ctx);
    int (*stream_status)(const struct http_stream *s);
    void (*stream_free)(struct http_stream *s);
    void (*suspect)(struct http *h); /* close idle and running connections: they look dead */
    void (*free)(struct http *h);
};

/* Implementations embed it first; streams embed struct http_stream first. */
struct http {
    const struct http_ops *ops;
};
struct http_stream {
    struct http *http;
};

/* Send and receive a body that holds no secret. An HTTP status >= 400 is not an error here.
 * Errors: UNAVAILABLE (connect, TLS, reset, cut short), DEADLINE, INVALID (URL, limits). The text
 * names the host and the operation only. */
NODISCARD struct err *http_do(struct http *h, const struct http_request *rq,
                              const struct deadline *dl, struct http_reply **out);

/* The same for a body that may hold a secret: it arrives in locked memory and nowhere else. */
NODISCARD struct err *http_do_secret(struct http *h, const struct http_request *rq,
                                     const struct deadline *dl, struct http_reply **out);

/* Open a long reply that is read line by line; returns once the status line is known. When the
 * status is not 200, the lines are the error body. Errors as http_do. */
NODISCARD struct err *http_stream_open(struct http *h, const struct http_request *rq,
                                       const struct deadline *dl, struct http_stream **out);

/* Next line without its LF into line (cleared first); *out_has_line false at the regular end. With
 * a deadline that has passed already it only takes what has arrived, and never waits.
 * Errors: UNAVAILABLE (cut), DEADLINE (dl passed; the stream stays usable), INVALID (too long). */
NODISCARD struct err *http_stream_next(struct http_stream *s, const struct deadline *dl,
                                       struct str_buf *line, bool *out_has_line);
int http_stream_status(const struct http_stream *s);

/* Call fn(ctx) whenever a line, the end or a failure can be read, once at least after each time
 * that http_stream_next gave DEADLINE; needless calls are allowed. If something is there already,
 * fn is called before this returns. No call comes after http_stream_free has returned. */
void http_stream_notify(struct http_stream *s, http_notify_fn *fn, void *ctx);
void http_stream_free(struct http_stream *s);
CLEANUP_DEFINE(http_stream)

void http_suspect(struct http *h);
void http_free(struct http *h);
CLEANUP_DEFINE(http)

/* For implementations: how long to sleep before looking at dl again; 0 when dl is over. Nobody
 * wakes a sleeper when a deadline is cancelled, so sleeps are short where that can happen. */
uint64_t http_wait_slice_ns(const struct deadline *dl);

/* Append text percent-encoded as one query value or path segment (RFC 3986 unreserved stay). */
void http_escape(struct str_buf *out, const char *text);
void http_escape_bytes(struct str_buf *out, const char *bytes, size_t n);

/* Host part of an absolute URL into out ("host:port" without user info), false if malformed. */
bool http_url_host(const char *url, char *out, size_t out_size);
