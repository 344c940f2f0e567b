#pragma once
/* provider.h: what a secret store must be able to do; one provider_NAME.c implements it.
 *
 * The table of all providers is provider.c. docs/PROVIDERS.md shows a complete small one.
 *
 * Owns     an open provider owns its configuration and credentials; close frees it.
 * Threads  calls on one open provider may come from several threads at once.
 * Source   External Secrets' Provider and SecretsClient interfaces, plus get_many. */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/secret_buf.h"
#include "fetch/provider_env.h"
#include "net/http.h"
#include "spec/store.h"
#include "spec/value_set.h"

#define PROVIDER_BATCH_MAX 20
#define PROVIDER_REPLY_MAX HTTP_SECRET_BODY_MAX

/* What is asked for; all borrowed. */
struct provider_ref {
    const char *key;              /* NULL with find */
    const char *version;          /* NULL: newest */
    bool wants_metadata;          /* the answer of get_metadata, not of get */
    const struct spec_find *find; /* the answer of find, packed by value_members_pack; else NULL */
};

/* What is written to a store, or removed from it; all borrowed. */
struct provider_push {
    const char *ns;              /* of the PushSecret, in which metadata names things */
    const char *key;             /* remoteKey */
    const char *property;        /* of the JSON object that the secret is; NULL: all of it */
    const struct json *metadata; /* the entry's, in the provider's own form; NULL: none */
};

/* One answer of get_many: exactly one of the two is set. */
struct provider_result {
    struct secret_buf *bytes;
    struct err *err;
};

enum provider_validity { PROVIDER_VALID, PROVIDER_VALIDITY_UNKNOWN };

struct provider;

struct provider_ops {
    const char *name;        /* member under spec.provider */
    const char *metric_name; /* External Secrets' label: "AWS/SecretsManager" */
    enum property_order property_order;
    bool missing_property_is_missing;
    size_t batch_max; /* most refs in one get_many; 1 without */

    /* Look at the store's spec alone, no network. INVALID names the field. */
    struct err *(*check)(const struct store *store);

    /* Open for specs of namespace ns; may log in. Errors as get. */
    struct err *(*open)(const struct provider_env *env, const struct store *store, const char *ns,
                        const struct deadline *dl, struct provider **out);

    /* Is the configuration usable now? Errors as get. */
    struct err *(*validate)(struct provider *p, const struct deadline *dl,
                            enum provider_validity *out);

    /* Whole value. NOT_FOUND: the store has no such secret or version. DENIED, RATE_LIMITED,
     * UNAVAILABLE, DEADLINE, INVALID (a malformed reference or reply). */
    struct err *(*get)(struct provider *p, const struct provider_ref *ref,
                       const struct deadline *dl, struct secret_buf **out);

    /* A JSON object of what the store says about the secret: its tags. NULL: not supported.
     * Errors as get. */
    struct err *(*get_metadata)(struct provider *p, const struct provider_ref *ref,
                                const struct deadline *dl, struct secret_buf **out);

    /* All secrets that match: a map of value_members_new, name to value. The name's regular
     * expression matches anywhere in the name. NULL: not supported. Errors as get. */
    struct err *(*find)(struct provider *p, const struct spec_find *find, const struct deadline *dl,
                        struct map **out);

    /* n <= batch_max values in one call; NULL when the store has no such call. A returned error
     * means that nothing was answered; DENIED makes the caller fall back to get. */
    struct err *(*get_many)(struct provider *p, const struct provider_ref *refs, size_t n,
                            const struct deadline *dl, struct provider_result *results);

    /* Make the secret hold value; what holds it already is left as it is. A secret that another
     * tool made is refused: CONFLICT. NULL: the store is read only. Errors as get. */
    struct err *(*push)(struct provider *p, const struct provider_push *push,
                        struct secret_view value, const struct deadline *dl);

    /* Does the store have it? NULL together with push. Errors as get, but for NOT_FOUND. */
    struct err *(*push_exists)(struct provider *p, const struct provider_push *push,
                               const struct deadline *dl, bool *out);

    /* Remove it, or just its property while the secret has others; absent is success, and what
     * another tool made is left alone. NULL together with push. Errors as get. */
    struct err *(*push_remove)(struct provider *p, const struct provider_push *push,
                               const struct deadline *dl);

    /* Stable text that differs between identities that may see different things; in cache keys. */
    const char *(*identity)(const struct provider *p);

    void (*close)(struct provider *p);

    /* Does what open gives depend on ns? NULL: it does not. */
    bool (*is_referent)(const struct store *store);

    /* What an operator should know about a store that works: "... is plain http", or NULL; borrowed
     * from p. NULL: there is nothing ever. */
    const char *(*warning)(const struct provider *p);
};

/* Implementations embed it first. */
struct provider {
    const struct provider_ops *ops;
};

/* Ops by member name; NULL when there is no such provider. */
const struct provider_ops *provider_find_ops(const char *name);

/* Names of all providers, NULL-terminated, for messages and --help. */
const char *const *provider_names(void);

/* Wait ns within dl, as env says. False when dl is over. */
bool provider_wait(const struct provider_env *env, const struct deadline *dl, uint64_t ns);

/* Start an identity from all that a store's own spec decides; the caller adds credentials and ends
 * it with digest_keyed_end. */
struct digest_keyed *provider_identity(const struct provider_env *env,
                                       const struct store *store) NODISCARD;

/* What an HTTP status other than 2xx means: 404 NOT_FOUND, 401 and 403 DENIED, 429 RATE_LIMITED,
 * 5xx UNAVAILABLE, others INVALID. */
enum err_class provider_status_class(int status);

/* Count one call to a store and its duration in the metrics, under "error" if e is not NULL. */
void provider_count_call(const struct provider_env *env, const struct provider_ops *ops,
                         const char *call, uint64_t start_ns, const struct err *e);
