/* Names and expressions are looked at first: they need nobody to be asked. */

#include "spec/store_condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/spec_parse.h"

static const struct field_rule condition_rules[] = {
    {"namespaceSelector", NULL}, {"namespaces", NULL}, {"namespaceRegexes", NULL}};

/* Copy of a list of texts. */
static char **parse_texts(const struct json *list, const char *at, size_t *n, char **problem)
{
    size_t count = spec_list_size(list, at, STORE_CONDITION_NAMES_MAX, problem);
    char **texts = xcalloc(count + 1, sizeof(char *));
    const struct json *j = json_first(list);
    for (*n = 0; *n < count; j = json_next(j)) {
        if (!json_text(j))
            field_problem(problem, xasprintf("%s must be a list of texts", at));
        texts[(*n)++] = xstrdup(json_text(j) ? json_text(j) : "");
    }
    return texts;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

static void parse_regexes(const struct json *list, const char *at, struct store_condition *c,
                          char **problem)
{
    size_t n = 0;
    char **patterns = parse_texts(list, at, &n, problem);
    c->regexes = xcalloc(n + 1, sizeof(struct regex *));
    for (size_t i = 0; i < n; i++) {
        CLEANUP(err)
        struct err *e =
            regex_new(secret_view_of(patterns[i], strlen(patterns[i])), &c->regexes[c->n_regexes]);
        if (e)
            field_problem(problem, xasprintf("%s[%zu]: %s", at, i, err_text(e)));
        else
            c->n_regexes++;
    }
    free_texts(patterns, n);
}

static void parse_condition(const struct json *j, const char *at, struct store_condition *c,
                            char **problem)
{
    CLEANUP_STR char *selector_at = xasprintf("%s.namespaceSelector", at);
    CLEANUP_STR char *names_at = xasprintf("%s.namespaces", at);
    CLEANUP_STR char *regexes_at = xasprintf("%s.namespaceRegexes", at);
    const struct json *selector = json_get(j, "namespaceSelector");
    CHECK_FIELDS(j, at, condition_rules, problem);
    c->namespaces = parse_texts(json_get(j, "namespaces"), names_at, &c->n_namespaces, problem);
    parse_regexes(json_get(j, "namespaceRegexes"), regexes_at, c, problem);
    if (json_kind(selector) != JSON_NULL)
        c->selector = label_selector_parse(selector, selector_at, problem);
}

void store_conditions_init(struct store_conditions *c, const struct json *list, char **problem)
{
    size_t n = spec_list_size(list, "spec.conditions", STORE_CONDITIONS_MAX, problem);
    *c = (struct store_conditions){.list = xcalloc(n + 1, sizeof(*c->list))};
    for (const struct json *j = json_first(list); c->n < n; j = json_next(j)) {
        CLEANUP_STR char *at = xasprintf("spec.conditions[%zu]", c->n);
        parse_condition(j, at, &c->list[c->n++], problem);
    }
}

void store_conditions_done(struct store_conditions *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct store_condition *one = &c->list[i];
        free_texts(one->namespaces, one->n_namespaces);
        for (size_t j = 0; j < one->n_regexes; j++)
            regex_free(one->regexes[j]);
        free(one->regexes);
        label_selector_free(one->selector);
    }
    free(c->list);
}

static bool condition_allows_name(const struct store_condition *c, const char *ns)
{
    for (size_t i = 0; i < c->n_namespaces; i++) {
        if (strcmp(c->namespaces[i], ns) == 0)
            return true;
    }
    for (size_t i = 0; i < c->n_regexes; i++) {
        bool is_match = false;
        CLEANUP(err)
        struct err *e = regex_matches(c->regexes[i], secret_view_of(ns, strlen(ns)), &is_match);
        if (!e && is_match)
            return true;
    }
    return false;
}

bool store_conditions_allow_name(const struct store_conditions *c, const char *ns)
{
    for (size_t i = 0; i < c->n; i++) {
        if (condition_allows_name(&c->list[i], ns))
            return true;
    }
    return c->n == 0;
}

bool store_conditions_need_labels(const struct store_conditions *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->list[i].selector)
            return true;
    }
    return false;
}

bool store_conditions_allow_labels(const struct store_conditions *c, const struct map *labels)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->list[i].selector && label_selector_matches(c->list[i].selector, labels))
            return true;
    }
    return false;
}
