/* The table has one slot per store, and per namespace where the store's credentials depend on it.
 * To forget a slot is to take it out of the table: who holds it goes on, who comes next makes a new
 * one. Each slot puts itself between its provider and the credential source, and so knows which
 * Secrets were read, without any provider having to tell. */

#include "fetch/fetch_open.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "fetch/fetch_turn.h"

struct fetch_open {
    struct mutex mu;
    struct map *slots; /* by key; values are slots with a reference */
    const struct provider_env *env;
};

struct fetch_slot {
    struct fetch_open *owner;
    char *key;
    char *ns; /* that it was opened for */
    struct store *store;
    const struct provider_ops *ops;
    struct provider_env env; /* the owner's, with read_credential in between */
    struct fetch_turn opening;
    struct fetch_slot *dead_next;

    /* Under the owner's lock. */
    unsigned refs;
    bool is_listed;
    struct map *credentials; /* "ns/name" of Secrets read */
    uint64_t used_ns;

    /* Set once, under the owner's lock, and then read by holders. */
    struct provider *provider;
    uint64_t opened_ns;
    struct fetch_lane lane;
};

struct fetch_open *fetch_open_new(const struct provider_env *env)
{
    struct fetch_open *o = xcalloc(1, sizeof(*o));
    mutex_init(&o->mu);
    o->slots = map_new(NULL);
    o->env = env;
    return o;
}

static void free_slots(struct fetch_slot *list)
{
    while (list) {
        struct fetch_slot *next = list->dead_next;
        if (list->provider)
            list->ops->close(list->provider);
        fetch_lane_done(&list->lane);
        fetch_turn_done(&list->opening);
        map_free(list->credentials);
        store_unref(list->store);
        free(list->key);
        free(list->ns);
        free(list);
        list = next;
    }
}

static void unref_locked(struct fetch_open *o, struct fetch_slot *slot, struct fetch_slot **dead)
    REQUIRES(&o->mu)
{
    (void)o; /* for the contract only */
    if (--slot->refs)
        return;
    slot->dead_next = *dead;
    *dead = slot;
}

static void unlist_locked(struct fetch_open *o, struct fetch_slot *slot, struct fetch_slot **dead)
    REQUIRES(&o->mu)
{
    if (!slot->is_listed)
        return;
    slot->is_listed = false;
    (void)map_take(o->slots, slot->key);
    unref_locked(o, slot, dead);
}

void fetch_open_free(struct fetch_open *o)
{
    struct fetch_slot *dead = NULL;
    if (!o)
        return;
    mutex_lock(&o->mu);
    while (o->slots->n)
        unlist_locked(o, o->slots->entries[0].value, &dead);
    mutex_unlock(&o->mu);
    free_slots(dead);
    map_free(o->slots);
    mutex_done(&o->mu);
    free(o);
}

static struct err *read_credential(void *ctx, const char *ns, const char *name, const char *key,
                                   const struct deadline *dl, struct secret_buf **out)
{
    struct fetch_slot *slot = ctx;
    struct fetch_open *o = slot->owner;
    CLEANUP_STR char *which = xasprintf("%s/%s", ns, name);
    mutex_lock(&o->mu);
    map_set(slot->credentials, which, slot);
    mutex_unlock(&o->mu);
    return o->env->credentials.get(o->env->credentials.ctx, ns, name, key, dl, out);
}

static struct fetch_slot *slot_new(struct fetch_open *o, const struct provider_ops *ops,
                                   const struct store *store, const char *ns, const char *key)
{
    struct fetch_slot *slot = xcalloc(1, sizeof(*slot));
    slot->owner = o;
    slot->key = xstrdup(key);
    slot->ns = xstrdup(ns);
    slot->store = store_ref_get(store);
    slot->ops = ops;
    slot->env = *o->env;
    slot->env.credentials = (struct credential_source){read_credential, slot};
    slot->credentials = map_new(NULL);
    fetch_turn_init(&slot->opening);
    fetch_lane_init(&slot->lane, ops, NULL);
    return slot;
}

static bool is_same_config(const struct store *a, const struct store *b)
{
    return a == b ||
           (strcmp(a->meta.uid, b->meta.uid) == 0 && strcmp(a->provider, b->provider) == 0 &&
            json_equal(a->config, b->config) && a->max_retries == b->max_retries &&
            a->retry_interval_ns == b->retry_interval_ns);
}

static char *key_of(enum store_kind kind, const char *ns, const char *name, const char *for_ns)
{
    return xasprintf("%s/%s/%s/%s", store_kind_name(kind), ns, name, for_ns);
}

/* The listed slot for store as it is now, with one more reference. */
static struct fetch_slot *find_or_make(struct fetch_open *o, const struct provider_ops *ops,
                                       const struct store *store, const char *ns)
{
    bool is_referent = ops->is_referent && ops->is_referent(store);
    CLEANUP_STR char *key =
        key_of(store->kind, store->meta.ns, store->meta.name, is_referent ? ns : "");
    struct fetch_slot *fresh = slot_new(o, ops, store, ns, key);
    struct fetch_slot *dead = NULL;
    mutex_lock(&o->mu);
    struct fetch_slot *slot = map_get(o->slots, key);
    if (slot && !is_same_config(slot->store, store)) {
        unlist_locked(o, slot, &dead);
        slot = NULL;
    }
    if (!slot) {
        slot = TAKE(fresh);
        slot->refs = 1;
        slot->is_listed = true;
        map_set(o->slots, key, slot);
    }
    slot->refs++;
    slot->used_ns = clock_mono_ns(o->env->clock);
    mutex_unlock(&o->mu);
    free_slots(fresh);
    free_slots(dead);
    return slot;
}

