#pragma once
/* rival.h: is External Secrets alive, and whose is an object whose status it wrote last?
 *
 * Two programs that write the same Secret never come to rest. So an object whose status External
 * Secrets wrote last is taken over only when External Secrets has let it become overdue: from the
 * time that something is to be done for it, we wait RIVAL_GRACE_NS for it to do that. Signs of life
 * are a trace (the time of its last status write) that moves, of any object, and its Lease.
 *
 * Owns     what was seen of each such object.
 * Threads  any; an object is judged by one at a time.
 * Source   managedFields: manager, subresource, time; docs/MIGRATION.md "Both at once". */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "spec/spec.h"

#define RIVAL_GRACE_NS (30 * NS_PER_S)
#define RIVAL_SIGN_NS (300 * NS_PER_S) /* as long it counts as alive after a sign of life */
#define RIVAL_LOOK_NS (60 * NS_PER_S)  /* an object that stands back is judged again so often */
#define RIVAL_MESSAGE_MAX 512

struct rival;

/* is_take_over: we were told that everything is ours. */
struct rival *rival_new(const struct clock *clock, bool is_take_over) NODISCARD;
void rival_free(struct rival *r);
CLEANUP_DEFINE(rival)

enum rival_verdict {
    RIVAL_OURS,  /* go on */
    RIVAL_WAIT,  /* leave the object alone and ask again then */
    RIVAL_ALIVE, /* the same, and say so on the object */
};

struct rival_question {
    const char *kind; /* "ExternalSecret" */
    const struct object_meta *meta;
    bool is_due;    /* something is to be done for the object */
    bool is_forced; /* in: that is so because of a trigger that will not come again; out: it was
                     * since the last verdict that was not RIVAL_WAIT */
};

/* Judge an object; to be asked at each change of it and whenever look_ns has come. Objects that we
 * wrote last, or that External Secrets never wrote, are ours, at once.
 *   look_ns  set with RIVAL_WAIT and RIVAL_ALIVE: when to ask again, CLOCK_MONOTONIC; UINT64_MAX:
 *            when something is due */
enum rival_verdict rival_judge(struct rival *r, struct rival_question *q, uint64_t *look_ns);

/* "ns/name", or "name" in cluster scope, is gone, or another agent's. */
void rival_forget(struct rival *r, const char *kind, const char *ns_name);

/* True when the object of that meta should be left alone for now; ask again after RIVAL_GRACE_NS.
 * For callers whose objects are always due when they ask. */
bool rival_stands_back(struct rival *r, const char *kind, const struct object_meta *meta);

/* Was there a sign of life within RIVAL_SIGN_NS? */
bool rival_is_alive(struct rival *r);

/* What is to be said on an object: how we know, and the two ways out. */
void rival_message(struct rival *r, char out[RIVAL_MESSAGE_MAX]);

/* The Lease of its leader election as just read, renew_time as it stands there. A sign of life when
 * it has moved between two looks, or is younger than duration_s. */
void rival_note_lease(struct rival *r, const char *renew_time, int64_t duration_s);

/* The first RIVAL_ALIVE of this process: true once. For the log. */
bool rival_is_news(struct rival *r);
