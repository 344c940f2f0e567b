/* Values in the store itself. */

#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "fetch/fake_memory.h"
#include "fetch/provider_table.h"
#include "tests/support/manifests.h"
#include "tests/support/provider_script.h"
#include "tests/support/table.h"

#define DATA                                                                                       \
    "{fake: {data: [{key: db, value: one}, {key: db, value: two, version: v2}, "                   \
    "{key: dbv3, value: three}, {key: twice, value: a}, {key: twice, value: b}, "                  \
    "{key: empty, value: ''}]}}"

struct check_row {
    const char *name, *provider;
    const char *want; /* NULL: good */
};

static const struct check_row check_rows[] = {
    {"good", DATA, NULL},
    {"no entries", "{fake: {data: []}}", NULL},
    {"no data", "{fake: {}}", "spec.provider.fake.data must be a list"},
    {"data is a map", "{fake: {data: {a: b}}}", "spec.provider.fake.data must be a list"},
    {"unknown member", "{fake: {data: [], colour: red}}",
     "spec.provider.fake.colour is not supported"},
    {"valueMap of old", "{fake: {data: [{key: a, valueMap: {a: b}}]}}",
     "spec.provider.fake.data[0].valueMap is not supported, did you mean value?"},
    {"no key", "{fake: {data: [{key: a, value: b}, {value: b}]}}",
     "spec.provider.fake.data[1].key is missing"},
    {"no value", "{fake: {data: [{key: a}]}}", "spec.provider.fake.data[0].value must be a text"},
    {"a number as value", "{fake: {data: [{key: a, value: 1}]}}",
     "spec.provider.fake.data[0].value must be a text"},
    {"a number as version", "{fake: {data: [{key: a, value: b, version: 1}]}}",
     "spec.provider.fake.data[0].version must be a text"},
};

static void one_check(void **state)
{
    const struct check_row *r = *state;
    manifest_assert_check(&provider_fake, r->provider, r->want);
}

struct get_row {
    const char *name, *key, *version;
    const char *want; /* NULL: NOT_FOUND */
};

static const struct get_row get_rows[] = {
    {"newest", "db", NULL, "one"},
    {"a version", "db", "v2", "two"},
    {"key and version are not run together", "dbv2", NULL, NULL},
    {"nor the other way", "db", "v3", NULL},
    {"the last of equals", "twice", NULL, "b"},
    {"empty", "empty", NULL, ""},
    {"unknown key", "none", NULL, NULL},
    {"unknown version", "db", "v9", NULL},
};

/* Where nothing was pushed. */
static struct fake_memory *no_pushes;

static struct provider *open_fake(struct provider_script *s, const char *config)
{
    CLEANUP(store) struct store *store = manifest_provider(config);
    struct deadline dl = deadline_in(s->env.clock, NS_PER_S);
    struct provider *p = NULL;
    if (!s->env.fake_memory)
        s->env.fake_memory = no_pushes;
    assert_null(provider_fake.open(&s->env, store, "app", &dl, &p));
    return p;
}

static void one_get(void **state)
{
    const struct get_row *r = *state;
    CLEANUP(provider_script) struct provider_script *s = provider_script_new();
    struct deadline dl = deadline_in(s->env.clock, NS_PER_S);
    struct provider *p = open_fake(s, DATA);
    struct provider_ref ref = {.key = r->key, .version = r->version};
    CLEANUP(secret_buf) struct secret_buf *value = NULL;
    CLEANUP(err) struct err *e = provider_fake.get(p, &ref, &dl, &value);
    if (r->want)
        assert_true(
            secret_view_equal(secret_buf_view(value), secret_view_of(r->want, strlen(r->want))));
    else
        assert_int_equal(err_class(e), ERR_NOT_FOUND);
    provider_fake.close(p);
}

struct validate_row {
    const char *name, *provider;
    bool is_good;
    enum provider_validity want;
};

static const struct validate_row validate_rows[] = {
    {"by default", "{fake: {data: []}}", true, PROVIDER_VALID},
    {"ready", "{fake: {data: [], validationResult: 0}}", true, PROVIDER_VALID},
    {"unknown", "{fake: {data: [], validationResult: 1}}", true, PROVIDER_VALIDITY_UNKNOWN},
    {"error", "{fake: {data: [], validationResult: 2}}", false, PROVIDER_VALID},
};

