#pragma once
/* kube_lease.h: a row of Leases that a group of agents shares out among themselves.
 *
 * A step does what is due: look at all Leases, renew what we hold, take a free one. Those who hold
 * some look every few seconds, so that one replaces another that died; they are few, however large
 * the group is. All others look about once a minute. Who holds what is read by any thread and ends
 * by itself when renewing fails.
 *
 * Owns     a set owns what it knows of its leases.
 * Threads  step and release from one thread; is_held and held from any.
 * Source   coordination.k8s.io/v1 Lease. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "kube/kube_client.h"

#define KUBE_LEASES_MAX 64

struct kube_leases_options {
    struct kube_client *kube;
    const char *ns;          /* where the Leases are */
    const char *prefix;      /* "lockstep-shard": names are prefix-0, prefix-1, ... */
    const char *identity;    /* the node: the same after a restart */
    size_t n;                /* 1..KUBE_LEASES_MAX */
    const atomic_bool *stop; /* may be NULL; set: blocking calls end within 100 ms */
};

struct kube_leases;

/* All texts are borrowed. */
struct kube_leases *kube_leases_new(const struct kube_leases_options *options) NODISCARD;
void kube_leases_free(struct kube_leases *l);
CLEANUP_DEFINE(kube_leases)

/* Do what is due. *next_ns is when to come again (CLOCK_MONOTONIC), set in every case. An error is
 * for the log; the set goes on. Errors: as kube_send. */
NODISCARD struct err *kube_leases_step(struct kube_leases *l, uint64_t *next_ns);

/* Give back all that is held, as far as dl allows; is_held is false from the start of the call. */
void kube_leases_release(struct kube_leases *l, const struct deadline *dl);

/* Do we hold lease i at this moment? */
bool kube_leases_is_held(const struct kube_leases *l, size_t i);
size_t kube_leases_held(const struct kube_leases *l);
