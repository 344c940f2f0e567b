/* The atomic writer. A new generation is a folder of its own, filled before "..data" is renamed
 * onto it; visible links are made before they can be followed to something missing (new names after
 * the switch, stale names removed after it). Whatever an earlier run left half done is a folder
 * that
 * "..data" does not name, and is removed by the next run. */

#include "project/project_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/map.h"

#define DATA_LINK "..data"
#define DATA_LINK_NEW "..data_tmp"
#define GENERATION_SIZE 64
#define GROUP_FILE_BITS 0440
#define GROUP_DIR_MODE 02750
#define DIR_MODE 0755

struct err *project_path_check(const char *what, const char *path)
{
    size_t n = strlen(path);
    if (n == 0 || n >= PROJECT_PATH_MAX)
        return err_new(ERR_INVALID, "%s: must have 1 to %d bytes", what, PROJECT_PATH_MAX - 1);
    if (!codec_is_utf8(path, n))
        return err_new(ERR_INVALID, "%s: is not UTF-8", what);
    for (const char *at = path;; at++) {
        size_t element = strcspn(at, "/");
        if (element == 0)
            return err_new(ERR_INVALID, "%s: must be relative, without empty elements", what);
        if (element > PROJECT_NAME_MAX)
            return err_new(ERR_INVALID, "%s: an element is longer than %d bytes", what,
                           PROJECT_NAME_MAX);
        if (at[0] == '.' && (element == 1 || at[1] == '.'))
            return err_new(ERR_INVALID, "%s: no element may be \".\" or start with \"..\"", what);
        at += element;
        if (*at == '\0')
            return NULL;
    }
}

/* Generation that "..data" names now; "" when there is none or the link is not of our making. */
static void current_generation(int root_fd, char out[GENERATION_SIZE])
{
    ssize_t n = readlinkat(root_fd, DATA_LINK, out, GENERATION_SIZE - 1);
    out[n > 0 ? n : 0] = '\0';
    if (n > 0 && (strncmp(out, "..", 2) != 0 || strchr(out, '/')))
        out[0] = '\0';
}

static mode_t file_mode(const struct project_files *want, const struct project_file *f)
{
    return want->has_group ? f->mode | GROUP_FILE_BITS : f->mode;
}

