/* Thin: each function fills a kube_request and says whether it may be repeated. Apply may, since
 * the same bytes under the same manager change nothing the second time. A create or replace may
 * not: after a lost answer the caller must look first. */

#include "kube/kube_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct err *send_secret(struct kube_client *k, const struct kube_request *rq,
                               const struct deadline *dl, struct kube_outcome *outcome,
                               struct secret_buf **reply)
{
    CLEANUP(http_reply) struct http_reply *r = NULL;
    struct err *e = kube_send(k, rq, dl, outcome, &r);
    if (!e)
        *reply = TAKE(r->secret);
    return e;
}

struct err *kube_apply(struct kube_client *k, const struct kube_apply *a, const struct deadline *dl,
                       struct kube_outcome *outcome, struct secret_buf **reply)
{
    CLEANUP_STR_BUF struct str_buf query;
    str_buf_init(&query, 1024);
    kube_query_add(&query, "fieldManager", a->field_manager);
    if (a->is_forced)
        kube_query_add(&query, "force", "true");
    if (a->is_dry_run)
        kube_query_add(&query, "dryRun", "All");
    struct kube_request rq = {
        .verb = "patch",
        .method = "PATCH",
        .target = a->target,
        .accept = KUBE_METADATA_ONLY,
        .content_type = KUBE_APPLY_TYPE,
        .body = a->body,
        .is_secret_reply = true,
        .is_repeatable = true,
    };
    rq.target.query = query.s;
    return send_secret(k, &rq, dl, outcome, reply);
}

struct err *kube_merge(struct kube_client *k, const struct kube_target *t, struct secret_view body,
                       bool is_repeatable, const struct deadline *dl, struct kube_outcome *outcome,
                       struct secret_buf **reply)
{
    const struct kube_request rq = {
        .verb = "patch",
        .method = "PATCH",
        .target = *t,
        .accept = KUBE_METADATA_ONLY,
        .content_type = KUBE_MERGE_TYPE,
        .body = body,
        .is_secret_reply = true,
        .is_repeatable = is_repeatable,
    };
    return send_secret(k, &rq, dl, outcome, reply);
}

/* Send body, a tree without secrets; *out may be NULL. */
static struct err *send_json(struct kube_client *k, struct kube_request *rq,
                             const struct json *body, const struct deadline *dl, struct json **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP_STR char *text = json_print(body);
    rq->body = secret_view_of(text, strlen(text));
    struct err *e = kube_send(k, rq, dl, NULL, &reply);
    if (e || !out)
        return e;
    e = json_parse(reply->text.s, reply->text.n, out);
    return e ? err_wrap(e, "%s %s: reply", rq->verb, rq->target.resource->plural) : NULL;
}

struct err *kube_merge_json(struct kube_client *k, const struct kube_target *t,
                            const struct json *body, bool is_single_try, const struct deadline *dl)
{
    struct kube_request rq = {
        .verb = "patch",
        .method = "PATCH",
        .target = *t,
        .accept = KUBE_METADATA_ONLY,
        .content_type = KUBE_MERGE_TYPE,
        .is_repeatable = true,
        .is_single_try = is_single_try,
    };
    return send_json(k, &rq, body, dl, NULL);
}

/* A merge patch replaces a list as a whole, so that the version has to be told: what another
 * controller put on meanwhile must not be lost. */
struct err *kube_set_finalizers(struct kube_client *k, const struct kube_target *t,
                                const char *resource_version, const struct json *finalizers,
                                const struct deadline *dl)
{
    CLEANUP(json) struct json *body = json_new_map();
    struct json *meta = json_new_map();
    json_set_text(meta, "resourceVersion", resource_version);
    json_set(meta, "finalizers", json_copy(finalizers));
    json_set(body, "metadata", meta);
    return kube_merge_json(k, t, body, false, dl);
}

struct err *kube_create(struct kube_client *k, const struct kube_target *t, const struct json *body,
                        const struct deadline *dl, struct json **out)
{
    struct kube_request rq = {
        .verb = "create",
        .method = "POST",
        .target = *t,
        .content_type = KUBE_JSON_TYPE,
        .is_single_try = true,
    };
    return send_json(k, &rq, body, dl, out);
}

struct err *kube_replace(struct kube_client *k, const struct kube_target *t,
                         const struct json *body, const struct deadline *dl, struct json **out)
{
    struct kube_request rq = {
        .verb = "update",
        .method = "PUT",
        .target = *t,
        .content_type = KUBE_JSON_TYPE,
        .is_single_try = true,
    };
    return send_json(k, &rq, body, dl, out);
}

struct err *kube_delete(struct kube_client *k, const struct kube_target *t, const char *uid,
                        const struct deadline *dl)
{
    CLEANUP(json) struct json *body = json_new_map();
    struct json *preconditions = json_new_map();
    struct kube_request rq = {
        .verb = "delete",
        .method = "DELETE",
        .target = *t,
        .accept = KUBE_METADATA_ONLY,
        .content_type = KUBE_JSON_TYPE,
        .is_secret_reply = true, /* it may be the deleted object */
        .is_repeatable = true,
    };
    json_set_text(body, "apiVersion", "v1");
    json_set_text(body, "kind", "DeleteOptions");
    json_set_text(preconditions, "uid", uid);
    json_set(body, "preconditions", preconditions);
    CLEANUP_STR char *text = json_print(body);
    CLEANUP(secret_buf) struct secret_buf *reply = NULL;
    rq.body = secret_view_of(text, strlen(text));
    struct err *e = send_secret(k, &rq, dl, NULL, &reply);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        return NULL;
    }
    return e;
}

static void set_given(struct json *map, const char *name, const char *text)
{
    if (text && *text)
        json_set_text(map, name, text);
}

struct err *kube_may(struct kube_client *k, const char *verb, const struct kube_target *t,
                     const struct deadline *dl, bool *out)
{
    CLEANUP(json) struct json *body = json_new_map();
    CLEANUP(json) struct json *answer = NULL;
    struct json *spec = json_new_map();
    struct json *attributes = json_new_map();
    struct kube_request rq = {
        .verb = "create",
        .method = "POST",
        .target = {.resource = &kube_access_reviews},
        .content_type = KUBE_JSON_TYPE,
        .is_repeatable = true,
    };
    json_set_text(attributes, "verb", verb);
    json_set_text(attributes, "group", t->resource->group);
    json_set_text(attributes, "resource", t->resource->plural);
    set_given(attributes, "namespace", t->ns);
    set_given(attributes, "name", t->name);
    set_given(attributes, "subresource", t->subresource);
    json_set(spec, "resourceAttributes", attributes);
    json_set_text(body, "apiVersion", "authorization.k8s.io/v1");
    json_set_text(body, "kind", "SelfSubjectAccessReview");
    json_set(body, "spec", spec);
    struct err *e = send_json(k, &rq, body, dl, &answer);
    if (e)
        return err_wrap(e, "may we %s %s", verb, t->resource->plural);
    *out = json_path_bool(answer, "status.allowed", false);
    return NULL;
}

struct err *kube_get(struct kube_client *k, const struct kube_target *t, const struct deadline *dl,
                     struct json **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    const struct kube_request rq = {.verb = "get", .method = "GET", .target = *t};
    struct err *e = kube_send(k, &rq, dl, NULL, &reply);
    if (e)
        return e;
    e = json_parse(reply->text.s, reply->text.n, out);
    return e ? err_wrap(e, "get %s: reply", t->resource->plural) : NULL;
}
