/* What other threads read is one number per lease: until when it is ours. It moves on with each
 * renewal and simply passes when none succeeds, so a stuck thread or a dead API server ends our
 * acting in time without anybody having to notice.
 *
 * Writes carry the resourceVersion that we know. A conflict means that somebody else wrote: then
 * the lease is looked at again before anything is concluded. */

#include "kube/kube_lease.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kube/kube_lease_rule.h"
#include "kube/kube_list.h"
#include "kube/kube_write.h"

#define WRITE_TIMEOUT_NS (3 * NS_PER_S)
#define LIST_TIMEOUT_NS (10 * NS_PER_S)
#define SELECTOR "lockstep.dev/shards=true"

struct kube_leases {
    struct kube_client *k;
    const char *ns;
    const char *prefix;
    const char *identity;
    const atomic_bool *stop;
    size_t n;
    struct lease leases[KUBE_LEASES_MAX];
    bool is_listed[KUBE_LEASES_MAX];                 /* by the list under way */
    _Atomic uint64_t held_until_ns[KUBE_LEASES_MAX]; /* written by the stepper, read by any */
    unsigned n_lists;
    uint64_t list_due_ns;
    uint64_t take_due_ns; /* UINT64_MAX: nothing is free */
};

static uint64_t now_ns(const struct kube_leases *l)
{
    return clock_mono_ns(kube_client_clock(l->k));
}

static double draw(const struct kube_leases *l)
{
    const struct retry_random *r = kube_client_random(l->k);
    return r->fn(r->ctx);
}

struct kube_leases *kube_leases_new(const struct kube_leases_options *options)
{
    struct kube_leases *l = xcalloc(1, sizeof(*l));
    l->k = options->kube;
    l->ns = options->ns;
    l->prefix = options->prefix;
    l->identity = options->identity;
    l->stop = options->stop;
    l->n = options->n < KUBE_LEASES_MAX ? options->n : KUBE_LEASES_MAX;
    l->list_due_ns = now_ns(l) + (uint64_t)(draw(l) * (double)LEASE_FIRST_SPREAD_NS);
    l->take_due_ns = UINT64_MAX;
    return l;
}

void kube_leases_free(struct kube_leases *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        lease_done(&l->leases[i]);
    free(l);
}

bool kube_leases_is_held(const struct kube_leases *l, size_t i)
{
    return i < l->n && now_ns(l) < atomic_load(&l->held_until_ns[i]);
}

size_t kube_leases_held(const struct kube_leases *l)
{
    size_t held = 0;
    for (size_t i = 0; i < l->n; i++)
        held += kube_leases_is_held(l, i);
    return held;
}

static char *name_of(const struct kube_leases *l, size_t i)
{
    return xasprintf("%s-%zu", l->prefix, i);
}

static struct deadline limit(const struct kube_leases *l, uint64_t ns)
{
    struct deadline dl = deadline_in(kube_client_clock(l->k), ns);
    dl.cancelled = l->stop;
    return dl;
}

static void publish(struct kube_leases *l, size_t i)
{
    atomic_store(&l->held_until_ns[i], lease_held_until_ns(&l->leases[i]));
}

static void lose(struct kube_leases *l, size_t i)
{
    l->leases[i].is_held = false;
    publish(l, i);
}

/* The list may be older than our own writes, so it says nothing about leases that we hold: a
 * renewal that conflicts does. */
static void take_item(void *ctx, struct json *item)
{
    struct kube_leases *l = ctx;
    CLEANUP(json) struct json *obj = item;
    const char *name = json_path_text(obj, "metadata.name");
    for (size_t i = 0; name && i < l->n; i++) {
        CLEANUP_STR char *ours = name_of(l, i);
        if (strcmp(ours, name) == 0) {
            if (!l->leases[i].is_held)
                lease_observe(&l->leases[i], obj, now_ns(l));
            l->is_listed[i] = true;
        }
    }
}

/* When there is a free lease, plan to take it; a plan that stands is not put off by a list. */
static void plan_take(struct kube_leases *l)
{
    uint64_t now = now_ns(l);
    if (lease_find_free(l->leases, l->n, 0, l->identity, now) == l->n)
        l->take_due_ns = UINT64_MAX;
    else if (l->take_due_ns == UINT64_MAX)
        l->take_due_ns = now + lease_hesitation_ns(kube_leases_held(l), kube_client_random(l->k));
}

/* Until the next list, should this one succeed or, before the first success, should it fail. */
static uint64_t list_wait_ns(const struct kube_leases *l)
{
    size_t held = kube_leases_held(l);
    uint64_t base_ns = l->n_lists == 0           ? LEASE_FIRST_RETRY_NS
                       : held > 0 && held < l->n ? LEASE_WATCHFUL_NS
                                                 : LEASE_LIST_NS;
    return base_ns - base_ns / 6 + (uint64_t)(draw(l) * (double)base_ns / 3);
}

static struct err *list(struct kube_leases *l)
{
    struct kube_outcome o;
    CLEANUP_STR char *rv = NULL;
    struct deadline dl = limit(l, LIST_TIMEOUT_NS);
    const struct kube_list query = {
        .selector = {.resource = &kube_leases_resource, .ns = l->ns, .label_selector = SELECTOR},
        .resource_version = "0",
        .item = take_item,
        .ctx = l,
    };
    memset(l->is_listed, 0, sizeof(l->is_listed));
    l->list_due_ns = now_ns(l) + list_wait_ns(l);
    struct err *e = kube_list(l->k, &query, &dl, &o, &rv);
    if (e)
        return e;
    if (l->n_lists++ == 0)
        l->list_due_ns = now_ns(l) + LEASE_SECOND_LIST_NS;
    for (size_t i = 0; i < l->n; i++)
        if (!l->is_listed[i] && !l->leases[i].is_held)
            lease_observe_none(&l->leases[i]);
    plan_take(l);
    return NULL;
}

