/* After each change of the folder all documents are gone through again, and compared with the
 * scan before by a hash of each object, so that an unrelated edit triggers nothing. What a scan
 * found is made known in an order in which no reader misses what it needs: objects that are gone
 * leave first, ExternalSecrets before stores; then come Secrets, then stores, then ExternalSecrets.
 */

#include "watch/watch_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/thread.h"
#include "watch/manifest.h"

struct watch_dir {
    struct watch_dir_options o;
    struct manifest_folder *folder;
    int stop_fd;
    struct thread *thread;
    struct map *seen; /* "kind/ns/name" -> hash text of the object; scanning thread only */
    struct mutex mu;
    struct map *secrets; /* "ns/name" -> struct found */
    struct map *config_maps;
};

/* An object of the folder: one of the four. */
struct found {
    struct spec *spec;
    struct store *store;
    struct json *secret;
    struct json *config_map;
    bool is_changed; /* since the scan before */
};

/* What a scan finds, by "ns/name"; values are struct found. */
struct scan {
    struct watch_dir *w;
    struct map *specs, *stores, *cluster_stores, *secrets, *config_maps;
    struct map *seen;
};

static void free_found(void *p)
{
    struct found *f = p;
    spec_unref(f->spec);
    store_unref(f->store);
    json_free(f->secret);
    json_free(f->config_map);
    free(f);
}

static void tell(const struct watch_dir *w, const char *file, const struct err *e)
{
    if (w->o.problem)
        w->o.problem(w->o.problem_ctx, file, e);
}

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

/* Where an object belongs, and what it is called. */
struct place {
    struct map *into;
    const char *kind, *ns, *name;
};

static struct place place_of(const struct scan *s, const struct manifest *m)
{
    if (m->secret)
        return (struct place){s->secrets, "Secret", json_path_text(m->secret, "metadata.namespace"),
                              json_path_text(m->secret, "metadata.name")};
    if (m->config_map)
        return (struct place){s->config_maps, "ConfigMap",
                              json_path_text(m->config_map, "metadata.namespace"),
                              json_path_text(m->config_map, "metadata.name")};
    if (m->store)
        return (struct place){m->store->kind == STORE_CLUSTER ? s->cluster_stores : s->stores,
                              store_kind_name(m->store->kind), m->store->meta.ns,
                              m->store->meta.name};
    return (struct place){s->specs, "ExternalSecret", m->spec->meta.ns, m->spec->meta.name};
}

/* Keep what doc became; takes m's parts. CONFLICT when there is such an object already. */
static struct err *keep(struct scan *s, const struct json *doc, struct manifest *m)
{
    if (!m->secret && !m->config_map && !m->store && !m->spec)
        return NULL;
    struct place at = place_of(s, m);
    CLEANUP_STR char *key = xasprintf("%s/%s", at.ns, at.name);
    CLEANUP_STR char *seen_key = xasprintf("%s/%s", at.kind, key);
    if (map_get(at.into, key))
        return err_new(ERR_CONFLICT, "%s \"%s\" is defined twice; the first one counts", at.kind,
                       key);
    struct found *f = xcalloc(1, sizeof(*f));
    f->is_changed = note(s, seen_key, doc);
    f->spec = TAKE(m->spec);
    f->store = TAKE(m->store);
    f->secret = TAKE(m->secret);
    f->config_map = TAKE(m->config_map);
    map_set(at.into, key, f);
    return NULL;
}

static void take_file(struct scan *s, const char *name, const struct manifest_file *f)
{
    for (size_t i = 0; i < f->docs.n; i++) {
        struct manifest m = {0};
        CLEANUP(err) struct err *e = manifest_read(f->docs.docs[i], &m);
        if (!e)
            e = keep(s, f->docs.docs[i], &m);
        if (e && f->is_new)
            tell(s->w, name, e);
        manifest_done(&m);
    }
}

static void tell_credential(struct watch_dir *w, const char *key)
{
    CLEANUP_STR char *ns = xstrdup(key);
    char *slash = strchr(ns, '/');
    *slash = '\0';
    spec_store_credentials_changed(w->o.specs, ns, slash + 1);
}

/* Secrets become visible as a whole, then the listeners hear of those that changed or went. */
static void publish_secrets(struct scan *s)
{
    struct watch_dir *w = s->w;
    mutex_lock(&w->mu);
    CLEANUP(map) struct map *old = w->secrets;
    struct map *old_config_maps = w->config_maps;
    w->secrets = s->secrets;
    w->config_maps = s->config_maps;
    mutex_unlock(&w->mu);
    map_free(old_config_maps);
    for (size_t i = 0; i < s->secrets->n; i++) {
        const struct found *f = s->secrets->entries[i].value;
        if (f->is_changed)
            tell_credential(w, s->secrets->entries[i].key);
    }
    for (size_t i = 0; i < old->n; i++) {
        if (!map_get(s->secrets, old->entries[i].key))
            tell_credential(w, old->entries[i].key);
    }
}

