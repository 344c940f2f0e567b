/* One lock covers cache, lanes and flights, so that between "not cached" and "somebody is getting
 * it" there is no gap. It is released for every call to a provider. Whatever erases secrets (values
 * that left the cache, flights nobody waits for) is collected and freed after unlocking. */

#include "fetch/fetch_flight.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metric.h"
#include "base/thread.h"

#define SLICE_NS (100 * NS_PER_MS)

/* Who has an old value to fall back on does not wait for a silent store to the end: the time is
 * needed for what comes after the fetch. Nor does everybody who comes next wait as long again. */
#define PATIENCE_NS (5 * NS_PER_S)
#define QUIET_NS (30 * NS_PER_S)

enum flight_state { FLIGHT_QUEUED, FLIGHT_UNDER_WAY, FLIGHT_LANDED };

struct flight {
    struct flight *next; /* in the lane's queue, or among the dead */
    struct fetch_lane *lane;
    char *cache_key;
    char *key;     /* may be NULL */
    char *version; /* may be NULL */
    bool wants_metadata;
    const struct spec_find *find; /* may be NULL; lives as long as spec */
    struct spec *spec;
    enum flight_state state;
    unsigned refs;        /* wants, and the thread that gets it */
    unsigned long writes; /* the flights' number of them when it left the queue */
    struct fetch_value *value;
    struct err *err;
};

struct fetch_flights {
    struct mutex mu;
    struct cond changed; /* a flight has landed or went back to its queue, or a lane is free */
    struct fetch_cache *cache;
    struct flight *dead;
    size_t open;
    unsigned long writes; /* calls of fetch_flights_forget */
    const struct clock *clock;
    uint64_t max_stale_ns;
};

/* Calls that were not made, by reason. */
struct saved {
    unsigned cache;
    unsigned flight;
    unsigned batch;
};

/* What one caller of fetch_flights_get brings along. */
struct caller {
    struct fetch_lane *lane;
    const struct deadline *dl;
    struct fetch_want *wants;
    size_t n;
    struct saved saved;
};

void fetch_lane_init(struct fetch_lane *lane, const struct provider_ops *ops,
                     struct provider *provider)
{
    *lane = (struct fetch_lane){.ops = ops, .provider = provider, .flights = map_new(NULL)};
}

void fetch_lane_done(struct fetch_lane *lane)
{
    map_free(lane->flights);
}

void fetch_want_reset(struct fetch_want *w)
{
    fetch_value_unref(w->value);
    err_free(w->err);
    w->value = NULL;
    w->err = NULL;
    w->is_stale = false;
}

struct fetch_flights *fetch_flights_new(const struct clock *clock, size_t cache_max_bytes,
                                        uint64_t max_stale_ns)
{
    struct fetch_flights *f = xcalloc(1, sizeof(*f));
    mutex_init(&f->mu);
    cond_init(&f->changed);
    f->cache = fetch_cache_new(cache_max_bytes);
    f->clock = clock;
    f->max_stale_ns = max_stale_ns;
    return f;
}

void fetch_flights_free(struct fetch_flights *f)
{
    if (!f)
        return;
    fetch_cache_free(f->cache);
    cond_done(&f->changed);
    mutex_done(&f->mu);
    free(f);
}

static void free_flights(struct flight *list)
{
    while (list) {
        struct flight *next = list->next;
        fetch_value_unref(list->value);
        err_free(list->err);
        free(list->cache_key);
        free(list->key);
        free(list->version);
        spec_unref(list->spec);
        free(list);
        list = next;
    }
}

/* Unlock, then free what has piled up. */
static void unlock_and_clean(struct fetch_flights *f) RELEASES(&f->mu)
{
    struct fetch_value *left = fetch_cache_take_left(f->cache);
    struct flight *dead = TAKE(f->dead);
    mutex_unlock(&f->mu);
    fetch_value_unref_all(left);
    free_flights(dead);
}

