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
 * Fields that vanish from the spec vanish from the Secret because our manager owned them. If
 * another manager holds them too (External Secrets before a hand-over, kubectl edit), a merge patch
 * sweeps them away afterwards, where the policy says that all keys are ours. */

#include "project/project_secret.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"
#include "kube/kube_write.h"
#include "project/secret_body.h"
#include "project/secret_reply.h"

#define PROBER "lockstep-probe"
#define OVERLAY "external-secrets-compat"

/* What we last saw of a spec's Secret. */
struct written {
    char *spec_uid;
    char *target;
    char *resource_version;
    bool has_left_target; /* this write was to a new target, and the old one was deleted */
};

struct project_secret {
    struct sink sink;
    struct kube_client *k;
    atomic_bool fence_stands; /* set by the owner, read by workers */
    struct mutex mu;
    struct map *written; /* "ns/name" of the spec to struct written */
};

/* One pass. */
struct pass {
    struct project_secret *p;
    const struct spec *spec;
    const struct output_set *o;
    const struct deadline *dl;
    struct kube_target target;
    char *key;    /* of the memory */
    char *before; /* resourceVersion; NULL: there was nothing */
};

static void written_free(void *x)
{
    struct written *w = x;
    free(w->spec_uid);
    free(w->target);
    free(w->resource_version);
    free(w);
}

static void pass_init(struct pass *s, struct project_secret *p, const struct spec *spec,
                      const struct output_set *o, const struct deadline *dl)
{
    *s = (struct pass){.p = p, .spec = spec, .o = o, .dl = dl};
    s->target = (struct kube_target){
        .resource = &kube_secrets, .ns = spec->meta.ns, .name = spec->target_name};
    s->key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
}

static void pass_done(struct pass *s)
{
    free(s->key);
    free(s->before);
}

static void forget(struct project_secret *p, const char *key)
{
    mutex_lock(&p->mu);
    struct written *w = map_take(p->written, key);
    mutex_unlock(&p->mu);
    if (w)
        written_free(w);
}

static void remember(const struct pass *s, const struct secret_reply *r)
{
    struct written *w = xcalloc(1, sizeof(*w));
    w->spec_uid = xstrdup(s->spec->meta.uid);
    w->target = xstrdup(s->spec->target_name);
    w->resource_version = xstrdup(r->resource_version);
    mutex_lock(&s->p->mu);
    map_set(s->p->written, s->key, w);
    mutex_unlock(&s->p->mu);
}

/* Is the target known to be ours? Sets before. *old_target is the target of an earlier pass when
 * it was another one; caller frees. */
static bool recall(struct pass *s, char **old_target)
{
    mutex_lock(&s->p->mu);
    const struct written *w = map_get(s->p->written, s->key);
    bool is_same_spec = w && strcmp(w->spec_uid, s->spec->meta.uid) == 0;
    bool is_known = is_same_spec && strcmp(w->target, s->spec->target_name) == 0;
    *old_target = is_same_spec && !is_known ? xstrdup(w->target) : NULL;
    if (is_known)
        s->before = xstrdup(w->resource_version);
    mutex_unlock(&s->p->mu);
    return is_known && atomic_load(&s->p->fence_stands);
}

static struct err *foreign(const struct pass *s)
{
    return err_new(ERR_CONFLICT,
                   "Secret \"%s/%s\" exists and is not managed by Lockstep or External Secrets; "
                   "to take it over needs the overlay " OVERLAY,
                   s->target.ns, s->target.name);
}

static struct err *needs_overlay(const struct pass *s)
{
    return err_new(
        ERR_DENIED,
        "Secret \"%s/%s\" is not managed by Lockstep or External Secrets; creationPolicy "
        "Merge into it needs the overlay " OVERLAY,
        s->target.ns, s->target.name);
}

static bool is_merge(const struct spec *spec)
{
    return spec->creation == CREATION_MERGE || spec->creation == CREATION_OR_MERGE;
}

#define CODE_CREATED 201 /* HTTP: there was no such object */
static bool has_other_controller(const struct spec *spec, const struct secret_reply *r)
{
    return r->controller_uid && strcmp(r->controller_uid, spec->meta.uid) != 0;
}

#define CODE_INVALID 422 /* HTTP: the object is no valid one */

/* Refused by admission although the body carries the managed label: the Secret that stands there is
 * foreign. Takes e. */
