#pragma once
/* kube_fixture.h: an API client on a scripted server, a scripted clock, and no randomness.
 *
 * Waiting moves the clock; nobody sleeps.
 *
 * Owns     the fixture owns all its parts.
 * Threads  the test thread. */

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "kube/kube_client.h"
#include "tests/support/clock_fake.h"
#include "tests/support/http_fake.h"

struct kube_fixture {
    struct clock_fake clock;
    struct http_fake *http;
    struct kube_config config; /* https://api:6443, token "t0ken", namespace "ours" */
    struct kube_waiter waiter;
    struct retry_random random;
    double draw;        /* what random gives; 0 at first */
    uint64_t waited_ns; /* all waits together */
    unsigned n_waits;
    struct kube_client *k;
};

struct kube_fixture *kube_fixture_new(void) NODISCARD;
void kube_fixture_free(struct kube_fixture *f);
CLEANUP_DEFINE(kube_fixture)

/* Answer requests of that method whose URL has that part: times (0: always), status, body. */
void kube_fixture_answer(struct kube_fixture *f, const char *method, const char *url,
                         unsigned times, int status, const char *body);

/* A stream on such URLs that gives lines and stays open. */
void kube_fixture_stream(struct kube_fixture *f, const char *url, const char *lines);

/* /apis/external-secrets.io serves v1 and v1beta1. */
void kube_fixture_serve_external_secrets(struct kube_fixture *f);

/* Requests so far of that method (NULL: any) whose URL has that part. */
size_t kube_fixture_count(struct kube_fixture *f, const char *method, const char *url);

/* The last such request; fails the test when there is none. */
const struct http_fake_request *kube_fixture_last(struct kube_fixture *f, const char *method,
                                                  const char *url);

/* Deadline s seconds from now. */
struct deadline kube_fixture_in(struct kube_fixture *f, unsigned s);
