/* A Secret on disk is what the user of --mirror=dir asked for, and so is an object of another kind
 * that a manifest names; it is written as a whole by rename and only when its bytes change. An
 * existing file that is not ours (no managed label, or another ExternalSecret's) is left alone.
 * Merging keeps the keys that stand there; which of them were ours once is not recorded, so a key
 * that the spec no longer has stays too. */

#include "project/project_dir.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/secret_json.h"
#include "base/thread.h"
#include "project/object_body.h"
#include "project/object_merge.h"
#include "project/object_reply.h"

#define API_VERSION "external-secrets.io/v1"
#define SECRET_FILE_MAX (4u << 20)

struct project_dir {
    struct sink sink;
    int dir_fd;
    bool allows_generic;
    struct mutex mu;
    struct map *targets; /* "ns/name" of a spec -> the file that it was last written to */
};

/* One spec's object. */
struct place {
    const struct spec *spec;
    char *file;
    int ns_fd; /* its namespace's folder */
};

static void place_done(struct place *p)
{
    free(p->file);
    fs_close(p->ns_fd);
}
#define CLEANUP_PLACE __attribute__((cleanup(place_done)))

static bool is_merge(const struct spec *spec)
{
    return spec->creation == CREATION_MERGE || spec->creation == CREATION_OR_MERGE;
}

/* The namespace's folder. Errors: NOT_FOUND (unless is_made), INVALID (no file name), DENIED. */
static struct err *open_namespace(const struct project_dir *d, const char *ns, bool is_made,
                                  int *out_fd)
{
    if (*ns && !fs_is_name(ns))
        return err_new(ERR_INVALID, "the namespace is no file name");
    struct err *e = *ns && is_made ? fs_mkdirs(d->dir_fd, ns, 0700) : NULL;
    if (!e)
        e = fs_open_beneath(d->dir_fd, *ns ? ns : ".", O_RDONLY | O_DIRECTORY, true, out_fd);
    return e;
}

/* "db.secret.json", "db.configmap.json", "db.receiver.example.org.json": name, kind and group, as
 * kubectl has them. Caller frees. */
static char *file_of(const struct spec *spec)
{
    const char *slash = spec_is_generic(spec) ? strchr(spec->manifest_api_version, '/') : NULL;
    CLEANUP_STR char *kind = xstrdup(spec_target_kind(spec));
    CLEANUP_STR char *group = slash ? xasprintf(".%.*s", (int)(slash - spec->manifest_api_version),
                                                spec->manifest_api_version)
                                    : xstrdup("");
    for (char *c = kind; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return xasprintf("%s.%s%s.json", spec->target_name, kind, group);
}

static struct err *open_place(const struct project_dir *d, const struct spec *spec, bool is_made,
                              struct place *out)
{
    out->spec = spec;
    out->file = file_of(spec);
    if (!fs_is_name(out->file))
        return err_new(ERR_INVALID, "the target's name is no file name");
    return open_namespace(d, spec->meta.ns, is_made, &out->ns_fd);
}

static struct err *owned_by_other(const struct place *p)
{
    struct err *e = err_new(ERR_CONFLICT, "%s is owned by another ExternalSecret", p->file);
    err_set_headline(e, "target is owned by another ExternalSecret");
    return e;
}

/* May spec write the object root? What another one owns is not even merged into. */
static struct err *judge(const struct place *p, const struct secret_json *root)
{
    struct secret_json meta, labels, label;
    CLEANUP_STR char *owner = spec_owner_hash(p->spec);
    bool is_managed = secret_json_member(root, "metadata", &meta) &&
                      secret_json_member(&meta, "labels", &labels) &&
                      (secret_json_member(&labels, OBJECT_LABEL_OURS, &label) ||
                       secret_json_member(&labels, OBJECT_LABEL_THEIRS, &label));
    if (!is_managed)
        return err_new(ERR_CONFLICT, "%s exists and is not managed by Lockstep", p->file);
    if (secret_json_member(&labels, OBJECT_LABEL_CREATED_BY, &label) &&
        !secret_json_is_text(&label, secret_view_of(owner, strlen(owner))))
        return owned_by_other(p);
    return NULL;
}

/* What stands there: NULL when nothing does. CONFLICT when it is not ours. */
static struct err *read_own(const struct place *p, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    struct secret_json root;
    struct err *e = fs_read_secret(p->ns_fd, p->file, SECRET_FILE_MAX, &old);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        *out = NULL;
        return NULL;
    }
    if (e)
        return e;
    CLEANUP(err) struct err *bad = secret_json_parse(secret_buf_view(old), &root);
    if (bad)
        return err_new(ERR_CONFLICT, "%s exists and is no manifest in JSON", p->file);
    e = judge(p, &root);
    if (e)
        return e;
    *out = TAKE(old);
    return NULL;
}

