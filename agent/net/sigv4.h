#pragma once
/* sigv4.h: sign one request for AWS, Signature Version 4, header form.
 *
 * No I/O and no clock: the time is an argument, so a wrong clock is corrected by the caller. Every
 * header given is signed; give "host" (with the port when it is not the scheme's own),
 * "content-type" and each "x-amz-*" header, and nothing that a proxy may rewrite. The date and the
 * session token are added here.
 *
 * Owns     a signature owns its text; its headers borrow the token from the credentials.
 * Threads  any.
 * Source   AWS General Reference, "Signature Version 4 signing process". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "net/http.h"

#define SIGV4_QUERY_MAX 64  /* parameters of a query */
#define SIGV4_HEADERS_MAX 4 /* headers that a signature adds */
#define SIGV4_NAME_MAX 128  /* access key, region, service */
#define SIGV4_DATE_SIZE 17  /* "20150830T123600Z" */

struct sigv4_credentials {
    const char *access_key; /* names the key; not secret */
    struct secret_view secret_key;
    struct secret_view session_token; /* empty for long-lived keys */
};

struct sigv4_request {
    const char *method;                /* as sent */
    const char *path;                  /* as on the wire, "/..." or "" */
    const char *query;                 /* as on the wire, without "?"; may be NULL */
    const struct http_header *headers; /* n_headers, at most HTTP_HEADERS_MAX; "host" among them */
    size_t n_headers;
    struct secret_view body;
    const struct sigv4_credentials *credentials;
    const char *region;
    const char *service;
    int64_t unix_s;           /* between the years 1970 and 9999 */
    bool is_path_kept;        /* leave dot segments and double slashes in the path */
    bool has_payload_header;  /* add X-Amz-Content-Sha256 (S3 and its like) */
    bool is_token_not_signed; /* send the session token outside the signature */
};

struct sigv4_signature {
    char amz_date[SIGV4_DATE_SIZE];
    char payload_sha256[DIGEST_SHA256_HEX];
    struct secret_buf *authorization;              /* value of the Authorization header */
    struct secret_buf *canonical;                  /* canonical request; holds the token */
    char *string_to_sign;                          /* not secret */
    struct http_header headers[SIGV4_HEADERS_MAX]; /* n_headers: send these besides yours */
    size_t n_headers;
};

/* Sign rq.
 *   rq   borrowed; its credentials' token must live as long as *out is used
 *   out  new signature; caller frees
 * Errors: INVALID (no host, bad path, limits), INTERNAL (secret memory). Texts name no value. */
NODISCARD struct err *sigv4_sign(const struct sigv4_request *rq, struct sigv4_signature **out);

void sigv4_signature_free(struct sigv4_signature *s);
CLEANUP_DEFINE(sigv4_signature)
