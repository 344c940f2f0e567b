/* Two small tables, words and tags, and the number grammar of JSON by hand, because strtod takes
 * much that is text in a manifest: "inf", "0x1p3", " 1". */

#include "base/yaml_scalar.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

struct word {
    const char *text;
    enum json_kind kind;
    bool is_true;
};

static const struct word words[] = {
    {"", JSON_NULL, false},      {"~", JSON_NULL, false},     {"null", JSON_NULL, false},
    {"Null", JSON_NULL, false},  {"NULL", JSON_NULL, false},  {"true", JSON_BOOL, true},
    {"True", JSON_BOOL, true},   {"TRUE", JSON_BOOL, true},   {"false", JSON_BOOL, false},
    {"False", JSON_BOOL, false}, {"FALSE", JSON_BOOL, false},
};

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

/* The number grammar of JSON. */
static bool is_json_number(const char *s)
{
    s += *s == '-';
    size_t n = digits(s);
    if (n == 0 || (n > 1 && *s == '0'))
        return false;
    s += n;
    if (*s == '.') {
        n = digits(s + 1);
        if (n == 0)
            return false;
        s += 1 + n;
    }
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '+' || s[1] == '-');
        n = digits(s);
        if (n == 0)
            return false;
        s += n;
    }
    return *s == '\0';
}

/* "0400" and "0o400": file modes are written so. At most as many digits as a double holds. */
static bool is_octal(const char *s)
{
    if (*s != '0')
        return false;
    s += 1 + (s[1] == 'o');
    size_t n = strspn(s, "01234567");
    return n > 0 && n <= 17 && s[n] == '\0';
}

static struct json *resolve_plain(const char *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(words[i].text, s) == 0)
            return words[i].kind == JSON_NULL ? json_new_null() : json_new_bool(words[i].is_true);
    }
    if (is_octal(s))
        return json_new_number((double)strtoull(s + 1 + (s[1] == 'o'), NULL, 8));
    if (is_json_number(s) && isfinite(strtod(s, NULL)))
        return json_new_number(strtod(s, NULL));
    return json_new_text(s);
}

struct tag {
    const char *name;
    enum json_kind kind;
    bool is_whole; /* a number without a fraction */
};

static const struct tag tags[] = {
    {TAG_PREFIX "str", JSON_STRING, false},   {TAG_PREFIX "int", JSON_NUMBER, true},
    {TAG_PREFIX "float", JSON_NUMBER, false}, {TAG_PREFIX "bool", JSON_BOOL, false},
    {TAG_PREFIX "null", JSON_NULL, false},    {TAG_PREFIX "seq", JSON_LIST, false},
    {TAG_PREFIX "map", JSON_MAP, false},
};

/* NULL when it is not among those supported. */
static const struct tag *find_tag(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        if (strcmp(tags[i].name, name) == 0)
            return &tags[i];
    }
    return NULL;
}

static struct err *not_supported(const char *name)
{
    return err_new(ERR_INVALID, "tag \"%s\" is not supported", name);
}

static struct err *does_not_fit(const char *name)
{
    return err_new(ERR_INVALID, "value does not fit its tag \"%s\"", name);
}

static bool fits_tag(const struct json *j, const struct tag *tag)
{
    if (json_kind(j) != tag->kind)
        return false;
    return !tag->is_whole || json_number(j, 0) == trunc(json_number(j, 0));
}

static struct err *resolve_tagged(const char *tag_name, const char *s, struct json **out)
{
    const struct tag *tag = find_tag(tag_name);
    if (!tag)
        return not_supported(tag_name);
    CLEANUP(json) struct json *j = tag->kind == JSON_STRING ? json_new_text(s) : resolve_plain(s);
    if (!fits_tag(j, tag))
        return does_not_fit(tag_name);
    *out = TAKE(j);
    return NULL;
}

/* "!" alone says no more than that the value is what it looks like: text, list or map. */
static bool is_unspecific(const char *tag)
{
    return strcmp(tag, "!") == 0;
}

struct err *yaml_scalar_resolve(const char *tag, bool is_plain, const char *s, struct json **out)
{
    if (tag && !is_unspecific(tag))
        return resolve_tagged(tag, s, out);
    *out = is_plain && !tag ? resolve_plain(s) : json_new_text(s);
    return NULL;
}

struct err *yaml_scalar_check_container(const char *tag, enum json_kind kind)
{
    if (!tag || is_unspecific(tag))
        return NULL;
    const struct tag *found = find_tag(tag);
    if (!found)
        return not_supported(tag);
    return found->kind == kind ? NULL : does_not_fit(tag);
}
