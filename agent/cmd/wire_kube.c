/* In a cluster: the node's own watches feed volumes, the shards that we hold feed the mirror, and
 * statuses and Events go to the API server. */

#include "cmd/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "cmd/chores.h"
#include "cmd/cli.h"
#include "kube/kube_client.h"
#include "kube/kube_config.h"
#include "kube/kube_event.h"
#include "kube/kube_namespace.h"
#include "kube/kube_secret.h"
#include "kube/kube_status.h"
#include "kube/kube_write.h"
#include "net/http_curl.h"
#include "project/project_object.h"
#include "reconcile/shard.h"
#include "watch/watch_kube.h"
#include "watch/watch_mirror.h"
#include "watch/watch_secrets.h"

#define CONNECT_TIMEOUT_MS 10000
#define CONTACT_MAX_NS (180 * NS_PER_S)

struct wire_kube {
    struct kube_config *config;
    struct http *http;
    struct kube_client *client;
    struct kube_events *events;
    struct watch_kube *node;       /* NULL with --source=dir */
    struct watch_mirror *wide;     /* NULL without a mirror of a cluster's objects */
    struct shard_map *shards;      /* as wide */
    struct watch_secrets *secrets; /* NULL without --watch-secrets; runs when chores allow it */
    struct chores *chores;
};

static struct err *load_config(const struct config *c, struct kube_config **out)
{
    if (c->kubeconfig)
        return kube_config_from_file(c->kubeconfig, out);
    return kube_config_in_cluster(getenv, KUBE_ACCOUNT_DIR, out);
}

static void on_failed(void *ctx, const char *what, const struct err *e)
{
    (void)ctx;
    metric_inc(METRIC_SOURCE_ERRORS, "kubernetes", err_class_name(err_class(e)), NULL);
    log_warn("watch.failed", LF("resource", what), LF("err", e));
}

static bool is_held(void *ctx, const char *uid)
{
    return wire_kube_is_ours(ctx, uid);
}

static void on_shards_changed(void *ctx, size_t n_held)
{
    struct wire *w = ctx;
    watch_mirror_update(w->kube->wide, n_held);
    if (w->kube->secrets)
        watch_secrets_update(w->kube->secrets, n_held);
    wire_push_shards_changed(w, n_held);
    wire_fan_out_update(w, n_held);
    reconcile_all(w->reconcile);
}

static void make_watches(struct wire *w)
{
    struct wire_kube *k = w->kube;
    const char *ns = w->config->ns ? w->config->ns : kube_client_ns(k->client);
    struct watch_kube_options node = {k->client, w->specs, on_failed, w};
    struct watch_mirror_options wide = {
        .kube = k->client, .specs = w->specs, .is_ours = is_held, .failed = on_failed, .ctx = w};
    struct shard_options shards = {.kube = k->client,
                                   .ns = ns,
                                   .identity = w->config->node_name,
                                   .n_shards = (unsigned)w->config->mirror_shards,
                                   .changed = on_shards_changed,
                                   .ctx = w};
    if (w->config->source_place != CONFIG_KUBERNETES)
        return;
    k->node = watch_kube_new(&node);
    if (w->config->mirror_place == CONFIG_OFF)
        return;
    k->wide = watch_mirror_new(&wide);
    k->shards = shard_map_new(&shards);
    wire_fan_out_new(w, k->client);
}

static void on_may_watch(void *ctx)
{
    const struct wire *w = ctx;
    watch_secrets_start(w->kube->secrets);
}

/* Without shards, that is with manifests from a folder, all is ours all the time. */
static void make_watch_secrets(struct wire *w)
{
    struct wire_kube *k = w->kube;
    if (!w->config->watch_secrets)
        return;
    k->secrets = watch_secrets_new(&(struct watch_secrets_options){
        .kube = k->client,
        .changed = reconcile_secret_changed,
        .listed = reconcile_secrets_listed,
        .ctx = w->reconcile,
        .failed = on_failed,
        .failed_ctx = w,
    });
    if (!k->shards)
        watch_secrets_update(k->secrets, 1);
}

