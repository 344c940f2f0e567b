/* Two small readers of /proc. mountinfo is read only when the question is whose mount it is; the
 * question whether something is mounted at all is answered by comparing two mount ids. */

#include "driver/mount_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void file_cleanup(FILE **f)
{
    if (*f)
        fclose(*f);
}
#define CLEANUP_FILE __attribute__((cleanup(file_cleanup)))

struct err *mount_info_id(int fd, int *out_id)
{
    char path[64];
    char line[128];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    CLEANUP_FILE FILE *f = fopen(path, "re");
    if (!f)
        return err_errno(errno, "open %s", path);
    while (fgets(line, sizeof(line), f)) {
        int id;
        if (sscanf(line, "mnt_id: %d", &id) == 1) {
            *out_id = id;
            return NULL;
        }
    }
    return err_new(ERR_INTERNAL, "%s: no mnt_id", path);
}

bool mount_info_parse(const char *line, struct mount_info *out)
{
    struct mount_info m = {0};
    if (sscanf(line, "%d %d ", &m.id, &m.parent_id) != 2)
        return false;
    const char *tail = strstr(line, " - ");
    if (!tail || sscanf(tail, " - %63s %63s", m.fs_type, m.source) != 2)
        return false;
    *out = m;
    return true;
}

struct err *mount_info_find(int id, struct mount_info *out)
{
    CLEANUP_FILE FILE *f = fopen("/proc/self/mountinfo", "re");
    if (!f)
        return err_errno(errno, "open /proc/self/mountinfo");
    CLEANUP_STR char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, f) > 0) {
        struct mount_info m;
        if (strtol(line, NULL, 10) != id || !mount_info_parse(line, &m))
            continue;
        *out = m;
        return NULL;
    }
    return err_new(ERR_NOT_FOUND, "mount %d is not in mountinfo", id);
}
