/* The order here is the order of dependence: nouns, fetch, render, project, volumes, reconcile, and
 * at last what talks to the outside. Stopping goes the other way round. */

#include "cmd/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "cmd/cli.h"
#include "driver/mount.h"
#include "net/http_curl.h"
#include "project/project_dir.h"

#define PASS_TIMEOUT_NS (60 * NS_PER_S)
#define CONNECT_TIMEOUT_MS 10000
#define IDLE_CLOSE_S 75
#define STOP_GRACE_NS (20 * NS_PER_S)

uint32_t wire_random(void)
{
    uint32_t r;
    digest_random((unsigned char *)&r, sizeof(r));
    return r;
}

static const char *read_env(const char *name)
{
    return getenv(name);
}

static bool uses_kube(const struct config *c)
{
    return c->source_place == CONFIG_KUBERNETES || c->mirror_place == CONFIG_KUBERNETES;
}

/* In a cluster an object belongs to who holds its shard; a folder is ours alone. */
static bool is_ours(void *ctx, const char *uid)
{
    struct wire *w = ctx;
    return w->config->source_place == CONFIG_DIR || wire_kube_is_ours(w, uid);
}

static struct err *make_fetch(struct wire *w)
{
    struct http_curl_options http = {.connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                     .idle_close_s = IDLE_CLOSE_S};
    CLEANUP_STR char *agent = xasprintf("lockstep/%s (linux)", version_text());
    http.user_agent = agent;
    struct err *e = http_curl_new(&http, &w->provider_http);
    if (e)
        return e;
    struct fetcher_options o = {
        .env = {.clock = w->clock,
                .http = w->provider_http,
                .credentials = w->credentials,
                .config_maps = w->config_maps,
                .getenv = read_env,
                .digest_key = w->digest_key},
        .namespaces = w->namespaces,
        .controller_class = w->config->controller_class,
        .specs = w->specs,
        .max_stale_ns = w->config->max_stale_ns,
        .cache_max_bytes = w->config->cache_size_bytes,
    };
    w->fetcher = fetcher_new(&o);
    w->pipeline =
        (struct pipeline){.fetcher = w->fetcher, .digest_key = w->digest_key, .render = &w->render};
    w->render = (struct render_options){
        .left = w->config->template_left,
        .right = w->config->template_right,
        .env = {.refuse_random = w->config->template_pure,
                .refuse_clock = w->config->template_pure},
    };
    return NULL;
}

static struct err *make_mirror(struct wire *w)
{
    switch (w->config->mirror_place) {
    case CONFIG_OFF:
        return NULL;
    case CONFIG_DIR:
        return project_dir_new(w->config->mirror_dir, w->config->unsafe_allow_generic_targets,
                               &w->mirror);
    case CONFIG_KUBERNETES:
        return wire_kube_mirror(w, &w->mirror);
    }
    return NULL;
}

static void on_published(void *ctx, const char *ns, const char *name, const char *revision)
{
    struct wire *w = ctx;
    reconcile_volume_published(w->reconcile, ns, name, revision);
}

static struct err *make_volumes(struct wire *w)
{
    size_t skipped = 0;
    CLEANUP_STR char *records = xasprintf("%s/volumes", w->config->state_dir);
    CLEANUP_STR char *staging = xasprintf("%s/staging", w->config->state_dir);
    struct mount_options mount = {.kubelet_root = w->config->kubelet_root, .staging_dir = staging};
    struct err *e = watch_volumes_open(records, &w->registry, &skipped);
    if (!e)
        e = mount_new(&mount, &w->mounter);
    if (e)
        return e;
    if (skipped)
        log_warn("volumes.records_dropped", LF("count", skipped));
    struct volumes_options o = {
        .registry = w->registry,
        .mounter = w->mounter,
        .pipeline = &w->pipeline,
        .lookup = w->lookup,
        .published = on_published,
        .published_ctx = w,
    };
    w->volumes = volumes_new(&o);
    return NULL;
}

static void on_spec_changed(void *ctx, const char *ns, const char *name)
{
    const struct wire *w = ctx;
    reconcile_listener()->spec_changed(w->reconcile, ns, name);
}

static void on_store_changed(void *ctx, enum store_kind kind, const char *ns, const char *name)
{
    struct wire *w = ctx;
    reconcile_listener()->store_changed(w->reconcile, kind, ns, name);
    wire_push_store_changed(w, kind, ns, name);
}

static void on_credentials_changed(void *ctx, const char *ns, const char *name)
{
    const struct wire *w = ctx;
    reconcile_listener()->credentials_changed(w->reconcile, ns, name);
}

static const struct spec_listener specs_listener = {on_spec_changed, on_store_changed,
                                                    on_credentials_changed};

