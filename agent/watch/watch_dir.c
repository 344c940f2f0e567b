/* The folder is read whole at each change: some thousand small files at most, and no order of
 * events to get wrong. Each file's documents are remembered by a hash of its bytes; only a file
 * whose bytes changed is parsed again, and only objects whose content changed are put, so that an
 * unrelated edit triggers nothing. inotify only says "look again"; a burst of events is one look.
 */

#include "watch/watch_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/thread.h"
#include "base/yaml.h"
#include "watch/manifest.h"

#define SETTLE_MS 30 /* a burst of events is one look */

/* One file as it last parsed. */
struct file {
    char hash[DIGEST_SHA256_HEX]; /* of its bytes */
    struct yaml_docs docs;
    bool is_broken; /* the newest bytes did not parse; docs are older */
};

struct watch_dir {
    struct watch_dir_options o;
    int dir_fd;
    int inotify_fd;
    int stop_fd;
    struct thread *thread;
    struct map *files;        /* name -> struct file; scanning thread only */
    struct map *half_written; /* names that are being written; scanning thread only */
    struct map *seen;         /* "kind/ns/name" -> hash text of the object; scanning thread only */
    struct mutex mu;
    struct map *secrets; /* "ns/name" -> struct json */
};

static void free_file(void *p)
{
    struct file *f = p;
    yaml_docs_done(&f->docs);
    free(f);
}

static void free_json(void *p)
{
    json_free(p);
}

static bool is_manifest_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static int select_manifest(const struct dirent *d)
{
    return is_manifest_name(d->d_name);
}

static void tell(const struct watch_dir *w, const char *file, const struct err *e)
{
    if (w->o.problem)
        w->o.problem(w->o.problem_ctx, file, e);
}

/* Bring the memory of one file up to date; a file that does not parse keeps its last documents. */
static void read_file(struct watch_dir *w, const char *name)
{
    CLEANUP_STR char *text = NULL;
    size_t n = 0;
    struct file *known = map_get(w->files, name);
    CLEANUP(err) struct err *e = fs_read_text(w->dir_fd, name, YAML_TEXT_MAX, &text, &n);
    char hash[DIGEST_SHA256_HEX] = "";
    if (!e)
        digest_sha256_hex(secret_view_of(text, n), hash);
    if (!e && known && strcmp(known->hash, hash) == 0)
        return;
    struct yaml_docs docs = {0};
    if (!e)
        e = yaml_parse(text, n, &docs);
    if (text)
        secret_erase(text, n);
    if (!known) {
        known = xcalloc(1, sizeof(*known));
        map_set(w->files, name, known);
    }
    memcpy(known->hash, hash, sizeof(hash));
    if (e) {
        known->is_broken = true;
        tell(w, name, e);
        return;
    }
    if (known->is_broken)
        tell(w, name, NULL);
    known->is_broken = false;
    yaml_docs_done(&known->docs);
    known->docs = docs;
}

/* What a scan finds; afterwards everything else is removed. */
struct scan {
    struct watch_dir *w;
    struct map *specs, *stores, *cluster_stores, *secrets, *seen;
    struct map *changed_secrets;
};

/* Note obj under key; false when the same content stood there at the last scan. */
static bool note(struct scan *s, const char *key, const struct json *obj)
{
    CLEANUP_STR char *text = json_print(obj);
    char hash[DIGEST_SHA256_HEX];
    digest_sha256_hex(secret_view_of(text, strlen(text)), hash);
    secret_erase(text, strlen(text));
    const char *then = map_get(s->w->seen, key);
    bool is_same = then && strcmp(then, hash) == 0;
    map_set(s->seen, key, xstrdup(hash));
    return !is_same;
}

static void mark(struct map *m, const char *key)
{
    map_set(m, key, xstrdup(""));
}

static void take_secret(struct scan *s, struct json *secret)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", json_path_text(secret, "metadata.namespace"),
                                      json_path_text(secret, "metadata.name"));
    CLEANUP_STR char *seen_key = xasprintf("Secret/%s", key);
    if (note(s, seen_key, secret))
        mark(s->changed_secrets, key);
    map_set(s->secrets, key, secret);
}

