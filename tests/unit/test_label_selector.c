/* Selectors in manifests, and the labels that they match. */

#include "spec/label_selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/yaml.h"
#include "tests/support/table.h"

/* The one document in yaml; caller frees. */
static struct json *parse(const char *yaml)
{
    CLEANUP_YAML_DOCS struct yaml_docs docs = {0};
    assert_null(yaml_parse(yaml, strlen(yaml), &docs));
    assert_int_equal(docs.n, 1);
    return json_copy(docs.docs[0]);
}

struct match_row {
    const char *name, *selector, *labels;
    bool want;
};

#define EXPRESSION(rest) "{matchExpressions: [{" rest "}]}"

static const struct match_row match_rows[] = {
    {"empty", "{}", "{}", true},
    {"empty and labels", "{}", "{a: b}", true},
    {"label", "{matchLabels: {a: b}}", "{a: b, c: d}", true},
    {"another value", "{matchLabels: {a: b}}", "{a: c}", false},
    {"no such label", "{matchLabels: {a: b}}", "{b: a}", false},
    {"empty value", "{matchLabels: {a: ''}}", "{a: ''}", true},
    {"empty is not absent", "{matchLabels: {a: ''}}", "{}", false},
    {"both labels", "{matchLabels: {a: b, c: d}}", "{a: b, c: d}", true},
    {"one of two", "{matchLabels: {a: b, c: d}}", "{a: b}", false},
    {"in", EXPRESSION("key: a, operator: In, values: [x, b]"), "{a: b}", true},
    {"not among", EXPRESSION("key: a, operator: In, values: [x, y]"), "{a: b}", false},
    {"in without the label", EXPRESSION("key: a, operator: In, values: [x]"), "{}", false},
    {"not in", EXPRESSION("key: a, operator: NotIn, values: [x]"), "{a: b}", true},
    {"not in, but is", EXPRESSION("key: a, operator: NotIn, values: [x, b]"), "{a: b}", false},
    {"not in without the label", EXPRESSION("key: a, operator: NotIn, values: [x]"), "{}", true},
    {"exists", EXPRESSION("key: a, operator: Exists"), "{a: ''}", true},
    {"exists not", EXPRESSION("key: a, operator: Exists"), "{b: a}", false},
    {"does not exist", EXPRESSION("key: a, operator: DoesNotExist"), "{b: a}", true},
    {"does exist", EXPRESSION("key: a, operator: DoesNotExist"), "{a: b}", false},
    {"all of them", "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}",
     "{a: b}", false},
    {"all of them match", "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}",
     "{a: b, c: d}", true},
};

static struct map *labels_of(const char *yaml)
{
    CLEANUP(json) struct json *j = parse(yaml);
    struct map *labels = map_new(free);
    for (const struct json *l = json_first(j); l; l = json_next(l))
        map_set(labels, json_name(l), xstrdup(json_text(l)));
    return labels;
}

static void one_match(void **state)
{
    const struct match_row *r = *state;
    CLEANUP_STR char *problem = NULL;
    CLEANUP(json) struct json *j = parse(r->selector);
    CLEANUP(map) struct map *labels = labels_of(r->labels);
    CLEANUP(label_selector) struct label_selector *s = label_selector_parse(j, "at", &problem);
    assert_null(problem);
    assert_int_equal(label_selector_matches(s, labels), r->want);
}

struct problem_row {
    const char *name, *selector, *want;
};

static const struct problem_row problem_rows[] = {
    {"unknown member", "{labels: {}}", "at.labels is not supported"},
    {"no map", "[a]", "at must be a map"},
    {"labels are a list", "{matchLabels: [a]}", "at.matchLabels must be a map"},
    {"a label that is a number", "{matchLabels: {a: 1}}", "at.matchLabels.a must be a text"},
    {"expressions are a map", "{matchExpressions: {a: b}}", "at.matchExpressions must be a list"},
    {"unknown member of an expression", EXPRESSION("key: a, operator: Exists, value: b"),
     "at.matchExpressions[0].value is not supported"},
    {"no key", EXPRESSION("operator: Exists"), "at.matchExpressions[0].key is missing"},
    {"no operator", EXPRESSION("key: a"), "at.matchExpressions[0].operator is missing"},
    {"unknown operator", EXPRESSION("key: a, operator: Gt, values: ['1']"),
     "at.matchExpressions[0].operator"},
    {"in what", EXPRESSION("key: a, operator: In"),
     "at.matchExpressions[0].values is missing with this operator"},
    {"not in what", EXPRESSION("key: a, operator: NotIn, values: []"),
     "at.matchExpressions[0].values is missing with this operator"},
    {"exists with values", EXPRESSION("key: a, operator: Exists, values: [b]"),
     "at.matchExpressions[0].values must be left out with this operator"},
    {"values that are no texts", EXPRESSION("key: a, operator: In, values: [1]"),
     "at.matchExpressions[0].values must be a list of texts"},
    {"the second expression",
     "{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: In}]}",
     "at.matchExpressions[1].values is missing with this operator"},
};

static void one_problem(void **state)
{
    const struct problem_row *r = *state;
    CLEANUP_STR char *problem = NULL;
    CLEANUP(json) struct json *j = parse(r->selector);
    CLEANUP(label_selector) struct label_selector *s = label_selector_parse(j, "at", &problem);
    assert_non_null(s);
    assert_non_null(problem);
    if (strncmp(problem, r->want, strlen(r->want)) != 0)
        fail_msg("%s", problem);
}

struct print_row {
    const char *name, *selector, *want;
};

static const struct print_row print_rows[] = {
    {"empty", "{}", ""},
    {"labels", "{matchLabels: {a: b, c: ''}}", "a in (b),c in ()"},
    {"every operator",
     "{matchExpressions: [{key: a, operator: In, values: [x, y]}, {key: b, operator: NotIn, "
     "values: "
     "[z]}, {key: c, operator: Exists}, {key: d, operator: DoesNotExist}]}",
     "a in (x,y),b notin (z),c,!d"},
};

static void one_print(void **state)
{
    const struct print_row *r = *state;
    CLEANUP_STR char *problem = NULL;
    CLEANUP_STR_BUF struct str_buf b;
    CLEANUP(json) struct json *j = parse(r->selector);
    CLEANUP(label_selector) struct label_selector *s = label_selector_parse(j, "at", &problem);
    str_buf_init(&b, 1024);
    assert_null(problem);
    label_selector_print(s, &b);
    assert_string_equal(b.n ? b.s : "", r->want);
}

static void there_may_not_be_too_many_parts(void **state)
{
    (void)state;
    CLEANUP_STR char *problem = NULL;
    CLEANUP(json) struct json *j = json_new_map();
    struct json *list = json_new_list();
    json_set(j, "matchExpressions", list);
    for (size_t i = 0; i <= LABEL_SELECTOR_PARTS_MAX; i++) {
        struct json *e = json_new_map();
        json_set_text(e, "key", "a");
        json_set_text(e, "operator", "Exists");
        json_add(list, e);
    }
    CLEANUP(label_selector) struct label_selector *s = label_selector_parse(j, "at", &problem);
    assert_non_null(s);
    assert_non_null(problem);
    assert_non_null(strstr(problem, "at.matchExpressions"));
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(there_may_not_be_too_many_parts)};

int main(void)
{
    return TABLE_RUN("label_selector match", match_rows, one_match) +
           TABLE_RUN("label_selector problem", problem_rows, one_problem) +
           TABLE_RUN("label_selector print", print_rows, one_print) +
           GROUP_RUN("label_selector", tests);
}