struct err *wire_kube_new(struct wire *w)
{
    struct wire_kube *k = w->kube = xcalloc(1, sizeof(*k));
    CLEANUP_STR char *agent =
        xasprintf("lockstep/%s (linux/amd64) %s", version_text(), version_commit());
    struct http_curl_options http = {.use_http2 = !w->config->api_http1,
                                     .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                     .user_agent = agent};
    struct err *e = load_config(w->config, &k->config);
    if (!e)
        e = http_curl_new(&http, &k->http);
    if (e)
        return err_wrap(e, "Kubernetes API");
    struct kube_client_options client = {.config = k->config,
                                         .http = k->http,
                                         .clock = w->clock,
                                         .per_s = (double)w->config->kube_qps,
                                         .burst = (double)w->config->kube_burst};
    k->client = kube_client_new(&client);
    k->events = kube_events_new(k->client, w->config->node_name);
    make_watches(w);
    return NULL;
}

static struct kube_status status_of(const struct status_report *r)
{
    return (struct kube_status){
        .ready = {r->is_ready ? "True" : "False", r->reason, r->message, r->transition_unix_s},
        .refresh_unix_s = r->refresh_unix_s,
        .synced_resource_version = r->synced_resource_version,
    };
}

static struct err *write_spec(void *ctx, const struct spec *spec, const struct status_report *r,
                              const struct deadline *dl)
{
    const struct wire *w = ctx;
    struct kube_status status = status_of(r);
    struct kube_target t = {
        .resource = &kube_external_secrets, .ns = spec->meta.ns, .name = spec->meta.name};
    bool has_secret = spec_targets_secret(spec) && spec->creation != CREATION_NONE;
    status.binding_name = r->is_ready && has_secret ? spec->target_name : NULL;
    return kube_status_write(w->kube->client, &t, &status, dl);
}

static struct err *write_store(void *ctx, const struct store *store, const struct status_report *r,
                               const struct deadline *dl)
{
    const struct wire *w = ctx;
    struct kube_status status = status_of(r);
    bool is_cluster = store->kind == STORE_CLUSTER;
    struct kube_target t = {.resource =
                                is_cluster ? &kube_cluster_secret_stores : &kube_secret_stores,
                            .ns = is_cluster ? NULL : store->meta.ns,
                            .name = store->meta.name};
    status.capabilities = r->capabilities;
    return kube_status_write(w->kube->client, &t, &status, dl);
}

static struct err *take_finalizer(void *ctx, const struct spec *spec, const char *finalizer,
                                  const struct deadline *dl)
{
    const struct wire *w = ctx;
    CLEANUP(json) struct json *others = object_meta_other_finalizers(&spec->meta, finalizer);
    struct kube_target t = {
        .resource = &kube_external_secrets, .ns = spec->meta.ns, .name = spec->meta.name};
    struct err *e =
        kube_set_finalizers(w->kube->client, &t, spec->meta.resource_version, others, dl);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    return e ? err_wrap(e,
                        "take off finalizer %s (deploy/components/external-secrets-compat gives "
                        "the right)",
                        finalizer)
             : NULL;
}

/* Under a manager of its own: a write under ours would say that the object is ours. */
static struct err *stand_back(void *ctx, const struct spec *spec, const char *message,
                              const struct deadline *dl)
{
    const struct wire *w = ctx;
    struct kube_target t = {
        .resource = &kube_external_secrets, .ns = spec->meta.ns, .name = spec->meta.name};
    struct kube_condition c = {"True", "ExternalSecretsIsAlive", message, clock_unix_s(w->clock)};
    struct err *e = kube_status_add_condition(w->kube->client, &t, SPEC_STANDING_BACK, &c,
                                              SPEC_MANAGER_OURS "-standing-back", dl);
    if (!e)
        metric_inc(METRIC_STATUS_WRITES, kube_external_secrets.kind, NULL, NULL);
    return e;
}

static const struct kube_resource *resource_of(const char *kind)
{
    const struct kube_resource *const all[] = {&kube_external_secrets, &kube_secret_stores,
                                               &kube_cluster_secret_stores, &kube_push_secrets,
                                               &kube_cluster_external_secrets};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (strcmp(all[i]->kind, kind) == 0)
            return all[i];
    }
    return &kube_external_secrets;
}

