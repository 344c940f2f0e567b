#pragma once
/* check_role.h: which Secrets and ConfigMaps the manifests of a cluster make an agent read, and the
 * Roles that let an account read just those.
 *
 * Owns     a struct check_roles owns its maps.
 * Threads  one at a time.
 * Source   External Secrets, SecretKeySelector, CAProvider and templateFrom; Kubernetes RBAC
 *          resourceNames. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str_buf.h"

#define CHECK_ROLE_NAME "lockstep-credentials"

enum check_kind { CHECK_SECRET, CHECK_CONFIG_MAP };
#define CHECK_KINDS 2

struct check_name {
    bool is_missing; /* set by the caller: the account may not read it */
};

/* What is read in one namespace. */
struct check_namespace {
    struct map *names[CHECK_KINDS]; /* by enum check_kind: name to struct check_name */
};

struct check_roles {
    struct map *namespaces; /* name to struct check_namespace */
    struct map *referents;  /* "STORE SECRET" to NULL: in each user's own namespace */
    size_t n_bad;           /* references whose names cannot be names of objects */
};

void check_roles_init(struct check_roles *r);
void check_roles_done(struct check_roles *r);

/* Note every reference to a Secret or ConfigMap under spec.provider of a SecretStore or
 * ClusterSecretStore: maps with "name" and "key", or called ...SecretRef. Names go into YAML that
 * an administrator applies, so what is no DNS name is only counted. */
void check_roles_add_store(struct check_roles *r, const struct json *store);

/* The same of what spec.target.template.templateFrom of an ExternalSecret names. */
void check_roles_add_spec(struct check_roles *r, const struct json *external_secret);

/* The same of a PushSecret: the Secret that it names, its template's, and what its entries'
 * metadata refer to. Secrets that it chooses by labels have no names here. */
void check_roles_add_push(struct check_roles *r, const struct json *push_secret);

/* A DNS subdomain as Kubernetes names objects, at most 253 bytes. */
bool check_role_is_name(const char *name);

/* Append a Role and a RoleBinding for each namespace with a missing object; the Role names all
 * that is read in the namespace, so that it can replace an older one. */
void check_roles_print(const struct check_roles *r, const char *account_ns, const char *account,
                       struct str_buf *out);
