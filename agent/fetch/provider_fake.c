/* Values written into the store itself: for trying things out, for demonstrations and for tests
 * without a network. An entry stands for its key with its version directly behind it, as in
 * External Secrets, and the last of equal entries counts. What is pushed is kept in memory beside
 * them, by the store's name, and cannot take the place of an entry. */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "fetch/fake_memory.h"
#include "fetch/provider_table.h"
#include "fetch/push_property.h"
#include "spec/field_check.h"

#define VALIDATION_READY 0
#define VALIDATION_UNKNOWN 1

struct fake {
    struct provider base;
    struct store *store;
    char *name; /* of the store, in the memory */
    struct fake_memory *memory;
    char identity[DIGEST_KEYED_HEX];
};

static const struct field_rule fake_rules[] = {{"data", NULL}, {"validationResult", NULL}};
static const struct field_rule entry_rules[] = {{"key", NULL}, {"value", NULL}, {"version", NULL}};

static void check_entry(const struct json *entry, size_t i, char **problem)
{
    CLEANUP_STR char *at = xasprintf("spec.provider.fake.data[%zu]", i);
    field_problem(problem, field_check(entry, at, entry_rules, ARRAY_SIZE(entry_rules)));
    free(field_required(entry, at, "key", problem));
    if (json_kind(json_get(entry, "value")) != JSON_STRING)
        field_problem(problem, xasprintf("%s.value must be a text", at));
    enum json_kind version = json_kind(json_get(entry, "version"));
    if (version != JSON_NULL && version != JSON_STRING)
        field_problem(problem, xasprintf("%s.version must be a text", at));
}

static struct err *fake_check(const struct store *store)
{
    CLEANUP_STR char *problem = NULL;
    const struct json *data = json_get(store->config, "data");
    field_problem(&problem, field_check(store->config, "spec.provider.fake", fake_rules,
                                        ARRAY_SIZE(fake_rules)));
    if (json_kind(data) != JSON_LIST)
        field_problem(&problem, xstrdup("spec.provider.fake.data must be a list"));
    size_t i = 0;
    for (const struct json *entry = json_first(data); entry; entry = json_next(entry))
        check_entry(entry, i++, &problem);
    return problem ? err_new(ERR_INVALID, "%s", problem) : NULL;
}

static struct err *fake_open(const struct provider_env *env, const struct store *store,
                             const char *ns, const struct deadline *dl, struct provider **out)
{
    (void)ns;
    (void)dl;
    CLEANUP(digest_keyed) struct digest_keyed *d = provider_identity(env, store);
    struct fake *f = xcalloc(1, sizeof(*f));
    f->base.ops = &provider_fake;
    f->store = store_ref_get(store);
    f->name = xasprintf("%s/%s/%s", store_kind_name(store->kind), store->meta.ns, store->meta.name);
    f->memory = env->fake_memory;
    digest_keyed_end(d, f->identity);
    *out = &f->base;
    return NULL;
}

static void fake_close(struct provider *p)
{
    struct fake *f = (struct fake *)p;
    store_unref(f->store);
    free(f->name);
    free(f);
}

static const char *fake_identity(const struct provider *p)
{
    return ((const struct fake *)p)->identity;
}

static struct err *fake_validate(struct provider *p, const struct deadline *dl,
                                 enum provider_validity *out)
{
    const struct fake *f = (const struct fake *)p;
    int64_t result = json_path_int(f->store->config, "validationResult", VALIDATION_READY);
    (void)dl;
    if (result != VALIDATION_READY && result != VALIDATION_UNKNOWN)
        return err_new(ERR_INVALID, "spec.provider.fake.validationResult says so");
    *out = result == VALIDATION_READY ? PROVIDER_VALID : PROVIDER_VALIDITY_UNKNOWN;
    return NULL;
}

static const char *version_of(const struct json *entry)
{
    const char *version = json_path_text(entry, "version");
    return version ? version : "";
}

/* The last entry that stands for key with version behind it; NULL when there is none. */
static const struct json *find_entry(const struct fake *f, const char *key, const char *version)
{
    const struct json *data = json_get(f->store->config, "data");
    const struct json *found = NULL;
    CLEANUP_STR char *wants = xasprintf("%s%s", key, version);
    for (const struct json *entry = json_first(data); entry; entry = json_next(entry)) {
        CLEANUP_STR char *has = xasprintf("%s%s", json_path_text(entry, "key"), version_of(entry));
        if (strcmp(has, wants) == 0)
            found = entry;
    }
    return found;
}

static struct err *copy_text(const char *text, struct secret_buf **out)
{
    return secret_buf_copy(secret_view_of(text, strlen(text)), out);
}

static struct err *fake_get(struct provider *p, const struct provider_ref *ref,
                            const struct deadline *dl, struct secret_buf **out)
{
    const struct fake *f = (const struct fake *)p;
    const char *version = ref->version ? ref->version : "";
    const struct json *entry = find_entry(f, ref->key, version);
    struct secret_buf *pushed = NULL;
    (void)dl;
    if (entry && strcmp(version_of(entry), version) == 0)
        return copy_text(json_path_text(entry, "value"), out);
    struct err *e =
        entry || *version ? NULL : fake_memory_get(f->memory, f->name, ref->key, &pushed);
    if (e)
        return e;
    if (!pushed)
        return err_new(ERR_NOT_FOUND, "spec.provider.fake.data has no such key and version");
    *out = pushed;
    return NULL;
}

