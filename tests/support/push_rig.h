#pragma once
/* push_rig.h: PushSecrets from object to store, on fakes, driven by the test.
 *
 * Real: spec store, fetcher, the pass, its queue and reports. Fake: clock, stores
 * (provider_script), Secrets, and an API server that holds one PushSecret "p" of namespace "app":
 * what is written to it comes back as the watch would bring it. Nothing runs by itself.
 *
 * Owns     all its parts.
 * Threads  the test thread, and workers where the test starts them. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "fetch/fetch.h"
#include "reconcile/push.h"
#include "reconcile/push_pass.h"
#include "spec/spec_store.h"
#include "tests/support/provider_script.h"

#define PUSH_RIG_SPEC                                                                              \
    "{secretStoreRefs: [{name: stores}], selector: {secret: {name: db}}, refreshInterval: 10m, "   \
    "data: [{match: {secretKey: user, remoteRef: {remoteKey: remote/user}}}]}"

struct push_rig {
    struct provider_script *script;
    struct spec_store *specs; /* has store "stores" and is synced */
    struct fetcher *fetcher;
    struct push_pass pass;
    struct push *push;
    struct map *secrets; /* name -> map of key to text */
    struct json *object; /* the PushSecret */

    /* Changed by the test at will. */
    bool is_ours;                   /* true at first */
    bool stands_back;               /* false at first */
    int secret_error;               /* class of reading Secrets; -1: none */
    int status_error;               /* of writing the status */
    int finalizer_error;            /* of writing finalizers */
    bool is_watch_late;             /* what is written does not come back */
    const char *last_selector_want; /* labels that list is to be asked for; NULL: any */

    atomic_uint rests; /* steps that workers have ended */

    /* Read by the test. */
    unsigned reads, status_writes, finalizer_writes, events;
    char last_event[1400]; /* "Warning Errored message" */
};

struct push_rig *push_rig_new(void) NODISCARD;
void push_rig_free(struct push_rig *rig);
CLEANUP_DEFINE(push_rig)

/* Put "p" with this spec (YAML); the generation counts up, the status stays. */
void push_rig_put(struct push_rig *rig, const char *spec);

/* "p" gets a deletionTimestamp; its finalizers, or is gone for good. */
void push_rig_delete(struct push_rig *rig);
void push_rig_gone(struct push_rig *rig);

/* After a restart nothing is remembered; "p" is put as the server has it. */
void push_rig_restart(struct push_rig *rig);

/* Put a store of YAML. */
void push_rig_put_store(struct push_rig *rig, const char *yaml);

/* Secret name holds these keys and values ("user=ann pass=pw"); NULL: there is none. */
void push_rig_secret(struct push_rig *rig, const char *name, const char *pairs);

/* Do all that is due now; after moving the clock on. The number of steps. */
size_t push_rig_step(struct push_rig *rig);
size_t push_rig_step_in(struct push_rig *rig, uint64_t s);

/* With workers started: wait until one has ended a step, ten seconds at most. */
void push_rig_wait_rest(struct push_rig *rig);

/* Assert that the store has text under key (NULL: nothing). */
void push_rig_assert_remote(struct push_rig *rig, const char *key, const char *text);

/* Assert the condition: "True Synced message"; the message may go on. */
void push_rig_assert_ready(struct push_rig *rig, const char *want);

/* Text of the object at path; "" when there is none. */
const char *push_rig_text(const struct push_rig *rig, const char *path);

/* Assert status.syncedPushSecrets: "SecretStore/stores: a b; " (entries by key). */
void push_rig_assert_synced(struct push_rig *rig, const char *want);
