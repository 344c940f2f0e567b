/* A heartbeat is one atomic number: when the loop's present round began, or zero while it rests.
 * So an idle loop need not wake up only to say that it lives, and a round that hangs is seen by
 * whoever asks, without a watcher thread. */

#include "ops/ops_health.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#define RESTING 0

struct ops_heartbeat {
    const struct clock *clock;
    const char *name;
    uint64_t max_silence_ns;
    _Atomic uint64_t busy_since_ns; /* written by the loop, read by health checks; or RESTING */
};

struct condition {
    const char *name;
    ops_condition_fn *is_ready;
    void *ctx;
};

struct ops_health {
    const struct clock *clock;
    struct ops_heartbeat *beats[OPS_HEARTBEATS_MAX]; /* n_beats of them */
    size_t n_beats;
    struct condition conditions[OPS_CONDITIONS_MAX]; /* n_conditions of them */
    size_t n_conditions;
};

struct ops_health *ops_health_new(const struct clock *clock)
{
    struct ops_health *h = xcalloc(1, sizeof(*h));
    h->clock = clock;
    return h;
}

void ops_health_free(struct ops_health *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n_beats; i++)
        free(h->beats[i]);
    free(h);
}

struct ops_heartbeat *ops_health_register(struct ops_health *h, const char *name,
                                          uint64_t max_silence_ns)
{
    assert(h->n_beats < OPS_HEARTBEATS_MAX);
    struct ops_heartbeat *b = xcalloc(1, sizeof(*b));
    b->clock = h->clock;
    b->name = name;
    b->max_silence_ns = max_silence_ns;
    atomic_init(&b->busy_since_ns, RESTING);
    h->beats[h->n_beats++] = b;
    return b;
}

void ops_health_beat(void *heartbeat)
{
    struct ops_heartbeat *b = heartbeat;
    if (!b)
        return;
    uint64_t now_ns = clock_mono_ns(b->clock);
    atomic_store(&b->busy_since_ns, now_ns == RESTING ? 1 : now_ns);
}

void ops_health_rest(void *heartbeat)
{
    struct ops_heartbeat *b = heartbeat;
    if (b)
        atomic_store(&b->busy_since_ns, RESTING);
}

void ops_health_condition(struct ops_health *h, const char *name, ops_condition_fn *is_ready,
                          void *ctx)
{
    assert(h->n_conditions < OPS_CONDITIONS_MAX);
    h->conditions[h->n_conditions++] =
        (struct condition){.name = name, .is_ready = is_ready, .ctx = ctx};
}

/* One line of the body; a NULL body is for callers that want the answer alone. */
static void say(struct str_buf *body, const char *name, bool is_ok, const char *reason)
{
    if (!body)
        return;
    if (is_ok)
        str_buf_printf(body, "[+]%s ok\n", name);
    else
        str_buf_printf(body, "[-]%s: %s\n", name, reason);
}

/* A beat may come between reading the clock and reading the heartbeat, hence the comparison. */
static bool is_beating(const struct ops_heartbeat *b, struct str_buf *body)
{
    char reason[OPS_REASON_SIZE] = "";
    uint64_t now_ns = clock_mono_ns(b->clock);
    uint64_t since_ns = atomic_load(&b->busy_since_ns);
    uint64_t silent_ns = since_ns != RESTING && since_ns < now_ns ? now_ns - since_ns : 0;
    bool is_ok = silent_ns <= b->max_silence_ns;
    if (!is_ok)
        snprintf(reason, sizeof(reason), "no sign of life for %llu s, expected every %llu s",
                 (unsigned long long)(silent_ns / NS_PER_S),
                 (unsigned long long)(b->max_silence_ns / NS_PER_S));
    say(body, b->name, is_ok, reason);
    return is_ok;
}

bool ops_health_is_alive(struct ops_health *h, struct str_buf *body)
{
    bool is_alive = true;
    for (size_t i = 0; i < h->n_beats; i++)
        is_alive &= is_beating(h->beats[i], body);
    return is_alive;
}

bool ops_health_is_ready(struct ops_health *h, struct str_buf *body)
{
    bool is_ready = true;
    for (size_t i = 0; i < h->n_conditions; i++) {
        const struct condition *c = &h->conditions[i];
        char reason[OPS_REASON_SIZE] = "not ready";
        bool is_ok = c->is_ready(c->ctx, reason, sizeof(reason));
        say(body, c->name, is_ok, reason);
        is_ready &= is_ok;
    }
    return is_ready;
}

static void serve(struct ops_reply *reply, bool is_ok)
{
    reply->status = is_ok ? 200 : 503;
    str_buf_puts(&reply->body, is_ok ? "ok\n" : "failed\n");
}

void ops_health_serve_alive(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    (void)rq;
    serve(reply, ops_health_is_alive(ctx, &reply->body));
}

void ops_health_serve_ready(void *ctx, const struct ops_request *rq, struct ops_reply *reply)
{
    (void)rq;
    serve(reply, ops_health_is_ready(ctx, &reply->body));
}
