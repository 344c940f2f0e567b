#pragma once
/* wire.h: the composition root: every part of the agent, made and plugged together here.
 *
 * wire_dir.c and wire_kube.c plug in where manifests come from and where statuses go,
 * wire_fan_out.c what makes manifests of others; wire_ops.c shows it all to the operator.
 *
 * Owns     struct wire owns every part.
 * Threads  main; the parts have their own.
 * Source   docs/ARCHITECTURE.md "The house". */

#include <stdatomic.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "cmd/config.h"
#include "driver/driver.h"
#include "fetch/fetch.h"
#include "kube/kube_client.h"
#include "net/http.h"
#include "ops/ops_health.h"
#include "ops/ops_http.h"
#include "ops/ops_metrics.h"
#include "ops/ops_page.h"
#include "project/project.h"
#include "reconcile/fan_out.h"
#include "reconcile/mounter.h"
#include "reconcile/pipeline.h"
#include "reconcile/push.h"
#include "reconcile/reconcile.h"
#include "reconcile/rival.h"
#include "reconcile/status.h"
#include "reconcile/volumes.h"
#include "reconcile/workers.h"
#include "spec/spec_store.h"
#include "watch/watch_dir.h"
#include "watch/watch_volumes.h"

struct kube_client;
struct wire_kube;
struct wire_push;

#define WIRE_ROUTES 5

struct wire {
    const struct config *config;
    const struct clock *clock;
    struct digest_key *digest_key;
    struct http *provider_http;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct pipeline pipeline;
    struct render_options render;
    struct mounter *mounter;
    struct watch_volumes *registry;
    struct volumes *volumes;
    struct sink *mirror;     /* NULL: off */
    struct watch_dir *dir;   /* --source=dir */
    struct wire_kube *kube;  /* --source or --mirror kubernetes */
    struct wire_push *push;  /* NULL without shares of a cluster's objects */
    struct fan_out *fan_out; /* NULL: ClusterExternalSecrets are left alone */
    struct credential_source credentials;
    struct credential_source config_maps;
    struct namespace_source namespaces;
    struct volumes_lookup lookup;
    struct status_sink status;
    struct rival *rival; /* NULL: only we write */
    struct reconcile *reconcile;
    struct driver *driver;
    struct ops_health *health;
    struct ops_heartbeat *heartbeats[WORKERS_MAX]; /* of the reconcile workers */
    struct ops_metrics *metrics;
    struct ops_page *page;
    struct ops_route routes[WIRE_ROUTES];
    struct ops_http *ops;
    bool is_taken_over;      /* volumes_take_over has succeeded; main only */
    atomic_bool is_stopping; /* set by main, read by the driver's and the listener's threads */
};

/* Make all parts; nothing runs yet. Errors: INVALID (configuration), DENIED, INTERNAL. */
NODISCARD struct err *wire_new(const struct config *config, struct wire **out);

/* Adopt volumes, start sources, workers, the CSI driver and, last, the admin listener. */
NODISCARD struct err *wire_start(struct wire *w);

/* Chores that no other loop does; main calls it about once a minute, and every second as long as
 * it gives true: then a predecessor is still stopping. */
bool wire_tick(struct wire *w);

/* Finish running calls, give back what is held, stop all threads. */
void wire_stop(struct wire *w);
void wire_free(struct wire *w);
CLEANUP_DEFINE(wire)

/* wire_dir.c: plug a folder in as source; statuses go to the mirror folder or to the log. */
NODISCARD struct err *wire_dir_new(struct wire *w);
void wire_dir_plug(struct wire *w);

/* wire_kube.c: plug the API server in as source, mirror or both. */
NODISCARD struct err *wire_kube_new(struct wire *w);
void wire_kube_plug(struct wire *w);
NODISCARD struct err *wire_kube_mirror(struct wire *w, struct sink **out);
NODISCARD struct err *wire_kube_start(struct wire *w);
void wire_kube_volume_added(struct wire *w, const char *ns, const char *external_secret);
void wire_kube_volume_removed(struct wire *w, const char *ns, const char *external_secret);
bool wire_kube_is_ours(struct wire *w, const char *uid);
bool wire_kube_is_ready(struct wire *w, char *reason, size_t reason_size);
void wire_kube_stop(struct wire *w);
void wire_kube_free(struct wire *w);

/* wire_push.c: PushSecrets; all but new do nothing where there are none. client is borrowed; failed
 * is told of requests that will be repeated. */
typedef void wire_failed_fn(void *ctx, const char *what, const struct err *e);
void wire_push_new(struct wire *w, struct kube_client *client, wire_failed_fn *failed);
void wire_push_start(struct wire *w);
void wire_push_shards_changed(struct wire *w, size_t n_held);
void wire_push_store_changed(struct wire *w, enum store_kind kind, const char *ns,
                             const char *name);
void wire_push_each_failing(struct wire *w, push_failing_fn *fn, void *ctx);
void wire_push_stop(struct wire *w);
void wire_push_free(struct wire *w);

/* Uniform 32 bits, for jitter. */
uint32_t wire_random(void);

/* wire_fan_out.c: ClusterExternalSecrets, where this agent mirrors from the API server to it. */
void wire_fan_out_new(struct wire *w, struct kube_client *kube);
void wire_fan_out_start(struct wire *w);
void wire_fan_out_update(struct wire *w, size_t n_held);
void wire_fan_out_rows(const struct wire *w, struct str_buf *out);
void wire_fan_out_stop(struct wire *w);
void wire_fan_out_free(struct wire *w);

/* wire_ops.c: health, readiness, metrics and the status page. */
void wire_ops_new(struct wire *w);
void wire_ops_working(void *ctx, unsigned worker, bool is_working);
NODISCARD struct err *wire_ops_start(struct wire *w);
void wire_ops_stop(struct wire *w);
