#pragma once
/* project.h: stage 4: where an output_set goes; one sink for each kind of output.
 *
 * Owns     sinks are owned by the composition root.
 * Threads  apply from any worker, one spec at a time per worker.
 * Source   docs/ARCHITECTURE.md "project". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "spec/output_set.h"
#include "spec/spec.h"

enum project_outcome {
    PROJECT_UNCHANGED, /* what stands there is this output already */
    PROJECT_CREATED,   /* nothing stood there before */
    PROJECT_CHANGED,
    PROJECT_DELETED,  /* deletionPolicy Delete and nothing left to write */
    PROJECT_RETAINED, /* deletionPolicy Retain and nothing to write */
    PROJECT_MISSING,  /* creationPolicy Merge and there is no Secret to merge into */
    PROJECT_NOTHING,  /* creationPolicy None */
};

struct sink;

struct sink_ops {
    const char *name; /* metric label: "secret", "dir" */

    /* Make the output stand; idempotent. Errors: CONFLICT (foreign object, named), DENIED (says
     * which rule to add), UNAVAILABLE, RATE_LIMITED, DEADLINE, INTERNAL. */
    struct err *(*apply)(struct sink *s, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out);

    /* The spec is gone: remove by policy. Idempotent. */
    struct err *(*remove)(struct sink *s, const struct spec *spec, const struct deadline *dl);

    /* What stands at the target of spec is at version now ("": nothing stands there). Did somebody
     * else make it so since our last apply? False where we know of none. NULL: nobody tells. */
    bool (*has_drifted)(struct sink *s, const struct spec *spec, const char *version);

    /* Did the last apply of spec also delete what stood at its earlier target? NULL: never. */
    bool (*has_left_target)(struct sink *s, const struct spec *spec);

    void (*free)(struct sink *s);
};

/* Implementations embed it first. */
struct sink {
    const struct sink_ops *ops;
};

/* Count a finished apply in METRIC_SECRET_WRITES, if it was for a Secret. */
void project_count(enum project_outcome outcome);

/* May a sink write the target of spec? INVALID: it is no plain Secret, and such targets were not
 * allowed (option --unsafe-allow-generic-targets). */
NODISCARD struct err *project_check_generic(const struct spec *spec, bool allows_generic);

static inline void sink_free(struct sink *s)
{
    if (s)
        s->ops->free(s);
}
CLEANUP_DEFINE(sink)
