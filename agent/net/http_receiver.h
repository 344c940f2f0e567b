#pragma once
/* http_receiver.h: what comes back for one request. Private to http_transfer.
 *
 * Owns     the reply so far and the first error met; the handle and the pipe are borrowed.
 * Threads  as its transfer.
 * Source   RFC 9110 sections 5 and 15; libcurl-errors(3). */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/http.h"
#include "net/line_pipe.h"

enum http_receive_kind {
    HTTP_RECEIVE_TEXT,
    HTTP_RECEIVE_SECRET,
    HTTP_RECEIVE_LINES,
};

struct http_receiver {
    void *easy;
    enum http_receive_kind kind;
    size_t reply_max_bytes;
    struct line_pipe *lines; /* of the kind LINES, else NULL */
    struct http_reply *reply;
    size_t header_bytes, header_lines;
    bool is_begun;     /* the final status line and its headers are through */
    struct err *error; /* found in a callback or at the finish */
};

void http_receiver_init(struct http_receiver *r, void *easy, enum http_receive_kind kind,
                        size_t reply_max_bytes, struct line_pipe *lines);
void http_receiver_done(struct http_receiver *r);

/* Have easy call r. Errors: INTERNAL (libcurl refuses an option). */
NODISCARD struct err *http_receiver_attach(struct http_receiver *r);

/* libcurl is through, with this CURLcode; label is what an error's text starts with. */
void http_receiver_finish(struct http_receiver *r, int curl_code, const char *label);

/* After the finish, once. Errors: see http_transfer_take. */
NODISCARD struct err *http_receiver_take(struct http_receiver *r, struct http_reply **out);
