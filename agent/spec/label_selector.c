/* matchLabels is read as expressions of one value each, so that there is one way to match. */

#include "spec/label_selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/spec_parse.h"

enum operation { LABEL_IN, LABEL_NOT_IN, LABEL_EXISTS, LABEL_DOES_NOT_EXIST };

struct part {
    char *key;
    enum operation operation;
    char **values; /* n_values */
    size_t n_values;
};

struct label_selector {
    struct part *parts; /* n */
    size_t n;
};

static const char *const operations[] = {"In", "NotIn", "Exists", "DoesNotExist"};
static const struct field_rule selector_rules[] = {{"matchLabels", NULL},
                                                   {"matchExpressions", NULL}};
static const struct field_rule expression_rules[] = {
    {"key", NULL}, {"operator", NULL}, {"values", NULL}};

static void add_labels(struct label_selector *s, const struct map *labels)
{
    for (size_t i = 0; i < labels->n; i++) {
        struct part *p = &s->parts[s->n++];
        p->key = xstrdup(labels->entries[i].key);
        p->operation = LABEL_IN;
        p->values = xcalloc(1, sizeof(char *));
        p->values[p->n_values++] = xstrdup(labels->entries[i].value);
    }
}

static void parse_values(const struct json *list, const char *at, struct part *out, char **problem)
{
    CLEANUP_STR char *list_at = xasprintf("%s.values", at);
    size_t n = spec_list_size(list, list_at, LABEL_SELECTOR_PARTS_MAX, problem);
    out->values = xcalloc(n + 1, sizeof(char *));
    for (const struct json *v = json_first(list); out->n_values < n; v = json_next(v)) {
        const char *text = json_text(v);
        if (!text)
            field_problem(problem, xasprintf("%s must be a list of texts", list_at));
        out->values[out->n_values++] = xstrdup(text ? text : "");
    }
    bool needs_values = out->operation == LABEL_IN || out->operation == LABEL_NOT_IN;
    if (needs_values != (n > 0))
        field_problem(problem, xasprintf("%s %s with this operator", list_at,
                                         needs_values ? "is missing" : "must be left out"));
}

static void parse_expression(const struct json *e, const char *at, struct part *out, char **problem)
{
    CHECK_FIELDS(e, at, expression_rules, problem);
    out->key = field_required(e, at, "key", problem);
    free(field_required(e, at, "operator", problem));
    out->operation = (enum operation)field_choice(e, at, "operator", operations,
                                                  ARRAY_SIZE(operations), LABEL_EXISTS, problem);
    parse_values(json_get(e, "values"), at, out, problem);
}

struct label_selector *label_selector_parse(const struct json *selector, const char *at,
                                            char **problem)
{
    CLEANUP_STR char *labels_at = xasprintf("%s.matchLabels", at);
    CLEANUP_STR char *list_at = xasprintf("%s.matchExpressions", at);
    const struct json *list = json_get(selector, "matchExpressions");
    struct label_selector *s = xcalloc(1, sizeof(*s));
    CHECK_FIELDS(selector, at, selector_rules, problem);
    CLEANUP(map)
    struct map *labels = spec_parse_texts(json_get(selector, "matchLabels"), labels_at, problem);
    size_t n = spec_list_size(list, list_at, LABEL_SELECTOR_PARTS_MAX, problem);
    s->parts = xcalloc(labels->n + n + 1, sizeof(*s->parts));
    add_labels(s, labels);
    const struct json *e = json_first(list);
    for (size_t i = 0; i < n; i++, e = json_next(e)) {
        CLEANUP_STR char *entry_at = xasprintf("%s[%zu]", list_at, i);
        parse_expression(e, entry_at, &s->parts[s->n++], problem);
    }
    return s;
}

void label_selector_free(struct label_selector *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct part *p = &s->parts[i];
        for (size_t j = 0; j < p->n_values; j++)
            free(p->values[j]);
        free(p->values);
        free(p->key);
    }
    free(s->parts);
    free(s);
}

static bool has_value(const struct part *p, const char *value)
{
    for (size_t i = 0; value && i < p->n_values; i++) {
        if (strcmp(p->values[i], value) == 0)
            return true;
    }
    return false;
}

static bool part_matches(const struct part *p, const struct map *labels)
{
    const char *value = p->key ? map_get(labels, p->key) : NULL;
    switch (p->operation) {
    case LABEL_IN:
        return has_value(p, value);
    case LABEL_NOT_IN:
        return !has_value(p, value);
    case LABEL_EXISTS:
        return value != NULL;
    case LABEL_DOES_NOT_EXIST:
        return value == NULL;
    }
    return false;
}

bool label_selector_matches(const struct label_selector *s, const struct map *labels)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!part_matches(&s->parts[i], labels))
            return false;
    }
    return true;
}

static void print_values(const struct part *p, const char *word, struct str_buf *out)
{
    str_buf_printf(out, "%s %s (", p->key, word);
    for (size_t i = 0; i < p->n_values; i++)
        str_buf_printf(out, "%s%s", i ? "," : "", p->values[i]);
    str_buf_puts(out, ")");
}

static void print_part(const struct part *p, struct str_buf *out)
{
    switch (p->operation) {
    case LABEL_IN:
        print_values(p, "in", out);
        return;
    case LABEL_NOT_IN:
        print_values(p, "notin", out);
        return;
    case LABEL_EXISTS:
        str_buf_puts(out, p->key);
        return;
    case LABEL_DOES_NOT_EXIST:
        str_buf_printf(out, "!%s", p->key);
        return;
    }
}

void label_selector_print(const struct label_selector *s, struct str_buf *out)
{
    for (size_t i = 0; i < s->n; i++) {
        if (i)
            str_buf_puts(out, ",");
        print_part(&s->parts[i], out);
    }
}