static void queue_last_locked(struct fetch_flights *f, struct flight *flight) REQUIRES(&f->mu)
{
    struct flight **end = &flight->lane->queued;
    (void)f; /* for the contract only */
    while (*end)
        end = &(*end)->next;
    flight->next = NULL;
    flight->state = FLIGHT_QUEUED;
    *end = flight;
}

static void unqueue_locked(struct fetch_flights *f, struct flight *flight) REQUIRES(&f->mu)
{
    struct flight **at = &flight->lane->queued;
    (void)f; /* for the contract only */
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->next = NULL;
}

/* A flight that began before a write may have been replaced by another one of the same key. */
static void unlist_locked(struct fetch_flights *f, const struct flight *flight) REQUIRES(&f->mu)
{
    (void)f; /* for the contract only */
    if (map_get(flight->lane->flights, flight->cache_key) == flight)
        map_remove(flight->lane->flights, flight->cache_key);
}

static bool is_outdated_locked(struct fetch_flights *f, const struct flight *flight)
    REQUIRES(&f->mu)
{
    return flight->state != FLIGHT_QUEUED && flight->writes != f->writes;
}

/* Let go of flight; the last one to do so ends it. */
static void unref_locked(struct fetch_flights *f, struct flight *flight) REQUIRES(&f->mu)
{
    if (--flight->refs)
        return;
    if (flight->state == FLIGHT_QUEUED) {
        unqueue_locked(f, flight);
        unlist_locked(f, flight);
    }
    flight->next = f->dead;
    f->dead = flight;
}

static struct flight *start_locked(struct fetch_flights *f, struct fetch_lane *lane,
                                   const struct fetch_want *w) REQUIRES(&f->mu)
{
    struct flight *flight = xcalloc(1, sizeof(*flight));
    flight->lane = lane;
    flight->cache_key = xstrdup(w->cache_key);
    flight->key = xstrdup(w->ref.key);
    flight->version = xstrdup(w->ref.version);
    flight->wants_metadata = w->ref.wants_metadata;
    flight->find = w->ref.find;
    flight->spec = w->spec ? spec_ref(w->spec) : NULL;
    map_set(lane->flights, w->cache_key, flight);
    queue_last_locked(f, flight);
    return flight;
}

/* Answer a want from the cache, or join a flight, or start one. */
static void board_locked(struct fetch_flights *f, struct caller *c, struct fetch_want *w,
                         const struct fetch_limits *limits) REQUIRES(&f->mu)
{
    w->value = fetch_cache_get(f->cache, w->cache_key, clock_mono_ns(f->clock), limits->max_age_ns);
    if (w->value) {
        c->saved.cache++;
        return;
    }
    w->flight = map_get(c->lane->flights, w->cache_key);
    if (w->flight && !is_outdated_locked(f, w->flight))
        c->saved.flight++;
    else
        w->flight = start_locked(f, c->lane, w);
    w->flight->refs++;
    f->open++;
}

static bool has_flight_in(const struct caller *c, enum flight_state state)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->wants[i].flight && c->wants[i].flight->state == state)
            return true;
    }
    return false;
}

static bool is_waiting(const struct caller *c)
{
    return has_flight_in(c, FLIGHT_QUEUED) || has_flight_in(c, FLIGHT_UNDER_WAY);
}

static bool is_batching(const struct fetch_lane *lane)
{
    return lane->ops->get_many && lane->ops->batch_max > 1 && !lane->is_single;
}

/* Without batches calls may run side by side, and each caller makes those that it needs itself. */
static bool may_lead(const struct caller *c)
{
    if (is_batching(c->lane) && c->lane->is_busy)
        return false;
    return has_flight_in(c, FLIGHT_QUEUED);
}

static void take_locked(struct fetch_flights *f, struct flight *flight, struct flight **taken,
                        size_t *n) REQUIRES(&f->mu)
{
    unqueue_locked(f, flight);
    flight->state = FLIGHT_UNDER_WAY;
    flight->writes = f->writes;
    flight->refs++;
    taken[(*n)++] = flight;
}

