/* The folder is read whole at each change: some thousand small files at most, and no order of
 * events to get wrong. Each file's documents are remembered by a hash of its bytes; only a file
 * whose bytes changed is parsed again. inotify says "look again", and who is writing: between
 * IN_MODIFY and IN_CLOSE_WRITE a file is half written. Because a writer may begin just while a file
 * is being read, what was read counts only if no such event came with it; otherwise a file that is
 * truncated and written again would for a moment say that its objects are gone. */

#include "watch/manifest_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/map.h"

#define SETTLE_MS 30 /* a burst of events is one look */
#define SETTLE_ROUNDS_MAX 33
#define UNREADABLE "unreadable" /* in place of a hash */

#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |            \
     IN_MOVE_SELF | IN_ONLYDIR)

struct file {
    struct manifest_file public;
    char hash[DIGEST_SHA256_HEX]; /* of the bytes that were looked at last; "" none */
    bool is_broken;               /* those bytes did not parse; docs are older */

    /* What was read, until it is known that nobody wrote meanwhile. */
    bool has_next;
    char next_hash[DIGEST_SHA256_HEX];
    struct yaml_docs next;
    struct err *next_err;
};

struct manifest_folder {
    int dir_fd;
    int inotify_fd;
    char *only;               /* the one name that counts; NULL: all do */
    struct map *files;        /* name -> struct file */
    struct map *half_written; /* names that are being written */
    manifest_problem_fn *problem;
    void *problem_ctx;
    bool is_restless; /* something happened since the last wait */
    bool is_crowded;  /* there are more files than are read, and that was told */
};

static void drop_next(struct file *f)
{
    f->has_next = false;
    yaml_docs_done(&f->next);
    f->next = (struct yaml_docs){0};
    err_free(TAKE(f->next_err));
}

static void free_file(void *p)
{
    struct file *f = p;
    drop_next(f);
    yaml_docs_done(&f->public.docs);
    free(f);
}

