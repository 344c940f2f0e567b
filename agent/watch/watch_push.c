/* One watch in a thread of its own. Without the definition in the cluster there is nothing to
 * follow: the watch is dropped, so that its own quick retries end, and made again after a while. */

#include "watch/watch_push.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "kube/kube_watch_set.h"

struct watch_push {
    struct watch_push_options options;
    struct kube_watch_set *set;
    struct kube_watch *watch; /* of the thread; NULL: nothing is held, or there is no definition */
    uint64_t look_ns;         /* of the thread; not before */
    atomic_bool is_wanted;    /* set by update, read by the thread */
    atomic_bool is_changed;   /* set by update, taken by the thread */
};

static void put(void *ctx, struct json *taken)
{
    const struct watch_push *w = ctx;
    const struct watch_push_options *o = &w->options;
    CLEANUP(json) struct json *obj = taken;
    struct push_spec *spec = push_spec_parse(obj);
    if (!spec)
        return;
    if (o->is_ours(o->ctx, spec->meta.uid)) {
        o->put(o->ctx, spec);
        return;
    }
    o->remove(o->ctx, spec->meta.ns, spec->meta.name);
    push_spec_unref(spec);
}

static void remove_push(void *ctx, const char *ns, const char *name)
{
    const struct watch_push *w = ctx;
    w->options.remove(w->options.ctx, ns, name);
}

static void retain(void *ctx, const struct map *keep)
{
    const struct watch_push *w = ctx;
    w->options.retain(w->options.ctx, keep);
}

/* Nothing is followed any more. */
static void drop(struct watch_push *w)
{
    CLEANUP(map) struct map *nothing = map_new(NULL);
    kube_watch_set_remove(w->set, w->watch);
    w->watch = NULL;
    retain(w, nothing);
}

static void failed(void *ctx, const struct err *e)
{
    struct watch_push *w = ctx;
    const struct watch_push_options *o = &w->options;
    if (err_class(e) == ERR_NOT_FOUND) {
        w->look_ns = clock_mono_ns(kube_client_clock(o->kube)) + WATCH_PUSH_LOOK_NS;
        drop(w);
    } else if (o->failed) {
        o->failed(o->failed_ctx, kube_push_secrets.kind, e);
    }
}

static const struct kube_watch_handler handler = {
    .put = put,
    .remove = remove_push,
    .retain = retain,
    .failed = failed,
};

static void before_sweep(void *ctx)
{
    struct watch_push *w = ctx;
    const struct kube_selector selector = {.resource = &kube_push_secrets};
    bool is_changed = atomic_exchange(&w->is_changed, false);
    bool is_wanted = atomic_load(&w->is_wanted);
    if (!is_wanted && w->watch)
        drop(w);
    else if (is_wanted && w->watch && is_changed)
        kube_watch_relist(w->watch);
    else if (is_wanted && !w->watch &&
             clock_mono_ns(kube_client_clock(w->options.kube)) >= w->look_ns)
        w->watch = kube_watch_set_add(w->set, &selector, &handler, w);
}

struct watch_push *watch_push_new(const struct watch_push_options *options)
{
    struct watch_push *w = xcalloc(1, sizeof(*w));
    w->options = *options;
    w->set = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = options->kube,
        .thread_name = "watch-push",
        .before_sweep = before_sweep,
        .ctx = w,
    });
    return w;
}

void watch_push_free(struct watch_push *w)
{
    if (!w)
        return;
    kube_watch_set_free(w->set);
    free(w);
}

void watch_push_start(struct watch_push *w)
{
    kube_watch_set_start(w->set);
}

void watch_push_stop(struct watch_push *w)
{
    kube_watch_set_stop(w->set);
}

void watch_push_update(struct watch_push *w, size_t n_held)
{
    atomic_store(&w->is_wanted, n_held > 0);
    atomic_store(&w->is_changed, true);
    kube_watch_set_wake(w->set);
}

uint64_t watch_push_step(struct watch_push *w)
{
    return kube_watch_set_sweep(w->set);
}