static void one_validate(void **state)
{
    const struct validate_row *r = *state;
    CLEANUP(provider_script) struct provider_script *s = provider_script_new();
    struct deadline dl = deadline_in(s->env.clock, NS_PER_S);
    struct provider *p = open_fake(s, r->provider);
    enum provider_validity validity = PROVIDER_VALID;
    CLEANUP(err) struct err *e = provider_fake.validate(p, &dl, &validity);
    assert_int_equal(e == NULL, r->is_good);
    assert_int_equal(validity, r->want);
    provider_fake.close(p);
}

struct find_row {
    const char *name, *regexp;
    const char *want; /* "key=value ..."; NULL: INVALID */
};

static const struct find_row find_rows[] = {
    {"all", ".*", "db=two dbv3=three empty= twice=b "},
    {"anywhere in the key", "b", "db=two dbv3=three "},
    {"anchored", "^db$", "db=two "},
    {"nothing", "z", ""},
    {"the empty expression", "", "db=two dbv3=three empty= twice=b "},
    {"a bad expression", "(", NULL},
    {"no name", NULL, NULL},
};

static void one_find(void **state)
{
    const struct find_row *r = *state;
    CLEANUP(provider_script) struct provider_script *s = provider_script_new();
    CLEANUP(map) struct map *members = NULL;
    CLEANUP_STR char *regexp = xstrdup(r->regexp);
    CLEANUP_STR_BUF struct str_buf shown;
    struct deadline dl = deadline_in(s->env.clock, NS_PER_S);
    struct provider *p = open_fake(s, DATA);
    str_buf_init(&shown, 1024);
    CLEANUP(err)
    struct err *e =
        provider_fake.find(p, &(struct spec_find){.name_regexp = regexp}, &dl, &members);
    assert_int_equal(e == NULL, r->want != NULL);
    for (size_t i = 0; members && i < members->n; i++) {
        struct secret_view v = secret_buf_view(members->entries[i].value);
        str_buf_printf(&shown, "%s=", members->entries[i].key);
        for (size_t j = 0; j < v.n; j++)
            str_buf_printf(&shown, "%c", v.p[j].v);
        str_buf_puts(&shown, " ");
    }
    if (e)
        assert_int_equal(err_class(e), ERR_INVALID);
    else
        assert_string_equal(shown.s, r->want);
    provider_fake.close(p);
}

static void identity_follows_the_values(void **state)
{
    (void)state;
    CLEANUP(provider_script) struct provider_script *s = provider_script_new();
    struct provider *one = open_fake(s, "{fake: {data: [{key: a, value: b}]}}");
    struct provider *same = open_fake(s, "{fake: {data: [{key: a, value: b}]}}");
    struct provider *other = open_fake(s, "{fake: {data: [{key: a, value: c}]}}");
    assert_string_equal(provider_fake.identity(one), provider_fake.identity(same));
    assert_string_not_equal(provider_fake.identity(one), provider_fake.identity(other));
    provider_fake.close(one);
    provider_fake.close(same);
    provider_fake.close(other);
}

/* A store of its own for each case, with a memory that outlives it. */
struct pushing {
    struct provider_script *script;
    struct fake_memory *memory;
    struct provider *p;
    struct deadline dl;
};

static int setup_pushing(void **state)
{
    static struct pushing f;
    f.script = provider_script_new();
    f.memory = fake_memory_new();
    f.script->env.fake_memory = f.memory;
    f.dl = deadline_in(f.script->env.clock, NS_PER_S);
    f.p = open_fake(f.script, DATA);
    *state = &f;
    return 0;
}

static int teardown_pushing(void **state)
{
    struct pushing *f = *state;
    provider_fake.close(f->p);
    fake_memory_free(f->memory);
    provider_script_free(f->script);
    return 0;
}

