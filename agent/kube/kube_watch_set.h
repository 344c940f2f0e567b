#pragma once
/* kube_watch_set.h: one thread for many watches; it sleeps while nothing arrives.
 *
 * Owns     a set owns its watches, its thread and its stop flag.
 * Threads  add and remove only in the set's own thread (in before_sweep or a handler); wake from
 *          any; start, stop and free from the owner. Without start, a test sweeps by itself. */

#include <stdint.h>

#include "base/attr.h"
#include "kube/kube_client.h"
#include "kube/kube_watch.h"

struct kube_watch_set;

struct kube_watch_set_options {
    struct kube_client *kube;
    const char *thread_name; /* at most 15 characters */
    /* Called in the set's thread whenever it wakes up; may be NULL. */
    void (*before_sweep)(void *ctx);
    /* Called when the watches that were due have been stepped; gives the time (CLOCK_MONOTONIC ns)
     * at which it wants to be called again at the latest; may be NULL. */
    uint64_t (*after_sweep)(void *ctx);
    void *ctx;
};

struct kube_watch_set *kube_watch_set_new(const struct kube_watch_set_options *options) NODISCARD;

/* Stops first. Every watch's handler gets its gone call. */
void kube_watch_set_free(struct kube_watch_set *s);
CLEANUP_DEFINE(kube_watch_set)

void kube_watch_set_start(struct kube_watch_set *s);

/* End the thread, within 200 ms; idempotent. */
void kube_watch_set_stop(struct kube_watch_set *s);

/* Add a watch of what selector says; the set owns it. */
struct kube_watch *kube_watch_set_add(struct kube_watch_set *s,
                                      const struct kube_selector *selector,
                                      const struct kube_watch_handler *handler, void *ctx);

/* Free w at the end of this sweep; its handler is not called any more except for gone. */
void kube_watch_set_remove(struct kube_watch_set *s, struct kube_watch *w);

/* Make the thread sweep now. */
void kube_watch_set_wake(struct kube_watch_set *s);

/* before_sweep, then step every watch that is due, then after_sweep; returns when to come again. */
uint64_t kube_watch_set_sweep(struct kube_watch_set *s);
