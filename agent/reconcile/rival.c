/* An object has a memory while External Secrets' trace on it is newer than ours. A trace that
 * differs from the remembered one is a sign of life, and the last sign counts for all objects:
 * External Secrets works through its queue one by one, and may be late with this one because of
 * others. */

#include "reconcile/rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/thread.h"

#define RENEW_SIZE 64

struct contested {
    int64_t trace_unix_s;    /* as last seen */
    uint64_t grace_until_ns; /* 0: nothing is due */
    bool is_forced;
    bool stands_back;
    bool is_taken; /* judged to be ours, until its trace moves */
};

struct rival {
    const struct clock *clock;
    bool is_take_over;
    struct mutex mu;
    struct map *contested; /* "kind/ns/name" -> struct contested */
    size_t n_back;         /* of them, those that stand back */
    bool has_sign;
    uint64_t sign_ns; /* when the last sign of life was seen */
    char sign[RIVAL_MESSAGE_MAX / 2];
    char renew_time[RENEW_SIZE]; /* of the Lease as last seen; "": never */
    bool has_told;
};

struct rival *rival_new(const struct clock *clock, bool is_take_over)
{
    struct rival *r = xcalloc(1, sizeof(*r));
    r->clock = clock;
    r->is_take_over = is_take_over;
    mutex_init(&r->mu);
    r->contested = map_new(free);
    return r;
}

void rival_free(struct rival *r)
{
    if (!r)
        return;
    map_free(r->contested);
    mutex_done(&r->mu);
    free(r);
}

static void note_sign_locked(struct rival *r, const char *what, const char *when) REQUIRES(r->mu)
{
    r->has_sign = true;
    r->sign_ns = clock_mono_ns(r->clock);
    snprintf(r->sign, sizeof(r->sign), "%s at %s", what, when);
}

static bool is_alive_locked(const struct rival *r) REQUIRES(r->mu)
{
    return r->has_sign && clock_mono_ns(r->clock) - r->sign_ns < RIVAL_SIGN_NS;
}

static void set_back_locked(struct rival *r, struct contested *c, bool stands_back) REQUIRES(r->mu)
{
    if (c->stands_back == stands_back)
        return;
    c->stands_back = stands_back;
    r->n_back += stands_back ? 1 : (size_t)-1;
}

static void drop_locked(struct rival *r, const char *key) REQUIRES(r->mu)
{
    struct contested *c = map_get(r->contested, key);
    if (!c)
        return;
    set_back_locked(r, c, false);
    map_remove(r->contested, key);
}

/* Memory of the object, and whether its trace has moved. */
static struct contested *see_locked(struct rival *r, const char *key,
                                    const struct object_meta *meta) REQUIRES(r->mu)
{
    struct contested *c = map_get(r->contested, key);
    char when[CLOCK_RFC3339_SIZE];
    if (!c) {
        c = xcalloc(1, sizeof(*c));
        map_set(r->contested, key, c);
    } else if (c->trace_unix_s != meta->status_theirs_unix_s) {
        CLEANUP_STR char *what = xasprintf("it wrote the status of %.300s", key);
        clock_format_rfc3339(meta->status_theirs_unix_s, when);
        note_sign_locked(r, what, when);
        c->is_taken = false;
    }
    c->trace_unix_s = meta->status_theirs_unix_s;
    return c;
}

