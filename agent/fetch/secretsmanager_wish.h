#pragma once
/* secretsmanager_wish.h: what the metadata of a PushSecret's entry wants of a secret beside its
 * value.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   External Secrets' PushSecretMetadata for AWS Secrets Manager. */

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"

/* The tag that secrets made by a PushSecret have. */
#define SECRETSMANAGER_OWNER_TAG "managed-by"
#define SECRETSMANAGER_OWNER "external-secrets"

/* Where the text of a resource policy lies, in the namespace of the PushSecret. */
struct secretsmanager_policy {
    bool is_secret; /* a Secret; else a ConfigMap */
    char *name, *key;
    bool has_block_public;
    bool block_public; /* BlockPublicPolicy */
};

struct secretsmanager_wish {
    struct map *tags; /* texts; the owner's among them */
    bool has_tags;    /* the metadata names some: other tags are not left on the secret */
    char *description;
    char *kms_key_id;
    bool is_text;        /* SecretString instead of SecretBinary */
    struct map *regions; /* names of regions with a replica; without meaning unless has_regions */
    bool has_regions;
    struct secretsmanager_policy policy; /* name NULL: none is wanted, and none is taken away */
};

/* Wish of a PushSecretMetadata; NULL or null: the defaults.
 * Errors: INVALID (names the field as metadata.spec.tags). */
NODISCARD struct err *secretsmanager_wish_new(const struct json *metadata,
                                              struct secretsmanager_wish **out);
void secretsmanager_wish_free(struct secretsmanager_wish *w);
CLEANUP_DEFINE(secretsmanager_wish)
