#pragma once
/* object_reply.h: what the metadata of a Secret says about who owns it and what is in it.
 *
 * Owns     a object_reply owns its texts.
 * Threads  one at a time.
 * Source   meta/v1 ObjectMeta: labels, ownerReferences, managedFields (FieldsV1). */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

#define OBJECT_LABEL_OURS "lockstep.dev/managed"
#define OBJECT_LABEL_THEIRS "reconcile.external-secrets.io/managed"
#define OBJECT_LABEL_CREATED_BY "reconcile.external-secrets.io/created-by"

struct object_reply {
    char *uid;
    char *resource_version;
    bool is_managed; /* labelled by Lockstep or External Secrets, not by the prober */
    bool has_created_by;
    char *controller_uid;  /* of the owner that controls it; NULL: none */
    char *controller_kind; /* NULL: none */
    bool has_owner;        /* owner_uid is among the owners */
    size_t n_owners;
    struct map *keys; /* names of its data keys, as managedFields know them; no values */
};

/* Read metadata.
 *   prober     field manager whose own label does not count
 *   owner_uid  looked for among the owners; may be ""
 * Errors: INVALID (malformed), INTERNAL (arena). */
NODISCARD struct err *object_reply_read(struct secret_view metadata_only, const char *prober,
                                        const char *owner_uid, struct object_reply *out);
void object_reply_done(struct object_reply *r);
static inline void object_reply_done_cleanup(struct object_reply *r)
{
    object_reply_done(r);
}
#define CLEANUP_OBJECT_REPLY __attribute__((cleanup(object_reply_done_cleanup)))
