#pragma once
/* shard.h: which ExternalSecrets this agent mirrors: those whose shard's Lease it holds.
 *
 * Owns     a shard_map owns its leases and the thread "shards".
 * Threads  shard_is_held from any; start, stop and free from main; changed comes from "shards".
 * Source   docs/ARCHITECTURE.md "mirror". */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "kube/kube_client.h"

#define SHARDS_MAX 64

/* Shard of an object, 0..n-1, by its UID; the same on every agent. */
unsigned shard_of(const char *uid, unsigned n);

struct shard_options {
    struct kube_client *kube;
    const char *ns;       /* of the Leases; borrowed */
    const char *identity; /* the node's name; borrowed */
    unsigned n_shards;    /* 1..SHARDS_MAX */
    /* The set that we hold has changed; n_held of it. */
    void (*changed)(void *ctx, size_t n_held);
    void *ctx;
};

struct shard_map;
struct shard_map *shard_map_new(const struct shard_options *options) NODISCARD;
void shard_map_free(struct shard_map *m);
CLEANUP_DEFINE(shard_map)

void shard_map_start(struct shard_map *m);

/* End the thread and give the Leases back (2 s at most); idempotent. */
void shard_map_stop(struct shard_map *m);

/* One round of the thread's work; returns when the next is due (CLOCK_MONOTONIC ns). For tests. */
uint64_t shard_map_step(struct shard_map *m);

/* Do we hold uid's shard at this moment? */
bool shard_is_held(const struct shard_map *m, const char *uid);
