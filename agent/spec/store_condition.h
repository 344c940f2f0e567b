#pragma once
/* store_condition.h: which namespaces may use a ClusterSecretStore.
 *
 * Owns     a store_condition owns its parts.
 * Threads  read by any.
 * Source   external-secrets.io/v1 ClusterSecretStore: conditions. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "base/regex.h"
#include "spec/label_selector.h"

#define STORE_CONDITIONS_MAX 256
#define STORE_CONDITION_NAMES_MAX 1024

/* Any part that matches is enough. */
struct store_condition {
    char **namespaces; /* n_namespaces exact names */
    size_t n_namespaces;
    struct regex **regexes; /* n_regexes; they match anywhere in the name */
    size_t n_regexes;
    struct label_selector *selector; /* of the namespace's labels; NULL: none */
};

struct store_conditions {
    struct store_condition *list; /* n; 0: every namespace may */
    size_t n;
};

/* Parse spec.conditions; what is wrong becomes the problem. */
void store_conditions_init(struct store_conditions *c, const struct json *list, char **problem);
void store_conditions_done(struct store_conditions *c);

/* Is it decided by the name alone that ns may? */
bool store_conditions_allow_name(const struct store_conditions *c, const char *ns);

/* Does any of them look at labels? */
bool store_conditions_need_labels(const struct store_conditions *c);

/* Do the labels of the namespace decide that it may? */
bool store_conditions_allow_labels(const struct store_conditions *c, const struct map *labels);
