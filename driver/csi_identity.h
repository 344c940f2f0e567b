#pragma once
/* csi_identity.h: the Identity service: who we are and whether we are ready.
 *
 * Owns     a csi_identity owns copies of its texts.
 * Threads  handlers run on the completion thread and never block.
 * Source   CSI specification v1.12.0 "Identity Service RPC". */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "driver/rpc.h"

struct csi_identity_options {
    const char *driver_name;     /* domain style, starts and ends with a letter, at most 63 bytes */
    const char *vendor_version;  /* not empty */
    bool (*is_ready)(void *ctx); /* must not block; NULL: always */
    void *ctx;
};

struct csi_identity;

/* Errors: INVALID (driver name, vendor version). */
NODISCARD struct err *csi_identity_new(const struct csi_identity_options *o,
                                       struct csi_identity **out);

/* Its methods, valid until csi_identity_free. */
struct rpc_service csi_identity_service(struct csi_identity *i);

void csi_identity_free(struct csi_identity *i);
CLEANUP_DEFINE(csi_identity)