static struct err *explain(const struct pass *s, const struct kube_outcome *o, struct err *e)
{
    if (o->is_admission) {
        err_free(e);
        return is_merge(s->spec) ? needs_overlay(s) : foreign(s);
    }
    if (s->spec->is_immutable && o->code == CODE_INVALID) {
        err_free(e);
        return err_new(ERR_INVALID, "Secret \"%s/%s\": target is immutable", s->target.ns,
                       s->target.name);
    }
    return err_wrap(e, "Secret \"%s/%s\"", s->target.ns, s->target.name);
}

/* The controller of what stands there, if it is another object than spec and keeps us out. As in
 * External Secrets: another ExternalSecret in any case, anything else only who would own. */
static struct err *check_controller(const struct pass *s, const struct secret_reply *r)
{
    bool is_external_secret =
        r->controller_kind && strcmp(r->controller_kind, "ExternalSecret") == 0;
    if (!has_other_controller(s->spec, r))
        return NULL;
    if (is_external_secret)
        return err_new(ERR_CONFLICT, "Secret \"%s/%s\": target is owned by another ExternalSecret",
                       s->target.ns, s->target.name);
    if (s->spec->creation != CREATION_OWNER)
        return NULL;
    return err_new(ERR_CONFLICT,
                   "Secret \"%s/%s\": failed to take ownership of target secret: it has another "
                   "controller",
                   s->target.ns, s->target.name);
}

/* Ask what stands at the target. *exists false: nothing; else r is filled. */
static struct err *probe(const struct pass *s, const struct kube_target *target, bool *exists,
                         struct secret_reply *r)
{
    CLEANUP_STR char *body = secret_body_probe(target->ns, target->name);
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    struct kube_outcome o;
    const struct kube_apply apply = {
        .target = *target,
        .field_manager = PROBER,
        .is_forced = true,
        .is_dry_run = true,
        .body = secret_view_of(body, strlen(body)),
    };
    struct err *e = kube_apply(s->p->k, &apply, s->dl, &o, &reply);
    if (e)
        return explain(s, &o, e);
    *exists = o.code != CODE_CREATED;
    if (!*exists)
        return NULL;
    return secret_reply_read(secret_buf_view(reply), PROBER, s->spec->meta.uid, r);
}

/* May we write over what stands there? What the fence lets through is no foreign Secret, or one
 * that the overlay gives to us. */
static struct err *judge(const struct pass *s, const struct secret_reply *r)
{
    bool is_let_through = r->is_managed || atomic_load(&s->p->fence_stands);
    if (!is_let_through && !is_merge(s->spec))
        return foreign(s);
    return check_controller(s, r);
}

/* Take away what other managers hold on to; *r is the state after. */
static struct err *sweep(const struct pass *s, struct secret_reply *r)
{
    CLEANUP_STR char *body = secret_body_sweep(s->spec, s->o, r, !is_merge(s->spec));
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    if (!body)
        return NULL;
    CLEANUP_STR_BUF struct str_buf query;
    CLEANUP_STR char *manager = secret_body_manager(s->spec);
    struct kube_target target = s->target;
    str_buf_init(&query, 512);
    kube_query_add(&query, "fieldManager", manager);
    target.query = query.s;
    struct err *e =
        kube_merge(s->p->k, &target, secret_view_of(body, strlen(body)), false, s->dl, &reply);
    if (e)
        return err_wrap(e, "Secret \"%s/%s\": remove keys", s->target.ns, s->target.name);
    secret_reply_done(r);
    return secret_reply_read(secret_buf_view(reply), PROBER, s->spec->meta.uid, r);
}

/* Send the apply; r is the state after it. */
static struct err *send_apply(const struct pass *s, struct secret_reply *r, bool *is_new)
{
    char api_version[KUBE_API_VERSION_SIZE];
    const char *version = NULL;
    CLEANUP(secret_buf) struct secret_buf *body = NULL;
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    CLEANUP_STR char *manager = secret_body_manager(s->spec);
    struct kube_outcome o;
    struct err *e = kube_version(s->p->k, &kube_external_secrets, s->dl, &version);
    if (e)
        return e;
    kube_api_version(&kube_external_secrets, version, api_version);
    e = secret_body_new(s->spec, s->o, api_version, &body);
    if (e)
        return e;
    const struct kube_apply apply = {
        .target = s->target,
        .field_manager = manager,
        .is_forced = true,
        .body = secret_buf_view(body),
    };
    e = kube_apply(s->p->k, &apply, s->dl, &o, &reply);
    if (e)
        return explain(s, &o, e);
    *is_new = o.code == CODE_CREATED;
    return secret_reply_read(secret_buf_view(reply), PROBER, s->spec->meta.uid, r);
}