/* The entry of key with the highest version, as texts compare; of equal ones the last. */
static bool is_newest(const struct json *data, const struct json *entry)
{
    const char *key = json_path_text(entry, "key");
    bool is_behind = false;
    for (const struct json *other = json_first(data); other; other = json_next(other)) {
        int order = strcmp(version_of(other), version_of(entry));
        if (strcmp(json_path_text(other, "key"), key) == 0 &&
            (order > 0 || (is_behind && order == 0)))
            return false;
        is_behind |= other == entry;
    }
    return true;
}

static struct err *add_match(const struct json *data, const struct json *entry,
                             const struct regex *name, struct map *found)
{
    const char *key = json_path_text(entry, "key");
    struct secret_buf *copy = NULL;
    bool is_match = false;
    struct err *e = regex_matches(name, secret_view_of(key, strlen(key)), &is_match);
    if (e || !is_match || !is_newest(data, entry))
        return e;
    e = copy_text(json_path_text(entry, "value"), &copy);
    if (!e)
        map_set(found, key, copy);
    return e;
}

/* Of what was pushed, only what matches; an entry with a version is newer. */
static struct err *drop_others(const struct regex *name, struct map *pushed)
{
    struct err *e = NULL;
    for (size_t i = pushed->n; !e && i > 0; i--) {
        const char *key = pushed->entries[i - 1].key;
        bool is_match = false;
        e = regex_matches(name, secret_view_of(key, strlen(key)), &is_match);
        if (!e && !is_match)
            map_remove(pushed, key);
    }
    return e;
}

static struct err *fake_find(struct provider *p, const struct spec_find *find,
                             const struct deadline *dl, struct map **out)
{
    const struct fake *f = (const struct fake *)p;
    const struct json *data = json_get(f->store->config, "data");
    CLEANUP(regex) struct regex *name = NULL;
    CLEANUP(map) struct map *found = NULL;
    (void)dl;
    if (!find->name_regexp)
        return err_new(ERR_INVALID, "provider fake finds by name only");
    struct err *e = regex_new(secret_view_of(find->name_regexp, strlen(find->name_regexp)), &name);
    if (e)
        return err_wrap(e, "find.name.regexp");
    e = fake_memory_all(f->memory, f->name, &found);
    if (!e)
        e = drop_others(name, found);
    for (const struct json *entry = json_first(data); !e && entry; entry = json_next(entry))
        e = add_match(data, entry, name, found);
    if (e)
        return e;
    *out = TAKE(found);
    return NULL;
}

static struct err *fake_push_exists(struct provider *p, const struct provider_push *push,
                                    const struct deadline *dl, bool *out)
{
    const struct fake *f = (const struct fake *)p;
    CLEANUP(secret_buf) struct secret_buf *pushed = NULL;
    (void)dl;
    struct err *e = fake_memory_get(f->memory, f->name, push->key, &pushed);
    if (!e)
        *out = pushed || find_entry(f, push->key, "");
    return e;
}

static struct err *fake_push(struct provider *p, const struct provider_push *push,
                             struct secret_view value, const struct deadline *dl)
{
    const struct fake *f = (const struct fake *)p;
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    CLEANUP(secret_buf) struct secret_buf *all = NULL;
    (void)dl;
    if (find_entry(f, push->key, ""))
        return err_new(ERR_CONFLICT, "spec.provider.fake.data has the key already");
    struct err *e = fake_memory_get(f->memory, f->name, push->key, &old);
    if (!e)
        e = push_property_set(push, secret_buf_view(old), value, &all);
    return e ? e : fake_memory_put(f->memory, f->name, push->key, secret_buf_view(all));
}

static struct err *fake_push_remove(struct provider *p, const struct provider_push *push,
                                    const struct deadline *dl)
{
    const struct fake *f = (const struct fake *)p;
    CLEANUP(secret_buf) struct secret_buf *old = NULL;
    CLEANUP(secret_buf) struct secret_buf *rest = NULL;
    enum secret_json_removal removal = SECRET_JSON_ABSENT;
    (void)dl;
    struct err *e = fake_memory_get(f->memory, f->name, push->key, &old);
    if (!e && old)
        e = push_property_remove(push, secret_buf_view(old), &removal, &rest);
    if (e)
        return e;
    if (removal == SECRET_JSON_NONE_LEFT)
        fake_memory_remove(f->memory, f->name, push->key);
    return rest ? fake_memory_put(f->memory, f->name, push->key, secret_buf_view(rest)) : NULL;
}

const struct provider_ops provider_fake = {
    .name = "fake",
    .metric_name = "Fake",
    .property_order = PROPERTY_PATH_ONLY,
    .missing_property_is_missing = true,
    .batch_max = 1,
    .check = fake_check,
    .open = fake_open,
    .validate = fake_validate,
    .get = fake_get,
    .find = fake_find,
    .push = fake_push,
    .push_exists = fake_push_exists,
    .push_remove = fake_push_remove,
    .identity = fake_identity,
    .close = fake_close,
};
