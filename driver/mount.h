#pragma once
/* mount.h: the mounter of reconcile/mounter.h on the kernel's mount calls.
 *
 * Owns     a mounter owns a descriptor on the kubelet's root, and its staging place.
 * Threads  any; calls for one target are serialised by the caller.
 * Source   fsopen(2), fsmount(2), move_mount(2), mount(2), umount2(2). */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "reconcile/mounter.h"

/* Name of our file systems in mountinfo: how they are recognised after a restart. */
#define MOUNT_SOURCE "lockstep"

struct mount_options {
    const char *kubelet_root; /* absolute folder; a slash at its end is ignored */
    const char *staging_dir;  /* absolute; made (0700) and used only by the fallback, where volumes
                                 wait to be moved into place; not below a shared mount */
    bool force_fallback;      /* as if the kernel had no fsopen(2); for tests */
};

/* Errors: NOT_FOUND (kubelet_root), INVALID (a path is not absolute), DENIED or INTERNAL (the
 * fallback is needed, and its staging place cannot be made). */
NODISCARD struct err *mount_new(const struct mount_options *o, struct mounter **out);

/* Does m fill a file system before it is attached anywhere (true), or at a staging place? */
bool mount_is_detached(const struct mounter *m);
