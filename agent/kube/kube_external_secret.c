/* A create, and a JSON Patch that begins with a test of the UID. Not a server-side apply: an
 * ExternalSecret that External Secrets made, or that somebody edited, holds members under other
 * managers, and an apply would leave them there for ever, so that a key taken out of the
 * ClusterExternalSecret would go on living in the Secret. Whole members are put in their place
 * instead; the server stores nothing when they were the same. */

#include "kube/kube_external_secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MANAGER_QUERY "fieldManager=" KUBE_FAN_OUT_MANAGER

static struct json *texts_of(const struct map *texts)
{
    struct json *out = json_new_map();
    for (size_t i = 0; i < texts->n; i++)
        json_set_text(out, texts->entries[i].key, texts->entries[i].value);
    return out;
}

static struct err *owners_of(struct kube_client *k, const struct kube_external_secret *s,
                             const struct deadline *dl, struct json **out)
{
    const struct kube_resource *owner = &kube_cluster_external_secrets;
    char api_version[KUBE_API_VERSION_SIZE];
    const char *version = NULL;
    struct err *e = kube_version(k, owner, dl, &version);
    if (e)
        return e;
    struct json *list = json_new_list();
    struct json *ref = json_new_map();
    kube_api_version(owner, version, api_version);
    json_set_text(ref, "apiVersion", api_version);
    json_set_text(ref, "kind", owner->kind);
    json_set_text(ref, "name", s->owner_name);
    json_set_text(ref, "uid", s->owner_uid);
    json_set_bool(ref, "controller", true);
    json_set_bool(ref, "blockOwnerDeletion", true);
    json_add(list, ref);
    *out = list;
    return NULL;
}

static struct err *send_body(struct kube_client *k, struct kube_request *rq,
                             const struct json *body, const struct deadline *dl, struct json **out)
{
    CLEANUP(http_reply) struct http_reply *reply = NULL;
    CLEANUP_STR char *text = json_print(body);
    rq->accept = KUBE_METADATA_ONLY;
    rq->body = secret_view_of(text, strlen(text));
    struct err *e = kube_send(k, rq, dl, NULL, &reply);
    if (e)
        return e;
    e = json_parse(reply->text.s, reply->text.n, out);
    return e ? err_wrap(e, "%s externalsecrets: reply", rq->verb) : NULL;
}

struct err *kube_external_secret_create(struct kube_client *k, const struct kube_external_secret *s,
                                        const struct deadline *dl, struct json **out)
{
    const struct kube_resource *r = &kube_external_secrets;
    CLEANUP(json) struct json *body = json_new_map();
    char api_version[KUBE_API_VERSION_SIZE];
    struct json *owners = NULL;
    const char *version = NULL;
    struct kube_request rq = {
        .verb = "create",
        .method = "POST",
        .target = {.resource = r, .ns = s->ns, .query = MANAGER_QUERY},
        .content_type = KUBE_JSON_TYPE,
        .is_single_try = true,
    };
    struct err *e = kube_version(k, r, dl, &version);
    if (!e)
        e = owners_of(k, s, dl, &owners);
    if (e)
        return e;
    struct json *meta = json_new_map();
    kube_api_version(r, version, api_version);
    json_set_text(body, "apiVersion", api_version);
    json_set_text(body, "kind", r->kind);
    json_set_text(meta, "name", s->name);
    json_set_text(meta, "namespace", s->ns);
    json_set(meta, "labels", texts_of(s->labels));
    json_set(meta, "annotations", texts_of(s->annotations));
    json_set(meta, "ownerReferences", owners);
    json_set(body, "metadata", meta);
    json_set(body, "spec", json_copy(s->spec));
    return send_body(k, &rq, body, dl, out);
}

static void add_operation(struct json *patch, const char *op, const char *path, struct json *value)
{
    struct json *operation = json_new_map();
    json_set_text(operation, "op", op);
    json_set_text(operation, "path", path);
    json_set(operation, "value", value);
    json_add(patch, operation);
}

struct err *kube_external_secret_replace(struct kube_client *k,
                                         const struct kube_external_secret *s, const char *uid,
                                         bool takes_over, const struct deadline *dl,
                                         struct json **out)
{
    CLEANUP(json) struct json *patch = json_new_list();
    struct kube_request rq = {
        .verb = "patch",
        .method = "PATCH",
        .target = {.resource = &kube_external_secrets,
                   .ns = s->ns,
                   .name = s->name,
                   .query = MANAGER_QUERY},
        .content_type = KUBE_JSON_PATCH_TYPE,
        .is_repeatable = true,
    };
    add_operation(patch, "test", "/metadata/uid", json_new_text(uid));
    if (takes_over) {
        struct json *owners = NULL;
        struct err *e = owners_of(k, s, dl, &owners);
        if (e)
            return e;
        add_operation(patch, "add", "/metadata/ownerReferences", owners);
    }
    add_operation(patch, "add", "/metadata/labels", texts_of(s->labels));
    add_operation(patch, "add", "/metadata/annotations", texts_of(s->annotations));
    add_operation(patch, "add", "/spec", json_copy(s->spec));
    return send_body(k, &rq, patch, dl, out);
}
