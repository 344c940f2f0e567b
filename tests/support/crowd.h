#pragma once
/* crowd.h: threads that come in, stay until the door is opened, and are counted.
 *
 * Makes "two calls are under way now" a fact that a test can wait for, instead of a pause.
 *
 * Owns     struct crowd is embedded.
 * Threads  crowd_enter from any; the rest from the test. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/thread.h"

struct crowd {
    struct mutex mu;
    struct cond changed;
    bool is_open;       /* mu */
    unsigned n_entered; /* mu */
    unsigned n_left;    /* mu */
};

void crowd_init(struct crowd *c);
void crowd_done(struct crowd *c);

/* Come in; gives the how-manieth this one is, from 1. Returns when the door is open. */
unsigned crowd_enter(struct crowd *c);

/* Come in without staying. */
void crowd_pass(struct crowd *c);

/* Wait until n have come in. */
void crowd_wait_entered(struct crowd *c, unsigned n);

void crowd_open(struct crowd *c);
