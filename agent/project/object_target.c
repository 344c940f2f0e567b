/* A Secret is asked about by a server-side apply, since what its answer says of a missing one, that
 * it would be made, holds behind the fence as well. An object of another kind cannot be made of a
 * label alone if its schema asks for more, so there the question is a merge patch, which finds
 * nothing where there is nothing. Neither needs the right to read. */

#include "project/object_target.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kube/kube_write.h"
#include "project/object_body.h"

#define CODE_INVALID 422 /* HTTP: the object is no valid one */

struct err *object_target_find(struct kube_discovery *d, const struct spec *spec,
                               const struct deadline *dl, struct object_target *out)
{
    struct object_target t = {
        .spec = spec,
        .at = {.resource = &kube_secrets, .ns = spec->meta.ns, .name = spec->target_name},
        .is_secret = spec_targets_secret(spec)};
    if (!t.is_secret) {
        struct err *e =
            kube_discovery_find(d, spec->manifest_api_version, spec->manifest_kind, dl, &t.kind);
        if (e)
            return err_wrap(e, "spec.target.manifest");
        t.at.resource = &t.kind->resource;
    }
    *out = t;
    return NULL;
}

void object_target_done(struct object_target *t)
{
    kube_kind_free(TAKE(t->kind));
}

struct err *object_target_err(const struct object_target *t, enum err_class cls, const char *what)
{
    return err_new(cls, "%s \"%s/%s\"%s", t->at.resource->kind, t->at.ns, t->at.name, what);
}

static bool is_merge(const struct spec *spec)
{
    return spec->creation == CREATION_MERGE || spec->creation == CREATION_OR_MERGE;
}

/* Refused by admission although the body carries the managed label: the Secret that stands there is
 * foreign. */
static struct err *foreign(const struct object_target *t)
{
    if (is_merge(t->spec))
        return object_target_err(t, ERR_DENIED,
                                 " is not managed by Lockstep or External Secrets; creationPolicy "
                                 "Merge into it needs the overlay " OBJECT_OVERLAY);
    return object_target_err(t, ERR_CONFLICT,
                             " exists and is not managed by Lockstep or External Secrets; to take "
                             "it over needs the overlay " OBJECT_OVERLAY);
}

/* All that writing such objects needs, so that nobody has to find out verb by verb. */
static struct err *denied(const struct object_target *t)
{
    const struct kube_resource *r = t->at.resource;
    CLEANUP_STR char *what =
        xasprintf(": a Role there must grant {apiGroups: [\"%s\"], resources: [%s], verbs: "
                  "[create, patch, delete]}",
                  r->group, r->plural);
    return object_target_err(t, ERR_DENIED, what);
}

static bool may_be_immutable(const struct object_target *t)
{
    return t->is_secret || strcmp(t->at.resource->kind, "ConfigMap") == 0;
}

static struct err *immutable(const struct object_target *t)
{
    struct err *e = object_target_err(t, ERR_INVALID, " is immutable, and its data have changed");
    err_set_headline(e, "could not update secret, target is immutable");
    return e;
}

struct err *object_target_explain(const struct object_target *t, const struct kube_outcome *o,
                                  struct err *e)
{
    struct err *better = NULL;
    if (t->is_secret && o->is_admission)
        better = foreign(t);
    else if (!t->is_secret && o->code == 403 && !o->is_admission)
        better = denied(t);
    else if (t->spec->is_immutable && may_be_immutable(t) && o->code == CODE_INVALID)
        better = immutable(t);
    if (!better)
        return err_wrap(e, "%s \"%s/%s\"", t->at.resource->kind, t->at.ns, t->at.name);
    err_free(e);
    return better;
}

static struct err *probe_secret(struct kube_client *k, const struct object_target *t,
                                const struct deadline *dl, bool *exists, struct secret_buf **reply)
{
    CLEANUP_STR char *body = object_body_probe(t->at.ns, t->at.name);
    struct kube_outcome o;
    const struct kube_apply apply = {
        .target = t->at,
        .field_manager = OBJECT_PROBER,
        .is_forced = true,
        .is_dry_run = true,
        .body = secret_view_of(body, strlen(body)),
    };
    struct err *e = kube_apply(k, &apply, dl, &o, reply);
    *exists = !e && o.code != KUBE_CODE_CREATED;
    return e ? object_target_explain(t, &o, e) : NULL;
}

static struct err *probe_other(struct kube_client *k, const struct object_target *t,
                               const struct deadline *dl, bool *exists, struct secret_buf **reply)
{
    static const char body[] = "{\"metadata\":{\"labels\":{\"" OBJECT_LABEL_OURS "\":\"true\"}}}";
    struct kube_target target = t->at;
    struct kube_outcome o;
    target.query = "fieldManager=" OBJECT_PROBER "&dryRun=All";
    struct err *e =
        kube_merge(k, &target, secret_view_of(body, sizeof(body) - 1), true, dl, &o, reply);
    *exists = !e;
    if (!e || err_class(e) != ERR_NOT_FOUND)
        return e ? object_target_explain(t, &o, e) : NULL;
    err_free(e);
    return NULL;
}

struct err *object_target_probe(struct kube_client *k, const struct object_target *t,
                                const struct deadline *dl, bool *exists, struct object_reply *r)
{
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    struct err *e = t->is_secret ? probe_secret(k, t, dl, exists, &reply)
                                 : probe_other(k, t, dl, exists, &reply);
    if (e || !*exists)
        return e;
    return object_reply_read(secret_buf_view(reply), OBJECT_PROBER, t->spec->meta.uid, r);
}