static enum rival_verdict judge_locked(struct rival *r, struct contested *c,
                                       struct rival_question *q, uint64_t *look_ns) REQUIRES(r->mu)
{
    uint64_t now_ns = clock_mono_ns(r->clock);
    if (c->is_taken)
        return RIVAL_OURS;
    q->is_forced = c->is_forced = c->is_forced || q->is_forced;
    if (!q->is_due && !q->is_forced) {
        c->grace_until_ns = 0;
        *look_ns = UINT64_MAX;
        return RIVAL_WAIT;
    }
    if (is_alive_locked(r)) {
        c->grace_until_ns = 0;
        c->is_forced = false;
        set_back_locked(r, c, true);
        *look_ns = now_ns + RIVAL_LOOK_NS;
        return RIVAL_ALIVE;
    }
    if (!c->grace_until_ns)
        c->grace_until_ns = now_ns + RIVAL_GRACE_NS;
    *look_ns = c->grace_until_ns;
    if (now_ns < c->grace_until_ns)
        return RIVAL_WAIT;
    *c = (struct contested){
        .trace_unix_s = c->trace_unix_s, .stands_back = c->stands_back, .is_taken = true};
    set_back_locked(r, c, false);
    return RIVAL_OURS;
}

static void count_back(size_t n_before, size_t n_after)
{
    if (n_before != n_after)
        metric_set(METRIC_STANDING_BACK, (double)n_after, NULL, NULL, NULL);
}

enum rival_verdict rival_judge(struct rival *r, struct rival_question *q, uint64_t *look_ns)
{
    const struct object_meta *m = q->meta;
    CLEANUP_STR char *key = xasprintf("%s %s%s%s", q->kind, m->ns, *m->ns ? "/" : "", m->name);
    enum rival_verdict verdict = RIVAL_OURS;
    mutex_lock(&r->mu);
    size_t n_before = r->n_back;
    if (!r->is_take_over && m->status_theirs_unix_s > m->status_ours_unix_s)
        verdict = judge_locked(r, see_locked(r, key, m), q, look_ns);
    else
        drop_locked(r, key);
    size_t n_after = r->n_back;
    mutex_unlock(&r->mu);
    count_back(n_before, n_after);
    return verdict;
}

void rival_forget(struct rival *r, const char *kind, const char *ns_name)
{
    CLEANUP_STR char *key = xasprintf("%s %s", kind, ns_name);
    mutex_lock(&r->mu);
    size_t n_before = r->n_back;
    drop_locked(r, key);
    size_t n_after = r->n_back;
    mutex_unlock(&r->mu);
    count_back(n_before, n_after);
}

bool rival_stands_back(struct rival *r, const char *kind, const struct object_meta *meta)
{
    struct rival_question q = {.kind = kind, .meta = meta, .is_due = true};
    uint64_t look_ns;
    return rival_judge(r, &q, &look_ns) != RIVAL_OURS;
}

bool rival_is_alive(struct rival *r)
{
    mutex_lock(&r->mu);
    bool is_alive = !r->is_take_over && is_alive_locked(r);
    mutex_unlock(&r->mu);
    return is_alive;
}

void rival_message(struct rival *r, char out[RIVAL_MESSAGE_MAX])
{
    mutex_lock(&r->mu);
    snprintf(out, RIVAL_MESSAGE_MAX,
             "External Secrets is alive: %s; stop it, or run Lockstep with --take-over", r->sign);
    mutex_unlock(&r->mu);
}

void rival_note_lease(struct rival *r, const char *renew_time, int64_t duration_s)
{
    char second[CLOCK_RFC3339_SIZE]; /* without the fraction that a Lease has */
    int64_t renewed_unix_s = 0;
    snprintf(second, sizeof(second), "%.19sZ", renew_time);
    if (!clock_parse_rfc3339(second, &renewed_unix_s))
        return;
    mutex_lock(&r->mu);
    bool has_moved = *r->renew_time && strcmp(r->renew_time, renew_time) != 0;
    snprintf(r->renew_time, sizeof(r->renew_time), "%s", renew_time);
    if (has_moved || clock_unix_s(r->clock) - renewed_unix_s < duration_s)
        note_sign_locked(r, "it renewed its Lease", second);
    mutex_unlock(&r->mu);
}

bool rival_is_news(struct rival *r)
{
    mutex_lock(&r->mu);
    bool is_news = !r->has_told;
    r->has_told = true;
    mutex_unlock(&r->mu);
    return is_news;
}
