/* What a manifest may hold: every way to be wrong is named by its path. */

#include "spec/field_check.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "tests/support/table.h"

static const struct field_rule rules[] = {{"name", NULL}, {"kind", NULL}, {"policy", "Periodic"}};
static const char *const kinds[] = {"First", "Second"};

static struct json *parse(const char *text)
{
    struct json *j = NULL;
    assert_null(json_parse(text, strlen(text), &j));
    return j;
}

static void assert_text(const char *got, const char *want)
{
    if (!want)
        assert_null(got);
    else
        assert_string_equal(got, want);
}

struct check_row {
    const char *name, *json, *want;
};
static const struct check_row check_rows[] = {
    {"empty", "{}", NULL},
    {"all known", "{\"name\":1,\"kind\":{},\"policy\":\"Periodic\"}", NULL},
    {"null is absent", "null", NULL},
    {"null members are absent", "{\"other\":null,\"policy\":null}", NULL},
    {"unknown", "{\"name\":1,\"other\":2}", "at.other is not supported"},
    {"a slip", "{\"nmae\":1}", "at.nmae is not supported, did you mean name?"},
    {"another text", "{\"policy\":\"Once\"}", "at.policy \"Once\" is not supported"},
    {"no text", "{\"policy\":true}", "at.policy \"\" is not supported"},
    {"the first one counts", "{\"a\":1,\"b\":2}", "at.a is not supported"},
    {"a text is no map", "\"name\"", "at must be a map"},
    {"a list is no map", "[]", "at must be a map"},
};

static void one_check(void **state)
{
    const struct check_row *r = *state;
    CLEANUP(json) struct json *j = parse(r->json);
    CLEANUP_STR char *got = field_check(j, "at", rules, ARRAY_SIZE(rules));
    assert_text(got, r->want);
}

struct choice_row {
    const char *name, *json;
    int want;
    const char *problem;
};
static const struct choice_row choice_rows[] = {
    {"first", "{\"kind\":\"First\"}", 0, NULL},
    {"second", "{\"kind\":\"Second\"}", 1, NULL},
    {"absent", "{}", 7, NULL},
    {"null", "{\"kind\":null}", 7, NULL},
    {"another", "{\"kind\":\"Third\"}", 7,
     "at.kind \"Third\" is not supported: want First or Second"},
    {"case counts", "{\"kind\":\"first\"}", 7,
     "at.kind \"first\" is not supported: want First or Second"},
    {"no text", "{\"kind\":1}", 7, "at.kind \"\" is not supported: want First or Second"},
};

static void one_choice(void **state)
{
    const struct choice_row *r = *state;
    CLEANUP(json) struct json *j = parse(r->json);
    CLEANUP_STR char *problem = NULL;
    assert_int_equal(field_choice(j, "at", "kind", kinds, ARRAY_SIZE(kinds), 7, &problem), r->want);
    assert_text(problem, r->problem);
}

struct text_row {
    const char *name, *json;
    const char *required, *required_problem;
    const char *optional, *optional_problem;
};
static const struct text_row text_rows[] = {
    {"there", "{\"name\":\"a\"}", "a", NULL, "a", NULL},
    {"absent", "{}", NULL, "at.name is missing", NULL, NULL},
    {"null", "{\"name\":null}", NULL, "at.name is missing", NULL, NULL},
    {"empty", "{\"name\":\"\"}", NULL, "at.name is missing", NULL, NULL},
    {"a number", "{\"name\":3}", NULL, "at.name is missing", NULL, "at.name must be a text"},
    {"a map", "{\"name\":{}}", NULL, "at.name is missing", NULL, "at.name must be a text"},
};

static void one_text(void **state)
{
    const struct text_row *r = *state;
    CLEANUP(json) struct json *j = parse(r->json);
    CLEANUP_STR char *required_problem = NULL;
    CLEANUP_STR char *optional_problem = NULL;
    CLEANUP_STR char *required = field_required(j, "at", "name", &required_problem);
    CLEANUP_STR char *optional = field_optional(j, "at", "name", &optional_problem);
    assert_text(required, r->required);
    assert_text(required_problem, r->required_problem);
    assert_text(optional, r->optional);
    assert_text(optional_problem, r->optional_problem);
}

static void first_problem_stays(void **state)
{
    (void)state;
    CLEANUP_STR char *problem = NULL;
    field_problem(&problem, NULL);
    assert_null(problem);
    field_problem(&problem, xstrdup("first"));
    field_problem(&problem, xstrdup("second"));
    field_problem(&problem, NULL);
    assert_string_equal(problem, "first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_problem_stays)};
    return TABLE_RUN("field_check", check_rows, one_check) +
           TABLE_RUN("field_choice", choice_rows, one_choice) +
           TABLE_RUN("field_required, field_optional", text_rows, one_text) +
           GROUP_RUN("field_problem", tests);
}
