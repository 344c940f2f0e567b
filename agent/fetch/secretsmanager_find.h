#pragma once
/* secretsmanager_find.h: requests and replies of AWS Secrets Manager that are about many secrets or
 * about a secret's tags, without sending them.
 *
 * Owns     results belong to the caller.
 * Threads  any.
 * Source   AWS Secrets Manager API reference: BatchGetSecretValue, ListSecrets, DescribeSecret. */

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/map.h"
#include "base/regex.h"
#include "base/str_buf.h"
#include "fetch/provider.h"

#define SECRETSMANAGER_FOUND_MAX 10000 /* secrets that one find may give */
#define SECRETSMANAGER_FILTERS_MAX 10
#define SECRETSMANAGER_NAME_MAX 512
#define SECRETSMANAGER_TOKEN_MAX 4096
#define SECRETSMANAGER_TAG_KEY_MAX 512 /* 128 characters */

/* What a find has found so far. All borrowed. */
struct secretsmanager_found {
    const struct regex *regexp; /* that the whole names match; NULL: all do */
    struct map *members;        /* by full name; of value_members_new when values are read */
    size_t bytes;               /* of names and values as value_members_pack needs them */
};

/* How many filters find's path and tags need. */
size_t secretsmanager_filters(const struct spec_find *find);

/* Append the body of a BatchGetSecretValue for find's path and tags. token: of the page before;
 * NULL for the first. */
void secretsmanager_find_body(struct str_buf *out, const struct spec_find *find, const char *token);

/* Append the body of a ListSecrets for find's path and tags; without, it lists all. */
void secretsmanager_list_body(struct str_buf *out, const struct spec_find *find, const char *token);

/* Append the body of a DescribeSecret for prefix + ref->key. */
void secretsmanager_describe_body(struct str_buf *out, const char *prefix,
                                  const struct provider_ref *ref);

/* Add the values of a BatchGetSecretValue reply. A secret that it may not read, or that is gone, is
 * left out, as External Secrets does.
 *   token  for the next page, NULL after the last; caller frees
 * Errors: INVALID (malformed; too many or too large), RATE_LIMITED and UNAVAILABLE (of any secret),
 * INTERNAL. */
NODISCARD struct err *secretsmanager_read_found(struct secret_view reply,
                                                struct secretsmanager_found *found, char **token);

/* Add the value of a GetSecretValue reply under name. Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_found_value(struct secret_view reply, const char *name,
                                                      struct secretsmanager_found *found);

/* Add the names of a ListSecrets reply, each with a value of NULL. token and errors as
 * secretsmanager_read_found. */
NODISCARD struct err *secretsmanager_read_names(struct secret_view reply,
                                                struct secretsmanager_found *found, char **token);

/* The tags of a DescribeSecret reply as a JSON object, sorted, as Go writes it.
 * Errors: INVALID, INTERNAL. */
NODISCARD struct err *secretsmanager_read_tags(struct secret_view reply, struct secret_buf **out);
