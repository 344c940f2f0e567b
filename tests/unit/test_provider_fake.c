/* Values in the store itself. */

#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
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
     "spec.provider.fake.data[0].valueMap is not supported"},
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
    {"key and version run together", "dbv2", NULL, "two"},
    {"and the other way", "db", "v3", "three"},
    {"the last of equals", "twice", NULL, "b"},
    {"empty", "empty", NULL, ""},
    {"unknown key", "none", NULL, NULL},
    {"unknown version", "db", "v9", NULL},
};

static struct provider *open_fake(struct provider_script *s, const char *config)
{
    CLEANUP(store) struct store *store = manifest_provider(config);
    struct deadline dl = deadline_in(s->env.clock, NS_PER_S);
    struct provider *p = NULL;
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(identity_follows_the_values),
    cmocka_unit_test(is_in_the_table),
};

int main(void)
{
    return TABLE_RUN("provider_fake check", check_rows, one_check) +
           TABLE_RUN("provider_fake get", get_rows, one_get) +
           TABLE_RUN("provider_fake find", find_rows, one_find) +
           TABLE_RUN("provider_fake validate", validate_rows, one_validate) +
           GROUP_RUN("provider_fake", tests);
}
