/* A counter, a door, and one condition for both. */

#include "tests/support/crowd.h"

#include <string.h>

void crowd_init(struct crowd *c)
{
    memset(c, 0, sizeof(*c));
    mutex_init(&c->mu);
    cond_init(&c->changed);
}

void crowd_done(struct crowd *c)
{
    cond_done(&c->changed);
    mutex_done(&c->mu);
}

unsigned crowd_enter(struct crowd *c)
{
    mutex_lock(&c->mu);
    unsigned place = ++c->n_entered;
    cond_broadcast(&c->changed);
    while (!c->is_open)
        cond_wait_ns(&c->changed, &c->mu, UINT64_MAX);
    c->n_left++;
    mutex_unlock(&c->mu);
    return place;
}

void crowd_pass(struct crowd *c)
{
    mutex_lock(&c->mu);
    c->n_entered++;
    cond_broadcast(&c->changed);
    mutex_unlock(&c->mu);
}

void crowd_wait_entered(struct crowd *c, unsigned n)
{
    mutex_lock(&c->mu);
    while (c->n_entered < n)
        cond_wait_ns(&c->changed, &c->mu, UINT64_MAX);
    mutex_unlock(&c->mu);
}

void crowd_open(struct crowd *c)
{
    mutex_lock(&c->mu);
    c->is_open = true;
    cond_broadcast(&c->changed);
    mutex_unlock(&c->mu);
}