/* Lists and metadata have calls of their own. */
static bool is_plain(const struct flight *flight)
{
    return !flight->find && !flight->wants_metadata;
}

/* The head of the queue for a batch; else the first flight that c itself waits for. */
static size_t take_some_locked(struct fetch_flights *f, const struct caller *c,
                               struct flight *taken[PROVIDER_BATCH_MAX]) REQUIRES(&f->mu)
{
    size_t n = 0;
    if (is_batching(c->lane)) {
        size_t max = c->lane->ops->batch_max;
        bool is_alone = c->lane->queued && !is_plain(c->lane->queued);
        while (c->lane->queued && n < (is_alone ? 1 : max) && n < PROVIDER_BATCH_MAX &&
               is_plain(c->lane->queued) != is_alone)
            take_locked(f, c->lane->queued, taken, &n);
        return n;
    }
    for (size_t i = 0; !n && i < c->n; i++) {
        if (c->wants[i].flight && c->wants[i].flight->state == FLIGHT_QUEUED)
            take_locked(f, c->wants[i].flight, taken, &n);
    }
    return n;
}

static struct err *find(const struct caller *c, const struct provider_ref *ref,
                        struct secret_buf **out)
{
    CLEANUP(map) struct map *members = NULL;
    const struct provider_ops *ops = c->lane->ops;
    if (!ops->find)
        return err_new(ERR_INVALID, "find is not supported by provider %s", ops->name);
    struct err *e = ops->find(c->lane->provider, ref->find, c->dl, &members);
    return e ? e : value_members_pack(members, out);
}

static struct err *get_metadata(const struct caller *c, const struct provider_ref *ref,
                                struct secret_buf **out)
{
    const struct provider_ops *ops = c->lane->ops;
    if (!ops->get_metadata)
        return err_new(ERR_INVALID, "metadataPolicy Fetch is not supported by provider %s",
                       ops->name);
    return ops->get_metadata(c->lane->provider, ref, c->dl, out);
}

static void get_singly(const struct caller *c, const struct provider_ref *refs, size_t n,
                       struct provider_result *results)
{
    const struct provider_ops *ops = c->lane->ops;
    for (size_t i = 0; i < n; i++) {
        struct provider_result *r = &results[i];
        if (refs[i].find)
            r->err = find(c, &refs[i], &r->bytes);
        else if (refs[i].wants_metadata)
            r->err = get_metadata(c, &refs[i], &r->bytes);
        else
            r->err = ops->get(c->lane->provider, &refs[i], c->dl, &r->bytes);
    }
}

/* Ask the store. A batch that is refused (DENIED), or that cannot work (INVALID: too large, say),
 * is made up for by single calls; *is_denied when it need not be tried again. */
static void ask_store(struct caller *c, const struct provider_ref *refs, size_t n,
                      struct provider_result *results, bool *is_denied)
{
    *is_denied = false;
    if (n == 1) {
        get_singly(c, refs, n, results);
        return;
    }
    struct err *e = c->lane->ops->get_many(c->lane->provider, refs, n, c->dl, results);
    if (!e) {
        c->saved.batch += (unsigned)n - 1;
        return;
    }
    *is_denied = err_class(e) == ERR_DENIED;
    if (*is_denied || err_class(e) == ERR_INVALID) {
        get_singly(c, refs, n, results);
    } else {
        for (size_t i = 0; i < n; i++)
            results[i].err = err_copy(e);
    }
    err_free(e);
}

/* Give a flight its answer. When it was cut by the time of the one who got it, it goes back to the
 * queue for those who still have time. */
