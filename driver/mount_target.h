#pragma once
/* mount_target.h: the only shape of path at which Lockstep mounts, and the way to it.
 *
 * Whoever can speak to the CSI socket names the path, so it is taken apart and walked from the
 * kubelet's root without following links; nothing is ever done by the path as a whole.
 *
 * Owns     a struct mount_target owns its descriptor.
 * Threads  any.
 * Source   kubelet: ROOT/pods/UID/volumes/kubernetes.io~csi/VOLUME/mount. */

#include <limits.h>

#include "base/attr.h"
#include "base/err.h"

struct mount_target {
    int parent_fd;           /* O_PATH on the folder that holds the target */
    char leaf[NAME_MAX + 1]; /* the target's own name there */
};

/* Split target into the part below root and its last element.
 *   root    absolute, no slash at the end ("" for "/")
 *   target  ROOT/pods/UID/volumes/kubernetes.io~csi/VOLUME/LEAF, each element a plain name
 *   out_parent  "pods/UID/volumes/kubernetes.io~csi/VOLUME", caller frees
 *   out_leaf    points into target
 * Errors: INVALID (another shape). */
NODISCARD struct err *mount_target_parse(const char *root, const char *target, char **out_parent,
                                         const char **out_leaf);

/* Parse and open the parent folder from root_fd.
 * Errors: INVALID (shape, or a link on the way), NOT_FOUND (a folder is missing), INTERNAL. */
NODISCARD struct err *mount_target_open(int root_fd, const char *root, const char *target,
                                        struct mount_target *out);

void mount_target_done(struct mount_target *t);
static inline void mount_target_done_cleanup(struct mount_target *t)
{
    mount_target_done(t);
}
/* CLEANUP_MOUNT_TARGET struct mount_target t = {.parent_fd = -1}; */
#define CLEANUP_MOUNT_TARGET __attribute__((cleanup(mount_target_done_cleanup)))
