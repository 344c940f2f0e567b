/* The order of one pass is push_pass_run: read, template, choose, push, remove. What has reached a
 * store is noted at once, so that a pass that fails half way knows what is there. */

#include "reconcile/push_pass.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "fetch/fetch_push.h"
#include "reconcile/push_expand.h"
#include "reconcile/push_stores.h"
#include "reconcile/push_template.h"
#include "reconcile/push_value.h"

#define CALL_MAX_NS (60 * NS_PER_S) /* one store that hangs is not the whole pass */
#define LEFT_BEHIND_MAX 512
#define SELECTOR_MAX (64u << 10)

/* One pass under way. */
struct pass {
    const struct push_pass *p;
    const struct push_spec *spec;
    const struct push_synced *before;
    const struct deadline *dl;
    struct push_result *out;
    struct map *secrets; /* name -> key -> struct secret_buf */
};

static struct deadline for_a_call(const struct pass *r)
{
    return deadline_sooner(r->dl, CALL_MAX_NS);
}

static void values_free(void *values)
{
    map_free(values);
}

static struct err *read_named(struct pass *r)
{
    const struct push_source *source = &r->p->source;
    struct map *values = NULL;
    struct deadline dl = for_a_call(r);
    struct err *e = source->get(source->ctx, r->spec->meta.ns, r->spec->secret_name, &dl, &values);
    if (e)
        return e;
    r->secrets = map_new(values_free);
    map_set(r->secrets, r->spec->secret_name, values);
    return NULL;
}

static struct err *read_labelled(struct pass *r)
{
    const struct push_source *source = &r->p->source;
    CLEANUP_STR_BUF struct str_buf selector;
    struct deadline dl = for_a_call(r);
    str_buf_init(&selector, SELECTOR_MAX);
    label_selector_print(r->spec->secret_labels, &selector);
    if (selector.overflowed)
        return err_new(ERR_INVALID, "spec.selector.secret.selector is too long");
    return source->list(source->ctx, r->spec->meta.ns, selector.n ? selector.s : "", &dl,
                        &r->secrets);
}

static struct err *push_item(struct pass *r, const struct store *store, const char *label,
                             const struct push_item *item)
{
    const struct push_entry *entry = &item->entry;
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    const struct fetch_push push = {
        .store = store,
        .ns = r->spec->meta.ns,
        .what = {.key = entry->remote_key,
                 .property = entry->property,
                 .metadata = entry->metadata},
    };
    struct deadline dl = for_a_call(r);
    struct err *e = push_value_of(item->values, entry->secret_key, &value);
    if (e)
        return e;
    e = fetcher_push(r->p->fetcher, &push, secret_buf_view(value), r->spec->only_if_absent, &dl);
    if (e)
        return err_wrap(e, "could not write remote ref %s to target secretstore %s",
                        entry->remote_key, store->meta.name);
    CLEANUP_STR char *key = push_entry_key(entry);
    push_synced_set(&r->out->synced, label, key, push_entry_json(entry));
    return NULL;
}

static struct err *push_to_store(struct pass *r, const struct store *store,
                                 const struct map *values)
{
    CLEANUP(push_list) struct push_list *list = NULL;
    CLEANUP_STR char *label = push_stores_label(store);
    struct err *e = push_expand(r->spec, store, values, r->p->render, &list);
    if (e)
        return e;
    push_synced_add_store(&r->out->synced, label);
    for (size_t i = 0; !e && i < list->n; i++)
        e = push_item(r, store, label, &list->items[i]);
    return e;
}

/* All keys of one Secret to all stores. */
static struct err *push_secret(struct pass *r, const struct push_stores *stores, struct map *values)
{
    const struct provider_env texts = {.credentials = r->p->secrets,
                                       .config_maps = r->p->config_maps};
    struct deadline dl = for_a_call(r);
    struct err *e = push_template_apply(r->spec, &texts, r->p->render, &dl, values);
    if (e)
        return e;
    for (size_t i = 0; !e && i < stores->n; i++)
        e = push_to_store(r, stores->stores[i], values);
    return e ? err_wrap(e, "set secret failed") : NULL;
}

/* A store that is gone takes what it holds with it, as far as we can reach. */
static void leave_behind(struct pass *r, const char *label, const char *key)
{
    CLEANUP_STR char *before = TAKE(r->out->left_behind);
    if (before && strlen(before) > LEFT_BEHIND_MAX)
        r->out->left_behind = TAKE(before);
    else
        r->out->left_behind =
            xasprintf("%s%s%s of %s", before ? before : "", before ? ", " : "", key, label);
}

