/* The same members, sentences and order as External Secrets has, so that what reads one reads the
 * other: no reason and no time in the condition, because its definition prunes them. The message
 * goes on with the first cause. */

#include "reconcile/fan_out_status.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const lists[] = {"provisionedNamespaces", "failedNamespaces"};

char *fan_out_status_message(const struct map *failures)
{
    if (failures->n == 0)
        return NULL;
    const struct map_entry *first = &failures->entries[0];
    const char *reason = first->value;
    CLEANUP_STR char *more = xasprintf(" (and %zu more)", failures->n - 1);
    bool is_general = strcmp(first->key, FAN_OUT_ANY_NAMESPACE) == 0;
    return xasprintf("one or more namespaces failed: %s%s%s%s", is_general ? "" : first->key,
                     is_general ? "" : ": ", reason, failures->n > 1 ? more : "");
}

static struct json *names_of(const struct map *in_place, const struct map *failures)
{
    struct json *list = json_new_list();
    for (size_t i = 0; i < in_place->n; i++) {
        if (!map_get(failures, in_place->entries[i].key))
            json_add(list, json_new_text(in_place->entries[i].key));
    }
    return list;
}

static struct json *failures_of(const struct map *failures)
{
    struct json *list = json_new_list();
    for (size_t i = 0; i < failures->n; i++) {
        struct json *one = json_new_map();
        json_set_text(one, "namespace", failures->entries[i].key);
        json_set_text(one, "reason", failures->entries[i].value);
        json_add(list, one);
    }
    return list;
}

static struct json *conditions_of(const char *message)
{
    struct json *list = json_new_list();
    struct json *ready = json_new_map();
    json_set_text(ready, "type", "Ready");
    json_set_text(ready, "status", message ? "False" : "True");
    if (message)
        json_set_text(ready, "message", message);
    json_add(list, ready);
    return list;
}

/* Takes list; an empty one is left out. */
static void set_list(struct json *status, const char *name, struct json *list)
{
    if (json_count(list) > 0)
        json_set(status, name, list);
    else
        json_free(list);
}

struct json *fan_out_status_make(const struct cluster_spec *spec, const struct map *in_place,
                                 const struct map *failures)
{
    const struct json *before = json_get(spec->status, lists[0]);
    CLEANUP_STR char *message = fan_out_status_message(failures);
    struct json *status = json_new_map();
    json_set_text(status, "externalSecretName", spec->target_name);
    if (in_place)
        set_list(status, lists[0], names_of(in_place, failures));
    else if (before)
        json_set(status, lists[0], json_copy(before));
    set_list(status, lists[1], failures_of(failures));
    json_set(status, "conditions", conditions_of(message));
    return status;
}

struct json *fan_out_status_patch(const struct json *status)
{
    struct json *patch = json_new_map();
    struct json *body = json_copy(status);
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        if (!json_get(body, lists[i]))
            json_set(body, lists[i], json_new_null());
    }
    json_set(patch, "status", body);
    return patch;
}