static void take_store(struct scan *s, const struct json *doc, struct store *store)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", store->meta.ns, store->meta.name);
    CLEANUP_STR char *seen_key = xasprintf("%s/%s", store_kind_name(store->kind), key);
    mark(store->kind == STORE_CLUSTER ? s->cluster_stores : s->stores, key);
    if (note(s, seen_key, doc))
        spec_store_put_store(s->w->o.specs, ORIGIN_MIRROR, store);
    else
        store_unref(store);
}

static void take_spec(struct scan *s, const struct json *doc, struct spec *spec)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    CLEANUP_STR char *seen_key = xasprintf("ExternalSecret/%s", key);
    mark(s->specs, key);
    if (note(s, seen_key, doc))
        spec_store_put_spec(s->w->o.specs, ORIGIN_MIRROR, spec);
    else
        spec_unref(spec);
}

static void take_doc(struct scan *s, const char *file, const struct json *doc)
{
    struct manifest m = {0};
    struct err *e = manifest_read(doc, &m);
    if (e) {
        tell(s->w, file, e);
        err_free(e);
        return;
    }
    if (m.secret)
        take_secret(s, TAKE(m.secret));
    if (m.store)
        take_store(s, doc, TAKE(m.store));
    if (m.spec)
        take_spec(s, doc, TAKE(m.spec));
}

static void take_file(struct scan *s, const char *name)
{
    if (!map_get(s->w->half_written, name))
        read_file(s->w, name);
    const struct file *f = map_get(s->w->files, name);
    if (!f)
        return;
    for (size_t i = 0; i < f->docs.n; i++)
        take_doc(s, name, f->docs.docs[i]);
}

static void forget_files(struct watch_dir *w, struct dirent **names, int n)
{
    for (size_t i = w->files->n; i-- > 0;) {
        bool is_there = false;
        for (int k = 0; k < n && !is_there; k++)
            is_there = strcmp(names[k]->d_name, w->files->entries[i].key) == 0;
        if (!is_there)
            map_remove(w->files, w->files->entries[i].key);
    }
}

/* Secrets first become visible as a whole, then the listeners hear of those that changed. */
static void publish_secrets(struct scan *s)
{
    struct watch_dir *w = s->w;
    mutex_lock(&w->mu);
    struct map *old = w->secrets;
    w->secrets = s->secrets;
    mutex_unlock(&w->mu);
    map_free(old);
    for (size_t i = 0; i < s->changed_secrets->n; i++) {
        CLEANUP_STR char *ns = xstrdup(s->changed_secrets->entries[i].key);
        char *slash = strchr(ns, '/');
        *slash = '\0';
        spec_store_credentials_changed(w->o.specs, ns, slash + 1);
    }
}

void watch_dir_rescan(struct watch_dir *w)
{
    struct dirent **names;
    struct scan s = {w,
                     map_new(free),
                     map_new(free),
                     map_new(free),
                     map_new(free_json),
                     map_new(free),
                     map_new(free)};
    int n = scandirat(w->dir_fd, ".", &names, select_manifest, alphasort);
    if (n > WATCH_DIR_FILES_MAX)
        tell(w, ".", NULL);
    for (int i = 0; i < n && i < WATCH_DIR_FILES_MAX; i++)
        take_file(&s, names[i]->d_name);
    if (n >= 0)
        forget_files(w, names, n);
    for (int i = 0; i < n; i++)
        free(names[i]);
    if (n >= 0)
        free(names);
    publish_secrets(&s);
    map_free(w->seen);
    w->seen = s.seen;
    spec_store_retain_stores(w->o.specs, ORIGIN_MIRROR, STORE_CLUSTER, s.cluster_stores);
    spec_store_retain_stores(w->o.specs, ORIGIN_MIRROR, STORE_NAMESPACED, s.stores);
    spec_store_retain_specs(w->o.specs, ORIGIN_MIRROR, s.specs);
    map_free(s.specs);
    map_free(s.stores);
    map_free(s.cluster_stores);
    map_free(s.changed_secrets);
}

