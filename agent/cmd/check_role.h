#pragma once
/* check_role.h: which Secrets the stores take their credentials from, and the Roles that let an
 * account read just those.
 *
 * Owns     a struct check_roles owns its maps.
 * Threads  one at a time.
 * Source   External Secrets, SecretKeySelector and CAProvider; Kubernetes RBAC resourceNames. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str_buf.h"

#define CHECK_ROLE_NAME "lockstep-credentials"

struct check_secret {
    bool is_missing; /* set by the caller: the account may not read it */
};

struct check_roles {
    struct map *namespaces; /* name to struct map of Secret name to struct check_secret */
    struct map *referents;  /* "STORE SECRET" to NULL: Secret in each user's own namespace */
    size_t n_bad;           /* references whose names cannot be names of objects */
};

void check_roles_init(struct check_roles *r);
void check_roles_done(struct check_roles *r);

/* Note every reference to a Secret under spec.provider of a SecretStore or ClusterSecretStore: maps
 * with "name" and "key", or called ...SecretRef, except those of a ConfigMap. Names go into YAML
 * that an administrator applies, so what is no DNS name is only counted. */
void check_roles_add(struct check_roles *r, const struct json *store);

/* A DNS subdomain as Kubernetes names objects, at most 253 bytes. */
bool check_role_is_name(const char *name);

/* Append a Role and a RoleBinding for each namespace with a missing Secret; the Role names all of
 * the namespace's Secrets, so that it can replace an older one. */
void check_roles_print(const struct check_roles *r, const char *account_ns, const char *account,
                       struct str_buf *out);
