/* dataTo becomes entries like those of data: one for each key, or one for all of them together. A
 * key that data names itself is left to data. Then no two entries may go to one place. */

#include "reconcile/push_expand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "reconcile/push_value.h"
#include "render/members.h"
#include "render/rewrite.h"

void push_list_free(struct push_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->n; i++) {
        push_entry_done(&list->items[i].entry);
        map_free(list->items[i].own);
    }
    free(list->items);
    free(list);
}

/* Add an item, whose entry the caller fills, from values; or from own, which is taken. */
static struct err *add(struct push_list *list, const struct map *values, struct map *own,
                       struct push_entry **out)
{
    if (list->n == PUSH_ITEMS_MAX) {
        map_free(own);
        return err_new(ERR_INVALID, "more than %d values go to one store", PUSH_ITEMS_MAX);
    }
    if (list->n == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 8;
        list->items = xrealloc(list->items, list->capacity, sizeof(*list->items));
    }
    struct push_item *item = &list->items[list->n++];
    *item = (struct push_item){.values = own ? own : values, .own = own};
    *out = &item->entry;
    return NULL;
}

/* Converted key to the key in the Secret, which is borrowed. */
static struct err *originals_of(const struct map *values, struct map **out)
{
    CLEANUP(map) struct map *originals = map_new(NULL);
    for (size_t i = 0; i < values->n; i++) {
        CLEANUP_STR char *key = NULL;
        struct err *e = push_value_key(values->entries[i].key, &key);
        if (e)
            return e;
        map_set(originals, key, values->entries[i].key);
    }
    *out = TAKE(originals);
    return NULL;
}

/* The key in the Secret of one that may have been converted. */
static const char *original_of(const struct map *originals, const char *key)
{
    const char *original = originals ? map_get(originals, key) : NULL;
    return original ? original : key;
}

static struct err *match_keys(const struct push_bulk *bulk, struct map *values)
{
    CLEANUP(regex) struct regex *pattern = NULL;
    if (!bulk->match)
        return NULL;
    struct err *e = regex_new(secret_view_of(bulk->match, strlen(bulk->match)), &pattern);
    for (size_t i = values->n; !e && i > 0; i--) {
        const char *key = values->entries[i - 1].key;
        bool is_match = false;
        e = regex_matches(pattern, secret_view_of(key, strlen(key)), &is_match);
        if (!e && !is_match)
            map_remove(values, key);
    }
    return e ? err_wrap(e, "match.regexp") : NULL;
}

/* The place of key after all steps. One key at a time: names that become one are an error here. */
static struct err *rewrite_key(const struct push_bulk *bulk, const char *key,
                               const struct template_env *env, char **out)
{
    CLEANUP(members) struct members *m = members_new();
    CLEANUP(secret_buf) struct secret_buf *name = NULL;
    struct secret_buf *nothing = NULL;
    struct err *e = secret_buf_copy(secret_view_of(key, strlen(key)), &name);
    if (!e)
        e = secret_buf_new(0, &nothing);
    if (e)
        return e;
    members_set(m, TAKE(name), nothing);
    e = rewrite_apply(bulk->rewrites, bulk->n_rewrites, env, &m);
    if (!e)
        e = members_text(secret_buf_view(m->items[0].name), out);
    if (!e && (!**out || strlen(*out) > SPEC_REMOTE_KEY_MAX))
        return err_new(ERR_INVALID,
                       "remote key produced for source key \"%s\" must have 1 to %d "
                       "bytes",
                       key, SPEC_REMOTE_KEY_MAX);
    return e;
}

static struct err *expand_each(const struct push_bulk *bulk, const struct map *values,
                               const struct map *chosen, const struct template_env *env,
                               struct push_list *list)
{
    CLEANUP(map) struct map *originals = NULL;
    struct err *e = bulk->is_reversed ? originals_of(values, &originals) : NULL;
    for (size_t i = 0; !e && i < chosen->n; i++) {
        const char *key = chosen->entries[i].key;
        CLEANUP_STR char *remote_key = NULL;
        struct push_entry *entry = NULL;
        e = rewrite_key(bulk, key, env, &remote_key);
        if (!e)
            e = add(list, values, NULL, &entry);
        assert(e || entry);
        if (e)
            return e;
        entry->secret_key = xstrdup(original_of(originals, key));
        entry->remote_key = TAKE(remote_key);
        entry->metadata = json_copy(bulk->metadata);
    }
    return e;
}

