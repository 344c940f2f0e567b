#pragma once
/* fetch_turn.h: something that many threads want done is done by one of them.
 *
 * The others wait with their own deadlines and share the outcome: what was made is looked up again
 * by each, and a failure is handed to all. When the one who does it runs out of time, the next one
 * takes over.
 *
 * Owns     embedded; owns the last failure.
 * Threads  any number. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"

struct fetch_turn {
    struct mutex mu;
    struct cond ended;
    bool is_taken;
    unsigned waiting;     /* threads in fetch_turn_begin */
    unsigned long rounds; /* ended so far */
    struct err *failure;  /* of the last round; NULL: it worked or was cut */
};

void fetch_turn_init(struct fetch_turn *t);
void fetch_turn_done(struct fetch_turn *t);

/* Ask for the turn.
 *   out  true: do it, then call fetch_turn_end. False: a round ended meanwhile: look whether what
 *        you want is there now, and ask again if not
 * Errors: a copy of the failure of the round that was waited for; DEADLINE with what in front. */
NODISCARD struct err *fetch_turn_begin(struct fetch_turn *t, const struct deadline *dl,
                                       const char *what, bool *out_is_mine);

/* End the turn: e is what went wrong (borrowed) or NULL. An error that comes from dl being over is
 * not handed to the others. */
void fetch_turn_end(struct fetch_turn *t, const struct deadline *dl, const struct err *e);

/* How many wait now; for tests. */
unsigned fetch_turn_waiting(struct fetch_turn *t);