struct err *watch_dir_new(const struct watch_dir_options *options, struct watch_dir **out)
{
    CLEANUP(watch_dir) struct watch_dir *w = xcalloc(1, sizeof(*w));
    w->o = *options;
    w->dir_fd = w->inotify_fd = w->stop_fd = -1;
    w->files = map_new(free_file);
    w->half_written = map_new(free);
    w->seen = map_new(free);
    w->secrets = map_new(free_json);
    mutex_init(&w->mu);
    struct err *e = fs_open(AT_FDCWD, options->folder, O_RDONLY | O_DIRECTORY, 0, &w->dir_fd);
    if (e)
        return err_wrap(e, "manifest folder");
    w->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (w->inotify_fd < 0 || w->stop_fd < 0)
        return err_errno(errno, "watch the manifest folder");
    uint32_t mask = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                    IN_DELETE | IN_ONLYDIR;
    if (inotify_add_watch(w->inotify_fd, options->folder, mask) < 0)
        return err_errno(errno, "watch the manifest folder");
    watch_dir_rescan(w);
    spec_store_set_synced(w->o.specs, ORIGIN_MIRROR, true);
    spec_store_set_synced(w->o.specs, ORIGIN_NODE, true);
    *out = TAKE(w);
    return NULL;
}

/* True when something changed, false at stop. */
static bool wait_for_change(const struct watch_dir *w)
{
    struct pollfd fds[] = {{w->inotify_fd, POLLIN, 0}, {w->stop_fd, POLLIN, 0}};
    while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR) {
    }
    return !fds[1].revents;
}

/* A file that was modified and not closed yet is half written: it keeps what it said before. */
static void note_events(struct watch_dir *w, const char *events, size_t n)
{
    for (size_t at = 0; at + sizeof(struct inotify_event) <= n;) {
        const struct inotify_event *ev = (const void *)(events + at);
        if (ev->len && (ev->mask & IN_MODIFY))
            mark(w->half_written, ev->name);
        else if (ev->len)
            map_remove(w->half_written, ev->name);
        at += sizeof(*ev) + ev->len;
    }
}

/* Take all events of a burst; false at stop. */
static bool drain(struct watch_dir *w)
{
    _Alignas(struct inotify_event) char events[4096];
    struct pollfd fds[] = {{w->inotify_fd, POLLIN, 0}, {w->stop_fd, POLLIN, 0}};
    do {
        ssize_t n;
        while ((n = read(w->inotify_fd, events, sizeof(events))) > 0)
            note_events(w, events, (size_t)n);
    } while (poll(fds, ARRAY_SIZE(fds), SETTLE_MS) > 0 && !fds[1].revents);
    return !fds[1].revents;
}

static void follow(void *arg)
{
    struct watch_dir *w = arg;
    while (wait_for_change(w) && drain(w))
        watch_dir_rescan(w);
}

void watch_dir_start(struct watch_dir *w)
{
    w->thread = thread_start("watch-dir", follow, w);
}

void watch_dir_stop(struct watch_dir *w)
{
    if (!w->thread)
        return;
    uint64_t one = 1;
    ssize_t n = write(w->stop_fd, &one, sizeof(one));
    (void)n; /* an eventfd takes it or is full, which wakes as well */
    thread_join(TAKE(w->thread));
}

void watch_dir_free(struct watch_dir *w)
{
    if (!w)
        return;
    watch_dir_stop(w);
    map_free(w->files);
    map_free(w->half_written);
    map_free(w->seen);
    map_free(w->secrets);
    fs_close(w->dir_fd);
    fs_close(w->inotify_fd);
    fs_close(w->stop_fd);
    mutex_done(&w->mu);
    free(w);
}

/* stringData wins over data, as the API server does it. */
static struct err *read_key(const struct json *secret, const char *key, struct secret_buf **out)
{
    const char *plain = json_text(json_get(json_get(secret, "stringData"), key));
    const char *encoded = json_text(json_get(json_get(secret, "data"), key));
    if (plain)
        return secret_buf_copy(secret_view_of(plain, strlen(plain)), out);
    if (encoded)
        return codec_base64_decode(CODEC_BASE64, secret_view_of(encoded, strlen(encoded)), out);
    return err_new(ERR_NOT_FOUND, "has no key \"%s\"", key);
}

struct err *watch_dir_credential(void *ctx, const char *ns, const char *name, const char *key,
                                 const struct deadline *dl, struct secret_buf **out)
{
    struct watch_dir *w = ctx;
    CLEANUP_STR char *id = xasprintf("%s/%s", ns, name);
    (void)dl; /* nothing to wait for */
    mutex_lock(&w->mu);
    const struct json *secret = map_get(w->secrets, id);
    struct err *e = secret ? read_key(secret, key, out)
                           : err_new(ERR_NOT_FOUND, "does not exist in the manifest folder");
    mutex_unlock(&w->mu);
    return e ? err_wrap(e, "Secret \"%s\"", id) : NULL;
}
