#pragma once
/* watch_dir.h: specs, stores and credentials from a folder of YAML manifests; no cluster at all.
 *
 * Every *.yaml, *.yml and *.json file directly in the folder is read; files are picked up when they
 * change (inotify), renames and half-written files included: a file that does not parse keeps what
 * it last said, and is reported. Of an object that is defined twice, the first one in order of file
 * names counts, and the other is reported.
 *
 * Owns     its thread, its view of the folder and the credentials in it.
 * Threads  new, start, stop from main; watch_dir_credential from any.
 * Source   inotify(7); v1 Secret (data and stringData). */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "spec/spec_store.h"
#include "watch/manifest_folder.h"

struct watch_dir_options {
    const char *folder;
    struct spec_store *specs;
    manifest_problem_fn *problem; /* may be NULL */
    void *problem_ctx;
};

struct watch_dir;

/* Read the folder once and set ORIGIN_MIRROR and ORIGIN_NODE synced.
 * Errors: NOT_FOUND, DENIED (the folder), INTERNAL (inotify). */
NODISCARD struct err *watch_dir_new(const struct watch_dir_options *options,
                                    struct watch_dir **out);

/* Follow changes in a thread until stop. */
void watch_dir_start(struct watch_dir *w);
void watch_dir_stop(struct watch_dir *w);
void watch_dir_free(struct watch_dir *w);
CLEANUP_DEFINE(watch_dir)

/* Read the folder again now; what start's thread does after each change. */
void watch_dir_rescan(struct watch_dir *w);

/* Value of a Secret's or ConfigMap's key, as struct credential_source wants it (ctx: the struct
 * watch_dir).
 * Errors: NOT_FOUND (object or key, named), INVALID (base64). */
NODISCARD struct err *watch_dir_credential(void *ctx, const char *ns, const char *name,
                                           const char *key, const struct deadline *dl,
                                           struct secret_buf **out);
NODISCARD struct err *watch_dir_config_map(void *ctx, const char *ns, const char *name,
                                           const char *key, const struct deadline *dl,
                                           struct secret_buf **out);