static bool is_open(struct fetch_slot *slot)
{
    mutex_lock(&slot->owner->mu);
    bool is = slot->provider != NULL;
    mutex_unlock(&slot->owner->mu);
    return is;
}

static struct err *open_provider(struct fetch_slot *slot, const struct deadline *dl)
{
    struct provider *p = NULL;
    struct err *e = slot->ops->check(slot->store);
    if (!e)
        e = slot->ops->open(&slot->env, slot->store, slot->ns, dl, &p);
    if (e)
        return e;
    mutex_lock(&slot->owner->mu);
    slot->opened_ns = clock_mono_ns(slot->env.clock);
    slot->lane.provider = p;
    slot->provider = p;
    mutex_unlock(&slot->owner->mu);
    return NULL;
}

static struct err *ensure_open(struct fetch_slot *slot, const struct deadline *dl)
{
    while (!is_open(slot)) {
        bool is_mine;
        struct err *e = fetch_turn_begin(&slot->opening, dl, "open the store", &is_mine);
        if (e)
            return e;
        if (!is_mine)
            continue;
        e = is_open(slot) ? NULL : open_provider(slot, dl);
        fetch_turn_end(&slot->opening, dl, e);
        if (e)
            return e;
    }
    return NULL;
}

struct err *fetch_open_get(struct fetch_open *o, const struct provider_ops *ops,
                           const struct store *store, const char *ns, const struct deadline *dl,
                           struct fetch_slot **out)
{
    CLEANUP(fetch_slot) struct fetch_slot *slot = find_or_make(o, ops, store, ns);
    struct err *e = ensure_open(slot, dl);
    if (e)
        return e;
    *out = TAKE(slot);
    return NULL;
}

void fetch_open_put(struct fetch_slot *slot)
{
    struct fetch_slot *dead = NULL;
    if (!slot)
        return;
    struct fetch_open *o = slot->owner;
    mutex_lock(&o->mu);
    unref_locked(o, slot, &dead);
    mutex_unlock(&o->mu);
    free_slots(dead);
}

struct fetch_lane *fetch_slot_lane(struct fetch_slot *slot)
{
    return &slot->lane;
}

uint64_t fetch_slot_age_ns(const struct fetch_slot *slot)
{
    return clock_mono_ns(slot->env.clock) - slot->opened_ns;
}

void fetch_open_forget(struct fetch_slot *slot)
{
    struct fetch_slot *dead = NULL;
    struct fetch_open *o = slot->owner;
    mutex_lock(&o->mu);
    unlist_locked(o, slot, &dead);
    mutex_unlock(&o->mu);
    free_slots(dead);
}

/* What to forget. */
struct forget_rule {
    const char *store_prefix;  /* of keys, or NULL */
    const struct store *now;   /* with store_prefix: is kept when it has this configuration */
    const char *credential;    /* "ns/name", or NULL */
    uint64_t unused_before_ns; /* or 0 */
};

static bool is_to_forget(const struct fetch_slot *slot, const struct forget_rule *rule)
{
    if (rule->store_prefix)
        return strncmp(slot->key, rule->store_prefix, strlen(rule->store_prefix)) == 0 &&
               !(rule->now && !rule->now->problem && is_same_config(slot->store, rule->now));
    if (rule->credential)
        return map_get(slot->credentials, rule->credential) != NULL;
    return slot->used_ns < rule->unused_before_ns;
}

static void forget(struct fetch_open *o, const struct forget_rule *rule)
{
    struct fetch_slot *dead = NULL;
    mutex_lock(&o->mu);
    for (size_t i = o->slots->n; i > 0; i--) {
        struct fetch_slot *slot = o->slots->entries[i - 1].value;
        if (is_to_forget(slot, rule))
            unlist_locked(o, slot, &dead);
    }
    mutex_unlock(&o->mu);
    free_slots(dead);
}

void fetch_open_forget_store(struct fetch_open *o, enum store_kind kind, const char *ns,
                             const char *name, const struct store *now)
{
    CLEANUP_STR char *prefix = key_of(kind, ns, name, "");
    forget(o, &(struct forget_rule){.store_prefix = prefix, .now = now});
}

void fetch_open_forget_credentials(struct fetch_open *o, const char *ns, const char *name)
{
    CLEANUP_STR char *which = xasprintf("%s/%s", ns, name);
    forget(o, &(struct forget_rule){.credential = which});
}

void fetch_open_trim(struct fetch_open *o, uint64_t unused_ns)
{
    uint64_t now_ns = clock_mono_ns(o->env->clock);
    if (now_ns > unused_ns)
        forget(o, &(struct forget_rule){.unused_before_ns = now_ns - unused_ns});
}

size_t fetch_open_count(struct fetch_open *o)
{
    mutex_lock(&o->mu);
    size_t n = o->slots->n;
    mutex_unlock(&o->mu);
    return n;
}
