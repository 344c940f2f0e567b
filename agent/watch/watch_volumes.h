#pragma once
/* watch_volumes.h: the volumes published on this node; survives a restart of the agent.
 *
 * One small file per volume in a folder of ours, named by a hash of the volume id. It holds what is
 * needed to write the volume again: names, paths and modes; never a value, never a token.
 *
 * Owns     its records and the folder's descriptor.
 * Threads  any.
 * Source   docs/ARCHITECTURE.md "volumes". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define WATCH_VOLUMES_MAX 4096

/* Immutable once put; texts may be NULL where the Pod gave none. */
struct volume_record {
    char *volume_id;
    char *target_path;
    char *pod_ns;
    char *pod_name;
    char *pod_uid;
    char *service_account;
    char *external_secret;
    char *items_yaml;
    char *default_mode_text;
    bool is_optional;
    int64_t fs_group; /* -1: none */
};

struct volume_record *volume_record_copy(const struct volume_record *r) NODISCARD;
bool volume_record_equal(const struct volume_record *a, const struct volume_record *b);
void volume_record_free(struct volume_record *r);
CLEANUP_DEFINE(volume_record)

/* Told after the change, without a lock held. */
struct watch_volumes_listener {
    void (*added)(void *ctx, const char *ns, const char *external_secret);
    void (*removed)(void *ctx, const char *ns, const char *external_secret);
};

struct watch_volumes;

/* Open (create) folder and load its records; files that are no records are removed, that is said
 * in *out_skipped. A record that cannot be read just now is an error, not a reason to forget the
 * volume. Errors: DENIED, INTERNAL. */
NODISCARD struct err *watch_volumes_open(const char *folder, struct watch_volumes **out,
                                         size_t *out_skipped);
void watch_volumes_free(struct watch_volumes *w);
CLEANUP_DEFINE(watch_volumes)

/* One listener; it is told of the loaded records at once. */
void watch_volumes_listen(struct watch_volumes *w, const struct watch_volumes_listener *l,
                          void *ctx);

/* Remember a copy of r, on disk first; replaces the record of the same volume id.
 * Errors: INVALID (more than WATCH_VOLUMES_MAX, or r is too long), INTERNAL (disk). */
NODISCARD struct err *watch_volumes_put(struct watch_volumes *w, const struct volume_record *r);

/* Forget; absent is success. Errors: INTERNAL (disk). */
NODISCARD struct err *watch_volumes_remove(struct watch_volumes *w, const char *volume_id);

/* Copy of the record, or NULL. */
struct volume_record *watch_volumes_get(struct watch_volumes *w, const char *volume_id) NODISCARD;

/* Copies of all records of one ExternalSecret (both names NULL: of all); caller frees each
 * and the array. */
size_t watch_volumes_list(struct watch_volumes *w, const char *ns, const char *external_secret,
                          struct volume_record ***out);

size_t watch_volumes_count(struct watch_volumes *w);

/* Is there a record of that ExternalSecret? */
bool watch_volumes_has(struct watch_volumes *w, const char *ns, const char *external_secret);

/* Is this the process that rotates the node's volumes? While a predecessor is still stopping it is
 * not: that one holds a lock on the folder, and whoever asks first after its end takes it over, for
 * as long as w lives. */
bool watch_volumes_own(struct watch_volumes *w);
