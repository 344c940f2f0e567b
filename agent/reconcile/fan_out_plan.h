#pragma once
/* fan_out_plan.h: what a ClusterExternalSecret wants, beside what there is. Pure.
 *
 * Owns     a plan owns its texts; those of its steps too.
 * Threads  any; the picture belongs to the thread of its watch.
 * Source   External Secrets: which namespaces are provisioned, and which ExternalSecrets are not
 *          taken over. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/map.h"
#include "spec/cluster_spec.h"
#include "watch/watch_fan_out.h"

/* An ExternalSecret as it was after our last write. */
struct fan_out_settled {
    char desired[DIGEST_SHA256_HEX];     /* cluster_spec.digest of that time */
    char fingerprint[DIGEST_SHA256_HEX]; /* what the server made of it */
    uint64_t quiet_until_ns;             /* a change by others is not mended before */
};

enum fan_out_act { FAN_OUT_CREATE, FAN_OUT_REPLACE, FAN_OUT_TAKE_OVER, FAN_OUT_DELETE };

struct fan_out_step {
    enum fan_out_act act;
    char *ns;
    char *name;
    char *uid;     /* of what is there; NULL: nothing is */
    bool is_drift; /* it was as it should be, and somebody changed it */
};

struct fan_out_plan {
    struct fan_out_step *steps; /* n; deletions first */
    size_t n;
    struct map *in_place; /* namespaces whose ExternalSecret is ours; values do not matter */
    struct map *refused;  /* namespaces where one stands that is not */
    uint64_t due_ns;      /* when drift that has to wait is due; UINT64_MAX: none waits */
};

/* Make the plan for spec.
 *   settled  "ns/name" -> struct fan_out_settled
 *   now_ns   CLOCK_MONOTONIC
 *   out      overwritten; fan_out_plan_done it */
void fan_out_plan_make(const struct cluster_spec *spec, const struct fan_out_picture *picture,
                       const struct map *settled, uint64_t now_ns, struct fan_out_plan *out);
void fan_out_plan_done(struct fan_out_plan *p);
