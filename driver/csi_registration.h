#pragma once
/* csi_registration.h: tell the kubelet about us, and notice when it has forgotten.
 *
 * The kubelet is the client: it finds our socket in its folder, asks GetInfo and reports the
 * outcome. It does not try again by itself after a refusal, and it forgets us when the socket
 * goes; so a step once a second looks after the sockets and shows a new one when need be.
 *
 * Owns     copies of its texts; the sockets are behind csi_registration_ops.
 * Threads  handlers on the completion thread; step and run on one thread; is_registered any.
 * Source   Kubernetes plugin registration v1; kubelet pluginmanager. */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "driver/rpc.h"

/* Pause between looks at the sockets. */
#define CSI_REGISTRATION_LOOK_NS (1 * NS_PER_S)

/* First and longest wait before a new socket: after a refusal, and after silence. */
#define CSI_REGISTRATION_REFUSED_MIN_NS (1 * NS_PER_S)
#define CSI_REGISTRATION_REFUSED_MAX_NS (120 * NS_PER_S)
#define CSI_REGISTRATION_SILENT_MIN_NS (30 * NS_PER_S)
#define CSI_REGISTRATION_SILENT_MAX_NS (300 * NS_PER_S)

/* For csi_registration_preflight: what a kubelet gives GetInfo, doubled. */
#define CSI_REGISTRATION_PREFLIGHT_NS (2 * NS_PER_S)

/* The sockets; driver.c implements them on rpc_listener. */
struct csi_registration_ops {
    /* Look after all sockets; *was_gone: the registration socket had vanished and is new now. */
    struct err *(*check)(void *ctx, bool *was_gone);
    /* Show a new registration socket. */
    struct err *(*renew)(void *ctx);
};

struct csi_registration_options {
    const char *driver_name;
    const char *endpoint; /* absolute path of the CSI socket as the kubelet sees it */
    const struct clock *clock;
};

struct csi_registration;

/* Errors: INVALID (endpoint). */
NODISCARD struct err *csi_registration_new(const struct csi_registration_options *o,
                                           struct csi_registration **out);

/* Its methods, valid until csi_registration_free. */
struct rpc_service csi_registration_service(struct csi_registration *r);

/* What the sockets are; once, before the first step. */
void csi_registration_attach(struct csi_registration *r, const struct csi_registration_ops *ops,
                             void *ctx);

/* Look once and act; the time until the next look, in ns. */
uint64_t csi_registration_step(struct csi_registration *r);

/* Run steps on a thread of its own, "csi-register", and end it; stop is idempotent. */
void csi_registration_start(struct csi_registration *r);
void csi_registration_stop(struct csi_registration *r);

/* The kubelet's last word: are we registered? */
bool csi_registration_is_registered(const struct csi_registration *r);

/* May we take the registration socket at path? Yes when nobody answers there within timeout_ns, or
 * when the one who answers has our name and our endpoint: our predecessor on its way out.
 * Errors: CONFLICT (another driver, or our name at another endpoint; both named). */
NODISCARD struct err *csi_registration_preflight(const char *path,
                                                 const struct csi_registration_options *o,
                                                 uint64_t timeout_ns);

void csi_registration_free(struct csi_registration *r);
CLEANUP_DEFINE(csi_registration)