static struct err *expand_bulk(const struct push_bulk *bulk, const struct map *values,
                               const struct template_env *env, struct push_list *list)
{
    CLEANUP(map) struct map *chosen = NULL;
    struct err *e = push_value_convert(values, bulk->is_reversed, &chosen);
    if (!e)
        e = match_keys(bulk, chosen);
    if (e || chosen->n == 0)
        return e;
    if (!bulk->remote_key)
        return expand_each(bulk, values, chosen, env, list);
    struct push_entry *entry = NULL;
    e = add(list, NULL, TAKE(chosen), &entry);
    assert(e || entry);
    if (e)
        return e;
    entry->remote_key = xstrdup(bulk->remote_key);
    entry->metadata = json_copy(bulk->metadata);
    return NULL;
}

static const char *shown(const char *secret_key)
{
    return secret_key ? secret_key : "(all)";
}

static struct err *check_places(const struct push_list *list)
{
    CLEANUP(map) struct map *places = map_new(NULL);
    for (size_t i = 0; i < list->n; i++) {
        const struct push_entry *entry = &list->items[i].entry;
        const char *property = entry->property ? entry->property : "";
        CLEANUP_STR char *place =
            xasprintf("%zu:%s%s", strlen(entry->remote_key), entry->remote_key, property);
        const struct push_entry *other = map_get(places, place);
        if (other)
            return err_new(ERR_INVALID,
                           "duplicate remote key \"%s\"%s%s: source keys \"%s\" and \"%s\" both "
                           "map to the same destination",
                           entry->remote_key, *property ? " with property " : "", property,
                           shown(other->secret_key), shown(entry->secret_key));
        map_set(places, place, &list->items[i].entry);
    }
    return NULL;
}

static struct err *add_entry(const struct push_entry *from, const struct map *values,
                             struct push_list *list)
{
    struct map *converted = NULL;
    struct push_entry *to = NULL;
    struct err *e = from->is_reversed ? push_value_convert(values, true, &converted) : NULL;
    if (e)
        return err_wrap(e, "could not apply conversion strategy to keys");
    e = add(list, values, converted, &to);
    assert(e || to);
    if (e)
        return e;
    to->secret_key = xstrdup(from->secret_key);
    to->remote_key = xstrdup(from->remote_key);
    to->property = xstrdup(from->property);
    to->is_reversed = from->is_reversed;
    to->metadata = json_copy(from->metadata);
    return NULL;
}

/* The keys in the Secret that data names; "" for all of it. */
static struct err *named_by(const struct push_spec *spec, const struct map *values,
                            struct map **out)
{
    CLEANUP(map) struct map *named = map_new(NULL);
    CLEANUP(map) struct map *originals = NULL;
    struct err *e = NULL;
    for (size_t i = 0; !e && i < spec->n_entries; i++) {
        const struct push_entry *entry = &spec->entries[i];
        const char *key = entry->secret_key ? entry->secret_key : "";
        if (entry->is_reversed && !originals)
            e = originals_of(values, &originals);
        map_set(named, entry->is_reversed ? original_of(originals, key) : key, spec->entries);
    }
    if (!e)
        *out = TAKE(named);
    return e;
}

static void drop_named(const struct map *named, struct push_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        const char *key = list->items[i].entry.secret_key;
        if (!map_get(named, key ? key : "")) {
            list->items[kept++] = list->items[i];
            continue;
        }
        push_entry_done(&list->items[i].entry);
        map_free(list->items[i].own);
    }
    list->n = kept;
}

static struct err *expand_bulks(const struct push_spec *spec, const struct store *store,
                                const struct map *values, const struct template_env *env,
                                struct push_list *list)
{
    CLEANUP(map) struct map *named = NULL;
    for (size_t i = 0; i < spec->n_bulks; i++) {
        const struct push_bulk *bulk = &spec->bulks[i];
        if (!push_store_ref_means(&bulk->store, store->kind, store->meta.name, store->meta.labels))
            continue;
        struct err *e = expand_bulk(bulk, values, env, list);
        if (e)
            return err_wrap(e, "spec.dataTo[%zu]", i);
    }
    struct err *e = check_places(list);
    if (!e)
        e = named_by(spec, values, &named);
    if (!e)
        drop_named(named, list);
    return e;
}

struct err *push_expand(const struct push_spec *spec, const struct store *store,
                        const struct map *values, const struct render_options *options,
                        struct push_list **out)
{
    CLEANUP(push_list) struct push_list *list = xcalloc(1, sizeof(*list));
    struct err *e = expand_bulks(spec, store, values, options ? &options->env : NULL, list);
    for (size_t i = 0; !e && i < spec->n_entries; i++) {
        e = add_entry(&spec->entries[i], values, list);
        if (e)
            return err_wrap(e, "spec.data[%zu]", i);
    }
    if (!e)
        e = check_places(list);
    if (!e)
        *out = TAKE(list);
    return e;
}
