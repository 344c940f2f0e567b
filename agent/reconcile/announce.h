#pragma once
/* announce.h: say how a pass of an ExternalSecret went, wherever that has not been said yet.
 *
 * Owns     the list of ExternalSecrets that fail now.
 * Threads  any worker; one at a time per ExternalSecret.
 * Source   External Secrets' events; Kubernetes API conventions on conditions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "reconcile/spec_memory.h"
#include "reconcile/status.h"
#include "spec/spec.h"

struct announce_options {
    const struct clock *clock;
    const struct status_sink *status; /* borrowed */
    uint64_t timeout_ns;              /* of one write */
};

/* Who may speak: in a cluster one agent for each ExternalSecret. The log is always written. */
struct announce_rights {
    bool may_write; /* its status */
    bool may_emit;  /* Events about it */
};

/* What a pass that went well did, for Events. */
struct announce_news {
    enum project_outcome outcome; /* of the mirror; PROJECT_NOTHING without one */
    bool has_left_target;         /* the Secret under the spec's earlier target was deleted */
    const struct map *missing;    /* as in pipeline_result; may be NULL */
};

struct announce;
struct announce *announce_new(const struct announce_options *options) NODISCARD;
void announce_free(struct announce *a);
CLEANUP_DEFINE(announce)

/* Make fresh (its texts are taken) the report in m; its transition time is set here. Written as
 * status when it says something new, is a minute younger than the one written, or none could be
 * written so far. A log line tells of each new failure and of recovery, and so does an Event.
 * Events also tell what became of the target, and which entries the store did not have, once.
 *   news  NULL: the pass failed */
void announce_report(struct announce *a, struct spec_memory *m, const struct spec *spec,
                     struct status_report *fresh, const struct announce_rights *rights,
                     const struct announce_news *news);

/* Write the report in m as it is: what else is in the object's conditions is no longer true. */
void announce_again(struct announce *a, struct spec_memory *m, const struct spec *spec);

/* "ns/name" is none of ours any more: it does not count as failing. */
void announce_silence(struct announce *a, const char *ns_name);

/* Call fn for each ExternalSecret whose last report was a failure ("ns/name" and the message), with
 * a lock held: fn must be short and call nothing here. */
typedef void announce_failing_fn(void *ctx, const char *ns_name, const char *message);
void announce_each_failing(struct announce *a, announce_failing_fn *fn, void *ctx);