static void put_changed(struct watch_dir *w, const struct map *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct found *f = m->entries[i].value;
        if (f->is_changed && f->store)
            spec_store_put_store(w->o.specs, ORIGIN_MIRROR, TAKE(f->store));
        if (f->is_changed && f->spec)
            spec_store_put_spec(w->o.specs, ORIGIN_MIRROR, TAKE(f->spec));
    }
}

static void make_known(struct scan *s)
{
    struct watch_dir *w = s->w;
    spec_store_retain_specs(w->o.specs, ORIGIN_MIRROR, s->specs);
    spec_store_retain_stores(w->o.specs, ORIGIN_MIRROR, STORE_NAMESPACED, s->stores);
    spec_store_retain_stores(w->o.specs, ORIGIN_MIRROR, STORE_CLUSTER, s->cluster_stores);
    publish_secrets(s);
    put_changed(w, s->cluster_stores);
    put_changed(w, s->stores);
    put_changed(w, s->specs);
    map_free(w->seen);
    w->seen = s->seen;
}

void watch_dir_rescan(struct watch_dir *w)
{
    const char *name;
    const struct manifest_file *file;
    CLEANUP(err) struct err *e = manifest_folder_read(w->folder);
    if (e) {
        tell(w, ".", e);
        return;
    }
    struct scan s = {w,
                     map_new(free_found),
                     map_new(free_found),
                     map_new(free_found),
                     map_new(free_found),
                     map_new(free_found),
                     map_new(free)};
    for (size_t i = 0; (file = manifest_folder_at(w->folder, i, &name)); i++)
        take_file(&s, name, file);
    make_known(&s);
    map_free(s.specs);
    map_free(s.stores);
    map_free(s.cluster_stores);
}

struct err *watch_dir_new(const struct watch_dir_options *options, struct watch_dir **out)
{
    CLEANUP(watch_dir) struct watch_dir *w = xcalloc(1, sizeof(*w));
    w->o = *options;
    w->seen = map_new(free);
    w->secrets = map_new(free_found);
    w->config_maps = map_new(free_found);
    mutex_init(&w->mu);
    w->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (w->stop_fd < 0)
        return err_errno(errno, "watch the manifest folder");
    struct err *e =
        manifest_folder_open(options->folder, options->problem, options->problem_ctx, &w->folder);
    if (e)
        return e;
    watch_dir_rescan(w);
    spec_store_set_synced(w->o.specs, ORIGIN_MIRROR, true);
    spec_store_set_synced(w->o.specs, ORIGIN_NODE, true);
    *out = TAKE(w);
    return NULL;
}

static void follow(void *arg)
{
    struct watch_dir *w = arg;
    while (manifest_folder_wait(w->folder, w->stop_fd))
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
    manifest_folder_free(w->folder);
    map_free(w->seen);
    map_free(w->secrets);
    map_free(w->config_maps);
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

/* A copy of the Secret or ConfigMap id; NULL when there is none. Caller frees. */
static struct json *copy_of(struct watch_dir *w, bool is_secret, const char *id)
{
    mutex_lock(&w->mu);
    const struct found *f = map_get(is_secret ? w->secrets : w->config_maps, id);
    struct json *copy = f ? json_copy(is_secret ? f->secret : f->config_map) : NULL;
    mutex_unlock(&w->mu);
    return copy;
}

struct err *watch_dir_credential(void *ctx, const char *ns, const char *name, const char *key,
                                 const struct deadline *dl, struct secret_buf **out)
{
    struct watch_dir *w = ctx;
    CLEANUP_STR char *id = xasprintf("%s/%s", ns, name);
    (void)dl; /* nothing to wait for */
    CLEANUP(json) struct json *secret = copy_of(w, true, id);
    struct err *e = secret ? read_key(secret, key, out)
                           : err_new(ERR_NOT_FOUND, "does not exist in the manifest folder");
    return e ? err_wrap(e, "Secret \"%s\"", id) : NULL;
}

struct err *watch_dir_config_map(void *ctx, const char *ns, const char *name, const char *key,
                                 const struct deadline *dl, struct secret_buf **out)
{
    struct watch_dir *w = ctx;
    CLEANUP_STR char *id = xasprintf("%s/%s", ns, name);
    (void)dl; /* nothing to wait for */
    CLEANUP(json) struct json *config_map = copy_of(w, false, id);
    if (!config_map)
        return err_new(ERR_NOT_FOUND, "ConfigMap \"%s\": does not exist in the manifest folder",
                       id);
    const char *text = json_text(json_get(json_get(config_map, "data"), key));
    const char *binary = json_text(json_get(json_get(config_map, "binaryData"), key));
    struct err *e = NULL;
    if (text)
        e = secret_buf_copy(secret_view_of(text, strlen(text)), out);
    else if (binary)
        e = codec_base64_decode(CODEC_BASE64, secret_view_of(binary, strlen(binary)), out);
    else
        e = err_new(ERR_NOT_FOUND, "has no key \"%s\"", key);
    return e ? err_wrap(e, "ConfigMap \"%s\"", id) : NULL;
}
