#pragma once
/* volumes.h: the life of the volumes on this node: publish, rotate, adopt, unpublish.
 *
 * The driver decodes RPCs into struct volume_request and calls here; rotation and start-up call the
 * same code. Every step may be repeated, or cut off by kill -9, and converges afterwards.
 *
 * Owns     the set of published volumes (through watch_volumes) and their per-volume locks.
 * Threads  any worker; a second call for a volume in work gives CONFLICT at once.
 * Source   CSI spec "Node Service RPC"; kubelet's AtomicWriter for the layout. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "project/project.h"
#include "reconcile/mounter.h"
#include "reconcile/pipeline.h"
#include "spec/spec.h"
#include "watch/watch_volumes.h"

/* What a Pod asked for; texts borrowed. Validated by volumes_publish, not by the caller. */
struct volume_request {
    const char *volume_id;
    const char *target_path;
    const char *pod_ns;
    const char *pod_name;
    const char *pod_uid;
    const char *service_account;   /* may be NULL */
    const char *external_secret;   /* attribute externalSecret; NULL: missing */
    const char *items_yaml;        /* attribute items; NULL: all keys */
    const char *default_mode_text; /* attribute defaultMode, octal "0440" or decimal; NULL: 0644 */
    const char *optional_text;     /* attribute optional, "true" or "false"; NULL: false */
    int64_t fs_group;              /* -1: none */
};

struct volume_stats {
    uint64_t bytes_total, bytes_used, bytes_available;
    uint64_t inodes_total, inodes_used, inodes_available;
    int64_t written_unix_s; /* when the files last changed; 0: not known */
    bool is_abnormal;
    char message[256]; /* condition in words, "" allowed only when normal */
};

struct volumes;

/* How a publish finds the ExternalSecret it names, wherever specs come from. get waits for a first
 * answer of the source. Errors: NOT_FOUND (named), DENIED, UNAVAILABLE, DEADLINE. Each get that
 * succeeds or fails is followed by one release. */
struct volumes_lookup {
    struct err *(*get)(void *ctx, const char *ns, const char *name, const struct deadline *dl,
                       struct spec **out);
    void (*release)(void *ctx, const char *ns, const char *name);
    void *ctx;
};

struct volumes_options {
    struct watch_volumes *registry;
    struct mounter *mounter;
    const struct pipeline *pipeline;
    struct volumes_lookup lookup;
    /* A volume of this ExternalSecret now holds revision; reconcile takes over from here. */
    void (*published)(void *ctx, const char *ns, const char *external_secret, const char *revision);
    void *published_ctx;
};

struct volumes *volumes_new(const struct volumes_options *options) NODISCARD;
void volumes_free(struct volumes *v);
CLEANUP_DEFINE(volumes)

/* Look at every remembered volume once at start: still mounted stays, the rest is forgotten (the
 * kubelet publishes or unpublishes it again). *out_adopted counts those that stay. */
NODISCARD struct err *volumes_adopt(struct volumes *v, size_t *out_adopted);

/* The sink that writes an output to every volume of a spec on this node; borrowed, lives as long
 * as v. A volume that is just being published or removed is left out. */
struct sink *volumes_sink(struct volumes *v);

/* A predecessor that is still stopping rotates the volumes until its end (watch_volumes_own); until
 * then the sink leaves them alone. True once they are ours: then reconcile hears of each volume.
 * Not to be called again afterwards. */
bool volumes_take_over(struct volumes *v);

/* Does this node have a volume of that ExternalSecret? */
bool volumes_has(struct volumes *v, const char *ns, const char *external_secret);

/* Mount and fill. A volume that is mounted already is only checked and refreshed: then no error is
 * final (docs/ARCHITECTURE.md "republish"). When an error is returned nothing is left mounted.
 * Errors: INVALID (field named), NOT_FOUND (ExternalSecret, Secret, property, key), DENIED,
 * CONFLICT (busy), RATE_LIMITED, UNAVAILABLE, DEADLINE, INTERNAL. */
NODISCARD struct err *volumes_publish(struct volumes *v, const struct volume_request *rq,
                                      const struct deadline *dl);

/* Unmount and forget; needs neither state nor store nor API server. Errors: INVALID (path outside
 * the kubelet root), CONFLICT (busy), INTERNAL. */
NODISCARD struct err *volumes_unpublish(struct volumes *v, const char *volume_id,
                                        const char *target_path, const struct deadline *dl);

/* Usage and condition. Errors: NOT_FOUND (unknown volume, or path is not that volume's). */
NODISCARD struct err *volumes_stats(struct volumes *v, const char *volume_id,
                                    const char *volume_path, struct volume_stats *out);
