/* A map from key to entry plus a linear look for the first due one. The look is O(n) over what
 * waits; with 10,000 keys that is some 50 us, far below one pass through the stages, and needs no
 * second structure to keep in step. */

#include "reconcile/work_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/thread.h"

struct entry {
    uint64_t at_ns;
    bool is_waiting; /* wanted at at_ns */
    bool is_in_hand; /* a worker has it */
};

struct work_queue {
    struct mutex mu;
    struct cond changed;
    const struct clock *clock;
    struct map *entries;
    bool is_stopped;
};

struct work_queue *work_queue_new(const struct clock *clock)
{
    struct work_queue *q = xcalloc(1, sizeof(*q));
    mutex_init(&q->mu);
    cond_init(&q->changed);
    q->clock = clock;
    q->entries = map_new(free);
    return q;
}

void work_queue_free(struct work_queue *q)
{
    if (!q)
        return;
    map_free(q->entries);
    cond_done(&q->changed);
    mutex_done(&q->mu);
    free(q);
}

static struct entry *entry_of_locked(struct work_queue *q, const char *key) REQUIRES(q->mu)
{
    struct entry *e = map_get(q->entries, key);
    if (!e) {
        e = xcalloc(1, sizeof(*e));
        map_set(q->entries, key, e);
    }
    return e;
}

void work_queue_push(struct work_queue *q, const char *key, uint64_t at_ns)
{
    mutex_lock(&q->mu);
    struct entry *e = entry_of_locked(q, key);
    if (at_ns == 0)
        at_ns = clock_mono_ns(q->clock); /* in line behind what is overdue */
    if (!e->is_waiting || at_ns < e->at_ns)
        e->at_ns = at_ns;
    e->is_waiting = true;
    cond_broadcast(&q->changed);
    mutex_unlock(&q->mu);
}

/* First key that waits and is in nobody's hands; *wait_ns says how long until it is due. */
static const char *first_locked(const struct work_queue *q, uint64_t *wait_ns) REQUIRES(q->mu)
{
    const char *first = NULL;
    uint64_t first_at = UINT64_MAX;
    for (size_t i = 0; i < q->entries->n; i++) {
        const struct entry *e = q->entries->entries[i].value;
        if (e->is_waiting && !e->is_in_hand && (!first || e->at_ns < first_at)) {
            first = q->entries->entries[i].key;
            first_at = e->at_ns;
        }
    }
    uint64_t now = clock_mono_ns(q->clock);
    *wait_ns = !first ? UINT64_MAX : first_at > now ? first_at - now : 0;
    return first;
}

static char *take_locked(struct work_queue *q, const char *key) REQUIRES(q->mu)
{
    struct entry *e = map_get(q->entries, key);
    e->is_waiting = false;
    e->is_in_hand = true;
    return xstrdup(key);
}

char *work_queue_pop(struct work_queue *q)
{
    char *taken = NULL;
    mutex_lock(&q->mu);
    while (!q->is_stopped && !taken) {
        uint64_t wait_ns;
        const char *first = first_locked(q, &wait_ns);
        if (first && wait_ns == 0)
            taken = take_locked(q, first);
        else
            cond_wait_ns(&q->changed, &q->mu, wait_ns);
    }
    mutex_unlock(&q->mu);
    return taken;
}

char *work_queue_try_pop(struct work_queue *q)
{
    uint64_t wait_ns;
    mutex_lock(&q->mu);
    const char *first = first_locked(q, &wait_ns);
    char *taken = first && wait_ns == 0 && !q->is_stopped ? take_locked(q, first) : NULL;
    mutex_unlock(&q->mu);
    return taken;
}

void work_queue_done(struct work_queue *q, const char *key)
{
    mutex_lock(&q->mu);
    struct entry *e = map_get(q->entries, key);
    if (e) {
        e->is_in_hand = false;
        if (!e->is_waiting)
            map_remove(q->entries, key);
        else
            cond_broadcast(&q->changed);
    }
    mutex_unlock(&q->mu);
}

void work_queue_stop(struct work_queue *q)
{
    mutex_lock(&q->mu);
    q->is_stopped = true;
    cond_broadcast(&q->changed);
    mutex_unlock(&q->mu);
}

size_t work_queue_depth(struct work_queue *q, size_t *out_due)
{
    size_t waiting = 0;
    size_t due = 0;
    mutex_lock(&q->mu);
    uint64_t now = clock_mono_ns(q->clock);
    for (size_t i = 0; i < q->entries->n; i++) {
        const struct entry *e = q->entries->entries[i].value;
        waiting += e->is_waiting;
        due += e->is_waiting && e->at_ns <= now;
    }
    mutex_unlock(&q->mu);
    *out_due = due;
    return waiting;
}
