/* One spec's entries are grouped by store, so that each store is opened once and gets all its keys
 * together; what happens then (cache, flights, batches) is fetch_flight.c. */

#include "fetch/fetch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/fetch_key.h"
#include "fetch/fetch_store.h"
#include "fetch/fetch_texts.h"

#define CACHE_DEFAULT_BYTES ((size_t)16 << 20)

/* One entry of the spec and where its value goes. */
struct entry {
    const struct remote_ref *remote;
    const struct spec_find *find; /* NULL: remote->key is asked for */
    struct value *value;
    const char *list; /* "data" or "dataFrom" */
    size_t index;
    bool is_done;
};

/* One call of fetcher_run. */
struct run {
    struct fetcher *f;
    const struct spec *spec;
    const struct fetch_limits *limits;
    const struct deadline *dl;
    struct value_set *values;
    struct entry *entries; /* n */
    size_t n;
};

/* The entries of one store, with a want for each. */
struct group {
    const struct store *store;
    struct entry **entries; /* n; borrowed from the run */
    struct fetch_want *wants;
    char **cache_keys;
    size_t n;
};

struct fetcher *fetcher_new(const struct fetcher_options *options)
{
    struct fetcher *f = xcalloc(1, sizeof(*f));
    f->options = *options;
    if (!f->options.find_ops)
        f->options.find_ops = provider_find_ops;
    if (!f->options.cache_max_bytes)
        f->options.cache_max_bytes = CACHE_DEFAULT_BYTES;
    f->memory = fake_memory_new();
    f->options.env.fake_memory = f->memory;
    f->open = fetch_open_new(&f->options.env);
    f->flights =
        fetch_flights_new(options->env.clock, f->options.cache_max_bytes, options->max_stale_ns);
    return f;
}

void fetcher_free(struct fetcher *f)
{
    if (!f)
        return;
    fetch_flights_free(f->flights);
    fetch_open_free(f->open);
    fake_memory_free(f->memory);
    free(f);
}

static struct err *blame_entry(struct err *e, const struct entry *entry)
{
    if (entry->find)
        return err_wrap(e, "spec.%s[%zu].find", entry->list, entry->index);
    return err_wrap(e, "spec.%s[%zu] (key: %s)", entry->list, entry->index, entry->remote->key);
}

static struct err *group_ask(struct run *r, struct group *g, struct fetch_slot *slot)
{
    struct fetch_lane *lane = fetch_slot_lane(slot);
    const char *identity = lane->ops->identity(lane->provider);
    for (size_t i = 0; i < g->n; i++) {
        const struct entry *entry = g->entries[i];
        struct fetch_want *w = &g->wants[i];
        fetch_want_reset(w);
        free(g->cache_keys[i]);
        g->cache_keys[i] = fetch_key(g->store, identity, entry->remote, entry->find);
        if (!g->cache_keys[i])
            return blame_entry(err_new(ERR_INVALID, "asks for too much text"), entry);
        w->cache_key = g->cache_keys[i];
        w->spec = r->spec;
        w->ref = (struct provider_ref){.key = entry->remote->key,
                                       .version = entry->remote->version,
                                       .wants_metadata = entry->remote->wants_metadata,
                                       .find = entry->find};
    }
    fetch_flights_get(r->f->flights, lane, r->limits, r->dl, g->wants, g->n);
    return NULL;
}

static bool has_denied(const struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->wants[i].err && err_class(g->wants[i].err) == ERR_DENIED)
            return true;
    }
    return false;
}

/* A login that is refused may have been replaced without anybody telling us. */
static struct err *reopen(struct run *r, const struct group *g, struct fetch_slot *slot,
                          struct fetch_slot **out)
{
    if (has_denied(g))
        return fetch_store_reopen(r->f, g->store, r->spec->meta.ns, r->dl, slot, out);
    *out = NULL;
    return NULL;
}

/* Put an answer into the value set. */
static struct err *deliver(struct run *r, const struct entry *entry, struct fetch_want *w,
                           const struct provider_ops *ops)
{
    struct value *value = entry->value;
    value->order = ops->property_order;
    value->missing_property_is_missing = ops->missing_property_is_missing;
    struct err *e = NULL;
    if (w->value && entry->find)
        e = value_members_unpack(secret_buf_view(w->value->bytes), &value->members);
    else if (w->value)
        e = secret_buf_copy(secret_buf_view(w->value->bytes), &value->bytes);
    else if (err_class(w->err) != ERR_NOT_FOUND)
        e = TAKE(w->err);
    if (e)
        return blame_entry(e, entry);
    r->values->is_stale |= w->is_stale;
    if (!w->value)
        return NULL;
    uint64_t now_ns = clock_mono_ns(r->f->options.env.clock);
    uint64_t age_ns = now_ns > w->value->fetched_ns ? now_ns - w->value->fetched_ns : 0;
    if (age_ns > r->values->oldest_age_ns)
        r->values->oldest_age_ns = age_ns;
    return NULL;
}

static struct err *group_run(struct run *r, struct group *g)
{
    CLEANUP(fetch_slot) struct fetch_slot *slot = NULL;
    CLEANUP(fetch_slot) struct fetch_slot *other = NULL;
    struct err *e = fetch_store_open(r->f, g->store, r->spec->meta.ns, r->dl, &slot);
    if (e)
        return e;
    e = group_ask(r, g, slot);
    if (!e)
        e = reopen(r, g, slot, &other);
    if (!e && other)
        e = group_ask(r, g, other);
    const struct provider_ops *ops = fetch_slot_lane(slot)->ops;
    for (size_t i = 0; !e && i < g->n; i++)
        e = deliver(r, g->entries[i], &g->wants[i], ops);
    return e;
}

