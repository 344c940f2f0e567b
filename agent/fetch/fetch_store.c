/* Whoever reads from a store or writes to it passes here: is the store meant for us, may that
 * namespace use it, which provider is it, and is the login still the one that its Secret holds. */

#include "fetch/fetch_store.h"

#include <string.h>

#include "base/alloc.h"

/* A login younger than this is not suspected of having been replaced. */
#define REOPEN_AFTER_NS (30 * NS_PER_S)

char *fetch_store_label(enum store_kind kind, const char *ns, const char *name)
{
    return kind == STORE_CLUSTER ? xasprintf("ClusterSecretStore \"%s\"", name)
                                 : xasprintf("SecretStore \"%s/%s\"", ns, name);
}

struct err *fetch_store_blame(struct err *e, const struct store *store)
{
    CLEANUP_STR char *label = fetch_store_label(store->kind, store->meta.ns, store->meta.name);
    return err_wrap(e, "%s", label);
}

struct err *fetch_store_ops(const struct fetcher *f, const struct store *store,
                            const struct provider_ops **out)
{
    if (store->problem)
        return err_new(ERR_INVALID, "%s", store->problem);
    const struct provider_ops *ops = f->options.find_ops(store->provider);
    if (!ops)
        return err_new(ERR_INVALID, "spec.provider.%s is not supported", store->provider);
    *out = ops;
    return NULL;
}

static struct err *check_labels(const struct fetcher *f, const struct store *store, const char *ns,
                                const struct deadline *dl, bool *is_allowed)
{
    const struct namespace_source *source = &f->options.namespaces;
    CLEANUP(map) struct map *labels = NULL;
    struct err *e = source->labels ? source->labels(source->ctx, ns, dl, &labels) : NULL;
    if (e)
        return fetch_store_blame(err_wrap(e, "spec.conditions"), store);
    if (labels)
        *is_allowed = store_conditions_allow_labels(&store->conditions, labels);
    return NULL;
}

struct err *fetch_store_allow(const struct fetcher *f, const struct store *store, const char *ns,
                              const struct deadline *dl)
{
    if (!store_is_of_class(store, f->options.controller_class))
        return fetch_store_blame(
            err_new(ERR_DENIED, "spec.controller is another one: %s", store->controller), store);
    bool is_allowed = store_conditions_allow_name(&store->conditions, ns);
    if (!is_allowed && store_conditions_need_labels(&store->conditions)) {
        struct err *e = check_labels(f, store, ns, dl, &is_allowed);
        if (e)
            return e;
    }
    if (is_allowed)
        return NULL;
    return err_new(ERR_DENIED,
                   "using cluster store \"%s\" is not allowed from namespace \"%s\": denied by "
                   "spec.condition",
                   store->meta.name, ns);
}

struct err *fetch_store_open(struct fetcher *f, const struct store *store, const char *ns,
                             const struct deadline *dl, struct fetch_slot **out)
{
    const struct provider_ops *ops = NULL;
    struct err *e = fetch_store_ops(f, store, &ops);
    if (!e)
        e = fetch_open_get(f->open, ops, store, ns, dl, out);
    return e ? fetch_store_blame(e, store) : NULL;
}

struct err *fetch_store_reopen(struct fetcher *f, const struct store *store, const char *ns,
                               const struct deadline *dl, struct fetch_slot *slot,
                               struct fetch_slot **out)
{
    const struct fetch_lane *old = fetch_slot_lane(slot);
    CLEANUP(fetch_slot) struct fetch_slot *fresh = NULL;
    *out = NULL;
    if (fetch_slot_age_ns(slot) < REOPEN_AFTER_NS)
        return NULL;
    fetch_open_forget(slot);
    struct err *e = fetch_store_open(f, store, ns, dl, &fresh);
    if (e)
        return e;
    const struct fetch_lane *lane = fetch_slot_lane(fresh);
    if (strcmp(old->ops->identity(old->provider), lane->ops->identity(lane->provider)) != 0)
        *out = TAKE(fresh);
    return NULL;
}
