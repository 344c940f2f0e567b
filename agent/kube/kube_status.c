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

static struct json *conditions_of(const struct kube_condition *c)
{
    struct json *list = json_new_list();
    struct json *ready = json_new_map();
    json_set_text(ready, "type", "Ready");
    json_set_text(ready, "status", c->status);
    json_set_text(ready, "reason", c->reason);
    json_set_text(ready, "message", c->message);
    set_time(ready, "lastTransitionTime", c->transition_unix_s);
    json_add(list, ready);
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

struct err *kube_status_write(struct kube_client *k, const struct kube_target *t,
                              const struct kube_status *status, const struct deadline *dl)
{
    CLEANUP(json) struct json *body = body_of(status);
    struct kube_target target = *t;
    target.subresource = "status";
    return kube_merge_json(k, &target, body, false, dl);
}