static void make_reconcile(struct wire *w)
{
    struct reconcile_options o = {
        .clock = w->clock,
        .specs = w->specs,
        .pipeline = &w->pipeline,
        .volumes = w->volumes,
        .mirror = w->mirror,
        .status = w->status,
        .is_ours = is_ours,
        .is_ours_ctx = w,
        .allows_generic = w->config->unsafe_allow_generic_targets,
        .controller_class = w->config->controller_class,
        .rival = w->rival,
        .random = wire_random,
        .pass_timeout_ns = PASS_TIMEOUT_NS,
        .working = wire_ops_working,
        .working_ctx = w,
    };
    w->reconcile = reconcile_new(&o);
    spec_store_listen(w->specs, &specs_listener, w);
}

struct err *wire_new(const struct config *config, struct wire **out)
{
    CLEANUP(wire) struct wire *w = xcalloc(1, sizeof(*w));
    w->config = config;
    w->clock = clock_system();
    w->specs = spec_store_new();
    wire_ops_new(w);
    struct err *e = digest_key_new(&w->digest_key);
    if (!e && uses_kube(config))
        e = wire_kube_new(w);
    if (e)
        return e;
    if (config->source_place == CONFIG_DIR)
        wire_dir_plug(w);
    else
        wire_kube_plug(w);
    e = make_fetch(w);
    if (!e)
        e = make_mirror(w);
    if (!e)
        e = make_volumes(w);
    if (e)
        return e;
    if (config->source_place == CONFIG_KUBERNETES && config->mirror_place != CONFIG_OFF)
        w->rival = rival_new(w->clock, config->take_over);
    make_reconcile(w);
    *out = TAKE(w);
    return NULL;
}

static void on_volume_added(void *ctx, const char *ns, const char *external_secret)
{
    struct wire *w = ctx;
    if (w->config->source_place == CONFIG_KUBERNETES)
        wire_kube_volume_added(w, ns, external_secret);
}

static void on_volume_removed(void *ctx, const char *ns, const char *external_secret)
{
    struct wire *w = ctx;
    if (w->config->source_place == CONFIG_KUBERNETES)
        wire_kube_volume_removed(w, ns, external_secret);
}

static const struct watch_volumes_listener volumes_listener = {on_volume_added, on_volume_removed};

static bool is_ready(void *ctx)
{
    const struct wire *w = ctx;
    return !w->is_stopping;
}

static struct err *start_driver(struct wire *w)
{
    const struct config *c = w->config;
    struct driver_options o = {
        .csi_socket = c->csi_socket,
        .endpoint = c->csi_endpoint,
        .registration_dir = c->registration_dir,
        .driver_name = c->driver_name,
        .node_name = c->node_name,
        .vendor_version = version_text(),
        .workers = (unsigned)c->rpc_workers,
        .call_max_ns = c->publish_timeout_ns,
        .volumes = w->volumes,
        .is_ready = is_ready,
        .is_ready_ctx = w,
        .clock = w->clock,
    };
    return driver_start(&o, &w->driver);
}

/* The volumes are ours at once, unless a predecessor is still stopping. */
static void take_over(struct wire *w)
{
    if (w->is_taken_over)
        return;
    w->is_taken_over = volumes_take_over(w->volumes);
    if (w->is_taken_over)
        log_info("volumes.ours", LF("count", watch_volumes_count(w->registry)));
}

struct err *wire_start(struct wire *w)
{
    size_t adopted = 0;
    struct err *e = volumes_adopt(w->volumes, &adopted);
    if (e)
        return e;
    log_info("volumes.adopted", LF("count", adopted));
    watch_volumes_listen(w->registry, &volumes_listener, w);
    if (w->config->source_place == CONFIG_DIR)
        e = wire_dir_new(w); /* workers find all of the folder, its credentials too */
    if (e)
        return e;
    reconcile_start(w->reconcile, (unsigned)w->config->workers);
    take_over(w);
    if (w->kube)
        e = wire_kube_start(w);
    if (!e)
        e = start_driver(w);
    return e ? e : wire_ops_start(w);
}

bool wire_tick(struct wire *w)
{
    fetcher_trim(w->fetcher);
    take_over(w);
    return !w->is_taken_over;
}

void wire_stop(struct wire *w)
{
    w->is_stopping = true;
    wire_ops_stop(w);
    driver_stop(TAKE(w->driver), STOP_GRACE_NS);
    if (w->dir)
        watch_dir_stop(w->dir);
    if (w->kube)
        wire_kube_stop(w);
    if (w->reconcile)
        reconcile_stop(w->reconcile);
}

void wire_free(struct wire *w)
{
    if (!w)
        return;
    wire_stop(w);
    wire_push_free(w);
    reconcile_free(w->reconcile);
    rival_free(w->rival);
    watch_dir_free(w->dir);
    volumes_free(w->volumes);
    watch_volumes_free(w->registry);
    mounter_free(w->mounter);
    sink_free(w->mirror);
    fetcher_free(w->fetcher);
    wire_kube_free(w);
    http_free(w->provider_http);
    spec_store_free(w->specs);
    digest_key_free(w->digest_key);
    ops_health_free(w->health);
    free(w);
}
