#pragma once
/* fan_out.h: make the ExternalSecrets that ClusterExternalSecrets ask for, one in each namespace.
 *
 * Everything is done in the thread of the watch, FAN_OUT_BUDGET writes between two looks at the
 * news, at the API client's pace.
 *
 * Owns     the watch and its thread, the memory of what was written.
 * Threads  update and each_failing from any; start, stop and free from main; callbacks come from
 *          the thread.
 * Source   docs/CLUSTER_EXTERNAL_SECRETS.md; external-secrets.io/v1 ClusterExternalSecret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "kube/kube_client.h"
#include "reconcile/status.h"
#include "spec/spec.h"

#define FAN_OUT_BUDGET 32
#define FAN_OUT_STAND_BACK_NS (30 * NS_PER_S) /* as often it is asked whether we still do */

struct fan_out_options {
    struct kube_client *kube;
    const struct status_sink *status; /* for Events; borrowed */
    /* Is the ClusterExternalSecret of that UID ours? In a cluster it is one agent's. */
    bool (*is_ours)(void *ctx, const char *uid);
    /* Another controller is alive on this object: nothing is written, no status either. NULL:
     * never. */
    bool (*stands_back)(void *ctx, const struct object_meta *object);
    /* stands_back will not be asked about the one of that name any more; may be NULL. */
    void (*let_go)(void *ctx, const char *name);
    /* A watch's request failed and will be repeated. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *ctx;
    uint32_t (*random)(void); /* uniform 32 bits */
};

struct fan_out;
struct fan_out *fan_out_new(const struct fan_out_options *options) NODISCARD;
void fan_out_free(struct fan_out *f);
CLEANUP_DEFINE(fan_out)
void fan_out_start(struct fan_out *f);

/* End the thread, within 200 ms; idempotent. */
void fan_out_stop(struct fan_out *f);

/* The set of shards that we hold has changed; n_held of it. */
void fan_out_update(struct fan_out *f, size_t n_held);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t fan_out_step(struct fan_out *f);

/* Call fn for every ClusterExternalSecret of ours that is not ready (its name and its condition's
 * message), with a lock held: fn must be short and call nothing here. */
typedef void fan_out_failing_fn(void *ctx, const char *name, const char *message);
void fan_out_each_failing(struct fan_out *f, fan_out_failing_fn *fn, void *ctx);