/* Class of the failure, or -1. */
static int push(struct pushing *f, const char *key, const char *value)
{
    struct provider_push what = {.key = key};
    CLEANUP(err)
    struct err *e = provider_fake.push(f->p, &what, secret_view_of(value, strlen(value)), &f->dl);
    return e ? (int)err_class(e) : -1;
}

static bool exists(struct pushing *f, const char *key)
{
    struct provider_push what = {.key = key};
    bool is = false;
    assert_null(provider_fake.push_exists(f->p, &what, &f->dl, &is));
    return is;
}

/* Is key's value this one; with NULL, is there none? */
static bool holds(struct pushing *f, struct provider *p, const char *key, const char *value)
{
    struct provider_ref ref = {.key = key};
    CLEANUP(secret_buf) struct secret_buf *got = NULL;
    CLEANUP(err) struct err *e = provider_fake.get(p, &ref, &f->dl, &got);
    if (!value)
        return e && err_class(e) == ERR_NOT_FOUND;
    return got && secret_view_equal(secret_buf_view(got), secret_view_of(value, strlen(value)));
}

static void what_is_pushed_is_found(void **state)
{
    struct pushing *f = *state;
    CLEANUP(map) struct map *members = NULL;
    CLEANUP_STR char *regexp = xstrdup("ew");
    assert_false(exists(f, "new"));
    assert_int_equal(push(f, "new", "first"), -1);
    assert_int_equal(push(f, "new", "second"), -1);
    assert_int_equal(push(f, "other", "x"), -1);
    assert_true(exists(f, "new"));
    assert_true(holds(f, f->p, "new", "second"));
    assert_null(
        provider_fake.find(f->p, &(struct spec_find){.name_regexp = regexp}, &f->dl, &members));
    assert_int_equal(members->n, 1);
    assert_non_null(map_get(members, "new"));
}

static void an_entry_of_the_store_is_not_replaced(void **state)
{
    struct pushing *f = *state;
    assert_true(exists(f, "db"));
    assert_true(exists(f, "dbv2"));
    assert_int_equal(push(f, "db", "x"), ERR_CONFLICT);
    assert_int_equal(push(f, "dbv2", "x"), ERR_CONFLICT);
    assert_true(holds(f, f->p, "db", "one"));
}

static void what_is_removed_is_gone(void **state)
{
    struct pushing *f = *state;
    struct provider_push none = {.key = "none"};
    struct provider_push what = {.key = "new"};
    struct provider_push entry = {.key = "db"};
    assert_null(provider_fake.push_remove(f->p, &none, &f->dl));
    assert_int_equal(push(f, "new", "x"), -1);
    assert_null(provider_fake.push_remove(f->p, &what, &f->dl));
    assert_true(holds(f, f->p, "new", NULL));
    assert_false(exists(f, "new"));
    assert_null(provider_fake.push_remove(f->p, &entry, &f->dl));
    assert_true(holds(f, f->p, "db", "one"));
}

/* Class of the failure, or -1. */
static int push_property(struct pushing *f, const char *property, const char *value)
{
    struct provider_push what = {.key = "new", .property = property};
    CLEANUP(err)
    struct err *e =
        value ? provider_fake.push(f->p, &what, secret_view_of(value, strlen(value)), &f->dl)
              : provider_fake.push_remove(f->p, &what, &f->dl);
    return e ? (int)err_class(e) : -1;
}

static void properties_come_and_go(void **state)
{
    struct pushing *f = *state;
    assert_int_equal(push_property(f, "user", "me"), -1);
    assert_int_equal(push_property(f, "key", "k"), -1);
    assert_true(holds(f, f->p, "new", "{\"user\":\"me\",\"key\":\"k\"}"));
    assert_int_equal(push_property(f, "none", NULL), -1);
    assert_int_equal(push_property(f, "user", NULL), -1);
    assert_true(holds(f, f->p, "new", "{\"key\":\"k\"}"));
    assert_int_equal(push_property(f, "key", NULL), -1);
    assert_true(holds(f, f->p, "new", NULL));
    assert_int_equal(push_property(f, "key", NULL), -1);
    assert_int_equal(push(f, "new", "text"), -1);
    assert_int_equal(push_property(f, "key", "k"), ERR_INVALID);
    assert_int_equal(push_property(f, "key", NULL), -1);
    assert_true(holds(f, f->p, "new", "text"));
    assert_int_equal(push_property(f, "*", "k"), ERR_INVALID);
}