static void group_init(struct group *g, struct run *r, const struct store *store,
                       const struct store_ref *ref)
{
    *g = (struct group){.store = store};
    g->entries = xcalloc(r->n, sizeof(struct entry *));
    g->wants = xcalloc(r->n, sizeof(*g->wants));
    g->cache_keys = xcalloc(r->n, sizeof(*g->cache_keys));
    for (size_t i = 0; i < r->n; i++) {
        struct entry *entry = &r->entries[i];
        if (entry->is_done || entry->remote->store.kind != ref->kind ||
            strcmp(entry->remote->store.name, ref->name) != 0)
            continue;
        entry->is_done = true;
        g->entries[g->n++] = entry;
    }
}

static void group_done(struct group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        fetch_want_reset(&g->wants[i]);
        free(g->cache_keys[i]);
    }
    free(g->entries);
    free(g->wants);
    free(g->cache_keys);
}

/* All entries that use the store ref. */
static struct err *run_store(struct run *r, const struct store_ref *ref)
{
    const char *ns = spec_store_ref_ns(r->spec, ref);
    CLEANUP(store)
    struct store *store = spec_store_get_store(r->f->options.specs, ref->kind, ns, ref->name);
    if (!store) {
        CLEANUP_STR char *label = fetch_store_label(ref->kind, ns, ref->name);
        return err_new(ERR_NOT_FOUND, "%s does not exist", label);
    }
    struct err *e = fetch_store_allow(r->f, store, r->spec->meta.ns, r->dl);
    if (e)
        return e;
    struct group g;
    group_init(&g, r, store, ref);
    e = group_run(r, &g);
    group_done(&g);
    return e;
}

static void list_entries(struct run *r)
{
    const struct spec *spec = r->spec;
    r->entries = xcalloc(spec->n_data + spec->n_sources + 1, sizeof(*r->entries));
    for (size_t i = 0; i < spec->n_data; i++)
        r->entries[r->n++] = (struct entry){.remote = &spec->data[i].remote,
                                            .value = &r->values->data[i],
                                            .list = "data",
                                            .index = i};
    for (size_t i = 0; i < spec->n_sources; i++) {
        const struct spec_source *source = &spec->sources[i];
        if (source->kind == SOURCE_NOTHING)
            continue;
        r->entries[r->n++] =
            (struct entry){.remote = &source->remote,
                           .find = source->kind == SOURCE_FIND ? &source->find : NULL,
                           .value = &r->values->sources[i],
                           .list = "dataFrom",
                           .index = i};
    }
}

struct err *fetcher_run(struct fetcher *f, const struct spec *spec,
                        const struct fetch_limits *limits, const struct deadline *dl,
                        struct value_set **out)
{
    CLEANUP(value_set)
    struct value_set *values =
        value_set_new(spec->n_data, spec->n_sources, spec_template_texts(spec->tmpl));
    struct run r = {.f = f, .spec = spec, .limits = limits, .dl = dl, .values = values};
    struct err *e = NULL;
    list_entries(&r);
    for (size_t i = 0; !e && i < r.n; i++) {
        if (!r.entries[i].is_done)
            e = run_store(&r, &r.entries[i].remote->store);
    }
    free(r.entries);
    if (!e && spec->tmpl)
        e = fetch_texts(&f->options.env, spec, dl, values->texts);
    if (e)
        return e;
    *out = TAKE(values);
    return NULL;
}

/* A ClusterSecretStore whose credentials depend on who asks cannot be judged by itself. */
static bool is_referent(const struct provider_ops *ops, const struct store *store)
{
    return ops->is_referent && ops->is_referent(store);
}

struct err *fetcher_validate(struct fetcher *f, const struct store *store,
                             const struct deadline *dl, enum provider_validity *out)
{
    const struct provider_ops *ops = NULL;
    CLEANUP(fetch_slot) struct fetch_slot *slot = NULL;
    struct err *e = fetch_store_ops(f, store, &ops);
    assert(e || ops);
    if (!e)
        e = ops->check(store);
    if (!e && is_referent(ops, store)) {
        *out = PROVIDER_VALIDITY_UNKNOWN;
        return NULL;
    }
    if (!e)
        e = fetch_open_get(f->open, ops, store, store->meta.ns, dl, &slot);
    if (!e)
        e = ops->validate(fetch_slot_lane(slot)->provider, dl, out);
    return e ? fetch_store_blame(e, store) : NULL;
}

char *fetcher_warning(struct fetcher *f, const struct store *store, const struct deadline *dl)
{
    CLEANUP(fetch_slot) struct fetch_slot *slot = NULL;
    CLEANUP(err) struct err *e = fetch_store_open(f, store, store->meta.ns, dl, &slot);
    if (e)
        return NULL;
    const struct fetch_lane *lane = fetch_slot_lane(slot);
    const char *warning = lane->ops->warning ? lane->ops->warning(lane->provider) : NULL;
    return xstrdup(warning);
}

void fetcher_store_changed(struct fetcher *f, enum store_kind kind, const char *ns,
                           const char *name)
{
    CLEANUP(store)
    struct store *now = spec_store_get_store(f->options.specs, kind, ns, name);
    fetch_open_forget_store(f->open, kind, ns, name, now);
}

void fetcher_credentials_changed(struct fetcher *f, const char *ns, const char *name)
{
    fetch_open_forget_credentials(f->open, ns, name);
}

void fetcher_trim(struct fetcher *f)
{
    fetch_flights_trim(f->flights);
    fetch_open_trim(f->open, f->options.max_stale_ns);
}
