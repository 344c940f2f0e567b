#pragma once
/* secret_reply.h: what the metadata of a Secret says about who owns it and what is in it.
 *
 * Owns     a secret_reply owns its texts.
 * Threads  one at a time.
 * Source   meta/v1 ObjectMeta: labels, ownerReferences, managedFields (FieldsV1). */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/secret_buf.h"

#define SECRET_LABEL_OURS "lockstep.dev/managed"
#define SECRET_LABEL_THEIRS "reconcile.external-secrets.io/managed"
#define SECRET_LABEL_CREATED_BY "reconcile.external-secrets.io/created-by"

struct secret_reply {
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
NODISCARD struct err *secret_reply_read(struct secret_view metadata_only, const char *prober,
                                        const char *owner_uid, struct secret_reply *out);
void secret_reply_done(struct secret_reply *r);
static inline void secret_reply_done_cleanup(struct secret_reply *r)
{
    secret_reply_done(r);
}
#define CLEANUP_SECRET_REPLY __attribute__((cleanup(secret_reply_done_cleanup)))
