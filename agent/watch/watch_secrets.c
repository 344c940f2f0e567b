/* One watch in a thread of its own, so that a long list of Secrets, or a right that is missing,
 * keeps nobody else waiting. Nothing is remembered here: a list that is repeated tells everything
 * again, and whoever listens knows what is news. */

#include "watch/watch_secrets.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "kube/kube_watch_set.h"

struct watch_secrets {
    struct watch_secrets_options options;
    struct kube_watch_set *set;
    struct kube_watch *watch; /* of the thread; NULL while nothing is held */
    atomic_bool is_wanted;    /* set by update, read by the thread */
};

static const char *text_of(const struct json *obj, const char *path)
{
    const char *text = json_path_text(obj, path);
    return text ? text : "";
}

static void put(void *ctx, struct json *taken)
{
    const struct watch_secrets *s = ctx;
    CLEANUP(json) struct json *obj = taken;
    s->options.changed(s->options.ctx, text_of(obj, "metadata.namespace"),
                       text_of(obj, "metadata.name"), text_of(obj, "metadata.resourceVersion"));
}

static void remove_secret(void *ctx, const char *ns, const char *name)
{
    const struct watch_secrets *s = ctx;
    s->options.changed(s->options.ctx, ns, name, NULL);
}

static void retain(void *ctx, const struct map *keep)
{
    const struct watch_secrets *s = ctx;
    s->options.listed(s->options.ctx, keep);
}

static void failed(void *ctx, const struct err *e)
{
    const struct watch_secrets *s = ctx;
    if (s->options.failed)
        s->options.failed(s->options.failed_ctx, kube_secrets.kind, e);
}

static const struct kube_watch_handler handler = {
    .put = put,
    .remove = remove_secret,
    .retain = retain,
    .failed = failed,
};

static void before_sweep(void *ctx)
{
    struct watch_secrets *s = ctx;
    const struct kube_selector selector = {
        .resource = &kube_secrets, .label_selector = WATCH_SECRETS_LABEL, .is_metadata_only = true};
    bool is_wanted = atomic_load(&s->is_wanted);
    if (is_wanted && !s->watch) {
        s->watch = kube_watch_set_add(s->set, &selector, &handler, s);
    } else if (!is_wanted && s->watch) {
        kube_watch_set_remove(s->set, s->watch);
        s->watch = NULL;
    }
}

struct watch_secrets *watch_secrets_new(const struct watch_secrets_options *options)
{
    struct watch_secrets *s = xcalloc(1, sizeof(*s));
    s->options = *options;
    s->set = kube_watch_set_new(&(struct kube_watch_set_options){
        .kube = options->kube,
        .thread_name = "watch-secrets",
        .before_sweep = before_sweep,
        .ctx = s,
    });
    return s;
}

void watch_secrets_free(struct watch_secrets *s)
{
    if (!s)
        return;
    kube_watch_set_free(s->set);
    free(s);
}

void watch_secrets_start(struct watch_secrets *s)
{
    kube_watch_set_start(s->set);
}

void watch_secrets_stop(struct watch_secrets *s)
{
    kube_watch_set_stop(s->set);
}

void watch_secrets_update(struct watch_secrets *s, size_t n_held)
{
    atomic_store(&s->is_wanted, n_held > 0);
    kube_watch_set_wake(s->set);
}

uint64_t watch_secrets_step(struct watch_secrets *s)
{
    return kube_watch_set_sweep(s->set);
}