static bool is_text_equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static struct err *write_output(struct pass *s, enum project_outcome *out)
{
    CLEANUP_SECRET_REPLY struct secret_reply r = {0};
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

/* Delete the Secret of that name if it is this spec's; absent is success. */
static struct err *delete_owned(const struct pass *s, const char *name, bool *out_existed)
{
    CLEANUP_SECRET_REPLY struct secret_reply r = {0};
    struct kube_target target = s->target;
    bool exists = false;
    target.name = name;
    struct err *e = probe(s, &target, &exists, &r);
    if (!e)
        *out_existed = exists;
    if (e || !exists)
        return e;
    if (!r.controller_uid || has_other_controller(s->spec, &r))
        return err_new(ERR_CONFLICT,
                       "Secret \"%s/%s\" is not owned by this ExternalSecret and is not deleted",
                       target.ns, target.name);
    e = kube_delete(s->p->k, &target, r.uid ? r.uid : "", s->dl);
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
    CLEANUP_SECRET_REPLY struct secret_reply r = {0};
    CLEANUP_STR char *old_target = NULL;
    bool exists = true;
    if (recall(s, &old_target))
        return write_output(s, out);
    struct err *e = probe(s, &s->target, &exists, &r);
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
    if (s->o->n == 0 && is_settled_empty(s, out, &e))
        return e;
    return write_checked(s, out);
}

static struct err *apply(struct sink *sink, const struct spec *spec, const struct output_set *o,
                         const struct deadline *dl, enum project_outcome *out)
{
    struct pass s;
    enum project_outcome outcome = PROJECT_NOTHING;
    pass_init(&s, (struct project_secret *)sink, spec, o, dl);
    struct err *e = run(&s, &outcome);
    pass_done(&s);
    if (e) {
        metric_inc(METRIC_SECRET_WRITES, "failed", NULL, NULL);
        return e;
    }
    project_count(outcome);
    *out = outcome;
    return NULL;
}

/* Owned Secrets go by garbage collection through their owner reference; deletionPolicy Delete does
 * not wait for it. Everything else stays. */
static struct err *remove_output(struct sink *sink, const struct spec *spec,
                                 const struct deadline *dl)
{
    struct pass s;
    struct err *e = NULL;
    bool existed = false;
    pass_init(&s, (struct project_secret *)sink, spec, NULL, dl);
    forget(s.p, s.key);
    if (spec->creation == CREATION_OWNER && spec->deletion == DELETION_DELETE)
        e = delete_owned(&s, spec->target_name, &existed);
    pass_done(&s);
    if (e && err_class(e) == ERR_CONFLICT) {
        err_free(e); /* not ours any more: then there is nothing of ours to remove */
        return NULL;
    }
    return e;
}

/* Every write of ours leaves another version behind, so an equal one is our own work. */
static bool has_drifted(struct sink *sink, const struct spec *spec, const char *version)
{
    struct project_secret *p = (struct project_secret *)sink;
    CLEANUP_STR char *key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    mutex_lock(&p->mu);
    const struct written *w = map_get(p->written, key);
    bool is_other = w && strcmp(w->spec_uid, spec->meta.uid) == 0 &&
                    strcmp(w->target, spec->target_name) == 0 &&
                    !is_text_equal(w->resource_version, version);
    mutex_unlock(&p->mu);
    return is_other;
}

static bool has_left_target(struct sink *sink, const struct spec *spec)
{
    struct project_secret *p = (struct project_secret *)sink;
    CLEANUP_STR char *key = xasprintf("%s/%s", spec->meta.ns, spec->meta.name);
    mutex_lock(&p->mu);
    const struct written *w = map_get(p->written, key);
    bool has_left = w && w->has_left_target;
    mutex_unlock(&p->mu);
    return has_left;
}

static void free_sink(struct sink *sink)
{
    struct project_secret *p = (struct project_secret *)sink;
    map_free(p->written);
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

struct sink *project_secret_new(struct kube_client *k)
{
    struct project_secret *p = xcalloc(1, sizeof(*p));
    p->sink.ops = &ops;
    p->k = k;
    p->written = map_new(written_free);
    mutex_init(&p->mu);
    return &p->sink;
}

void project_secret_set_fence(struct sink *s, bool stands)
{
    struct project_secret *p = (struct project_secret *)s;
    atomic_store(&p->fence_stands, stands);
}
