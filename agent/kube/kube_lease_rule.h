#pragma once
/* kube_lease_rule.h: when a Lease is free, when it is ours, when we must stop. Pure decisions.
 *
 * Whether a holder is alive is judged by when we last saw its record change, on our own monotonic
 * clock; the times in the record are for people.
 *
 * Owns     a lease owns its texts.
 * Threads  one at a time.
 * Source   coordination.k8s.io/v1 Lease; client-go's leader election for the times. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/json.h"
#include "net/retry.h"

#define LEASE_DURATION_S 15
#define LEASE_RENEW_NS (5 * NS_PER_S)        /* after the last success, up to a fifth later */
#define LEASE_RETRY_NS (2 * NS_PER_S)        /* after a failed renewal */
#define LEASE_STOP_NS (12 * NS_PER_S)        /* without a renewal: act no more, before it expires */
#define LEASE_LIST_NS (60 * NS_PER_S)        /* give or take a sixth */
#define LEASE_WATCHFUL_NS (5 * NS_PER_S)     /* the same for who holds some, but not all */
#define LEASE_SECOND_LIST_NS (18 * NS_PER_S) /* after the first one: who of the holders lives? */
#define LEASE_FIRST_RETRY_NS (5 * NS_PER_S)  /* until one list has succeeded */
#define LEASE_FIRST_SPREAD_NS (2 * NS_PER_S)
#define LEASE_HESITATE_NS (500 * NS_PER_MS) /* per lease held already, and once at random */

/* What is known of one Lease. Zero: never seen. */
struct lease {
    bool exists;
    char *holder; /* "" or NULL: nobody */
    char *resource_version;
    char *acquire_time; /* as the record has it */
    int64_t transitions;
    int64_t duration_s;
    uint64_t seen_at_ns; /* when resource_version last changed, monotonic */

    bool is_held;           /* by us, as far as we were told */
    uint64_t renewed_at_ns; /* start of our last successful write */
    uint64_t renew_due_ns;
};

void lease_done(struct lease *l);

/* The server showed this object. */
void lease_observe(struct lease *l, const struct json *obj, uint64_t now_ns);

/* The server has no such object. */
void lease_observe_none(struct lease *l);

/* May identity take it: nobody holds it, its holder is dead, or it is our own of a former life. */
bool lease_is_free(const struct lease *l, const char *identity, uint64_t now_ns);

/* First free one at or after start (wrapping); n when none is. */
size_t lease_find_free(const struct lease *leases, size_t n, size_t start, const char *identity,
                       uint64_t now_ns);

/* How long to hesitate before taking one more: the more we hold the longer, so that leases spread
 * over all who want one. */
uint64_t lease_hesitation_ns(size_t n_held, const struct retry_random *r);

/* Our write of began_ns succeeded, obj is the answer. */
void lease_won(struct lease *l, const struct json *obj, uint64_t began_ns,
               const struct retry_random *r);

/* When a held lease must not be acted on any more; 0 when it is not held. */
uint64_t lease_held_until_ns(const struct lease *l);

/* The object to write: identity NULL gives the lease back. Caller frees. */
struct json *lease_body(const struct lease *l, const char *name, const char *ns,
                        const char *identity, int64_t now_unix_s) NODISCARD;
