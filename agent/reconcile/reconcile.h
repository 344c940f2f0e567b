#pragma once
/* reconcile.h: bring every ExternalSecret's outputs to what its store holds, and say how it went.
 *
 * A trigger (a change of the spec, its store or credentials; a refresh timer; a volume published)
 * puts a key into the queue; a worker takes it through one step. All memory of earlier steps is a
 * cache of what the cluster and the node hold: losing it costs one extra pass.
 *
 * Owns     the queue, its workers and the memory of each spec.
 * Threads  triggers from anywhere; steps in N named workers.
 * Source   docs/ARCHITECTURE.md "reconcile". */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/map.h"
#include "project/project.h"
#include "reconcile/pipeline.h"
#include "reconcile/rival.h"
#include "reconcile/status.h"
#include "reconcile/volumes.h"
#include "spec/spec_store.h"

struct reconcile_options {
    const struct clock *clock;
    struct spec_store *specs;
    const struct pipeline *pipeline;
    struct volumes *volumes; /* may be NULL: no volumes on this agent */
    struct sink *mirror;     /* may be NULL: --mirror=off */
    struct status_sink status;
    /* Is the object with this uid ours to mirror and to report on (its shard is held)? */
    bool (*is_ours)(void *ctx, const char *uid);
    void *is_ours_ctx;
    bool allows_generic;          /* targets may be of other kinds than Secret */
    const char *controller_class; /* what uses a store of another is left alone; NULL: nothing is */
    struct rival *rival;          /* may be NULL: nobody else writes what we write */
    uint32_t (*random)(void);     /* uniform 32 bits */
    uint64_t pass_timeout_ns;
    /* Worker 0..n-1 begins (true) or has ended (false) a step; for its heartbeat; may be NULL. */
    void (*working)(void *ctx, unsigned worker, bool is_working);
    void *working_ctx;
};

struct reconcile;
struct reconcile *reconcile_new(const struct reconcile_options *options) NODISCARD;

/* Start n workers, at most WORKERS_MAX; stop joins them. The spec store is told of
 * reconcile_listener by the caller. */
void reconcile_start(struct reconcile *r, unsigned n_workers);
void reconcile_stop(struct reconcile *r);
void reconcile_free(struct reconcile *r);
CLEANUP_DEFINE(reconcile)

/* The listener to plug into spec_store (ctx: the struct reconcile). */
const struct spec_listener *reconcile_listener(void);

/* A volume of that ExternalSecret now holds revision ("" when not known). */
void reconcile_volume_published(void *ctx, const char *ns, const char *name, const char *revision);

/* Somebody, perhaps we, changed a mirrored Secret: it has that version now; NULL: it is gone. What
 * is not as we wrote it is written again, see drift.h; values of the cache will do. */
void reconcile_secret_changed(void *ctx, const char *ns, const char *name, const char *version);

/* The keys "ns/name" of listed are all the mirrored Secrets that there are. */
void reconcile_secrets_listed(void *ctx, const struct map *listed);

/* Look at every spec and store again, for example when the set of held shards changed. That forces
 * nothing: a pass is run for what is due, or has become ours. */
void reconcile_all(struct reconcile *r);

/* Do what is due now in the calling thread; the number of steps. For tests. */
size_t reconcile_step_due(struct reconcile *r);

/* Call fn for every spec whose last pass failed ("ns/name" and its message), with a lock held: fn
 * must be short and call nothing here. */
typedef void reconcile_failing_fn(void *ctx, const char *ns_name, const char *message);
void reconcile_each_failing(struct reconcile *r, reconcile_failing_fn *fn, void *ctx);
