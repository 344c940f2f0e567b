#pragma once
/* watch_fan_out.h: a picture of what ClusterExternalSecrets are about: themselves, the namespaces
 * and the ExternalSecrets that there are.
 *
 * ClusterExternalSecrets are watched while shards are held, namespaces and ExternalSecrets (their
 * metadata alone) only while one of them is ours. Where the cluster does not know the kind, one
 * look every FAN_OUT_LOOK_NS is all there is.
 *
 * Owns     its three watches, the picture, and the thread "watch-fan-out".
 * Threads  update from any; start, stop and free: the owner's. The picture belongs to the thread:
 *          it is read and changed in the callback round alone.
 * Source   docs/CLUSTER_EXTERNAL_SECRETS.md. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "kube/kube_client.h"
#include "spec/cluster_spec.h"

#define FAN_OUT_LOOK_NS (60 * NS_PER_S)

struct fan_out_namespace {
    struct map *labels; /* text to text */
    bool is_deleting;
};

/* An ExternalSecret. Texts are NULL unless a ClusterExternalSecret controls it. */
struct fan_out_child {
    char *uid;
    char *owner_name;
    char *owner_uid;
    char fingerprint[DIGEST_SHA256_HEX]; /* of generation, labels and annotations; "" without owner
                                          */
    bool is_deleting;
};

struct fan_out_picture {
    struct map *specs;      /* name -> struct cluster_spec */
    struct map *namespaces; /* name -> struct fan_out_namespace */
    struct map *children;   /* "ns/name" -> struct fan_out_child */
    bool is_complete;       /* namespaces and children have been listed */
    const char *denied;     /* NULL, or the resource that we may not list and watch */
    uint64_t changes;       /* grows with each change that may matter */
};

/* An ExternalSecret was written: obj is its metadata as the server holds it now. */
void fan_out_picture_put(struct fan_out_picture *p, const struct json *obj);

/* It was deleted. */
void fan_out_picture_remove(struct fan_out_picture *p, const char *ns, const char *name);

struct watch_fan_out_options {
    struct kube_client *kube;
    /* Is the ClusterExternalSecret of that UID ours? Called in the thread. */
    bool (*is_ours)(void *ctx, const char *uid);
    /* Look at the picture and do what follows from it; called after whatever came has been taken
     * in, with an empty picture too. When to be called again (CLOCK_MONOTONIC ns) at the latest. */
    uint64_t (*round)(void *ctx, struct fan_out_picture *picture);
    /* A request failed and will be repeated; for log and metric. */
    void (*failed)(void *ctx, const char *what, const struct err *e);
    void *ctx;
};

struct watch_fan_out;
struct watch_fan_out *watch_fan_out_new(const struct watch_fan_out_options *options) NODISCARD;
void watch_fan_out_free(struct watch_fan_out *w);
CLEANUP_DEFINE(watch_fan_out)
void watch_fan_out_start(struct watch_fan_out *w);

/* End the thread, within 200 ms; idempotent. */
void watch_fan_out_stop(struct watch_fan_out *w);

/* The set of shards that we hold has changed: watch while n_held is above 0. */
void watch_fan_out_update(struct watch_fan_out *w, size_t n_held);

/* One round of the thread's work; returns when the next is due. For tests, without start. */
uint64_t watch_fan_out_step(struct watch_fan_out *w);
