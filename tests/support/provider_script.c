/* provider_ops have no place for a context, so the script in use is a variable of this file. */

#include "tests/support/provider_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"

#define PATIENCE_NS (10 * NS_PER_S)
#define SLICE_NS (5 * NS_PER_MS)
#define IDENTITY_SIZE 32
#define PROVIDER_SCRIPT_PUSHES 512 /* two texts each */

struct script {
    struct provider_script public;
    struct mutex mu;
    struct cond changed;
    struct provider_script_value values[PROVIDER_SCRIPT_VALUES];
    size_t n_values;
    struct digest_key *digest_key;
    char identity[IDENTITY_SIZE];
    bool is_held;
    unsigned held;
    bool batches_fail, opens_fail, pushes_fail;
    enum err_class batch_cls, open_cls, push_cls;
    char *owned[PROVIDER_SCRIPT_PUSHES]; /* texts of values that were pushed */
    size_t n_owned;
    char *push_metadata;
};

struct open_script {
    struct provider base;
    char identity[IDENTITY_SIZE];
};

static struct script *current;

static struct script *of(struct provider_script *s)
{
    return (struct script *)s;
}

static struct err *read_credential(void *ctx, const char *ns, const char *name, const char *key,
                                   const struct deadline *dl, struct secret_buf **out)
{
    struct script *s = ctx;
    (void)key;
    (void)dl;
    mutex_lock(&s->mu);
    s->public.credential_reads++;
    mutex_unlock(&s->mu);
    if (strcmp(name, "absent") == 0)
        return err_new(ERR_NOT_FOUND, "Secret \"%s/%s\" does not exist", ns, name);
    return secret_buf_copy(secret_view_of(name, strlen(name)), out);
}

static const char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

struct provider_script *provider_script_new(void)
{
    struct script *s = xcalloc(1, sizeof(*s));
    if (digest_key_new(&s->digest_key))
        abort();
    clock_fake_init(&s->public.clock, CLOCK_FAKE_UNIX_S);
    mutex_init(&s->mu);
    cond_init(&s->changed);
    s->public.env = (struct provider_env){
        .clock = &s->public.clock.clock,
        .credentials = {read_credential, s},
        .getenv = no_environment,
        .digest_key = s->digest_key,
    };
    provider_script_identity(&s->public, "one");
    current = s;
    return &s->public;
}

void provider_script_free(struct provider_script *public)
{
    if (!public)
        return;
    struct script *s = of(public);
    while (s->n_owned)
        free(s->owned[--s->n_owned]);
    free(s->push_metadata);
    digest_key_free(s->digest_key);
    cond_done(&s->changed);
    mutex_done(&s->mu);
    free(s);
    current = NULL;
}

void provider_script_set(struct provider_script *public, const char *key, const char *text,
                         enum err_class cls)
{
    struct script *s = of(public);
    size_t i = 0;
    mutex_lock(&s->mu);
    while (i < s->n_values && strcmp(s->values[i].key, key) != 0)
        i++;
    if (i == PROVIDER_SCRIPT_VALUES)
        abort();
    s->values[i] = (struct provider_script_value){key, text, cls};
    if (i == s->n_values)
        s->n_values++;
    mutex_unlock(&s->mu);
}

void provider_script_fail_batches(struct provider_script *public, bool fails, enum err_class cls)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    s->batches_fail = fails;
    s->batch_cls = cls;
    mutex_unlock(&s->mu);
}

void provider_script_fail_opens(struct provider_script *public, bool fails, enum err_class cls)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    s->opens_fail = fails;
    s->open_cls = cls;
    mutex_unlock(&s->mu);
}

void provider_script_fail_pushes(struct provider_script *public, bool fails, enum err_class cls)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    s->pushes_fail = fails;
    s->push_cls = cls;
    mutex_unlock(&s->mu);
}

static const struct provider_script_value *find_value(const struct script *s, const char *key)
{
    for (size_t i = 0; i < s->n_values; i++) {
        if (strcmp(s->values[i].key, key) == 0)
            return &s->values[i];
    }
    return NULL;
}

char *provider_script_text(struct provider_script *public, const char *key)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    const struct provider_script_value *v = find_value(s, key);
    char *text = xstrdup(v ? v->text : NULL);
    mutex_unlock(&s->mu);
    return text;
}

char *provider_script_push_metadata(struct provider_script *public)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    char *text = xstrdup(s->push_metadata);
    mutex_unlock(&s->mu);
    return text;
}

void provider_script_identity(struct provider_script *public, const char *identity)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    snprintf(s->identity, sizeof(s->identity), "%s", identity);
    mutex_unlock(&s->mu);
}

void provider_script_hold(struct provider_script *public, bool is_held)
{
    struct script *s = of(public);
    mutex_lock(&s->mu);
    s->is_held = is_held;
    cond_broadcast(&s->changed);
    mutex_unlock(&s->mu);
}

