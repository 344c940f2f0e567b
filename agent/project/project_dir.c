/* A Secret on disk is what the user of --mirror=dir asked for; it is written as a whole by rename
 * and only when its bytes change. An existing file that is not ours (no managed label) is left
 * alone. */

#include "project/project_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/metric.h"
#include "base/secret_json.h"
#include "project/secret_body.h"
#include "project/secret_reply.h"

#define API_VERSION "external-secrets.io/v1"
#define SECRET_FILE_MAX (4u << 20)

struct project_dir {
    struct sink sink;
    int dir_fd;
};

static char *secret_file(const struct spec *spec)
{
    return xasprintf("%s.secret.json", spec->target_name);
}

/* The namespace's folder, made when missing. */
static struct err *open_namespace(const struct project_dir *d, const char *ns, int *out_fd)
{
    struct err *e = *ns ? fs_mkdirs(d->dir_fd, ns, 0700) : NULL;
    if (!e)
        e = fs_open_beneath(d->dir_fd, *ns ? ns : ".", O_RDONLY | O_DIRECTORY, true, out_fd);
    return e;
}

/* What stands there: NULL when nothing does. CONFLICT when it is not ours. */
static struct err *read_own(int ns_fd, const char *file, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    struct err *e = fs_read_secret(ns_fd, file, SECRET_FILE_MAX, &old);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        *out = NULL;
        return NULL;
    }
    if (e)
        return e;
    struct secret_json root, meta, labels, label;
    CLEANUP(err) struct err *bad = secret_json_parse(secret_buf_view(old), &root);
    bool is_ours = !bad && secret_json_member(&root, "metadata", &meta) &&
                   secret_json_member(&meta, "labels", &labels) &&
                   (secret_json_member(&labels, SECRET_LABEL_OURS, &label) ||
                    secret_json_member(&labels, SECRET_LABEL_THEIRS, &label));
    if (!is_ours)
        return err_new(ERR_CONFLICT, "%s exists and is not managed by Lockstep", file);
    *out = TAKE(old);
    return NULL;
}

static struct err *write_secret(int ns_fd, const char *file, const struct spec *spec,
                                const struct output_set *o, enum project_outcome *out)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    struct err *e = read_own(ns_fd, file, &old);
    if (!e)
        e = secret_body_new(spec, o, API_VERSION, &body);
    if (e)
        return e;
    if (!old && spec->creation == CREATION_MERGE) {
        *out = PROJECT_MISSING;
        return NULL;
    }
    if (old && secret_view_equal(secret_buf_view(old), secret_buf_view(body))) {
        *out = PROJECT_UNCHANGED;
        return NULL;
    }
    e = fs_replace_secret(ns_fd, file, 0600, secret_buf_view(body));
    if (!e)
        *out = PROJECT_CHANGED;
    return e;
}

static struct err *delete_secret(int ns_fd, const char *file, enum project_outcome *out)
{
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    struct err *e = read_own(ns_fd, file, &old);
    if (!e && old)
        e = fs_remove_tree(ns_fd, file);
    if (!e)
        *out = PROJECT_DELETED;
    return e;
}

static struct err *apply(struct sink *s, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    const struct project_dir *d = (const struct project_dir *)s;
    CLEANUP_STR char *file = secret_file(spec);
    CLEANUP_FD int ns_fd = -1;
    (void)dl; /* a local file system does not wait */
    if (spec->creation == CREATION_NONE) {
        *out = PROJECT_NOTHING;
        return NULL;
    }
    if (o->n == 0 && spec->deletion == DELETION_RETAIN) {
        *out = PROJECT_RETAINED;
        return NULL;
    }
    struct err *e = open_namespace(d, spec->meta.ns, &ns_fd);
    if (!e && o->n == 0 && spec->deletion == DELETION_DELETE)
        e = delete_secret(ns_fd, file, out);
    else if (!e)
        e = write_secret(ns_fd, file, spec, o, out);
    if (e)
        return err_wrap(e, "mirror Secret \"%s/%s\"", spec->meta.ns, spec->target_name);
    metric_inc(METRIC_SECRET_WRITES, *out == PROJECT_CHANGED ? "applied" : "unchanged", NULL, NULL);
    return NULL;
}

/* Owner: the Secret goes with its ExternalSecret; the status goes in any case. */
static struct err *remove_spec(struct sink *s, const struct spec *spec, const struct deadline *dl)
{
    const struct project_dir *d = (const struct project_dir *)s;
    CLEANUP_STR char *file = secret_file(spec);
    CLEANUP_STR char *status = xasprintf("%s.status.json", spec->meta.name);
    CLEANUP_FD int ns_fd = -1;
    enum project_outcome outcome;
    (void)dl;
    struct err *e = open_namespace(d, spec->meta.ns, &ns_fd);
    if (!e && spec->creation == CREATION_OWNER)
        e = delete_secret(ns_fd, file, &outcome);
    if (!e)
        e = fs_remove_tree(ns_fd, status);
    return e ? err_wrap(e, "remove Secret \"%s/%s\"", spec->meta.ns, spec->target_name) : NULL;
}

static void free_sink(struct sink *s)
{
    struct project_dir *d = (struct project_dir *)s;
    fs_close(d->dir_fd);
    free(d);
}

static const struct sink_ops ops = {
    .name = "dir", .apply = apply, .remove = remove_spec, .free = free_sink};

struct err *project_dir_new(const char *folder, struct sink **out)
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
    *out = &d->sink;
    return NULL;
}

struct err *project_dir_write_text(struct sink *s, const char *ns, const char *file,
                                   const char *text)
{
    const struct project_dir *d = (const struct project_dir *)s;
    CLEANUP_FD int ns_fd = -1;
    struct err *e = open_namespace(d, ns, &ns_fd);
    return e ? e : fs_replace_text(ns_fd, file, 0600, text, strlen(text));
}
