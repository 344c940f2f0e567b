#pragma once
/* agent_rig.h: the agent from spec store to volumes and mirror, on fakes, driven by the test.
 *
 * Real: spec store, fetcher, render, pipeline, volumes, their registry, reconcile, the folder
 * mirror. Fake: clock, stores (provider_script, or express on http_fake), mounts, statuses. Nothing
 * runs by itself: agent_rig_step does what is due. Everything lives in namespace "app".
 *
 * Owns     all its parts.
 * Threads  the test thread; agent_rig_publish from any. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "fetch/fetch.h"
#include "project/project.h"
#include "reconcile/pipeline.h"
#include "reconcile/reconcile.h"
#include "reconcile/rival.h"
#include "reconcile/volumes.h"
#include "spec/spec_store.h"
#include "tests/support/clock_fake.h"
#include "tests/support/http_fake.h"
#include "tests/support/mounter_fake.h"
#include "tests/support/provider_script.h"
#include "tests/support/status_record.h"
#include "tests/support/tmp_dir.h"
#include "watch/watch_volumes.h"

#define AGENT_RIG_NS "app"

/* Some manifests: a store "stores" of the scripted provider or of express, and "db", which takes
 * key "user" and key "pass" of it every ten minutes. */
#define AGENT_RIG_STORE                                                                            \
    "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: stores, "            \
    "namespace: app}, spec: {provider: {script: {}}}}\n"
#define AGENT_RIG_EXPRESS                                                                          \
    "{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: stores, "            \
    "namespace: app}, spec: {provider: {express: {host: 'http://keys.test'}}}}\n"
#define AGENT_RIG_SPEC_HEAD                                                                        \
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db, namespace: "   \
    "app}\n"
#define AGENT_RIG_SPEC                                                                             \
    AGENT_RIG_SPEC_HEAD                                                                            \
    "spec:\n  secretStoreRef: {name: stores}\n  refreshInterval: 10m\n  data:\n"                   \
    "  - {secretKey: user, remoteRef: {key: user}}\n"                                              \
    "  - {secretKey: pass, remoteRef: {key: pass}}\n"
#define AGENT_RIG_INTERVAL_S 600

struct agent_rig {
    struct tmp_dir dir; /* kubelet/, state/, mirror/ */
    struct provider_script *script;
    struct clock_fake *clock; /* the script's */
    struct http_fake *http;
    struct digest_key *digest_key;
    struct spec_store *specs;
    struct fetcher *fetcher;
    struct pipeline pipeline;
    struct mounter *mounter;
    struct watch_volumes *registry;
    struct volumes *volumes;
    struct sink *mirror; /* project_dir, or what agent_rig_new was given */
    struct status_record *status;
    struct rival *rival;
    struct reconcile *reconcile;

    /* Changed by the test at will. */
    bool is_ours;                 /* the answer to "do we mirror it?"; true at first */
    uint64_t lookup_takes_ns;     /* how far looking an ExternalSecret up moves the clock */
    bool is_take_over;            /* from the next restart on */
    const char *controller_class; /* the same; NULL: any */
    const char *credential;       /* what every Secret holds under every key; NULL: there is none */
};

/* mirror (taken) in place of the folder mirror; NULL: the folder mirror. */
struct agent_rig *agent_rig_new(struct sink *mirror) NODISCARD;
void agent_rig_free(struct agent_rig *rig);
CLEANUP_DEFINE(agent_rig)

/* As after kill -9 and a new start: all memory is gone; folders, mounts, the clock and the stores
 * are as they were. Volumes are adopted; nothing is known of manifests. The number adopted. */
size_t agent_rig_restart(struct agent_rig *rig);

/* Put one manifest, as a folder would; namespace and generation are filled in. */
void agent_rig_put(struct agent_rig *rig, const char *yaml);
void agent_rig_remove_spec(struct agent_rig *rig, const char *name);

/* Do all that is due now; after moving the clock on. The number of steps. */
size_t agent_rig_step(struct agent_rig *rig);
size_t agent_rig_step_in(struct agent_rig *rig, uint64_t s);

/* Publish volume id of ExternalSecret "db" to a Pod of its own, with a minute of time. */
struct err *agent_rig_publish(struct agent_rig *rig, const char *id) NODISCARD;

/* The request that agent_rig_publish makes, to be changed and given to volumes_publish. Its texts
 * are valid until the next call. Makes the folders that the kubelet makes. */
struct volume_request agent_rig_request(struct agent_rig *rig, const char *id);
struct err *agent_rig_unpublish(struct agent_rig *rig, const char *id) NODISCARD;

/* Target path of volume id; caller frees. */
char *agent_rig_target(const struct agent_rig *rig, const char *id) NODISCARD;

/* Does the volume's file hold exactly text (NULL: is there no such file)? The same for a key of
 * Secret "db" in the folder mirror (NULL: no such Secret). */
bool agent_rig_file_is(const struct agent_rig *rig, const char *id, const char *file,
                       const char *text);
bool agent_rig_secret_is(const struct agent_rig *rig, const char *key, const char *text);

/* Generation folder that the volume's "..data" names now; "" when there is none. Caller frees. */
char *agent_rig_generation(const struct agent_rig *rig, const char *id) NODISCARD;

/* Is nothing mounted, half made or remembered, and is there no target folder with content? */
bool agent_rig_is_clean(struct agent_rig *rig, const char *id);

/* Open descriptors of this process. */
size_t agent_rig_open_fds(void);
