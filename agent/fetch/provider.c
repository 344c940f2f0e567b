/* The table of providers, and what several of them need. */

#include "fetch/provider.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/metric.h"
#include "fetch/provider_table.h"

#define WAIT_SLICE_NS (100 * NS_PER_MS)

static const struct provider_ops *const providers[] = {
    &provider_aws,
    &provider_express,
    &provider_fake,
};

static const char *const names[] = {"aws", "express", "fake", NULL};

const struct provider_ops *provider_find_ops(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(providers); i++) {
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    }
    return NULL;
}

const char *const *provider_names(void)
{
    return names;
}

/* In slices, so that a caller who goes away is noticed. */
static void really_wait(const struct provider_env *env, const struct deadline *dl, uint64_t ns)
{
    uint64_t end_ns = clock_mono_ns(env->clock) + ns;
    for (;;) {
        uint64_t now_ns = clock_mono_ns(env->clock);
        if (now_ns >= end_ns || deadline_is_over(dl))
            return;
        uint64_t left_ns = end_ns - now_ns;
        struct timespec slice = {0, (long)(left_ns < WAIT_SLICE_NS ? left_ns : WAIT_SLICE_NS)};
        nanosleep(&slice, NULL);
    }
}

bool provider_wait(const struct provider_env *env, const struct deadline *dl, uint64_t ns)
{
    if (env->wait)
        env->wait(dl, ns);
    else
        really_wait(env, dl, ns);
    return !deadline_is_over(dl);
}

struct digest_keyed *provider_identity(const struct provider_env *env, const struct store *store)
{
    struct digest_keyed *d = digest_keyed_new(env->digest_key);
    char *config = json_print(store->config);
    digest_keyed_add(d, secret_view_of(store->provider, strlen(store->provider)));
    digest_keyed_add(d, secret_view_of(config, strlen(config)));
    free(config);
    return d;
}

enum err_class provider_status_class(int status)
{
    if (status == 404)
        return ERR_NOT_FOUND;
    if (status == 401 || status == 403)
        return ERR_DENIED;
    if (status == 429)
        return ERR_RATE_LIMITED;
    return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
}

void provider_count_call(const struct provider_env *env, const struct provider_ops *ops,
                         const char *call, uint64_t start_ns, const struct err *e)
{
    uint64_t took_ns = clock_mono_ns(env->clock) - start_ns;
    metric_inc(METRIC_PROVIDER_CALLS, ops->metric_name, call, e ? "error" : "success");
    metric_observe(METRIC_PROVIDER_SECONDS, (double)took_ns / NS_PER_S, ops->metric_name, call);
}