static void emit(void *ctx, const char *kind, const struct object_meta *object, const char *type,
                 const char *reason, const char *message)
{
    const struct wire *w = ctx;
    struct kube_event event = {
        .resource = resource_of(kind),
        .ns = object->ns,
        .name = object->name,
        .uid = object->uid,
        .resource_version = object->resource_version,
        .is_warning = strcmp(type, "Warning") == 0,
        .reason = reason,
        .message = message,
    };
    kube_events_emit(w->kube->events, &event);
}

void wire_kube_plug(struct wire *w)
{
    w->credentials = (struct credential_source){kube_secret_get, w->kube->client};
    w->config_maps = (struct credential_source){kube_config_map_get, w->kube->client};
    w->namespaces = (struct namespace_source){kube_namespace_labels, w->kube->client};
    w->lookup = (struct volumes_lookup){watch_kube_get, watch_kube_release, w->kube->node};
    w->status = (struct status_sink){.write_spec = write_spec,
                                     .write_store = write_store,
                                     .event = emit,
                                     .take_finalizer = take_finalizer,
                                     .stand_back = stand_back,
                                     .ctx = w};
}

struct err *wire_kube_mirror(struct wire *w, struct sink **out)
{
    *out = project_object_new(w->kube->client, w->config->unsafe_allow_generic_targets);
    return NULL;
}

struct err *wire_kube_start(struct wire *w)
{
    struct wire_kube *k = w->kube;
    make_watch_secrets(w);
    if (k->shards)
        wire_push_new(w, k->client, on_failed);
    k->chores = chores_new(&(struct chores_options){.kube = k->client,
                                                    .config = w->config,
                                                    .rival = w->rival,
                                                    .mirror = w->mirror,
                                                    .may_watch = on_may_watch,
                                                    .ctx = w});
    chores_start(k->chores);
    if (k->node)
        watch_kube_start(k->node);
    if (k->wide)
        watch_mirror_start(k->wide);
    wire_push_start(w);
    wire_fan_out_start(w);
    if (k->shards)
        shard_map_start(k->shards);
    return NULL;
}

void wire_kube_volume_added(struct wire *w, const char *ns, const char *external_secret)
{
    watch_kube_volume_added(w->kube->node, ns, external_secret);
}

void wire_kube_volume_removed(struct wire *w, const char *ns, const char *external_secret)
{
    watch_kube_volume_removed(w->kube->node, ns, external_secret);
}

bool wire_kube_is_ours(struct wire *w, const char *uid)
{
    return w->kube && w->kube->shards && shard_is_held(w->kube->shards, uid);
}

bool wire_kube_is_ready(struct wire *w, char *reason, size_t reason_size)
{
    uint64_t last = kube_last_contact_ns(w->kube->client);
    if (!last) {
        snprintf(reason, reason_size, "the API server has not answered yet");
        return false;
    }
    if (clock_mono_ns(w->clock) - last > CONTACT_MAX_NS) {
        snprintf(reason, reason_size, "the API server has not answered for some minutes");
        return false;
    }
    if (metric_value(METRIC_SHARDS_HELD, NULL, NULL, NULL) > 0 &&
        !spec_store_is_synced(w->specs, ORIGIN_MIRROR)) {
        snprintf(reason, reason_size, "ExternalSecrets have not been listed yet");
        return false;
    }
    return true;
}

void wire_kube_stop(struct wire *w)
{
    struct wire_kube *k = w->kube;
    if (k->chores)
        chores_stop(k->chores);
    if (k->shards)
        shard_map_stop(k->shards);
    if (k->secrets)
        watch_secrets_stop(k->secrets);
    wire_push_stop(w);
    wire_fan_out_stop(w);
    if (k->wide)
        watch_mirror_stop(k->wide);
    if (k->node)
        watch_kube_stop(k->node);
}

void wire_kube_free(struct wire *w)
{
    struct wire_kube *k = TAKE(w->kube);
    if (!k)
        return;
    chores_free(k->chores);
    shard_map_free(k->shards);
    wire_fan_out_free(w);
    watch_secrets_free(k->secrets);
    watch_mirror_free(k->wide);
    watch_kube_free(k->node);
    kube_events_free(k->events);
    kube_client_free(k->client);
    http_free(k->http);
    kube_config_free(k->config);
    free(k);
}
