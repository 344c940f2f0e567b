/* Manifests are read against tables of what is understood; the first thing outside a table becomes
 * the object's problem. One problem at a time is enough: the user mends it and sees the next. */

#include "spec/field_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/str_buf.h"

#define CHOICES_BYTES_MAX 1024

static const struct field_rule *find_rule(const struct field_rule *rules, size_t n,
                                          const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    }
    return NULL;
}

/* A slip of the pen is told together with what was meant. */
static char *unknown_member(const char *at, const char *name, const struct field_rule *rules,
                            size_t n)
{
    struct nearest s;
    nearest_init(&s, name, strlen(name));
    for (size_t i = 0; i < n; i++)
        nearest_offer(&s, rules[i].name, rules[i].name);
    return s.best ? xasprintf("%s.%s is not supported, did you mean %s?", at, name, s.best)
                  : xasprintf("%s.%s is not supported", at, name);
}

char *field_check(const struct json *map, const char *at, const struct field_rule *rules, size_t n)
{
    if (json_kind(map) == JSON_NULL)
        return NULL;
    if (json_kind(map) != JSON_MAP)
        return xasprintf("%s must be a map", at);
    for (const struct json *m = json_first(map); m; m = json_next(m)) {
        if (json_kind(m) == JSON_NULL)
            continue;
        const struct field_rule *rule = find_rule(rules, n, json_name(m));
        if (!rule)
            return unknown_member(at, json_name(m), rules, n);
        const char *text = json_text(m);
        if (rule->only_value && (!text || strcmp(text, rule->only_value) != 0))
            return xasprintf("%s.%s \"%s\" is not supported", at, json_name(m), text ? text : "");
    }
    return NULL;
}

int field_choice(const struct json *map, const char *at, const char *name,
                 const char *const *choices, size_t n, int fallback, char **problem)
{
    const struct json *m = json_get(map, name);
    if (json_kind(m) == JSON_NULL)
        return fallback;
    const char *text = json_text(m);
    for (size_t i = 0; text && i < n; i++) {
        if (strcmp(choices[i], text) == 0)
            return (int)i;
    }
    CLEANUP_STR_BUF struct str_buf want;
    str_buf_init(&want, CHOICES_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        str_buf_printf(&want, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", choices[i]);
    field_problem(problem, xasprintf("%s.%s \"%s\" is not supported: want %s", at, name,
                                     text ? text : "", want.s));
    return fallback;
}

char *field_required(const struct json *map, const char *at, const char *name, char **problem)
{
    const char *text = json_path_text(map, name);
    if (text && *text)
        return xstrdup(text);
    field_problem(problem, xasprintf("%s.%s is missing", at, name));
    return NULL;
}

char *field_optional(const struct json *map, const char *at, const char *name, char **problem)
{
    const struct json *m = json_get(map, name);
    const char *text = json_text(m);
    if (text)
        return *text ? xstrdup(text) : NULL;
    if (json_kind(m) != JSON_NULL)
        field_problem(problem, xasprintf("%s.%s must be a text", at, name));
    return NULL;
}

void field_problem(char **problem, char *text)
{
    if (*problem || !text) {
        free(text);
        return;
    }
    *problem = text;
}
