#pragma once
/* csi_publish.h: is a publish request one that an ephemeral secrets volume can honour?
 *
 * Owns     nothing; the result borrows from the request.
 * Threads  any.
 * Source   CSI specification v1.12.0 NodePublishVolume; Kubernetes CSI ephemeral volumes. */

#include "base/attr.h"
#include "base/err.h"
#include "driver/csi_codec.h"
#include "reconcile/volumes.h"

/* Check everything but the values of our own attributes (volumes_publish does that) and fill *out.
 *   p    borrowed; *out points into it
 * Errors: INVALID; the text names the Pod where it is known, and the field. */
NODISCARD struct err *csi_publish_check(const struct csi_publish *p, struct volume_request *out);
