/* The registry of published volumes: a map in memory, mirrored by one file per volume that is
 * replaced by rename. The file is written before the volume is attached and removed after it is
 * detached, so that a crash leaves at worst a record without a mount, which adoption drops. */

#include "watch/watch_volumes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/thread.h"

#define RECORD_BYTES_MAX (256u << 10)
#define RECORD_SUFFIX ".json"

struct watch_volumes {
    struct mutex mu;
    struct map *records; /* volume id -> struct volume_record */
    int dir_fd;
    atomic_bool is_owner; /* the lock on dir_fd is ours; set once, by any thread */
    const struct watch_volumes_listener *listener;
    void *listener_ctx;
};

/* The record's texts by their names in the file. */
struct text_field {
    const char *name;
    size_t at;
    bool is_required;
};
static const struct text_field text_fields[] = {
    {"volumeId", offsetof(struct volume_record, volume_id), true},
    {"targetPath", offsetof(struct volume_record, target_path), true},
    {"podNamespace", offsetof(struct volume_record, pod_ns), true},
    {"podName", offsetof(struct volume_record, pod_name), true},
    {"podUid", offsetof(struct volume_record, pod_uid), true},
    {"serviceAccount", offsetof(struct volume_record, service_account), false},
    {"externalSecret", offsetof(struct volume_record, external_secret), true},
    {"items", offsetof(struct volume_record, items_yaml), false},
    {"defaultMode", offsetof(struct volume_record, default_mode_text), false},
};

static char **text_slot(struct volume_record *r, const struct text_field *f)
{
    return (char **)(void *)((char *)r + f->at);
}

static const char *text_of(const struct volume_record *r, const struct text_field *f)
{
    return *(char *const *)(const void *)((const char *)r + f->at);
}

struct volume_record *volume_record_copy(const struct volume_record *r)
{
    struct volume_record *copy = xcalloc(1, sizeof(*copy));
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++)
        *text_slot(copy, &text_fields[i]) = xstrdup(text_of(r, &text_fields[i]));
    copy->is_optional = r->is_optional;
    copy->fs_group = r->fs_group;
    return copy;
}

bool volume_record_equal(const struct volume_record *a, const struct volume_record *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
        const char *x = text_of(a, &text_fields[i]);
        const char *y = text_of(b, &text_fields[i]);
        if (!x != !y || (x && strcmp(x, y) != 0))
            return false;
    }
    return a->is_optional == b->is_optional && a->fs_group == b->fs_group;
}

void volume_record_free(struct volume_record *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++)
        free(*text_slot(r, &text_fields[i]));
    free(r);
}

static void free_record(void *p)
{
    volume_record_free(p);
}

static struct json *record_to_json(const struct volume_record *r)
{
    struct json *j = json_new_map();
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
        const char *text = text_of(r, &text_fields[i]);
        if (text)
            json_set_text(j, text_fields[i].name, text);
    }
    json_set_bool(j, "optional", r->is_optional);
    json_set_int(j, "fsGroup", r->fs_group);
    return j;
}

/* NULL when something that must be there is not. */
static struct volume_record *record_from_json(const struct json *j)
{
    CLEANUP(volume_record) struct volume_record *r = xcalloc(1, sizeof(*r));
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
        const char *text = json_path_text(j, text_fields[i].name);
        if (!text && text_fields[i].is_required)
            return NULL;
        *text_slot(r, &text_fields[i]) = xstrdup(text);
    }
    r->is_optional = json_path_bool(j, "optional", false);
    r->fs_group = json_path_int(j, "fsGroup", -1);
    return TAKE(r);
}

static char *file_name(const char *volume_id)
{
    char hex[DIGEST_SHA256_HEX];
    digest_sha256_hex(secret_view_of(volume_id, strlen(volume_id)), hex);
    return xasprintf("%s" RECORD_SUFFIX, hex);
}

static bool is_file(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* *out is NULL when the file is no record. Errors: INTERNAL, DENIED: it may be one, but could not
 * be read now. */
static struct err *load_record(int dir_fd, const char *name, struct volume_record **out)
{
    CLEANUP_STR char *text = NULL;
    CLEANUP(json) struct json *j = NULL;
    size_t n = 0;
    *out = NULL;
    if (!is_file(dir_fd, name))
        return NULL;
    struct err *e = fs_read_text(dir_fd, name, RECORD_BYTES_MAX, &text, &n);
    if (!e)
        e = json_parse(text, n, &j);
    if (!e)
        *out = record_from_json(j);
    if (!e || (err_class(e) != ERR_INVALID && err_class(e) != ERR_NOT_FOUND))
        return e;
    err_free(e);
    return NULL;
}

static struct err *load(struct watch_volumes *w, const char *name, size_t *skipped)
{
    struct volume_record *r;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return NULL;
    struct err *e = load_record(w->dir_fd, name, &r);
    if (e)
        return e;
    if (r) {
        map_set(w->records, r->volume_id, r);
        return NULL;
    }
    (*skipped)++;
    return fs_remove_tree(w->dir_fd, name);
}

static struct err *load_all(struct watch_volumes *w, size_t *skipped)
{
    struct dirent **names;
    struct err *e = NULL;
    int n = scandirat(w->dir_fd, ".", &names, NULL, NULL);
    if (n < 0)
        return err_errno(errno, "list the volume records");
    for (int i = 0; i < n; i++) {
        if (!e)
            e = load(w, names[i]->d_name, skipped);
        free(names[i]);
    }
    free(names);
    return e;
}

struct err *watch_volumes_open(const char *folder, struct watch_volumes **out, size_t *out_skipped)
{
    int fd = -1;
    size_t skipped = 0;
    struct err *e = fs_mkdirs(AT_FDCWD, folder, 0700);
    if (!e)
        e = fs_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &fd);
    if (e)
        return err_wrap(e, "open the volume records in %s", folder);
    CLEANUP(watch_volumes) struct watch_volumes *w = xcalloc(1, sizeof(*w));
    mutex_init(&w->mu);
    w->dir_fd = fd;
    w->records = map_new(free_record);
    e = load_all(w, &skipped);
    if (e)
        return e;
    *out = TAKE(w);
    *out_skipped = skipped;
    return NULL;
}

