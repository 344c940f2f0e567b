/* PushSecrets: from the API server, through the stores, back into their status. Only an agent that
 * shares in the mirror has them: who writes to a store is decided as who writes a Secret. */

#include "cmd/wire.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "kube/kube_push.h"
#include "kube/kube_secret.h"
#include "kube/kube_status.h"
#include "reconcile/push.h"
#include "watch/watch_push.h"

#define PASS_TIMEOUT_NS (600 * NS_PER_S) /* a Secret may have many keys, each a call or two */
#define WRITE_TIMEOUT_NS (60 * NS_PER_S)
#define STEP_MAX_NS (PASS_TIMEOUT_NS + 3 * WRITE_TIMEOUT_NS)

struct wire_push {
    struct kube_client *client; /* borrowed */
    struct push_pass pass;
    struct push *push;
    struct watch_push *watch;
    struct ops_heartbeat *heartbeats[PUSH_WORKERS];
};

static struct kube_target target_of(const struct push_spec *spec)
{
    return (struct kube_target){
        .resource = &kube_push_secrets, .ns = spec->meta.ns, .name = spec->meta.name};
}

static struct err *write_status(void *ctx, const struct push_spec *spec,
                                const struct status_report *r, const struct json *synced_patch,
                                const struct deadline *dl)
{
    const struct wire *w = ctx;
    const struct kube_target t = target_of(spec);
    const struct kube_status status = {
        .ready = {r->is_ready ? "True" : "False", r->reason, r->message, r->transition_unix_s},
        .refresh_unix_s = r->refresh_unix_s,
        .synced_resource_version = r->synced_resource_version,
        .synced_pushes = synced_patch,
    };
    return kube_status_write(w->push->client, &t, &status, dl);
}

static struct err *set_finalizers(void *ctx, const struct push_spec *spec,
                                  const struct json *finalizers, const struct deadline *dl)
{
    const struct wire *w = ctx;
    return kube_push_set_finalizers(w->push->client, spec->meta.ns, spec->meta.name,
                                    spec->meta.resource_version, finalizers, dl);
}

static void emit(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                 const char *reason, const char *message)
{
    const struct wire *w = ctx;
    w->status.event(w->status.ctx, kind, object, type, reason, message);
}

static bool is_held(void *ctx, const char *uid)
{
    return wire_kube_is_ours(ctx, uid);
}

static void on_working(void *ctx, unsigned worker, bool is_working)
{
    const struct wire_push *p = ctx;
    if (is_working)
        ops_health_beat(p->heartbeats[worker]);
    else
        ops_health_rest(p->heartbeats[worker]);
}

static void on_put(void *ctx, struct push_spec *spec)
{
    const struct wire *w = ctx;
    push_put(w->push->push, spec);
}

static void on_remove(void *ctx, const char *ns, const char *name)
{
    const struct wire *w = ctx;
    push_remove(w->push->push, ns, name);
}

static void on_retain(void *ctx, const struct map *keep)
{
    const struct wire *w = ctx;
    push_retain(w->push->push, keep);
}

static bool stands_back(void *ctx, const struct object_meta *object)
{
    const struct wire *w = ctx;
    return rival_stands_back(w->rival, kube_push_secrets.kind, object);
}

static void let_go(void *ctx, const char *ns_name)
{
    const struct wire *w = ctx;
    rival_forget(w->rival, kube_push_secrets.kind, ns_name);
}

void wire_push_new(struct wire *w, struct kube_client *client, wire_failed_fn *failed)
{
    struct wire_push *p = w->push = xcalloc(1, sizeof(*p));
    p->client = client;
    p->pass = (struct push_pass){
        .specs = w->specs,
        .fetcher = w->fetcher,
        .source = {kube_secret_get_all, kube_secret_list, client},
        .secrets = w->credentials,
        .config_maps = w->config_maps,
        .render = &w->render,
        .controller_class = w->config->controller_class,
    };
    p->push = push_new(&(struct push_options){
        .clock = w->clock,
        .pass = &p->pass,
        .sink = {write_status, set_finalizers, emit, w},
        .is_ours = is_held,
        .is_ours_ctx = w,
        .stands_back = stands_back,
        .stands_back_ctx = w,
        .let_go = let_go,
        .random = wire_random,
        .pass_timeout_ns = PASS_TIMEOUT_NS,
        .write_timeout_ns = WRITE_TIMEOUT_NS,
        .working = on_working,
        .working_ctx = p,
    });
    for (unsigned i = 0; i < PUSH_WORKERS; i++)
        p->heartbeats[i] = ops_health_register(w->health, "push", STEP_MAX_NS);
    p->watch = watch_push_new(&(struct watch_push_options){
        .kube = client,
        .is_ours = is_held,
        .put = on_put,
        .remove = on_remove,
        .retain = on_retain,
        .ctx = w,
        .failed = failed,
        .failed_ctx = w,
    });
}

void wire_push_start(struct wire *w)
{
    if (!w->push)
        return;
    push_start(w->push->push);
    watch_push_start(w->push->watch);
}

void wire_push_shards_changed(struct wire *w, size_t n_held)
{
    if (w->push)
        watch_push_update(w->push->watch, n_held);
}

void wire_push_store_changed(struct wire *w, enum store_kind kind, const char *ns, const char *name)
{
    if (w->push)
        push_store_changed(w->push->push, kind, ns, name);
}

void wire_push_each_failing(struct wire *w, push_failing_fn *fn, void *ctx)
{
    if (w->push)
        push_each_failing(w->push->push, fn, ctx);
}

void wire_push_stop(struct wire *w)
{
    if (!w->push)
        return;
    watch_push_stop(w->push->watch);
    push_stop(w->push->push);
}

void wire_push_free(struct wire *w)
{
    struct wire_push *p = TAKE(w->push);
    if (!p)
        return;
    watch_push_free(p->watch);
    push_free(p->push);
    free(p);
}
