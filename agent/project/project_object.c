/* Who may be written over? The base install may create, patch and delete Secrets and read none; an
 * admission policy (the fence) refuses every write to a Secret that carries no managed label. A
 * label alone is no ownership, and the fence may be missing, so before the first write to a target
 * we ask with a dry run: an apply under a name of its own (the prober) that sets nothing but our
 * label. Its answer is metadata only and tells everything:
 *
 *   201                       nothing there: create
 *   refused by admission      a foreign Secret, behind the fence: CONFLICT
 *   200, another controller   an ExternalSecret: CONFLICT; anything else: CONFLICT for Owner alone,
 *                             both named as External Secrets does
 *   200, not managed          a foreign Secret. Behind a fence: let through by its gate (the
 * overlay external-secrets-compat), so that it may be taken over, or merged into, as External
 * Secrets does. Without a fence: CONFLICT, except for the Merge policies 200 otherwise ours, or
 * External Secrets' to be taken over
 *
 * A create-if-absent POST would tell the first two apart as well, but not the others. The prober is
 * another manager than the writer, since an apply that leaves out what its manager owns would ask
 * for its removal. The real apply is forced: the question is settled by then, and what stands in
 * the way is External Secrets' own field ownership or somebody's manual edit, both to be mended.
 * What the answer says is remembered, so that a refresh costs one request; where the fence does not
 * stand nothing is remembered, and every write is preceded by the question. Between question and
 * write a foreign Secret may appear: with the fence the write is refused, without it the window is
 * one round trip, which is why the missing fence is a condition and a metric.
 *
 * No fence stands before other kinds of objects. Whoever allows them says by a Role which ones may
 * be written, and then all of that kind are within reach, as they are for External Secrets: what
 * has no other controller is taken over. The question is asked before every write.
 *
 * Fields that vanish from the spec vanish from the object because our manager owned them. If
 * another manager holds them too (External Secrets before a hand-over, kubectl edit), a merge patch
 * sweeps the members of `data` away afterwards, where the policy says that all keys are ours. */

#include "project/project_object.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "kube/kube_write.h"
#include "project/object_body.h"
#include "project/object_target.h"

/* What we last saw of a spec's object. */
struct written {
    char *spec_uid;
    char *kind; /* with its apiVersion */
    char *target;
    char *resource_version;
    bool has_left_target; /* this write was to a new target, and the old one was deleted */
};

struct project_object {
    struct sink sink;
    struct kube_client *k;
    struct kube_discovery *discovery;
    bool allows_generic;
    atomic_bool fence_stands; /* set by the owner, read by workers */
    struct mutex mu;
    struct map *written; /* "ns/name" of the spec to struct written */
};

/* One pass. */
struct pass {
    struct project_object *p;
    const struct spec *spec;
    const struct output_set *o;
    const struct deadline *dl;
    struct object_target to;
    char *key;    /* of the memory */
    char *kind;   /* as written.kind */
    char *before; /* resourceVersion; NULL: there was nothing */
};

static void written_free(void *x)
{
    struct written *w = x;
    free(w->spec_uid);
    free(w->kind);
    free(w->target);
    free(w->resource_version);
    free(w);
}

static char *spec_key(const struct spec *spec)
{
    return xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
}

static char *kind_of(const struct spec *spec)
{
    return xasprintf("%s %s", spec_targets_secret(spec) ? "v1" : spec->manifest_api_version,
                     spec_target_kind(spec));
}

/* To be given to pass_done in any case. Errors: as object_target_find; INVALID (not allowed). */
static struct err *pass_init(struct pass *s, struct project_object *p, const struct spec *spec,
                             const struct output_set *o, const struct deadline *dl)
{
    *s = (struct pass){.p = p, .spec = spec, .o = o, .dl = dl};
    s->key = spec_key(spec);
    s->kind = kind_of(spec);
    struct err *e = project_check_generic(spec, p->allows_generic);
    return e ? e : object_target_find(p->discovery, spec, dl, &s->to);
}

static void pass_done(struct pass *s)
{
    object_target_done(&s->to);
    free(s->key);
    free(s->kind);
    free(s->before);
}

static void forget(struct project_object *p, const char *key)
{
    mutex_lock(&p->mu);
    struct written *w = map_take(p->written, key);
    mutex_unlock(&p->mu);
    if (w)
        written_free(w);
}

