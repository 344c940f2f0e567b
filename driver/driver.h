#pragma once
/* driver.h: the CSI driver as one thing to start and stop; with mount.h all that cmd/ needs.
 *
 * Owns     its server, services, sockets and threads; volumes are borrowed.
 * Threads  start and stop from main; is_registered from any. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "driver/csi_node.h"

#define DRIVER_WORKERS_DEFAULT 4

struct driver_options {
    const char *csi_socket; /* absolute path, its folder exists */
    const char *endpoint;   /* that path as the kubelet sees it; NULL: the same */
    const char
        *registration_dir;   /* the kubelet's folder of plugin sockets; NULL: do not register */
    const char *driver_name; /* "csi.lockstep.dev" */
    const char *node_name;
    const char *vendor_version;
    unsigned workers;     /* 0: DRIVER_WORKERS_DEFAULT; most 64 */
    uint64_t call_max_ns; /* longest call; 0: RPC_SERVER_CALL_MAX_NS */
    struct volumes *volumes;
    const struct csi_volumes_ops *volumes_ops; /* NULL: those of reconcile/volumes.h */
    bool (*is_ready)(void *ctx);               /* for Probe; must not block; NULL: always */
    void *is_ready_ctx;
    const struct clock *clock;
};

struct driver;

/* Check that no other driver has our name, listen, serve, and wait to be registered.
 * Errors: INVALID (option), CONFLICT (another live driver), NOT_FOUND (folder), DENIED, INTERNAL.
 */
NODISCARD struct err *driver_start(const struct driver_options *o, struct driver **out);

/* Has the kubelet registered us? True as well when no registration was asked for. */
bool driver_is_registered(const struct driver *d);

/* Remove the sockets, give running calls grace_ns, stop and free; NULL is ignored. */
void driver_stop(struct driver *d, uint64_t grace_ns);