void provider_script_wait_held(struct provider_script *public, unsigned n)
{
    struct script *s = of(public);
    uint64_t end_ns = clock_mono_ns(clock_system()) + PATIENCE_NS;
    mutex_lock(&s->mu);
    while (s->held != n) {
        if (clock_mono_ns(clock_system()) > end_ns) {
            fprintf(stderr, "%u calls are held, not %u\n", s->held, n);
            abort();
        }
        cond_wait_ns(&s->changed, &s->mu, SLICE_NS);
    }
    mutex_unlock(&s->mu);
}

/* Block while the script says so. */
static struct err *hold(struct script *s, const struct deadline *dl)
{
    mutex_lock(&s->mu);
    s->held++;
    cond_broadcast(&s->changed);
    while (s->is_held && !deadline_is_over(dl))
        cond_wait_ns(&s->changed, &s->mu, SLICE_NS);
    s->held--;
    cond_broadcast(&s->changed);
    mutex_unlock(&s->mu);
    return deadline_check(dl, "script");
}

static struct err *answer(struct script *s, const char *key, struct secret_buf **out)
{
    struct provider_script_value v = {key, NULL, ERR_NOT_FOUND};
    mutex_lock(&s->mu);
    const struct provider_script_value *found = find_value(s, key);
    if (found)
        v = *found;
    mutex_unlock(&s->mu);
    if (v.text)
        return secret_buf_copy(secret_view_of(v.text, strlen(v.text)), out);
    return err_new(v.cls, "scripted failure");
}

static struct err *script_check(const struct store *store)
{
    mutex_lock(&current->mu);
    current->public.checks++;
    mutex_unlock(&current->mu);
    if (json_get(store->config, "broken"))
        return err_new(ERR_INVALID, "spec.provider.%s.broken is not supported", store->provider);
    return NULL;
}

static struct err *open_as(const struct provider_ops *ops, const struct provider_env *env,
                           const struct store *store, const char *ns, const struct deadline *dl,
                           struct provider **out)
{
    struct script *s = current;
    CLEANUP(secret_buf) struct secret_buf *credential = NULL;
    const char *secret = json_path_text(store->config, "credential");
    mutex_lock(&s->mu);
    s->public.opens++;
    bool fails = s->opens_fail;
    enum err_class cls = s->open_cls;
    mutex_unlock(&s->mu);
    struct err *e = hold(s, dl);
    if (!e && fails)
        e = err_new(cls, "scripted failure to open");
    if (!e && secret)
        e = env->credentials.get(env->credentials.ctx, ns, secret, "key", dl, &credential);
    if (e)
        return e;
    struct open_script *p = xcalloc(1, sizeof(*p));
    p->base.ops = ops;
    mutex_lock(&s->mu);
    memcpy(p->identity, s->identity, sizeof(p->identity));
    mutex_unlock(&s->mu);
    *out = &p->base;
    return NULL;
}

static struct err *script_validate(struct provider *p, const struct deadline *dl,
                                   enum provider_validity *out)
{
    (void)p;
    mutex_lock(&current->mu);
    current->public.validates++;
    mutex_unlock(&current->mu);
    *out = PROVIDER_VALID;
    return hold(current, dl);
}

static struct err *script_get(struct provider *p, const struct provider_ref *ref,
                              const struct deadline *dl, struct secret_buf **out)
{
    (void)p;
    mutex_lock(&current->mu);
    current->public.gets++;
    mutex_unlock(&current->mu);
    struct err *e = hold(current, dl);
    return e ? e : answer(current, ref->key, out);
}

static struct err *script_get_many(struct provider *p, const struct provider_ref *refs, size_t n,
                                   const struct deadline *dl, struct provider_result *results)
{
    struct script *s = current;
    (void)p;
    mutex_lock(&s->mu);
    s->public.batches++;
    s->public.last_batch_n = n;
    if (n > s->public.most_batch_n)
        s->public.most_batch_n = n;
    bool fails = s->batches_fail;
    enum err_class cls = s->batch_cls;
    mutex_unlock(&s->mu);
    struct err *e = hold(s, dl);
    if (!e && fails)
        e = err_new(cls, "scripted failure of a batch");
    for (size_t i = 0; !e && i < n; i++)
        results[i].err = answer(s, refs[i].key, &results[i].bytes);
    return e;
}

static struct err *script_get_metadata(struct provider *p, const struct provider_ref *ref,
                                       const struct deadline *dl, struct secret_buf **out)
{
    (void)p;
    CLEANUP_STR char *key = xasprintf("%s@metadata", ref->key);
    mutex_lock(&current->mu);
    current->public.metadatas++;
    mutex_unlock(&current->mu);
    struct err *e = hold(current, dl);
    return e ? e : answer(current, key, out);
}

static struct err *script_find(struct provider *p, const struct spec_find *find,
                               const struct deadline *dl, struct map **out)
{
    struct script *s = current;
    const char *path = find->path ? find->path : "";
    CLEANUP(map) struct map *members = value_members_new();
    (void)p;
    mutex_lock(&s->mu);
    s->public.finds++;
    mutex_unlock(&s->mu);
    struct err *e = hold(s, dl);
    for (size_t i = 0; !e && i < s->n_values; i++) {
        struct secret_buf *value = NULL;
        if (strncmp(s->values[i].key, path, strlen(path)) != 0)
            continue;
        e = answer(s, s->values[i].key, &value);
        if (!e)
            map_set(members, s->values[i].key, value);
    }
    if (e)
        return e;
    *out = TAKE(members);
    return NULL;
}

