/* A round counter tells a waiter that the round it waited for is over, however many rounds have
 * begun since. Waits go in slices because a caller that goes away only sets a flag. */

#include "fetch/fetch_turn.h"

#define SLICE_NS (100 * NS_PER_MS)

void fetch_turn_init(struct fetch_turn *t)
{
    mutex_init(&t->mu);
    cond_init(&t->ended);
    t->is_taken = false;
    t->waiting = 0;
    t->rounds = 0;
    t->failure = NULL;
}

void fetch_turn_done(struct fetch_turn *t)
{
    err_free(t->failure);
    cond_done(&t->ended);
    mutex_done(&t->mu);
}

/* Until the present round ends or dl is over. */
static void wait_locked(struct fetch_turn *t, const struct deadline *dl) REQUIRES(&t->mu)
{
    unsigned long round = t->rounds;
    t->waiting++;
    while (t->is_taken && t->rounds == round && !deadline_is_over(dl)) {
        uint64_t left_ns = deadline_left_ns(dl);
        cond_wait_ns(&t->ended, &t->mu, left_ns < SLICE_NS ? left_ns : SLICE_NS);
    }
    t->waiting--;
}

static struct err *begin_locked(struct fetch_turn *t, const struct deadline *dl, const char *what,
                                bool *out_is_mine) REQUIRES(&t->mu)
{
    bool has_waited = t->is_taken;
    unsigned long round = t->rounds;
    if (has_waited)
        wait_locked(t, dl);
    if (has_waited && t->rounds != round) {
        *out_is_mine = false;
        return err_copy(t->failure);
    }
    struct err *e = deadline_check(dl, what);
    if (e)
        return e;
    t->is_taken = true;
    *out_is_mine = true;
    return NULL;
}

struct err *fetch_turn_begin(struct fetch_turn *t, const struct deadline *dl, const char *what,
                             bool *out_is_mine)
{
    mutex_lock(&t->mu);
    struct err *e = begin_locked(t, dl, what, out_is_mine);
    mutex_unlock(&t->mu);
    return e;
}

void fetch_turn_end(struct fetch_turn *t, const struct deadline *dl, const struct err *e)
{
    bool is_cut = e && err_class(e) == ERR_DEADLINE && deadline_is_over(dl);
    mutex_lock(&t->mu);
    struct err *old = t->failure;
    t->failure = is_cut ? NULL : err_copy(e);
    t->is_taken = false;
    t->rounds++;
    cond_broadcast(&t->ended);
    mutex_unlock(&t->mu);
    err_free(old);
}

unsigned fetch_turn_waiting(struct fetch_turn *t)
{
    mutex_lock(&t->mu);
    unsigned n = t->waiting;
    mutex_unlock(&t->mu);
    return n;
}