/* Write lease i as ours (identity) or nobody's (NULL). */
static struct err *write_lease(struct kube_leases *l, size_t i, const char *identity,
                               const struct deadline *dl, struct json **out)
{
    CLEANUP_STR char *name = name_of(l, i);
    const struct lease *lease = &l->leases[i];
    CLEANUP(json)
    struct json *body =
        lease_body(lease, name, l->ns, identity, clock_unix_s(kube_client_clock(l->k)));
    struct kube_target t = {.resource = &kube_leases_resource, .ns = l->ns};
    if (!lease->exists)
        return kube_create(l->k, &t, body, dl, out);
    t.name = name;
    return kube_replace(l->k, &t, body, dl, out);
}

/* See what the server has now. */
static struct err *look(struct kube_leases *l, size_t i)
{
    CLEANUP_STR char *name = name_of(l, i);
    CLEANUP(json) struct json *obj = NULL;
    struct deadline dl = limit(l, WRITE_TIMEOUT_NS);
    const struct kube_target t = {.resource = &kube_leases_resource, .ns = l->ns, .name = name};
    struct err *e = kube_get(l->k, &t, &dl, &obj);
    if (e && err_class(e) == ERR_NOT_FOUND) {
        err_free(e);
        lease_observe_none(&l->leases[i]);
        publish(l, i);
        return NULL;
    }
    if (!e)
        lease_observe(&l->leases[i], obj, now_ns(l));
    return e;
}

static struct err *write_ours(struct kube_leases *l, size_t i)
{
    CLEANUP(json) struct json *obj = NULL;
    struct deadline dl = limit(l, WRITE_TIMEOUT_NS);
    uint64_t began = now_ns(l);
    struct err *e = write_lease(l, i, l->identity, &dl, &obj);
    if (e)
        return e;
    lease_won(&l->leases[i], obj, began, kube_client_random(l->k));
    publish(l, i);
    return NULL;
}

/* Somebody wrote lease i: it may have been ourselves, with the answer lost. */
static struct err *settle_conflict(struct kube_leases *l, size_t i)
{
    struct err *e = look(l, i);
    if (e)
        return e;
    const struct lease *lease = &l->leases[i];
    if (lease->exists && lease->holder && strcmp(lease->holder, l->identity) == 0)
        return write_ours(l, i);
    lose(l, i);
    return NULL;
}

static bool is_moved(const struct err *e)
{
    return err_class(e) == ERR_CONFLICT || err_class(e) == ERR_NOT_FOUND;
}

static struct err *write_or_settle(struct kube_leases *l, size_t i)
{
    struct err *e = write_ours(l, i);
    if (!e || !is_moved(e))
        return e;
    err_free(e);
    return settle_conflict(l, i);
}

/* Renew what is due; the first failure ends the round, the next one comes soon. */
static struct err *renew(struct kube_leases *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct lease *lease = &l->leases[i];
        if (!lease->is_held || now_ns(l) < lease->renew_due_ns)
            continue;
        struct err *e = write_or_settle(l, i);
        if (e) {
            lease->renew_due_ns = now_ns(l) + LEASE_RETRY_NS;
            return e;
        }
    }
    return NULL;
}

/* What we hold has changed, and so has how often we look. */
static void hasten_list(struct kube_leases *l)
{
    uint64_t due_ns = now_ns(l) + list_wait_ns(l);
    if (due_ns < l->list_due_ns)
        l->list_due_ns = due_ns;
}

static struct err *take(struct kube_leases *l)
{
    size_t start = (size_t)(draw(l) * (double)l->n);
    size_t i = lease_find_free(l->leases, l->n, start, l->identity, now_ns(l));
    struct err *e = i < l->n ? write_or_settle(l, i) : NULL;
    l->take_due_ns = UINT64_MAX;
    plan_take(l);
    hasten_list(l);
    if (e)
        l->take_due_ns = now_ns(l) + LEASE_RETRY_NS;
    return e;
}

static uint64_t next_due_ns(const struct kube_leases *l)
{
    uint64_t due = l->list_due_ns < l->take_due_ns ? l->list_due_ns : l->take_due_ns;
    for (size_t i = 0; i < l->n; i++)
        if (l->leases[i].is_held && l->leases[i].renew_due_ns < due)
            due = l->leases[i].renew_due_ns;
    return due;
}

struct err *kube_leases_step(struct kube_leases *l, uint64_t *next_ns)
{
    struct err *e = renew(l);
    if (!e && now_ns(l) >= l->list_due_ns)
        e = list(l);
    if (!e && now_ns(l) >= l->take_due_ns)
        e = take(l);
    *next_ns = next_due_ns(l);
    if (e && *next_ns < now_ns(l) + NS_PER_S)
        *next_ns = now_ns(l) + NS_PER_S;
    return e ? err_wrap(e, "shard leases") : NULL;
}

void kube_leases_release(struct kube_leases *l, const struct deadline *dl)
{
    for (size_t i = 0; i < l->n; i++)
        atomic_store(&l->held_until_ns[i], 0);
    for (size_t i = 0; i < l->n; i++) {
        CLEANUP(json) struct json *obj = NULL;
        if (!l->leases[i].is_held)
            continue;
        err_free(write_lease(l, i, NULL, dl, &obj));
        l->leases[i].is_held = false;
    }
}