static void remember(const struct pass *s, const struct object_reply *r)
{
    struct written *w = xcalloc(1, sizeof(*w));
    w->spec_uid = xstrdup(s->spec->meta.uid);
    w->kind = xstrdup(s->kind);
    w->target = xstrdup(s->spec->target_name);
    w->resource_version = xstrdup(r->resource_version);
    mutex_lock(&s->p->mu);
    map_set(s->p->written, s->key, w);
    mutex_unlock(&s->p->mu);
}

/* Is the target known to be ours? Sets before. *old_target is the target of an earlier pass when
 * it was another one of this kind; caller frees. */
static bool recall(struct pass *s, char **old_target)
{
    mutex_lock(&s->p->mu);
    const struct written *w = map_get(s->p->written, s->key);
    bool is_same_spec =
        w && strcmp(w->spec_uid, s->spec->meta.uid) == 0 && strcmp(w->kind, s->kind) == 0;
    bool is_known = is_same_spec && strcmp(w->target, s->spec->target_name) == 0;
    *old_target = is_same_spec && !is_known ? xstrdup(w->target) : NULL;
    if (is_known)
        s->before = xstrdup(w->resource_version);
    mutex_unlock(&s->p->mu);
    return is_known && s->to.is_secret && atomic_load(&s->p->fence_stands);
}

static bool is_merge(const struct spec *spec)
{
    return spec->creation == CREATION_MERGE || spec->creation == CREATION_OR_MERGE;
}

static bool has_other_controller(const struct spec *spec, const struct object_reply *r)
{
    return r->controller_uid && strcmp(r->controller_uid, spec->meta.uid) != 0;
}

/* The controller of what stands there, if it is another object than spec and keeps us out. As in
 * External Secrets: another ExternalSecret in any case, anything else only who would own. */
static struct err *check_controller(const struct pass *s, const struct object_reply *r)
{
    bool is_external_secret =
        r->controller_kind && strcmp(r->controller_kind, "ExternalSecret") == 0;
    if (!has_other_controller(s->spec, r))
        return NULL;
    if (!is_external_secret && s->spec->creation != CREATION_OWNER)
        return NULL;
    struct err *e = object_target_err(&s->to, ERR_CONFLICT, " has another controller");
    err_set_headline(e, is_external_secret ? "target is owned by another ExternalSecret"
                                           : "failed to take ownership of target secret");
    return e;
}

/* May we write over what stands there? What the fence lets through is no foreign Secret, or one
 * that the overlay gives to us. */
static struct err *judge(const struct pass *s, const struct object_reply *r)
{
    bool is_let_through = r->is_managed || !s->to.is_secret || atomic_load(&s->p->fence_stands);
    if (!is_let_through && !is_merge(s->spec))
        return object_target_err(&s->to, ERR_CONFLICT,
                                 " exists and is not managed by Lockstep or External Secrets; to "
                                 "take it over needs the overlay " OBJECT_OVERLAY);
    return check_controller(s, r);
}

/* Take away what other managers hold on to; *r is the state after. */
static struct err *sweep(const struct pass *s, struct object_reply *r)
{
    CLEANUP_STR char *body = object_body_sweep(s->spec, s->o, r, !is_merge(s->spec));
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    if (!body)
        return NULL;
    CLEANUP_STR_BUF struct str_buf query;
    CLEANUP_STR char *manager = object_body_manager(s->spec);
    struct kube_target target = s->to.at;
    str_buf_init(&query, 512);
    kube_query_add(&query, "fieldManager", manager);
    target.query = query.s;
    struct err *e = kube_merge(s->p->k, &target, secret_view_of(body, strlen(body)), false, s->dl,
                               NULL, &reply);
    if (e)
        return err_wrap(e, "%s \"%s/%s\": remove keys", target.resource->kind, target.ns,
                        target.name);
    object_reply_done(r);
    return object_reply_read(secret_buf_view(reply), OBJECT_PROBER, s->spec->meta.uid, r);
}

