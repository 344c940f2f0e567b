#pragma once
/* spec_store.h: all specs and stores that this agent currently knows, by name.
 *
 * Sources (stage watch) put and remove; everybody else takes references. An object may come from
 * two sources at once (a volume's own watch and the mirror's wide watch); it stays until both have
 * let it go.
 *
 * Owns     references to its objects.
 * Threads  any; listeners are called without its lock, in the putting thread. */

#include "base/attr.h"
#include "spec/spec.h"
#include "spec/store.h"

/* Who vouches for an object. */
enum spec_origin { ORIGIN_NODE = 1, ORIGIN_MIRROR = 2 };

struct spec_listener {
    void (*spec_changed)(void *ctx, const char *ns, const char *name);
    void (*store_changed)(void *ctx, enum store_kind kind, const char *ns, const char *name);
    void (*credentials_changed)(void *ctx, const char *ns, const char *name);
};

struct spec_store;
struct spec_store *spec_store_new(void) NODISCARD;
void spec_store_free(struct spec_store *s);
CLEANUP_DEFINE(spec_store)

/* One listener, set before the sources start. */
void spec_store_listen(struct spec_store *s, const struct spec_listener *l, void *ctx);

/* Put takes obj; an object that equals the stored one in uid and resourceVersion (when it has one)
 * causes no notice, nor does a store that equals it in uid and generation (when it has one): then
 * its status alone changed. Remove is idempotent. */
void spec_store_put_spec(struct spec_store *s, enum spec_origin origin, struct spec *obj);
void spec_store_remove_spec(struct spec_store *s, enum spec_origin origin, const char *ns,
                            const char *name);
void spec_store_put_store(struct spec_store *s, enum spec_origin origin, struct store *obj);
void spec_store_remove_store(struct spec_store *s, enum spec_origin origin, enum store_kind kind,
                             const char *ns, const char *name);

/* A Secret that stores may take credentials from has changed. */
void spec_store_credentials_changed(struct spec_store *s, const char *ns, const char *name);

/* Remove what origin vouched for and is not named in keep ("ns/name" for specs; the map's values
 * do not matter). For sources that list. */
void spec_store_retain_specs(struct spec_store *s, enum spec_origin origin, const struct map *keep);
void spec_store_retain_stores(struct spec_store *s, enum spec_origin origin, enum store_kind kind,
                              const struct map *keep);

/* New reference, or NULL. */
struct spec *spec_store_get_spec(struct spec_store *s, const char *ns, const char *name) NODISCARD;
struct store *spec_store_get_store(struct spec_store *s, enum store_kind kind, const char *ns,
                                   const char *name) NODISCARD;

/* The store that an entry of spec names. New reference, or NULL. */
struct store *spec_store_get_named(struct spec_store *s, const struct spec *spec,
                                   const struct store_ref *ref) NODISCARD;

/* References to all; caller unrefs each and frees the array. */
size_t spec_store_all_specs(struct spec_store *s, struct spec ***out);
size_t spec_store_all_stores(struct spec_store *s, struct store ***out);

/* How many of each kind are known. */
struct spec_store_counts {
    size_t external_secrets;
    size_t secret_stores;
    size_t cluster_secret_stores;
};
struct spec_store_counts spec_store_counts(struct spec_store *s);

/* The same for those specs of namespace ns whose target is the Secret of that name. */
size_t spec_store_specs_of_target(struct spec_store *s, const char *ns, const char *target,
                                  struct spec ***out);

/* The source of origin has delivered its first complete state. */
void spec_store_set_synced(struct spec_store *s, enum spec_origin origin, bool is_synced);
bool spec_store_is_synced(struct spec_store *s, enum spec_origin origin);
