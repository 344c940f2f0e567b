#pragma once
/* rpc_listener.h: a Unix socket under a well-known name that is only ever complete.
 *
 * The socket is bound under a temporary name that begins with ".", which a kubelet ignores, has
 * mode 0600 from the first moment, and is renamed into place once it listens. At the end the name
 * is removed only while it is still ours: after a take-over it belongs to our successor.
 *
 * Owns     the descriptor, and the name while its inode is ours.
 * Threads  rpc_listener_fd and rpc_listener_accept from one thread; check and renew from another,
 *          serialised by the caller. The descriptor's number stays the same for life, but after a
 *          new socket was made a poll(2) that had begun before must begin again.
 * Source   unix(7), SO_PEERCRED; Kubernetes pluginwatcher for the leading dot. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"

struct rpc_listener;

/* Listen at path (absolute, its folder exists, at most 102 bytes); a socket or file that stands
 * there is replaced in one step. Errors: INVALID (path), NOT_FOUND (folder), DENIED, INTERNAL. */
NODISCARD struct err *rpc_listener_new(const char *path, struct rpc_listener **out);

/* Listening descriptor, non-blocking. */
int rpc_listener_fd(const struct rpc_listener *l);

/* Next connection whose peer runs as root or as ourselves; others are closed here. *out_fd is
 * non-blocking and the caller's; -1 when nobody waits any more.
 * Errors: UNAVAILABLE (out of descriptors or memory: wait and call again), INTERNAL. */
NODISCARD struct err *rpc_listener_accept(struct rpc_listener *l, int *out_fd);

/* Does the name still lead to our socket? When it is gone it is made anew and *was_gone is true.
 * Errors: CONFLICT (somebody put another file there), and as rpc_listener_new. */
NODISCARD struct err *rpc_listener_check(struct rpc_listener *l, bool *was_gone);

/* Remove the name and make it anew, so that whoever watches the folder sees a new socket.
 * Errors: CONFLICT (not ours any more), and as rpc_listener_new. */
NODISCARD struct err *rpc_listener_renew(struct rpc_listener *l);

const char *rpc_listener_path(const struct rpc_listener *l);

/* Close; remove the name if it is ours. */
void rpc_listener_free(struct rpc_listener *l);
CLEANUP_DEFINE(rpc_listener)