/* Send the apply; r is the state after it. */
static struct err *send_apply(const struct pass *s, struct object_reply *r, bool *is_new)
{
    char api_version[KUBE_API_VERSION_SIZE];
    const char *version = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR char *manager = object_body_manager(s->spec);
    struct kube_outcome o;
    struct err *e = kube_version(s->p->k, &kube_external_secrets, s->dl, &version);
    if (e)
        return e;
    kube_api_version(&kube_external_secrets, version, api_version);
    e = object_body_new(s->spec, s->o, api_version, &body);
    if (e)
        return e;
    const struct kube_apply apply = {
        .target = s->to.at,
        .field_manager = manager,
        .is_forced = true,
        .body = secret_buf_view(body),
    };
    e = kube_apply(s->p->k, &apply, s->dl, &o, &reply);
    if (e && s->to.kind && err_class(e) == ERR_NOT_FOUND)
        kube_discovery_forget(s->p->discovery, s->spec->manifest_api_version,
                              s->spec->manifest_kind);
    if (e)
        return object_target_explain(&s->to, &o, e);
    *is_new = o.code == KUBE_CODE_CREATED;
    return object_reply_read(secret_buf_view(reply), OBJECT_PROBER, s->spec->meta.uid, r);
}

static bool is_text_equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static struct err *write_output(struct pass *s, enum project_outcome *out)
{
    CLEANUP_OBJECT_REPLY struct object_reply r = {0};
    bool is_new = false;
    struct err *e = send_apply(s, &r, &is_new);
    if (!e)
        e = sweep(s, &r);
    if (e) {
        forget(s->p, s->key);
        return e;
    }
    bool is_same = is_text_equal(s->before, r.resource_version);
    *out = is_new ? PROJECT_CREATED : is_same ? PROJECT_UNCHANGED : PROJECT_CHANGED;
    remember(s, &r);
    return NULL;
}

/* Delete the object of that name if it is this spec's; absent is success. */
static struct err *delete_owned(const struct pass *s, const char *name, bool *out_existed)
{
    CLEANUP_OBJECT_REPLY struct object_reply r = {0};
    struct object_target old = s->to;
    bool exists = false;
    old.at.name = name;
    struct err *e = object_target_probe(s->p->k, &old, s->dl, &exists, &r);
    if (!e)
        *out_existed = exists;
    if (e || !exists)
        return e;
    if (!r.controller_uid || has_other_controller(s->spec, &r))
        return object_target_err(&old, ERR_CONFLICT,
                                 " is not owned by this ExternalSecret and is not deleted");
    e = kube_delete(s->p->k, &old.at, r.uid ? r.uid : "", s->dl);
    if (!e)
        metric_inc(METRIC_SECRET_WRITES, "deleted", NULL, NULL);
    return e;
}

/* The spec names another target than before: the old one goes, if it was made to be owned. A
 * failure is not this pass's; the owner reference still lets it go with the spec. */
static void leave_target(const struct pass *s, const char *old_target)
{
    bool existed = false;
    if (s->spec->creation != CREATION_OWNER)
        return;
    CLEANUP(err) struct err *e = delete_owned(s, old_target, &existed);
    mutex_lock(&s->p->mu);
    struct written *w = map_get(s->p->written, s->key);
    if (w)
        w->has_left_target = existed && !e;
    mutex_unlock(&s->p->mu);
}

static struct err *write_checked(struct pass *s, enum project_outcome *out)
{
    CLEANUP_OBJECT_REPLY struct object_reply r = {0};
    CLEANUP_STR char *old_target = NULL;
    bool exists = true;
    if (recall(s, &old_target))
        return write_output(s, out);
    struct err *e = object_target_probe(s->p->k, &s->to, s->dl, &exists, &r);
    if (!e && exists)
        e = judge(s, &r);
    if (e)
        return e;
    if (!exists && s->spec->creation == CREATION_MERGE) {
        *out = PROJECT_MISSING;
        return NULL;
    }
    free(s->before);
    s->before = exists ? xstrdup(r.resource_version) : NULL;
    e = write_output(s, out);
    if (!e && old_target)
        leave_target(s, old_target);
    return e;
}

/* deletionPolicy, when nothing is left to write. False: go on and write the empty output. */
static bool is_settled_empty(struct pass *s, enum project_outcome *out, struct err **e)
{
    bool existed = false;
    switch (s->spec->deletion) {
    case DELETION_MERGE:
        return false;
    case DELETION_RETAIN:
        *out = PROJECT_RETAINED;
        return true;
    case DELETION_DELETE:
        break;
    }
    if (s->spec->creation != CREATION_OWNER) {
        *e = err_new(ERR_INVALID, "spec.target.deletionPolicy Delete needs creationPolicy Owner");
        return true;
    }
    forget(s->p, s->key);
    *e = delete_owned(s, s->spec->target_name, &existed);
    *out = PROJECT_DELETED;
    return true;
}

