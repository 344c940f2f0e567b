#pragma once
/* csi_node.h: the Node service: publish, unpublish, stats and what we announce.
 *
 * Handlers decode, validate, act and reply; the acting is reconcile/volumes. Staging and expansion
 * are not offered, so they are answered UNIMPLEMENTED.
 *
 * Owns     a csi_node owns copies of its texts; volumes are borrowed.
 * Threads  publish, unpublish and stats run on workers, the rest on the completion thread.
 * Source   CSI specification v1.12.0 "Node Service RPC". */

#include "base/attr.h"
#include "base/err.h"
#include "driver/rpc.h"
#include "reconcile/volumes.h"

/* CSI's limit for text, and the kernel's for paths. */
#define CSI_VOLUME_ID_MAX 128
#define CSI_PATH_MAX 4095

/* What the handlers act on; volumes.h documents each call. Tests have a second one. */
struct csi_volumes_ops {
    struct err *(*publish)(struct volumes *v, const struct volume_request *rq,
                           const struct deadline *dl);
    struct err *(*unpublish)(struct volumes *v, const char *volume_id, const char *target_path,
                             const struct deadline *dl);
    struct err *(*stats)(struct volumes *v, const char *volume_id, const char *volume_path,
                         struct volume_stats *out);
};

struct csi_node_options {
    struct volumes *volumes;
    const struct csi_volumes_ops *ops;
    const char *node_name; /* not empty, at most 256 bytes */
};

struct csi_node;

/* Errors: INVALID (node name). */
NODISCARD struct err *csi_node_new(const struct csi_node_options *o, struct csi_node **out);

/* Its methods, valid until csi_node_free. A failed publish or unpublish is logged there, once. */
struct rpc_service csi_node_service(struct csi_node *n);

void csi_node_free(struct csi_node *n);
CLEANUP_DEFINE(csi_node)
