/* Two small readers of /proc. mountinfo is read only when the question is whose mount it is; the
 * question whether something is mounted at all is answered by comparing two mount ids. */

#include "driver/mount_info.h"

#include <errno.h>
#include <limits.h>
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

#define ID_KEY "mnt_id:"

/* Between the optional fields and the file system's. Blanks inside names are printed as "\040". */
#define SEPARATOR " - "

/* Read a number and move *at behind it. */
static bool take_id(const char **at, int *out)
{
    char *end;
    errno = 0;
    long v = strtol(*at, &end, 10);
    if (end == *at || errno != 0 || v < 0 || v > INT_MAX)
        return false;
    *out = (int)v;
    *at = end;
    return true;
}

/* Read the next word, cut to the size of out, and move *at behind it. */
static bool take_word(const char **at, char out[MOUNT_INFO_TEXT_SIZE])
{
    const char *word = *at + strspn(*at, " ");
    size_t n = strcspn(word, " \n");
    snprintf(out, MOUNT_INFO_TEXT_SIZE, "%.*s", (int)n, word);
    *at = word + n;
    return n > 0;
}

struct err *mount_info_id(int fd, int *out_id)
{
    char path[64];
    char line[128];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    CLEANUP_FILE FILE *f = fopen(path, "re");
    if (!f)
        return err_errno(errno, "open %s", path);
    while (fgets(line, sizeof(line), f)) {
        const char *at = line;
        if (strncmp(at, ID_KEY, strlen(ID_KEY)) != 0)
            continue;
        at += strlen(ID_KEY);
        if (take_id(&at, out_id))
            return NULL;
    }
    return err_new(ERR_INTERNAL, "%s: no mnt_id", path);
}

bool mount_info_parse(const char *line, struct mount_info *out)
{
    struct mount_info m = {0};
    const char *at = line;
    if (!take_id(&at, &m.id) || !take_id(&at, &m.parent_id))
        return false;
    at = strstr(at, SEPARATOR);
    if (!at)
        return false;
    at += strlen(SEPARATOR);
    if (!take_word(&at, m.fs_type) || !take_word(&at, m.source))
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
