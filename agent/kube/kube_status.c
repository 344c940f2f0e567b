/* A merge patch, not an apply: External Secrets may have written the same fields under its own
 * manager, and a status is no place to argue about ownership. */

#include "kube/kube_status.h"

#include <string.h>

#include "kube/kube_write.h"

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool kube_condition_equal(const struct kube_condition *a, const struct kube_condition *b)
{
    return same(a->status, b->status) && same(a->reason, b->reason) && same(a->message, b->message);
}

static void set_time(struct json *map, const char *name, int64_t unix_s)
{
    char text[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(unix_s, text);
    json_set_text(map, name, text);
}

static struct json *condition_of(const char *type, const struct kube_condition *c)
{
    struct json *out = json_new_map();
    json_set_text(out, "type", type);
    json_set_text(out, "status", c->status);
    json_set_text(out, "reason", c->reason);
    json_set_text(out, "message", c->message);
    set_time(out, "lastTransitionTime", c->transition_unix_s);
    return out;
}

static struct json *conditions_of(const struct kube_condition *ready)
{
    struct json *list = json_new_list();
    json_add(list, condition_of("Ready", ready));
    return list;
}

static struct json *body_of(const struct kube_status *s)
{
    struct json *body = json_new_map();
    struct json *status = json_new_map();
    json_set(status, "conditions", conditions_of(&s->ready));
    if (s->refresh_unix_s)
        set_time(status, "refreshTime", s->refresh_unix_s);
    if (s->synced_resource_version)
        json_set_text(status, "syncedResourceVersion", s->synced_resource_version);
    if (s->capabilities)
        json_set_text(status, "capabilities", s->capabilities);
    if (s->synced_pushes)
        json_set(status, "syncedPushSecrets", json_copy(s->synced_pushes));
    if (s->binding_name) {
        struct json *binding = json_new_map();
        json_set_text(binding, "name", s->binding_name);
        json_set(status, "binding", binding);
    }
    json_set(body, "status", status);
    return body;
}

/* The conditions of object without that type. */
static struct json *other_conditions(const struct json *object, const char *type)
{
    struct json *list = json_new_list();
    const struct json *all = json_path(object, "status.conditions");
    for (const struct json *c = json_first(all); c; c = json_next(c)) {
        const char *own = json_path_text(c, "type");
        if (!own || strcmp(own, type) != 0)
            json_add(list, json_copy(c));
    }
    return list;
}

/* A list is replaced as a whole, so what is there is read before, and the version says so. */
struct err *kube_status_add_condition(struct kube_client *k, const struct kube_target *t,
                                      const char *type, const struct kube_condition *c,
                                      const char *field_manager, const struct deadline *dl)
{
    CLEANUP(json) struct json *object = NULL;
    CLEANUP(json) struct json *body = json_new_map();
    CLEANUP_STR_BUF struct str_buf query;
    struct kube_target target = *t;
    str_buf_init(&query, 512);
    struct err *e = kube_get(k, t, dl, &object);
    if (e)
        return e;
    const char *version = json_path_text(object, "metadata.resourceVersion");
    struct json *meta = json_new_map();
    struct json *status = json_new_map();
    struct json *conditions = other_conditions(object, type);
    json_set_text(meta, "resourceVersion", version ? version : "");
    json_add(conditions, condition_of(type, c));
    json_set(status, "conditions", conditions);
    json_set(body, "metadata", meta);
    json_set(body, "status", status);
    kube_query_add(&query, "fieldManager", field_manager);
    target.subresource = "status";
    target.query = query.s;
    return kube_merge_json(k, &target, body, false, dl);
}

struct err *kube_status_write(struct kube_client *k, const struct kube_target *t,
                              const struct kube_status *status, const struct deadline *dl)
{
    CLEANUP(json) struct json *body = body_of(status);
    struct kube_target target = *t;
    target.subresource = "status";
    return kube_merge_json(k, &target, body, false, dl);
}
