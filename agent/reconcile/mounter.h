#pragma once
/* mounter.h: the only thing that needs privilege, as plain data and descriptors.
 *
 * Implemented by driver/mount.c; tests use a second implementation on ordinary folders. It could
 * live in a small privileged process of its own: nothing here holds a pointer into the agent.
 *
 * Owns     descriptors handed out belong to the caller.
 * Threads  any; calls for one target are serialised by the caller.
 * Source   fsopen(2), fsmount(2), move_mount(2), mount(2), umount2(2), openat2(2). */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

struct mounter_tmpfs {
    uint64_t size_bytes; /* rounded up to pages */
    uint64_t inodes;
    mode_t mode; /* of the root: 0755, or 02750 with a group */
    gid_t gid;   /* of the root and, with 02750, of all below */
};

/* A file system that is filled before anybody can see it. */
struct mounter_volume {
    int mount_fd; /* -1 when the fallback attached it already at a staging place */
    int root_fd;  /* O_DIRECTORY on its root */
};

struct mounter_state {
    bool exists;        /* the target folder is there */
    bool is_mounted;    /* something is mounted on it */
    bool is_ours;       /* the topmost mount is a tmpfs with our options */
    unsigned n_stacked; /* mounts on top of each other */
};

struct mounter;

struct mounter_ops {
    /* New detached tmpfs: nosuid, nodev, noexec, noswap where the kernel knows it. */
    struct err *(*make)(struct mounter *m, const struct mounter_tmpfs *t,
                        struct mounter_volume *out);

    /* Create target's last element (0750) and attach v there. target is absolute, beneath the
     * kubelet root, walked without following links. Errors: INVALID (outside, symlink),
     * NOT_FOUND (parent missing), CONFLICT (already mounted), INTERNAL. v stays the caller's. */
    struct err *(*attach)(struct mounter *m, const char *target, const struct mounter_volume *v);

    /* Close v's descriptors; what was not attached vanishes (also from a staging place). The caller
     * calls it once for each make, after attach or instead of it. */
    void (*release)(struct mounter *m, struct mounter_volume *v);

    /* What stands at target. Errors: INVALID (outside the kubelet root). */
    struct err *(*state)(struct mounter *m, const char *target, struct mounter_state *out);

    /* Root of our mounted tmpfs at target. Errors: NOT_FOUND (not mounted, not ours), INVALID. */
    struct err *(*open)(struct mounter *m, const char *target, int *out_root_fd);

    /* Unmount everything stacked at target and remove the folder; absent is success.
     * Errors: INVALID (outside), CONFLICT (busy folder content that is not ours), INTERNAL. */
    struct err *(*detach)(struct mounter *m, const char *target);

    void (*free)(struct mounter *m);
};

struct mounter {
    const struct mounter_ops *ops;
};

static inline void mounter_free(struct mounter *m)
{
    if (m)
        m->ops->free(m);
}
CLEANUP_DEFINE(mounter)