static void land_locked(struct fetch_flights *f, struct flight *flight, const struct caller *c,
                        struct fetch_value *value, struct err *e) REQUIRES(&f->mu)
{
    if (e && err_class(e) == ERR_DEADLINE && deadline_is_over(c->dl)) {
        err_free(e);
        queue_last_locked(f, flight);
        unref_locked(f, flight);
        return;
    }
    bool is_outdated = is_outdated_locked(f, flight);
    flight->state = FLIGHT_LANDED;
    flight->value = value;
    flight->err = e;
    unlist_locked(f, flight);
    if (value || err_class(e) != ERR_DEADLINE)
        flight->lane->quiet_until_ns = 0;
    if (value && !is_outdated)
        fetch_cache_put(f->cache, flight->cache_key, value, clock_mono_ns(f->clock));
    else if (e && (err_class(e) == ERR_NOT_FOUND || err_class(e) == ERR_DENIED))
        fetch_cache_remove(f->cache, flight->cache_key);
    unref_locked(f, flight);
}

/* Take flights, get their values without the lock, and land them. */
static void lead_locked(struct fetch_flights *f, struct caller *c) REQUIRES(&f->mu)
{
    struct flight *taken[PROVIDER_BATCH_MAX];
    struct provider_ref refs[PROVIDER_BATCH_MAX];
    struct provider_result results[PROVIDER_BATCH_MAX] = {{0}};
    struct fetch_value *values[PROVIDER_BATCH_MAX] = {0};
    bool is_denied;
    bool is_batch = is_batching(c->lane);
    size_t n = take_some_locked(f, c, taken);
    if (is_batch)
        c->lane->is_busy = true;
    unlock_and_clean(f);

    for (size_t i = 0; i < n; i++)
        refs[i] = (struct provider_ref){.key = taken[i]->key,
                                        .version = taken[i]->version,
                                        .wants_metadata = taken[i]->wants_metadata,
                                        .find = taken[i]->find};
    uint64_t now_ns = clock_mono_ns(f->clock);
    ask_store(c, refs, n, results, &is_denied);
    for (size_t i = 0; i < n; i++)
        values[i] = results[i].err ? NULL : fetch_value_new(results[i].bytes, now_ns);

    mutex_lock(&f->mu);
    for (size_t i = 0; i < n; i++)
        land_locked(f, taken[i], c, values[i], results[i].err);
    if (is_batch)
        c->lane->is_busy = false;
    c->lane->is_single |= is_denied;
    cond_broadcast(&f->changed);
}

/* Take the answer off w's flight, if it has landed. */
static void alight_locked(struct fetch_flights *f, struct fetch_want *w) REQUIRES(&f->mu)
{
    struct flight *flight = TAKE(w->flight);
    if (!flight)
        return;
    if (flight->state != FLIGHT_LANDED)
        w->err = err_new(ERR_DEADLINE, "no answer from the store in time");
    else if (flight->value)
        w->value = fetch_value_ref(flight->value);
    else
        w->err = err_copy(flight->err);
    unref_locked(f, flight);
    f->open--;
}

/* Is there an old value for everything that is still to be answered? */
static bool has_fallback_locked(struct fetch_flights *f, const struct caller *c) REQUIRES(&f->mu)
{
    uint64_t now_ns = clock_mono_ns(f->clock);
    for (size_t i = 0; i < c->n; i++) {
        const struct fetch_want *w = &c->wants[i];
        if (!w->flight)
            continue;
        struct fetch_value *old = fetch_cache_get(f->cache, w->cache_key, now_ns, f->max_stale_ns);
        if (!old)
            return false;
        fetch_value_unref(old);
    }
    return true;
}

/* How long c waits for the store at most. */
static struct deadline patience_locked(struct fetch_flights *f, const struct caller *c,
                                       const struct fetch_limits *limits) REQUIRES(&f->mu)
{
    if (!limits->allow_stale || !has_fallback_locked(f, c))
        return *c->dl;
    bool is_quiet = clock_mono_ns(f->clock) < c->lane->quiet_until_ns;
    return deadline_sooner(c->dl, is_quiet ? 0 : PATIENCE_NS);
}

