/* The path is compared element by element with a pattern in which NULL stands for any plain name.
 * A path with "..", empty elements or a slash at the end fits no pattern. */

#include "driver/mount_target.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"

static const char *const shape[] = {"pods", NULL, "volumes", "kubernetes.io~csi", NULL, NULL};

/* Does the element at[0..n) fit want? */
static bool fits(const char *at, size_t n, const char *want)
{
    char name[NAME_MAX + 1];
    if (n > NAME_MAX)
        return false;
    memcpy(name, at, n);
    name[n] = 0;
    return fs_is_name(name) && (!want || strcmp(name, want) == 0);
}

/* Start of the last element of rest when it has our shape, else NULL. */
static const char *match(const char *rest)
{
    const char *last = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(shape); i++) {
        if (*rest != '/')
            return NULL;
        last = rest + 1;
        size_t n = strcspn(last, "/");
        if (!fits(last, n, shape[i]))
            return NULL;
        rest = last + n;
    }
    return *rest ? NULL : last;
}

struct err *mount_target_parse(const char *root, const char *target, char **out_parent,
                               const char **out_leaf)
{
    size_t n = strlen(root);
    const char *rest = strncmp(target, root, n) == 0 ? target + n : "";
    const char *leaf = match(rest);
    if (!leaf)
        return err_new(ERR_INVALID,
                       "target_path %s: want %s/pods/UID/volumes/kubernetes.io~csi/VOLUME/NAME",
                       target, root);
    *out_parent = xstrndup(rest + 1, (size_t)(leaf - rest) - 2);
    *out_leaf = leaf;
    return NULL;
}

struct err *mount_target_open(int root_fd, const char *root, const char *target,
                              struct mount_target *out)
{
    CLEANUP_STR char *parent = NULL;
    const char *leaf = NULL;
    int fd = -1;
    struct err *e = mount_target_parse(root, target, &parent, &leaf);
    if (!e)
        e = fs_open_beneath(root_fd, parent, O_PATH | O_DIRECTORY, false, &fd);
    if (e)
        return err_wrap(e, "target folder");
    out->parent_fd = fd;
    snprintf(out->leaf, sizeof(out->leaf), "%s", leaf);
    return NULL;
}

void mount_target_done(struct mount_target *t)
{
    fs_close(t->parent_fd);
    t->parent_fd = -1;
}