static struct err *remove_entry(struct pass *r, const char *label, const char *key,
                                const struct json *j)
{
    CLEANUP(store)
    struct store *store = push_stores_get(r->p->specs, r->spec->meta.ns, label);
    CLEANUP_STR char *problem = NULL;
    struct push_entry entry = {0};
    struct deadline dl = for_a_call(r);
    struct err *e = NULL;
    push_entry_parse(j, key, &entry, &problem);
    const struct fetch_push push = {
        .store = store,
        .ns = r->spec->meta.ns,
        .what = {.key = entry.remote_key, .property = entry.property, .metadata = entry.metadata}};
    if (store && entry.remote_key)
        e = fetcher_push_remove(r->p->fetcher, &push, &dl);
    else
        leave_behind(r, label, key);
    push_entry_done(&entry);
    return e;
}

/* Remove what was in stores and is not among what is there now; what stays is noted. */
static struct err *remove_vanished(struct pass *r)
{
    CLEANUP(err) struct err *first = NULL;
    const struct map *stores = r->before->stores;
    for (size_t i = 0; i < stores->n; i++) {
        const char *label = stores->entries[i].key;
        const struct map *entries = stores->entries[i].value;
        for (size_t j = 0; j < entries->n; j++) {
            const char *key = entries->entries[j].key;
            struct json *entry = entries->entries[j].value;
            if (push_synced_has(&r->out->synced, label, key))
                continue;
            struct err *e = first ? NULL : remove_entry(r, label, key, entry);
            if (e)
                first = e;
            if (first)
                push_synced_set(&r->out->synced, label, key, json_copy(entry));
        }
    }
    return TAKE(first);
}

static struct err *remove_all(struct pass *r, const char *sentence)
{
    struct err *e = remove_vanished(r);
    return e ? err_wrap(e, "%s", sentence) : NULL;
}

/* Has it been said that the Secret is gone, and everything removed? */
static bool is_told(const struct push_spec *spec)
{
    const char *reason = spec->status.ready_reason;
    return reason && strcmp(reason, PUSH_SOURCE_DELETED_REASON) == 0;
}

/* The Secret could not be read. If it is gone, so shall be what was pushed of it. */
static struct err *without_source(struct pass *r, struct err *e)
{
    bool is_gone = err_class(e) == ERR_NOT_FOUND && r->spec->secret_name && r->spec->deletes;
    if (!is_gone || (r->before->stores->n == 0 && !is_told(r->spec))) {
        push_synced_add(&r->out->synced, r->before);
        return err_wrap(e, "could not get source secret");
    }
    err_free(e);
    r->out->outcome = PUSH_SOURCE_DELETED;
    return remove_all(r, "failed to cleanup provider secrets");
}

/* What was there before is still there, for all we know. */
static struct err *fail(struct pass *r, struct err *e)
{
    push_synced_add(&r->out->synced, r->before);
    return e;
}

static struct err *push_all(struct pass *r)
{
    CLEANUP(push_stores) struct push_stores *stores = NULL;
    struct err *e = push_stores_find(r->p->specs, r->spec, r->p->controller_class, &stores);
    if (e)
        return fail(r, e);
    if (stores->n == 0) {
        r->out->outcome = PUSH_FOREIGN;
        return fail(r, NULL);
    }
    for (size_t i = 0; !e && i < r->secrets->n; i++)
        e = push_secret(r, stores, r->secrets->entries[i].value);
    if (e)
        return fail(r, e);
    return r->spec->deletes ? remove_all(r, "Failed to Delete Secrets from Provider") : NULL;
}

static void begin(struct pass *r)
{
    *r->out = (struct push_result){.outcome = PUSH_SYNCED};
    push_synced_init(&r->out->synced);
}

struct err *push_pass_run(const struct push_pass *p, const struct push_spec *spec,
                          const struct push_synced *before, const struct deadline *dl,
                          struct push_result *out)
{
    struct pass r = {.p = p, .spec = spec, .before = before, .dl = dl, .out = out};
    begin(&r);
    if (spec->problem)
        return fail(&r, err_new(ERR_INVALID, "%s", spec->problem));
    struct err *e = spec->secret_name ? read_named(&r) : read_labelled(&r);
    assert(e || r.secrets);
    e = e ? without_source(&r, e) : push_all(&r);
    map_free(r.secrets);
    return e;
}

struct err *push_pass_remove(const struct push_pass *p, const struct push_spec *spec,
                             const struct push_synced *before, const struct deadline *dl,
                             struct push_result *out)
{
    struct pass r = {.p = p, .spec = spec, .before = before, .dl = dl, .out = out};
    begin(&r);
    return remove_all(&r, "Failed to Delete Secrets from Provider");
}

void push_result_done(struct push_result *r)
{
    push_synced_done(&r->synced);
    free(TAKE(r->left_behind));
}
