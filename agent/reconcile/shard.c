/* A thread that steps the Leases and tells when the set of those we hold has changed. Nobody is
 * told in between: shard_is_held looks at the time itself, so a Lease that could not be renewed is
 * not acted on, however late this thread wakes up. */

#include "reconcile/shard.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "kube/kube_lease.h"

#define LEASE_PREFIX "lockstep-shard"
#define RELEASE_TIMEOUT_NS (2 * NS_PER_S)

struct shard_map {
    struct shard_options options;
    struct kube_leases *leases;
    uint64_t held_bits; /* as last told */
    struct thread *thread;
    atomic_bool stop; /* set by stop, read by the thread and by its deadlines */
    struct mutex mu;
    struct cond woken;
};

/* FNV-1a, 32 bits: short, and good enough to spread random UIDs. */
unsigned shard_of(const char *uid, unsigned n)
{
    uint32_t hash = 2166136261u;
    for (; *uid; uid++)
        hash = (hash ^ (unsigned char)*uid) * 16777619u;
    return hash % n;
}

struct shard_map *shard_map_new(const struct shard_options *options)
{
    struct shard_map *m = xcalloc(1, sizeof(*m));
    m->options = *options;
    if (m->options.n_shards > SHARDS_MAX)
        m->options.n_shards = SHARDS_MAX;
    m->leases = kube_leases_new(&(struct kube_leases_options){
        .kube = options->kube,
        .ns = options->ns,
        .prefix = LEASE_PREFIX,
        .identity = options->identity,
        .n = m->options.n_shards,
        .stop = &m->stop,
    });
    mutex_init(&m->mu);
    cond_init(&m->woken);
    return m;
}

void shard_map_free(struct shard_map *m)
{
    if (!m)
        return;
    shard_map_stop(m);
    kube_leases_free(m->leases);
    cond_done(&m->woken);
    mutex_done(&m->mu);
    free(m);
}

bool shard_is_held(const struct shard_map *m, const char *uid)
{
    return kube_leases_is_held(m->leases, shard_of(uid, m->options.n_shards));
}

static uint64_t held_bits(const struct shard_map *m)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < m->options.n_shards; i++)
        bits |= (uint64_t)kube_leases_is_held(m->leases, i) << i;
    return bits;
}

static void tell_changes(struct shard_map *m)
{
    uint64_t bits = held_bits(m);
    size_t n = kube_leases_held(m->leases);
    if (bits == m->held_bits)
        return;
    m->held_bits = bits;
    metric_set(METRIC_SHARDS_HELD, (double)n, NULL, NULL, NULL);
    log_info("shards.changed", LF("held", n), LF("of", m->options.n_shards));
    m->options.changed(m->options.ctx, n);
}

uint64_t shard_map_step(struct shard_map *m)
{
    uint64_t next_ns = 0;
    struct err *e = kube_leases_step(m->leases, &next_ns);
    if (e && !atomic_load(&m->stop))
        log_warn("shards.failed", LF("err", e));
    err_free(e);
    tell_changes(m);
    return next_ns;
}

static void sleep_until(struct shard_map *m, uint64_t due_ns)
{
    uint64_t now = clock_mono_ns(kube_client_clock(m->options.kube));
    mutex_lock(&m->mu);
    if (due_ns > now && !atomic_load(&m->stop))
        cond_wait_ns(&m->woken, &m->mu, due_ns - now);
    mutex_unlock(&m->mu);
}

static void run(void *arg)
{
    struct shard_map *m = arg;
    while (!atomic_load(&m->stop))
        sleep_until(m, shard_map_step(m));
}

void shard_map_start(struct shard_map *m)
{
    m->thread = thread_start("shards", run, m);
}

void shard_map_stop(struct shard_map *m)
{
    struct deadline dl = deadline_in(kube_client_clock(m->options.kube), RELEASE_TIMEOUT_NS);
    mutex_lock(&m->mu);
    atomic_store(&m->stop, true);
    cond_signal(&m->woken);
    mutex_unlock(&m->mu);
    thread_join(m->thread);
    m->thread = NULL;
    kube_leases_release(m->leases, &dl);
    tell_changes(m);
}
