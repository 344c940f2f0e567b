#pragma once
/* spec_memory.h: what reconcile remembers of one ExternalSecret between two steps.
 *
 * Owns     its texts and a reference to the last spec.
 * Threads  the table locks; an entry's content belongs to the worker that has its key in hand. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "reconcile/drift.h"
#include "reconcile/status.h"
#include "spec/spec.h"

struct spec_memory {
    struct spec *spec;               /* last seen; NULL before the first step */
    bool was_ours;                   /* to mirror and to report on, when last seen */
    char revision[DIGEST_KEYED_HEX]; /* last output that reached every sink; "" none */
    char *attempted_version;         /* synced version text of the last pass; NULL: none */
    unsigned failures;               /* in a row */
    uint64_t next_ns;                /* monotonic time of the next pass; 0: now */
    struct drift drift;              /* of its mirrored Secret */
    struct map *missing;             /* entries that were told to be missing; NULL: none */
    bool has_left;                   /* the object is deleted, and its target has been given up */
    unsigned leave_failures;         /* in a row */
    uint64_t leave_ns;               /* monotonic time of the next try; 0: now */
    struct status_report report;     /* last one made */
    bool has_report;
    bool is_report_written;
    bool has_written; /* any report, since this agent remembers the object */
    int64_t report_written_unix_s;
};

/* What is remembered before the first step, taken from the object's own status. */
void spec_memory_init(struct spec_memory *m, const struct spec *spec);
void spec_memory_free(struct spec_memory *m);
CLEANUP_DEFINE(spec_memory)

/* Keep a reference to spec as the last one seen. What is written about it while it is not ours is
 * somebody else's: then the next report counts as not written. */
void spec_memory_see(struct spec_memory *m, const struct spec *spec, bool is_ours);