static struct err *run(struct pass *s, enum project_outcome *out)
{
    struct err *e = NULL;
    if (s->spec->creation == CREATION_NONE) {
        *out = PROJECT_NOTHING;
        return NULL;
    }
    if (s->o->is_empty && is_settled_empty(s, out, &e))
        return e;
    return write_checked(s, out);
}

static struct err *apply(struct sink *sink, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    struct pass s;
    enum project_outcome outcome = PROJECT_NOTHING;
    struct err *e = pass_init(&s, (struct project_object *)sink, spec, o, dl);
    if (!e)
        e = run(&s, &outcome);
    pass_done(&s);
    if (e) {
        metric_inc(METRIC_SECRET_WRITES, "failed", NULL, NULL);
        return e;
    }
    project_count(outcome);
    *out = outcome;
    return NULL;
}

static struct err *delete_target(struct project_object *p, const struct spec *spec,
                                 const struct deadline *dl)
{
    struct pass s;
    bool existed = false;
    struct err *e = pass_init(&s, p, spec, NULL, dl);
    if (!e)
        e = delete_owned(&s, spec->target_name, &existed);
    pass_done(&s);
    return e;
}

/* Owned objects go by garbage collection through their owner reference; deletionPolicy Delete does
 * not wait for it. Everything else stays. */
static struct err *remove_output(struct sink *sink, const struct spec *spec,
                                 const struct deadline *dl)
{
    struct project_object *p = (struct project_object *)sink;
    CLEANUP_STR char *key = spec_key(spec);
    bool is_left_alone = spec_is_generic(spec) && !p->allows_generic;
    forget(p, key);
    if (spec->creation != CREATION_OWNER || spec->deletion != DELETION_DELETE || is_left_alone)
        return NULL;
    struct err *e = delete_target(p, spec, dl);
    if (e && err_class(e) == ERR_CONFLICT) {
        err_free(e); /* not ours any more: then there is nothing of ours to remove */
        return NULL;
    }
    return e;
}

/* Every write of ours leaves another version behind, so an equal one is our own work. */
static bool has_drifted(struct sink *sink, const struct spec *spec, const char *version)
{
    struct project_object *p = (struct project_object *)sink;
    CLEANUP_STR char *key = spec_key(spec);
    CLEANUP_STR char *kind = kind_of(spec);
    if (!spec_targets_secret(spec))
        return false; /* the news are of Secrets */
    mutex_lock(&p->mu);
    const struct written *w = map_get(p->written, key);
    bool is_other = w && strcmp(w->kind, kind) == 0 && strcmp(w->spec_uid, spec->meta.uid) == 0 &&
                    strcmp(w->target, spec->target_name) == 0 &&
                    !is_text_equal(w->resource_version, version);
    mutex_unlock(&p->mu);
    return is_other;
}

static bool has_left_target(struct sink *sink, const struct spec *spec)
{
    struct project_object *p = (struct project_object *)sink;
    CLEANUP_STR char *key = spec_key(spec);
    mutex_lock(&p->mu);
    const struct written *w = map_get(p->written, key);
    bool has_left = w && w->has_left_target;
    mutex_unlock(&p->mu);
    return has_left;
}

static void free_sink(struct sink *sink)
{
    struct project_object *p = (struct project_object *)sink;
    map_free(p->written);
    kube_discovery_free(p->discovery);
    mutex_done(&p->mu);
    free(p);
}

static const struct sink_ops ops = {
    .name = "secret",
    .apply = apply,
    .remove = remove_output,
    .has_drifted = has_drifted,
    .has_left_target = has_left_target,
    .free = free_sink,
};

struct sink *project_object_new(struct kube_client *k, bool allows_generic)
{
    struct project_object *p = xcalloc(1, sizeof(*p));
    p->sink.ops = &ops;
    p->k = k;
    p->discovery = kube_discovery_new(k);
    p->allows_generic = allows_generic;
    p->written = map_new(written_free);
    mutex_init(&p->mu);
    return &p->sink;
}

void project_object_set_fence(struct sink *s, bool stands)
{
    struct project_object *p = (struct project_object *)s;
    atomic_store(&p->fence_stands, stands);
}