/* Somebody's patience has run out. */
static void note_silence_locked(struct fetch_flights *f, struct fetch_lane *lane) REQUIRES(&f->mu)
{
    uint64_t now_ns = clock_mono_ns(f->clock);
    if (now_ns >= lane->quiet_until_ns)
        lane->quiet_until_ns = now_ns + QUIET_NS;
}

static void wait_locked(struct fetch_flights *f, const struct deadline *dl) REQUIRES(&f->mu)
{
    uint64_t left_ns = deadline_left_ns(dl);
    cond_wait_ns(&f->changed, &f->mu, left_ns < SLICE_NS ? left_ns : SLICE_NS);
}

/* In place of a failure that may pass: the last good value. */
static void serve_stale(struct fetch_flights *f, struct fetch_want *w)
{
    mutex_lock(&f->mu);
    w->value = fetch_cache_get(f->cache, w->cache_key, clock_mono_ns(f->clock), f->max_stale_ns);
    unlock_and_clean(f);
    if (!w->value)
        return;
    err_free(TAKE(w->err));
    w->is_stale = true;
    metric_inc(METRIC_CACHE_STALE_SERVED, NULL, NULL, NULL);
}

static void count_saved(const struct caller *c)
{
    const char *provider = c->lane->ops->metric_name;
    metric_add(METRIC_PROVIDER_CALLS_SAVED, c->saved.cache, provider, "cache", NULL);
    metric_add(METRIC_PROVIDER_CALLS_SAVED, c->saved.flight, provider, "flight", NULL);
    metric_add(METRIC_PROVIDER_CALLS_SAVED, c->saved.batch, provider, "batch", NULL);
}

void fetch_flights_get(struct fetch_flights *f, struct fetch_lane *lane,
                       const struct fetch_limits *limits, const struct deadline *dl,
                       struct fetch_want *wants, size_t n)
{
    struct caller c = {.lane = lane, .dl = dl, .wants = wants, .n = n};
    mutex_lock(&f->mu);
    for (size_t i = 0; i < n; i++)
        board_locked(f, &c, &wants[i], limits);
    struct deadline patience = patience_locked(f, &c, limits);
    c.dl = &patience;
    while (is_waiting(&c) && !deadline_is_over(&patience)) {
        if (may_lead(&c))
            lead_locked(f, &c);
        else
            wait_locked(f, &patience);
    }
    if (is_waiting(&c) && !deadline_is_over(dl))
        note_silence_locked(f, lane);
    for (size_t i = 0; i < n; i++)
        alight_locked(f, &wants[i]);
    unlock_and_clean(f);
    for (size_t i = 0; i < n; i++) {
        if (wants[i].err && err_is_transient(wants[i].err) && limits->allow_stale)
            serve_stale(f, &wants[i]);
    }
    count_saved(&c);
}

void fetch_flights_forget(struct fetch_flights *f, const char *prefix)
{
    mutex_lock(&f->mu);
    f->writes++;
    fetch_cache_remove_prefix(f->cache, prefix);
    unlock_and_clean(f);
}

void fetch_flights_trim(struct fetch_flights *f)
{
    uint64_t now_ns = clock_mono_ns(f->clock);
    mutex_lock(&f->mu);
    fetch_cache_trim(f->cache, now_ns, f->max_stale_ns);
    struct fetch_cache_state s = fetch_cache_state(f->cache);
    unlock_and_clean(f);
    double oldest_s = s.n && now_ns > s.oldest_ns ? (double)(now_ns - s.oldest_ns) / NS_PER_S : 0;
    metric_set(METRIC_CACHE_ENTRIES, (double)s.n, NULL, NULL, NULL);
    metric_set(METRIC_CACHE_OLDEST_SECONDS, oldest_s, NULL, NULL, NULL);
}

size_t fetch_flights_open(struct fetch_flights *f)
{
    mutex_lock(&f->mu);
    size_t n = f->open;
    mutex_unlock(&f->mu);
    return n;
}
