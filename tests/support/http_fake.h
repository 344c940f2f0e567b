#pragma once
/* http_fake.h: a scripted second implementation of struct http.
 *
 * Rules say what is answered to which request; the first rule that fits and is not used up
 * answers. Every request is recorded. A request that no rule fits gives INTERNAL and is counted.
 * Time is the test's: a slow answer moves the fake clock to the deadline, if there is one.
 *
 *     struct http_fake *f = http_fake_new();
 *     http_fake_add(f, &(struct http_fake_rule){.url = "/secrets/db", .body = "{}"});
 *     code_under_test(http_fake_http(f));
 *
 * Owns     the fake owns its records and its copies of rules; texts in rules are borrowed.
 * Threads  any; records are read when the code under test is at rest. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "net/http.h"
#include "tests/support/clock_fake.h"

enum http_fake_fault {
    HTTP_FAKE_NONE,
    HTTP_FAKE_REFUSED,   /* UNAVAILABLE "connection refused" */
    HTTP_FAKE_UNTRUSTED, /* UNAVAILABLE "certificate is not trusted" */
    HTTP_FAKE_GARBAGE,   /* UNAVAILABLE "reply is not HTTP" */
    HTTP_FAKE_SLOW,      /* DEADLINE, after moving the clock to the deadline */
    HTTP_FAKE_RESET,     /* UNAVAILABLE "connection reset"; a stream: after its lines */
    HTTP_FAKE_CUT,       /* UNAVAILABLE "reply was cut short"; a stream: after its lines */
};

struct http_fake_rule {
    const char *method;    /* NULL: any */
    const char *url;       /* part of the URL; NULL: any */
    const char *body_part; /* part of the request's body; NULL: any */
    unsigned times;        /* used up after so many requests; 0: never */
    enum http_fake_fault fault;
    int status; /* 0: 200 */
    const char *content_type;
    const char *error_type;
    unsigned retry_after_s;
    int64_t date_unix_s;
    const char *body; /* reply; for a stream its lines. NULL: empty */
    size_t body_n;    /* 0: up to the NUL */
    bool stays_open;  /* a stream: after its lines there is nothing, and no end */
};

struct http_fake_request {
    char *method, *url, *operation;
    char *headers; /* "Name: value\n" each, secret ones too */
    char *body;    /* NUL after body_n bytes */
    size_t body_n;
    char *ca_pem; /* may be NULL */
    bool is_secret, is_stream;
};

struct http_fake;

struct http_fake *http_fake_new(void) NODISCARD;
void http_fake_free(struct http_fake *f);
CLEANUP_DEFINE(http_fake)

/* What to give to the code under test; http_free of it does nothing. */
struct http *http_fake_http(struct http_fake *f);

/* The clock that slow answers and empty streams move to the deadline; NULL: none moves. */
void http_fake_set_clock(struct http_fake *f, struct clock_fake *clock);

/* From now on rules are a queue: only the first that is not used up may answer. */
void http_fake_in_order(struct http_fake *f);

/* Add a rule behind the others. */
void http_fake_add(struct http_fake *f, const struct http_fake_rule *rule);

/* Make the n-th call from now (1 is the next) of send, open or next-line fail with fault,
 * whatever the rules say; 0 for none. */
void http_fake_fail_nth(struct http_fake *f, size_t n, enum http_fake_fault fault);

/* Append text (whole lines) to the open streams whose URL has that part, and notify their readers;
 * the number of such streams. */
size_t http_fake_push(struct http_fake *f, const char *url_part, const char *text);

/* End those streams: regularly, or with CUT or RESET. */
size_t http_fake_end(struct http_fake *f, const char *url_part, enum http_fake_fault fault);

/* Requests so far, and one of them. */
size_t http_fake_count(struct http_fake *f);
const struct http_fake_request *http_fake_at(struct http_fake *f, size_t i);

size_t http_fake_unexpected(struct http_fake *f);   /* requests without a rule */
size_t http_fake_unused(struct http_fake *f);       /* answers of limited rules still due */
size_t http_fake_open_streams(struct http_fake *f); /* opened and not freed */
size_t http_fake_suspects(struct http_fake *f);     /* calls of http_suspect */
