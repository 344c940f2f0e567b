/* References in list order; a store that is meant twice is found once. */

#include "reconcile/push_stores.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void push_stores_free(struct push_stores *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        store_unref(s->stores[i]);
    free(s->stores);
    free(s);
}

static const char *ns_of(enum store_kind kind, const char *ns)
{
    return kind == STORE_CLUSTER ? "" : ns;
}

/* Take store, unless it is there or not ours to write to. */
static void take(struct push_stores *s, struct store *store, const char *controller_class)
{
    CLEANUP(store) struct store *taken = store;
    for (size_t i = 0; i < s->n; i++) {
        if (s->stores[i]->kind == taken->kind &&
            strcmp(s->stores[i]->meta.name, taken->meta.name) == 0)
            return;
    }
    if (!store_is_of_class(taken, controller_class))
        s->has_foreign = true;
    else if (!taken->meta.is_deleting)
        s->stores[s->n++] = TAKE(taken);
}

static struct err *take_named(struct push_stores *s, struct spec_store *specs,
                              const struct push_spec *spec, const struct push_store_ref *ref,
                              const char *controller_class)
{
    const char *ns = ns_of(ref->kind, spec->meta.ns);
    struct store *store = spec_store_get_store(specs, ref->kind, ns, ref->name);
    if (!store)
        return err_new(ERR_NOT_FOUND, "could not get %s \"%s\", it does not exist",
                       store_kind_name(ref->kind), ref->name);
    take(s, store, controller_class);
    return NULL;
}

static bool is_labelled(const struct push_store_ref *ref, const struct store *store, const char *ns)
{
    return strcmp(store->meta.ns, ns_of(ref->kind, ns)) == 0 &&
           push_store_ref_means(ref, store->kind, store->meta.name, store->meta.labels);
}

/* Does a dataTo that goes by labels go nowhere? */
static struct err *check_bulks(const struct push_stores *s, const struct push_spec *spec)
{
    for (size_t i = 0; i < spec->n_bulks; i++) {
        const struct push_store_ref *ref = &spec->bulks[i].store;
        bool is_met = ref->name != NULL;
        for (size_t j = 0; !is_met && j < s->n; j++)
            is_met = is_labelled(ref, s->stores[j], spec->meta.ns);
        if (!is_met)
            return err_new(ERR_NOT_FOUND,
                           "spec.dataTo[%zu].storeRef.labelSelector does not match any store in "
                           "spec.secretStoreRefs",
                           i);
    }
    return NULL;
}

static struct err *find(struct push_stores *s, struct store *const *all, size_t n_all,
                        struct spec_store *specs, const struct push_spec *spec,
                        const char *controller_class)
{
    for (size_t i = 0; i < spec->n_stores; i++) {
        const struct push_store_ref *ref = &spec->stores[i];
        struct err *e = ref->name ? take_named(s, specs, spec, ref, controller_class) : NULL;
        if (e)
            return e;
        for (size_t j = 0; !ref->name && j < n_all; j++) {
            if (is_labelled(ref, all[j], spec->meta.ns))
                take(s, store_ref_get(all[j]), controller_class);
        }
    }
    if (s->n == 0 && !s->has_foreign)
        return err_new(ERR_NOT_FOUND, "spec.secretStoreRefs does not match any store");
    return s->n ? check_bulks(s, spec) : NULL;
}

struct err *push_stores_find(struct spec_store *specs, const struct push_spec *spec,
                             const char *controller_class, struct push_stores **out)
{
    CLEANUP(push_stores) struct push_stores *s = xcalloc(1, sizeof(*s));
    struct store **all = NULL;
    size_t n_all = spec_store_all_stores(specs, &all);
    s->stores = xcalloc(spec->n_stores + n_all + 1, sizeof(struct store *));
    struct err *e = find(s, all, n_all, specs, spec, controller_class);
    for (size_t i = 0; i < n_all; i++)
        store_unref(all[i]);
    free(all);
    if (!e)
        *out = TAKE(s);
    return e;
}

char *push_stores_label(const struct store *store)
{
    return xasprintf("%s/%s", store_kind_name(store->kind), store->meta.name);
}

struct store *push_stores_get(struct spec_store *specs, const char *ns, const char *label)
{
    for (int kind = STORE_NAMESPACED; kind <= STORE_CLUSTER; kind++) {
        const char *name = store_kind_name((enum store_kind)kind);
        size_t n = strlen(name);
        if (strncmp(label, name, n) == 0 && label[n] == '/')
            return spec_store_get_store(specs, (enum store_kind)kind,
                                        ns_of((enum store_kind)kind, ns), label + n + 1);
    }
    return NULL;
}