static void a_version_is_not_what_was_pushed(void **state)
{
    struct pushing *f = *state;
    struct provider_ref ref = {.key = "n", .version = "ew"};
    CLEANUP(secret_buf) struct secret_buf *got = NULL;
    assert_int_equal(push(f, "new", "x"), -1);
    CLEANUP(err) struct err *e = provider_fake.get(f->p, &ref, &f->dl, &got);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
}

/* A new configuration opens the provider anew. */
static void what_is_pushed_outlives_the_open_provider(void **state)
{
    struct pushing *f = *state;
    assert_int_equal(push(f, "new", "x"), -1);
    provider_fake.close(f->p);
    f->p = open_fake(f->script, "{fake: {data: []}}");
    assert_true(holds(f, f->p, "new", "x"));
    assert_true(holds(f, f->p, "db", NULL));
}

static void stores_do_not_see_each_other_s(void **state)
{
    struct pushing *f = *state;
    CLEANUP(store) struct store *store = manifest_cluster_provider("{fake: {data: []}}");
    struct provider *other = NULL;
    assert_null(provider_fake.open(&f->script->env, store, "app", &f->dl, &other));
    assert_int_equal(push(f, "new", "x"), -1);
    assert_true(holds(f, other, "new", NULL));
    provider_fake.close(other);
}

static void there_is_an_end_to_it(void **state)
{
    struct pushing *f = *state;
    CLEANUP_STR char *half = xcalloc(1, FAKE_MEMORY_MAX_BYTES / 2 + 1);
    memset(half, 'x', FAKE_MEMORY_MAX_BYTES / 2);
    assert_int_equal(push(f, "a", half), -1);
    assert_int_equal(push(f, "b", half), ERR_INVALID);
    assert_true(holds(f, f->p, "b", NULL));
    assert_int_equal(push(f, "a", half), -1);
    assert_int_equal(push(f, "a", "small"), -1);
    assert_int_equal(push(f, "b", half), -1);
}

static void secret_memory_may_run_out(void **state)
{
    struct pushing *f = *state;
    secret_arena_fail_after(1);
    assert_int_equal(push(f, "new", "x"), ERR_INTERNAL);
    secret_arena_fail_after(0);
    assert_true(holds(f, f->p, "new", NULL));
}

static void is_in_the_table(void **state)
{
    (void)state;
    assert_ptr_equal(provider_find_ops("fake"), &provider_fake);
    assert_ptr_equal(provider_find_ops("aws"), &provider_aws);
    assert_ptr_equal(provider_find_ops("express"), &provider_express);
    assert_null(provider_find_ops("vault"));
    for (size_t i = 0; provider_names()[i]; i++)
        assert_string_equal(provider_find_ops(provider_names()[i])->name, provider_names()[i]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_pushing, teardown_pushing)
static const struct CMUnitTest tests[] = {
    CASE(what_is_pushed_is_found),          CASE(an_entry_of_the_store_is_not_replaced),
    CASE(what_is_removed_is_gone),          CASE(properties_come_and_go),
    CASE(a_version_is_not_what_was_pushed), CASE(what_is_pushed_outlives_the_open_provider),
    CASE(stores_do_not_see_each_other_s),   CASE(there_is_an_end_to_it),
    CASE(secret_memory_may_run_out),        cmocka_unit_test(identity_follows_the_values),
    cmocka_unit_test(is_in_the_table),
};

int main(void)
{
    no_pushes = fake_memory_new();
    int failed = TABLE_RUN("provider_fake check", check_rows, one_check) +
                 TABLE_RUN("provider_fake get", get_rows, one_get) +
                 TABLE_RUN("provider_fake find", find_rows, one_find) +
                 TABLE_RUN("provider_fake validate", validate_rows, one_validate) +
                 GROUP_RUN("provider_fake", tests);
    fake_memory_free(no_pushes);
    return failed;
}
