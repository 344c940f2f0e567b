#pragma once
/* fan_out_write.h: do what a plan for a ClusterExternalSecret says, and remember what came of it.
 *
 * Owns     a fan_out_memory owns what it holds.
 * Threads  that of the watch.
 * Source   docs/CLUSTER_EXTERNAL_SECRETS.md */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "kube/kube_client.h"
#include "reconcile/fan_out_plan.h"
#include "spec/cluster_spec.h"
#include "watch/watch_fan_out.h"

#define FAN_OUT_COMPONENT "deploy/components/cluster-external-secrets"
#define FAN_OUT_QUIET_NS (10 * NS_PER_S) /* what others change is not mended twice within */

/* What is known of one ClusterExternalSecret besides the picture. */
struct fan_out_memory {
    char *uid;
    int64_t generation; /* as of the last look, and so is digest */
    char digest[DIGEST_SHA256_HEX];
    uint64_t changes;                 /* picture.changes at the last look */
    uint64_t due_ns;                  /* of the next look */
    struct map *settled;              /* "ns/name" -> struct fan_out_settled */
    struct map *failures;             /* namespace -> reason */
    unsigned n_failed;                /* looks in a row with a failure */
    uint64_t retry_ns;                /* nothing that failed is tried before */
    bool is_held_up;                  /* the server is in trouble: nothing at all is */
    size_t created, updated, deleted; /* since the last report */
    unsigned n_unsaid;                /* status writes in a row that failed */
    struct json *said;                /* the status as it stands */
    char *told;                       /* message that log and Events have had; NULL: ready */
};

struct fan_out_memory *fan_out_memory_new(const struct cluster_spec *spec) NODISCARD;
void fan_out_memory_free(struct fan_out_memory *m);
CLEANUP_DEFINE(fan_out_memory)

struct fan_out_writer {
    struct kube_client *kube;
    const atomic_bool *stop;
    uint32_t (*random)(void);
    size_t budget; /* writes that may still be made */
};

/* Take the steps of plan, except in namespaces whose failure's retry is not due. Writes go into
 * picture and m. False: the budget was used up, there is more to do. */
bool fan_out_write(struct fan_out_writer *w, const struct fan_out_plan *plan,
                   const struct cluster_spec *spec, struct fan_out_picture *picture,
                   struct fan_out_memory *m);