/* Count a call about pushing, block, and fail when the script says so. */
static struct err *begin_push(struct script *s, unsigned *counter, const struct deadline *dl)
{
    mutex_lock(&s->mu);
    (*counter)++;
    bool fails = s->pushes_fail;
    enum err_class cls = s->push_cls;
    mutex_unlock(&s->mu);
    struct err *e = hold(s, dl);
    return !e && fails ? err_new(cls, "scripted failure of a push") : e;
}

/* A text that lives as long as the script; takes it. */
static const char *own(struct script *s, char *text)
{
    mutex_lock(&s->mu);
    if (s->n_owned == PROVIDER_SCRIPT_PUSHES)
        abort();
    s->owned[s->n_owned++] = text;
    mutex_unlock(&s->mu);
    return text;
}

static const char *name_of(struct script *s, const struct provider_push *push)
{
    const char *property = push->property ? push->property : "";
    return own(s, xasprintf("%s%s%s", push->key, *property ? "#" : "", property));
}

static struct err *script_push(struct provider *p, const struct provider_push *push,
                               struct secret_view value, const struct deadline *dl)
{
    struct script *s = current;
    (void)p;
    struct err *e = begin_push(s, &s->public.pushes, dl);
    if (e)
        return e;
    char *text = xcalloc(1, value.n + 1);
    for (size_t i = 0; i < value.n; i++)
        text[i] = (char)value.p[i].v;
    provider_script_set(&s->public, name_of(s, push), own(s, text), 0);
    mutex_lock(&s->mu);
    free(s->push_metadata);
    s->push_metadata = push->metadata ? json_print(push->metadata) : NULL;
    mutex_unlock(&s->mu);
    return NULL;
}

static struct err *script_push_exists(struct provider *p, const struct provider_push *push,
                                      const struct deadline *dl, bool *out)
{
    struct script *s = current;
    (void)p;
    struct err *e = begin_push(s, &s->public.push_checks, dl);
    if (e)
        return e;
    CLEANUP_STR char *text = provider_script_text(&s->public, name_of(s, push));
    *out = text != NULL;
    return NULL;
}

static struct err *script_push_remove(struct provider *p, const struct provider_push *push,
                                      const struct deadline *dl)
{
    struct script *s = current;
    (void)p;
    struct err *e = begin_push(s, &s->public.push_removals, dl);
    if (!e)
        provider_script_set(&s->public, name_of(s, push), NULL, ERR_NOT_FOUND);
    return e;
}

static const char *script_identity(const struct provider *p)
{
    return ((const struct open_script *)p)->identity;
}

static void script_close(struct provider *p)
{
    mutex_lock(&current->mu);
    current->public.closes++;
    mutex_unlock(&current->mu);
    free(p);
}

static bool script_is_referent(const struct store *store)
{
    return json_path_bool(store->config, "referent", false);
}

static const char *script_warning(const struct provider *p)
{
    (void)p;
    return "scripted warning";
}

static struct err *script_open(const struct provider_env *env, const struct store *store,
                               const char *ns, const struct deadline *dl, struct provider **out);
static struct err *single_open(const struct provider_env *env, const struct store *store,
                               const char *ns, const struct deadline *dl, struct provider **out);

static const struct provider_ops script_ops = {
    .name = "script",
    .metric_name = "Script",
    .property_order = PROPERTY_KEY_FIRST,
    .batch_max = PROVIDER_BATCH_MAX,
    .check = script_check,
    .open = script_open,
    .validate = script_validate,
    .get = script_get,
    .get_metadata = script_get_metadata,
    .find = script_find,
    .get_many = script_get_many,
    .push = script_push,
    .push_exists = script_push_exists,
    .push_remove = script_push_remove,
    .identity = script_identity,
    .close = script_close,
    .is_referent = script_is_referent,
    .warning = script_warning,
};

static const struct provider_ops single_ops = {
    .name = "single",
    .metric_name = "Single",
    .property_order = PROPERTY_PATH_ONLY,
    .missing_property_is_missing = true,
    .batch_max = 1,
    .check = script_check,
    .open = single_open,
    .validate = script_validate,
    .get = script_get,
    .identity = script_identity,
    .close = script_close,
};

static struct err *script_open(const struct provider_env *env, const struct store *store,
                               const char *ns, const struct deadline *dl, struct provider **out)
{
    return open_as(&script_ops, env, store, ns, dl, out);
}

static struct err *single_open(const struct provider_env *env, const struct store *store,
                               const char *ns, const struct deadline *dl, struct provider **out)
{
    return open_as(&single_ops, env, store, ns, dl, out);
}

const struct provider_ops *provider_script_ops(const char *name)
{
    if (strcmp(name, "script") == 0)
        return &script_ops;
    return strcmp(name, "single") == 0 ? &single_ops : NULL;
}