/* Put one entry of the old data into o, unless o has that key. */
static struct err *keep_entry(struct output_set *o, const struct secret_json *name,
                              const struct secret_json *value)
{
    CLEANUP_STR char *key = NULL;
    CLEANUP(secret_buf) struct secret_buf *encoded = NULL;
    CLEANUP(secret_buf) struct secret_buf *bytes = NULL;
    struct err *e = secret_json_text(name, OUTPUT_KEY_MAX, &key);
    if (e || output_set_find(o, key))
        return e;
    e = secret_json_string(value, &encoded);
    if (!e)
        e = codec_base64_decode(CODEC_BASE64, secret_buf_view(encoded), &bytes);
    return e ? e : output_set_put(o, key, TAKE(bytes));
}

/* o and what else stands in old. */
static struct err *merge(const struct secret_buf *old, const struct output_set *o,
                         struct output_set **out)
{
    CLEANUP(output_set) struct output_set *all = output_set_new();
    struct secret_json root, data, name, value;
    struct err *e = NULL;
    size_t at = 0;
    for (size_t i = 0; !e && i < o->n; i++) {
        struct secret_buf *copy = NULL;
        e = secret_buf_copy(secret_buf_view(o->items[i].value), &copy);
        if (!e)
            e = output_set_put(all, o->items[i].key, copy);
    }
    if (!e)
        e = secret_json_parse(secret_buf_view(old), &root);
    if (!e && secret_json_member(&root, "data", &data)) {
        while (!e && secret_json_next(&data, &at, &name, &value))
            e = keep_entry(all, &name, &value);
    }
    if (e)
        return err_wrap(e, "merge");
    *out = TAKE(all);
    return NULL;
}

/* What is to stand there: what the spec gives, and where it merges what else stands in old, which
 * may be NULL. */
static struct err *make_body(const struct place *p, const struct secret_buf *old,
                             const struct output_set *o, struct secret_buf **out)
{
    CLEANUP(output_set) struct output_set *merged = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    bool merges = old && is_merge(p->spec);
    struct err *e = merges && !o->content ? merge(old, o, &merged) : NULL;
    if (!e)
        e = object_body_new(p->spec, merged ? merged : o, API_VERSION, &body);
    if (!e && merges && o->content)
        return object_merge(secret_buf_view(old), secret_buf_view(body), out);
    if (e)
        return e;
    *out = TAKE(body);
    return NULL;
}

static struct err *write_object(const struct place *p, const struct output_set *o,
                                enum project_outcome *out)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct err *e = read_own(p, &old);
    if (!e && !old && p->spec->creation == CREATION_MERGE) {
        *out = PROJECT_MISSING;
        return NULL;
    }
    if (!e)
        e = make_body(p, old, o, &body);
    if (e)
        return e;
    if (old && secret_view_equal(secret_buf_view(old), secret_buf_view(body))) {
        *out = PROJECT_UNCHANGED;
        return NULL;
    }
    e = fs_replace_secret(p->ns_fd, p->file, 0600, secret_buf_view(body));
    if (!e)
        *out = old ? PROJECT_CHANGED : PROJECT_CREATED;
    return e;
}

static struct err *delete_object(const struct place *p)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    struct err *e = read_own(p, &old);
    if (!e && old)
        e = fs_remove_tree(p->ns_fd, p->file);
    if (!e && old)
        metric_inc(METRIC_SECRET_WRITES, "deleted", NULL, NULL);
    return e;
}

/* What the spec was last written to by this process, if that was another file; file NULL forgets.
 * Caller frees. */
static char *swap_target(struct project_dir *d, const struct spec *spec, const char *file)
{
    CLEANUP_STR char *key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    mutex_lock(&d->mu);
    CLEANUP_STR char *before = map_take(d->targets, key);
    if (file)
        map_set(d->targets, key, xstrdup(file));
    mutex_unlock(&d->mu);
    return file && before && strcmp(before, file) != 0 ? TAKE(before) : NULL;
}