/* Does dir_fd/f->path hold f already, with mode and group? */
static bool is_same_file(int dir_fd, const struct project_files *want, const struct project_file *f)
{
    CLEANUP_FD int fd = -1;
    CLEANUP(err) struct err *e = fs_open_beneath(dir_fd, f->path, O_RDONLY, true, &fd);
    struct stat st;
    if (e || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    if ((st.st_mode & 07777) != file_mode(want, f) || (size_t)st.st_size != f->content.n)
        return false;
    if (want->has_group && st.st_gid != want->group)
        return false;
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    CLEANUP(err) struct err *read = fs_read_secret(dir_fd, f->path, f->content.n + 1, &old);
    return !read && secret_view_equal(secret_buf_view(old), f->content);
}

static int skip_dots(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static size_t count_files(int dir_fd, size_t limit);

/* Files at or below name. What cannot be looked at counts as too many. */
static size_t count_entry(int dir_fd, const char *name, size_t limit)
{
    struct stat st;
    CLEANUP_FD int sub = -1;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return limit + 1;
    if (!S_ISDIR(st.st_mode))
        return 1;
    CLEANUP(err)
    struct err *e = fs_open_beneath(dir_fd, name, O_RDONLY | O_DIRECTORY, true, &sub);
    return e ? limit + 1 : count_files(sub, limit);
}

/* Number of files below dir_fd; stops counting above limit. */
static size_t count_files(int dir_fd, size_t limit)
{
    struct dirent **names;
    int n = scandirat(dir_fd, ".", &names, skip_dots, NULL);
    size_t total = 0;
    if (n < 0)
        return limit + 1;
    for (int i = 0; i < n; i++) {
        if (total <= limit)
            total += count_entry(dir_fd, names[i]->d_name, limit);
        free(names[i]);
    }
    free(names);
    return total;
}

/* Is generation exactly what is wanted? Same files and no other. */
static bool is_current(int root_fd, const char *generation, const struct project_files *want)
{
    CLEANUP_FD int dir_fd = -1;
    if (!*generation)
        return false;
    CLEANUP(err)
    struct err *e = fs_open_beneath(root_fd, generation, O_RDONLY | O_DIRECTORY, true, &dir_fd);
    if (e)
        return false;
    for (size_t i = 0; i < want->n; i++) {
        if (!is_same_file(dir_fd, want, &want->files[i]))
            return false;
    }
    return count_files(dir_fd, want->n) == want->n;
}

/* Modes and groups are set explicitly: umask and set-group-ID folders must not decide. */
static struct err *own(int fd, const struct project_files *want, mode_t mode, const char *path)
{
    if (want->has_group && fchown(fd, (uid_t)-1, want->group) != 0)
        return err_errno(errno, "change the group of %s", path);
    if (fchmod(fd, mode) != 0)
        return err_errno(errno, "set the mode of %s", path);
    return NULL;
}

static struct err *make_dir(int dir_fd, const char *path, const struct project_files *want)
{
    if (mkdirat(dir_fd, path, 0700) != 0)
        return errno == EEXIST ? NULL : err_errno(errno, "create folder %s", path);
    CLEANUP_FD int fd = -1;
    struct err *e = fs_open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY, true, &fd);
    return e ? e : own(fd, want, want->has_group ? GROUP_DIR_MODE : DIR_MODE, path);
}

/* The folders above path. */
static struct err *make_parents(int dir_fd, const char *path, const struct project_files *want)
{
    CLEANUP_STR char *prefix = xstrdup(path);
    for (char *slash = strchr(prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        struct err *e = make_dir(dir_fd, prefix, want);
        *slash = '/';
        if (e)
            return e;
    }
    return NULL;
}

static struct err *write_file(int dir_fd, const struct project_files *want,
                              const struct project_file *f)
{
    struct err *e = project_path_check(f->path, f->path);
    if (!e)
        e = make_parents(dir_fd, f->path, want);
    if (e)
        return e;
    CLEANUP_FD int fd = -1;
    e = fs_open(dir_fd, f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, &fd);
    if (!e)
        e = fs_write_all(fd, secret_view_raw(f->content), f->content.n);
    if (!e)
        e = own(fd, want, file_mode(want, f), f->path);
    return e ? err_wrap(e, "write file %s", f->path) : NULL;
}

static struct err *fill_generation(int root_fd, const char *name, const struct project_files *want)
{
    struct err *e = make_dir(root_fd, name, want);
    if (e)
        return e;
    CLEANUP_FD int dir_fd = -1;
    e = fs_open_beneath(root_fd, name, O_RDONLY | O_DIRECTORY, true, &dir_fd);
    for (size_t i = 0; !e && i < want->n; i++)
        e = write_file(dir_fd, want, &want->files[i]);
    return e;
}

static void name_generation(char out[GENERATION_SIZE])
{
    unsigned char random[5];
    char suffix[2 * sizeof(random) + 1];
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y_%m_%d_%H_%M_%S", &utc);
    digest_random(random, sizeof(random));
    codec_hex(random, sizeof(random), suffix);
    snprintf(out, GENERATION_SIZE, "..%s.%s", stamp, suffix);
}

static struct err *switch_to(int root_fd, const char *generation)
{
    struct err *e = fs_remove_tree(root_fd, DATA_LINK_NEW);
    if (e)
        return e;
    if (symlinkat(generation, root_fd, DATA_LINK_NEW) != 0)
        return err_errno(errno, "link %s", DATA_LINK_NEW);
    if (renameat(root_fd, DATA_LINK_NEW, root_fd, DATA_LINK) != 0)
        return err_errno(errno, "switch %s", DATA_LINK);
    return NULL;
}

/* First elements of the wanted paths. */
static struct map *visible_names(const struct project_files *want)
{
    struct map *names = map_new(free);
    for (size_t i = 0; i < want->n; i++) {
        CLEANUP_STR char *first = xstrndup(want->files[i].path, strcspn(want->files[i].path, "/"));
        map_set(names, first, xasprintf("%s/%s", DATA_LINK, first));
    }
    return names;
}

static bool links_to(int root_fd, const char *name, const char *target)
{
    char now[PROJECT_PATH_MAX];
    ssize_t n = readlinkat(root_fd, name, now, sizeof(now) - 1);
    if (n < 0)
        return false;
    now[n] = '\0';
    return strcmp(now, target) == 0;
}

static struct err *make_links(int root_fd, const struct map *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->entries[i].key;
        const char *target = names->entries[i].value;
        if (links_to(root_fd, name, target))
            continue;
        struct err *e = fs_remove_tree(root_fd, name);
        if (e)
            return e;
        if (symlinkat(target, root_fd, name) != 0)
            return err_errno(errno, "link %s", name);
    }
    return NULL;
}

/* Remove every entry but the visible names, "..data" and the current generation. */
static struct err *remove_stale(int root_fd, const struct map *names, const char *generation)
{
    struct dirent **entries;
    int n = scandirat(root_fd, ".", &entries, skip_dots, NULL);
    if (n < 0)
        return err_errno(errno, "list the volume");
    struct err *e = NULL;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        bool is_wanted =
            strcmp(name, DATA_LINK) == 0 || strcmp(name, generation) == 0 || map_get(names, name);
        if (!e && !is_wanted)
            e = fs_remove_tree(root_fd, name);
        free(entries[i]);
    }
    free(entries);
    return e;
}

struct err *project_files_write(int root_fd, const struct project_files *want, bool *out_changed)
{
    char generation[GENERATION_SIZE];
    current_generation(root_fd, generation);
    bool is_same = is_current(root_fd, generation, want);
    struct err *e = NULL;
    if (!is_same) {
        char fresh[GENERATION_SIZE];
        name_generation(fresh);
        e = fill_generation(root_fd, fresh, want);
        if (!e)
            e = switch_to(root_fd, fresh);
        if (e) {
            err_free(fs_remove_tree(root_fd, fresh));
            return e;
        }
        memcpy(generation, fresh, sizeof(generation));
    }
    CLEANUP(map) struct map *names = visible_names(want);
    e = make_links(root_fd, names);
    if (!e)
        e = remove_stale(root_fd, names, generation);
    if (e)
        return e;
    *out_changed = !is_same;
    return NULL;
}

bool project_files_are_complete(int root_fd)
{
    char generation[GENERATION_SIZE];
    current_generation(root_fd, generation);
    struct stat st;
    if (!*generation || fstatat(root_fd, generation, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(st.st_mode))
        return false;
    struct dirent **entries;
    int n = scandirat(root_fd, ".", &entries, skip_dots, NULL);
    bool is_complete = n >= 0;
    for (int i = 0; i < n; i++) {
        if (strncmp(entries[i]->d_name, "..", 2) != 0 &&
            fstatat(root_fd, entries[i]->d_name, &st, 0) != 0)
            is_complete = false;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return is_complete;
}
