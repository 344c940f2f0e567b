#pragma once
/* csi_client.h: speak to a CSI socket as a kubelet does; plain data in, plain data out.
 *
 * Every call connects anew. A failed RPC is an answer (status), not an error; an error means that
 * no answer came.
 *
 * Owns     results own their texts; the matching _done frees them.
 * Threads  any.
 * Source   CSI specification v1.12.0; Kubernetes plugin registration v1. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "driver/csi_status.h"
#include "reconcile/volumes.h"

struct csi_client {
    const char *socket_path; /* absolute */
    uint64_t timeout_ns;     /* of each call */
};

struct csi_client_status {
    enum csi_code code;
    char *text; /* the other side's sentence; "" with CSI_OK; NULL before the first call */
};
void csi_client_status_done(struct csi_client_status *s);

/* One attribute of the volume_context. */
struct csi_client_attribute {
    const char *key;
    const char *value;
};

struct csi_client_publish {
    const char *volume_id;
    const char *target_path;
    const char *mount_group; /* decimal group id; NULL: none */
    bool is_readonly;
    const struct csi_client_attribute *attributes; /* n_attributes */
    size_t n_attributes;
};

/* Errors of all calls: UNAVAILABLE (nobody listens), DENIED, INVALID (socket path, reply),
 * INTERNAL. *status is set whenever NULL is returned. */
NODISCARD struct err *csi_client_publish(const struct csi_client *c,
                                         const struct csi_client_publish *p,
                                         struct csi_client_status *status);
NODISCARD struct err *csi_client_unpublish(const struct csi_client *c, const char *volume_id,
                                           const char *target_path,
                                           struct csi_client_status *status);

/* *out is filled with CSI_OK only. */
NODISCARD struct err *csi_client_stats(const struct csi_client *c, const char *volume_id,
                                       const char *volume_path, struct volume_stats *out,
                                       struct csi_client_status *status);

/* Answers of GetPluginInfo, Probe, NodeGetInfo and NodeGetCapabilities. */
struct csi_client_info {
    char *driver_name;
    char *vendor_version;
    char *node_id;
    bool is_ready;
    bool has_stats;     /* GET_VOLUME_STATS */
    bool has_condition; /* VOLUME_CONDITION */
    bool has_group;     /* VOLUME_MOUNT_GROUP */
};

/* Four calls; the first that is not OK ends it, and is *status. */
NODISCARD struct err *csi_client_info(const struct csi_client *c, struct csi_client_info *out,
                                      struct csi_client_status *status);
void csi_client_info_done(struct csi_client_info *i);

/* What a registration socket says of itself: GetInfo. */
struct csi_client_plugin {
    char *type;
    char *name;
    char *endpoint;
};
NODISCARD struct err *csi_client_plugin(const struct csi_client *c, struct csi_client_plugin *out,
                                        struct csi_client_status *status);
void csi_client_plugin_done(struct csi_client_plugin *p);

/* Tell a registration socket the outcome, as the kubelet does: NotifyRegistrationStatus.
 *   problem  why it is not registered; NULL: it is */
NODISCARD struct err *csi_client_notify(const struct csi_client *c, const char *problem,
                                        struct csi_client_status *status);