/* The spec names another target than before: the old one goes, if it was made to be owned. */
static struct err *leave_old_target(struct project_dir *d, const struct place *p)
{
    CLEANUP_STR char *before = swap_target(d, p->spec, p->file);
    struct place old = {p->spec, before, p->ns_fd};
    return before && p->spec->creation == CREATION_OWNER ? delete_object(&old) : NULL;
}

static struct err *apply_at(struct project_dir *d, const struct spec *spec,
                            const struct output_set *o, enum project_outcome *out)
{
    CLEANUP_PLACE struct place p = {.ns_fd = -1};
    struct err *e = open_place(d, spec, true, &p);
    if (e)
        return e;
    bool is_deleted = o->is_empty && spec->deletion == DELETION_DELETE;
    *out = PROJECT_DELETED;
    e = is_deleted ? delete_object(&p) : write_object(&p, o, out);
    return e ? e : leave_old_target(d, &p);
}

static struct err *apply(struct sink *s, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    enum project_outcome outcome = PROJECT_NOTHING;
    (void)dl; /* a local file system does not wait */
    if (spec->creation == CREATION_NONE) {
        *out = PROJECT_NOTHING;
        return NULL;
    }
    if (o->is_empty && spec->deletion == DELETION_RETAIN) {
        *out = PROJECT_RETAINED;
        return NULL;
    }
    struct project_dir *d = (struct project_dir *)s;
    struct err *e = project_check_generic(spec, d->allows_generic);
    if (e)
        return e;
    e = apply_at(d, spec, o, &outcome);
    if (e) {
        metric_inc(METRIC_SECRET_WRITES, "failed", NULL, NULL);
        return err_wrap(e, "mirror %s \"%s/%s\"", spec_target_kind(spec), spec->meta.ns,
                        spec->target_name);
    }
    project_count(outcome);
    *out = outcome;
    return NULL;
}

/* Remove what is there; an object that is not ours any more is nothing to remove. */
static struct err *remove_at(const struct project_dir *d, const struct spec *spec)
{
    bool allows_generic = d->allows_generic;
    CLEANUP_PLACE struct place p = {.ns_fd = -1};
    CLEANUP_STR char *status = xasprintf("%s.status.json", spec->meta.name);
    struct err *e = open_place(d, spec, false, &p);
    if (!e && spec->creation == CREATION_OWNER && (allows_generic || !spec_is_generic(spec)))
        e = delete_object(&p);
    if (e && err_class(e) == ERR_CONFLICT) {
        err_free(e);
        e = NULL;
    }
    return e ? e : fs_remove_tree(p.ns_fd, status);
}

/* Owner: the object goes with its ExternalSecret; the status goes in any case. */
static struct err *remove_spec(struct sink *s, const struct spec *spec, const struct deadline *dl)
{
    (void)dl;
    free(swap_target((struct project_dir *)s, spec, NULL));
    struct err *e = remove_at((const struct project_dir *)s, spec);
    if (!e)
        return NULL;
    if (err_class(e) == ERR_NOT_FOUND) {
        err_free(e); /* nothing was ever written */
        return NULL;
    }
    return err_wrap(e, "remove %s \"%s/%s\"", spec_target_kind(spec), spec->meta.ns,
                    spec->target_name);
}

static void free_sink(struct sink *s)
{
    struct project_dir *d = (struct project_dir *)s;
    fs_close(d->dir_fd);
    map_free(d->targets);
    mutex_done(&d->mu);
    free(d);
}

static const struct sink_ops ops = {
    .name = "dir", .apply = apply, .remove = remove_spec, .free = free_sink};

struct err *project_dir_new(const char *folder, bool allows_generic, struct sink **out)
{
    int fd = -1;
    struct err *e = fs_mkdirs(AT_FDCWD, folder, 0700);
    if (!e)
        e = fs_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &fd);
    if (e)
        return err_wrap(e, "mirror folder");
    struct project_dir *d = xcalloc(1, sizeof(*d));
    d->sink.ops = &ops;
    d->dir_fd = fd;
    d->allows_generic = allows_generic;
    d->targets = map_new(free);
    mutex_init(&d->mu);
    *out = &d->sink;
    return NULL;
}

struct err *project_dir_write_text(struct sink *s, const char *ns, const char *file,
                                   const char *text)
{
    CLEANUP_FD int ns_fd = -1;
    struct err *e = open_namespace((const struct project_dir *)s, ns, true, &ns_fd);
    return e ? e : fs_replace_text(ns_fd, file, 0600, text, strlen(text));
}
