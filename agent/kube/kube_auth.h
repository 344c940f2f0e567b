#pragma once
/* kube_auth.h: the token and the CA of the API server, read again as they rotate.
 *
 * Owns     struct kube_auth owns the newest snapshot; a snapshot lives as long as its references.
 * Threads  any; files are read by whichever caller finds them due.
 * Source   projected service account tokens rotate at 80 % of their life, the CA bundle rarely. */

#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret_buf.h"
#include "kube/kube_config.h"

#define KUBE_AUTH_RELOAD_NS (50 * NS_PER_S)

/* What one request needs; immutable. */
struct kube_credential {
    struct secret_buf *bearer; /* "Bearer ..."; NULL: no token configured */
    char *ca_pem;              /* NULL: the system's trust store */
    unsigned refs;             /* of kube_auth's lock */
};

struct kube_auth;

/* Both are borrowed. */
struct kube_auth *kube_auth_new(const struct kube_config *config,
                                const struct clock *clock) NODISCARD;
void kube_auth_free(struct kube_auth *a);
CLEANUP_DEFINE(kube_auth)

/* Reference to the newest credential; files older than KUBE_AUTH_RELOAD_NS are read again first.
 * A file that cannot be read leaves the last good content in force.
 * Errors: UNAVAILABLE (never read with success). */
NODISCARD struct err *kube_auth_get(struct kube_auth *a, struct kube_credential **out);

/* Give a reference back; NULL is ignored. */
void kube_auth_put(struct kube_auth *a, struct kube_credential *c);

/* The server refused the token: the next kube_auth_get reads the files, whatever their age. */
void kube_auth_expire(struct kube_auth *a);
