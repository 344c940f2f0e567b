#pragma once
/* kube_watch.h: keep somebody's picture of a collection, or of one object, up to date.
 *
 * A watch lists, then follows the changes, and mends itself: a lost connection goes on where it
 * stopped, a forgotten resourceVersion lists again, a server that refuses is asked less and less
 * often. It is a machine that is stepped; kube_watch_set.h owns the thread that does it.
 *
 * Owns     a watch owns its stream and its place in it.
 * Threads  one at a time steps it; kube_watch_is_ready's flag is set by the http thread.
 * Source   Kubernetes API concepts, "Efficient detection of changes"; client-go's reflector for the
 *          time constants. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "kube/kube_client.h"
#include "kube/kube_list.h"

#define KUBE_WATCH_MIN_S 300 /* a watch is asked to last 300 to 600 s */
#define KUBE_WATCH_SPREAD_S 300
#define KUBE_WATCH_GRACE_NS (30 * NS_PER_S) /* then it is ended by us */
#define KUBE_WATCH_SILENCE_NS (120 * NS_PER_S)
#define KUBE_WATCH_CONTACT_NS (45 * NS_PER_S)
#define KUBE_WATCH_SHORT_NS NS_PER_S

/* Called in the stepping thread. Any may be NULL except put and remove. */
struct kube_watch_handler {
    /* The object is there, like this. Takes obj. */
    void (*put)(void *ctx, struct json *obj);
    void (*remove)(void *ctx, const char *ns, const char *name);
    /* A list is complete: whatever is not named in keep ("ns/name") is gone. */
    void (*retain)(void *ctx, const struct map *keep);
    /* The first complete state has been delivered; once. */
    void (*synced)(void *ctx);
    /* A request failed and will be repeated; borrowed. */
    void (*failed)(void *ctx, const struct err *e);
    /* The watch is being freed: last call. */
    void (*gone)(void *ctx);
};

struct kube_watch_options {
    struct kube_selector selector; /* texts are copied */
    const struct kube_watch_handler *handler;
    void *ctx;
    const atomic_bool *stop; /* may be NULL; set: blocking calls end within 100 ms */
    http_notify_fn *wake;    /* may be NULL; something to read: step soon; from the http thread */
    void *wake_ctx;
};

struct kube_watch;

/* k is borrowed and outlives the watch. Nothing is sent before the first step. */
struct kube_watch *kube_watch_new(struct kube_client *k,
                                  const struct kube_watch_options *options) NODISCARD;
void kube_watch_free(struct kube_watch *w);
CLEANUP_DEFINE(kube_watch)

/* Do what is due: list, open, read what has arrived. Lists and opens block. Returns when to step
 * again (CLOCK_MONOTONIC ns) if no wake comes before. */
uint64_t kube_watch_step(struct kube_watch *w);

/* When the next step is due; 0 after kube_watch_relist or a wake. */
uint64_t kube_watch_due_ns(const struct kube_watch *w);

/* List again at the next step, even if nothing seems wrong. */
void kube_watch_relist(struct kube_watch *w);

bool kube_watch_is_synced(const struct kube_watch *w);

/* It follows changes at the moment: a step only reads what has come. */
bool kube_watch_has_stream(const struct kube_watch *w);

/* The last step could not reach the server at all. */
bool kube_watch_is_cut_off(const struct kube_watch *w);
