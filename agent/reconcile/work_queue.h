#pragma once
/* work_queue.h: keys to work on, now or later; a key is in one worker's hands at a time.
 *
 * A key that is added while it is being worked on comes again afterwards. The earliest wanted time
 * of a key wins.
 *
 * Owns     its keys.
 * Threads  any number of producers and consumers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

struct work_queue;
struct work_queue *work_queue_new(const struct clock *clock) NODISCARD;
void work_queue_free(struct work_queue *q);
CLEANUP_DEFINE(work_queue)

/* Work on key at at_ns (monotonic) at the latest; 0 = now. */
void work_queue_push(struct work_queue *q, const char *key, uint64_t at_ns);

/* Take the first due key; blocks until there is one, or until stop: then NULL. Caller frees it
 * after work_queue_done. */
char *work_queue_pop(struct work_queue *q) NODISCARD;

/* As pop, but gives NULL at once when nothing is due; for tests and single steps. */
char *work_queue_try_pop(struct work_queue *q) NODISCARD;

/* The work on key is over. */
void work_queue_done(struct work_queue *q, const char *key);

/* All blocked and later pops give NULL. */
void work_queue_stop(struct work_queue *q);

/* Keys that wait for their time or a worker, and how many of them are due. */
size_t work_queue_depth(struct work_queue *q, size_t *out_due);