bool manifest_folder_takes(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static int select_manifest(const struct dirent *d)
{
    return manifest_folder_takes(d->d_name);
}

static void tell(const struct manifest_folder *f, const char *file, const struct err *e)
{
    if (f->problem)
        f->problem(f->problem_ctx, file, e);
}

/* The folder to follow: path itself, or where the file of that path is. Caller frees. */
static char *folder_of(struct manifest_folder *f, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return xstrdup(path);
    const char *slash = strrchr(path, '/');
    f->only = xstrdup(slash ? slash + 1 : path);
    if (slash == path)
        return xstrdup("/");
    return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

struct err *manifest_folder_open(const char *path, manifest_problem_fn *problem, void *problem_ctx,
                                 struct manifest_folder **out)
{
    CLEANUP(manifest_folder) struct manifest_folder *f = xcalloc(1, sizeof(*f));
    f->dir_fd = f->inotify_fd = -1;
    f->files = map_new(free_file);
    f->half_written = map_new(NULL);
    f->problem = problem;
    f->problem_ctx = problem_ctx;
    CLEANUP_STR char *folder = folder_of(f, path);
    struct err *e = fs_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &f->dir_fd);
    if (e)
        return err_wrap(e, "manifest folder");
    f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (f->inotify_fd < 0 || inotify_add_watch(f->inotify_fd, folder, EVENTS) < 0)
        return err_errno(errno, "watch the manifest folder");
    *out = TAKE(f);
    return NULL;
}

void manifest_folder_free(struct manifest_folder *f)
{
    if (!f)
        return;
    map_free(f->files);
    map_free(f->half_written);
    free(f->only);
    fs_close(f->dir_fd);
    fs_close(f->inotify_fd);
    free(f);
}

static void note_event(struct manifest_folder *f, const struct inotify_event *ev)
{
    f->is_restless = true;
    if (ev->mask & IN_MOVE_SELF) {
        CLEANUP(err)
        struct err *e = err_new(ERR_NOT_FOUND, "the folder was moved: restart to follow the one "
                                               "that has its name now");
        tell(f, ".", e);
    }
    if (ev->mask & IN_Q_OVERFLOW) {
        /* Some end of writing may be among what was lost. */
        map_free(f->half_written);
        f->half_written = map_new(NULL);
    }
    if (ev->len && (ev->mask & IN_MODIFY))
        map_set(f->half_written, ev->name, f);
    else if (ev->len)
        map_remove(f->half_written, ev->name);
}

static void take_events(struct manifest_folder *f)
{
    _Alignas(struct inotify_event) char events[4096];
    ssize_t n;
    while ((n = read(f->inotify_fd, events, sizeof(events))) > 0) {
        for (size_t at = 0; at + sizeof(struct inotify_event) <= (size_t)n;) {
            const struct inotify_event *ev = (const void *)(events + at);
            note_event(f, ev);
            at += sizeof(*ev) + ev->len;
        }
    }
}

/* Look at one file's bytes; true when they are others than before. */
static bool stage(struct manifest_folder *f, const char *name)
{
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct file *file = map_get(f->files, name);
    file->public.is_new = false;
    if (map_get(f->half_written, name))
        return false;
    CLEANUP(err) struct err *e = fs_read_text(f->dir_fd, name, YAML_TEXT_MAX, &text, &n);
    if (e && err_class(e) == ERR_NOT_FOUND)
        return false; /* vanished just now: an event will say so */
    memcpy(file->next_hash, UNREADABLE, sizeof(UNREADABLE));
    if (!e)
        digest_sha256_hex(secret_view_of(text, n), file->next_hash);
    file->has_next = strcmp(file->hash, file->next_hash) != 0;
    if (file->has_next)
        file->next_err = e ? TAKE(e) : yaml_parse(text, n, &file->next);
    if (text)
        secret_erase(text, n);
    return file->has_next;
}

/* What was staged becomes what the file says. */
static void commit(struct manifest_folder *f, const char *name, struct file *file)
{
    if (!file->has_next)
        return;
    if (map_get(f->half_written, name)) {
        drop_next(file);
        return;
    }
    memcpy(file->hash, file->next_hash, sizeof(file->hash));
    if (file->next_err)
        tell(f, name, file->next_err);
    else if (file->is_broken)
        tell(f, name, NULL);
    file->is_broken = file->next_err != NULL;
    if (!file->is_broken) {
        yaml_docs_done(&file->public.docs);
        file->public.docs = file->next;
        file->next = (struct yaml_docs){0};
        file->public.is_new = true;
    }
    drop_next(file);
}

/* Bring the table of files to what is there. */
static void update_names(struct manifest_folder *f, const struct map *there)
{
    for (size_t i = f->files->n; i-- > 0;) {
        if (!map_get(there, f->files->entries[i].key))
            map_remove(f->files, f->files->entries[i].key);
    }
    for (size_t i = 0; i < there->n; i++) {
        if (!map_get(f->files, there->entries[i].key))
            map_set(f->files, there->entries[i].key, xcalloc(1, sizeof(struct file)));
    }
}

static void tell_crowd(struct manifest_folder *f, bool is_crowded)
{
    CLEANUP(err) struct err *e = NULL;
    if (is_crowded == f->is_crowded)
        return;
    f->is_crowded = is_crowded;
    if (is_crowded)
        e = err_new(ERR_INVALID, "more than %d files: those last by name are not read",
                    MANIFEST_FOLDER_FILES_MAX);
    tell(f, ".", e);
}

static struct err *list_names(struct manifest_folder *f, struct map *there)
{
    struct dirent **names;
    struct stat st;
    if (fstat(f->dir_fd, &st) == 0 && st.st_nlink == 0)
        return err_new(ERR_NOT_FOUND, "the folder was removed"); /* it would read as empty */
    int n = scandirat(f->dir_fd, ".", &names, select_manifest, alphasort);
    if (n < 0)
        return err_errno(errno, "list the manifest folder");
    for (int i = 0; i < n; i++) {
        bool counts = !f->only || strcmp(names[i]->d_name, f->only) == 0;
        if (counts && there->n < MANIFEST_FOLDER_FILES_MAX)
            map_set(there, names[i]->d_name, f);
        free(names[i]);
    }
    free(names);
    tell_crowd(f, n > MANIFEST_FOLDER_FILES_MAX);
    return NULL;
}

struct err *manifest_folder_read(struct manifest_folder *f)
{
    CLEANUP(map) struct map *there = map_new(NULL);
    bool has_next = false;
    take_events(f);
    struct err *e = list_names(f, there);
    if (e)
        return e;
    update_names(f, there);
    for (size_t i = 0; i < f->files->n; i++)
        has_next |= stage(f, f->files->entries[i].key);
    struct pollfd wait = {f->inotify_fd, POLLIN, 0};
    if (has_next && poll(&wait, 1, SETTLE_MS) > 0)
        take_events(f);
    for (size_t i = 0; i < f->files->n; i++)
        commit(f, f->files->entries[i].key, f->files->entries[i].value);
    return NULL;
}

const struct manifest_file *manifest_folder_at(const struct manifest_folder *f, size_t i,
                                               const char **out_name)
{
    if (i >= f->files->n)
        return NULL;
    *out_name = f->files->entries[i].key;
    return f->files->entries[i].value;
}

bool manifest_folder_wait(struct manifest_folder *f, int stop_fd)
{
    struct pollfd fds[] = {{f->inotify_fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
    while (!f->is_restless && poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < SETTLE_ROUNDS_MAX && !fds[1].revents; i++) {
        take_events(f);
        if (poll(fds, ARRAY_SIZE(fds), SETTLE_MS) == 0)
            break;
    }
    f->is_restless = false;
    return !fds[1].revents;
}