void watch_volumes_free(struct watch_volumes *w)
{
    if (!w)
        return;
    map_free(w->records);
    fs_close(w->dir_fd);
    mutex_done(&w->mu);
    free(w);
}

void watch_volumes_listen(struct watch_volumes *w, const struct watch_volumes_listener *l,
                          void *ctx)
{
    struct volume_record **all;
    size_t n = watch_volumes_list(w, NULL, NULL, &all);
    w->listener = l;
    w->listener_ctx = ctx;
    for (size_t i = 0; i < n; i++) {
        l->added(ctx, all[i]->pod_ns, all[i]->external_secret);
        volume_record_free(all[i]);
    }
    free(all);
}

/* Is there room for one more, or is id there already? */
static bool has_room(struct watch_volumes *w, const char *id)
{
    mutex_lock(&w->mu);
    bool has = w->records->n < WATCH_VOLUMES_MAX || map_get(w->records, id);
    mutex_unlock(&w->mu);
    return has;
}

struct err *watch_volumes_put(struct watch_volumes *w, const struct volume_record *r)
{
    CLEANUP_STR char *name = file_name(r->volume_id);
    CLEANUP(json) struct json *j = record_to_json(r);
    CLEANUP_STR char *text = json_print(j);
    if (!has_room(w, r->volume_id))
        return err_new(ERR_INVALID, "this node has %d volumes already", WATCH_VOLUMES_MAX);
    if (strlen(text) > RECORD_BYTES_MAX)
        return err_new(ERR_INVALID, "the volume's attributes are too long to be remembered");
    struct err *e = fs_replace_text(w->dir_fd, name, 0600, text, strlen(text));
    if (e)
        return err_wrap(e, "remember the volume");
    mutex_lock(&w->mu);
    struct volume_record *old = map_take(w->records, r->volume_id);
    map_set(w->records, r->volume_id, volume_record_copy(r));
    mutex_unlock(&w->mu);
    if (w->listener) {
        w->listener->added(w->listener_ctx, r->pod_ns, r->external_secret);
        if (old)
            w->listener->removed(w->listener_ctx, old->pod_ns, old->external_secret);
    }
    volume_record_free(old);
    return NULL;
}

struct err *watch_volumes_remove(struct watch_volumes *w, const char *volume_id)
{
    CLEANUP_STR char *name = file_name(volume_id);
    struct err *e = fs_remove_tree(w->dir_fd, name);
    if (e)
        return err_wrap(e, "forget the volume");
    mutex_lock(&w->mu);
    CLEANUP(volume_record) struct volume_record *old = map_take(w->records, volume_id);
    mutex_unlock(&w->mu);
    if (old && w->listener)
        w->listener->removed(w->listener_ctx, old->pod_ns, old->external_secret);
    return NULL;
}

struct volume_record *watch_volumes_get(struct watch_volumes *w, const char *volume_id)
{
    mutex_lock(&w->mu);
    const struct volume_record *r = map_get(w->records, volume_id);
    struct volume_record *copy = r ? volume_record_copy(r) : NULL;
    mutex_unlock(&w->mu);
    return copy;
}

/* NULL for both names: every record. */
static bool is_of(const struct volume_record *r, const char *ns, const char *external_secret)
{
    if (!ns || !external_secret)
        return true;
    return strcmp(r->pod_ns, ns) == 0 && strcmp(r->external_secret, external_secret) == 0;
}

size_t watch_volumes_list(struct watch_volumes *w, const char *ns, const char *external_secret,
                          struct volume_record ***out)
{
    size_t n = 0;
    mutex_lock(&w->mu);
    *out = xcalloc(w->records->n + 1, sizeof(**out));
    for (size_t i = 0; i < w->records->n; i++) {
        const struct volume_record *r = w->records->entries[i].value;
        if (is_of(r, ns, external_secret))
            (*out)[n++] = volume_record_copy(r);
    }
    mutex_unlock(&w->mu);
    return n;
}

bool watch_volumes_has(struct watch_volumes *w, const char *ns, const char *external_secret)
{
    bool is_there = false;
    mutex_lock(&w->mu);
    for (size_t i = 0; !is_there && i < w->records->n; i++)
        is_there = is_of(w->records->entries[i].value, ns, external_secret);
    mutex_unlock(&w->mu);
    return is_there;
}

bool watch_volumes_own(struct watch_volumes *w)
{
    if (!atomic_load(&w->is_owner) && flock(w->dir_fd, LOCK_EX | LOCK_NB) == 0)
        atomic_store(&w->is_owner, true);
    return atomic_load(&w->is_owner);
}

size_t watch_volumes_count(struct watch_volumes *w)
{
    mutex_lock(&w->mu);
    size_t n = w->records->n;
    mutex_unlock(&w->mu);
    return n;
}
