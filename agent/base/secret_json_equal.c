/* Two documents side by side, without a tree: each member of the one is looked up in the other,
 * which is quadratic in the members of an object; documents that are compared here are small. */

#include "base/secret_json.h"

#include <stdlib.h>

#include "base/alloc.h"

#define NAME_MAX_BYTES ((size_t)64 << 10)

static struct err *equal_strings(const struct secret_json *a, const struct secret_json *b,
                                 bool *out)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct err *e = secret_json_string(a, &text);
    if (!e)
        *out = secret_json_is_text(b, secret_buf_view(text));
    return e;
}

static struct err *equal_lists(const struct secret_json *a, const struct secret_json *b, bool *out)
{
    struct secret_json none, x, y;
    size_t at_a = 0, at_b = 0;
    struct err *e = NULL;
    bool same = secret_json_count(a) == secret_json_count(b);
    while (!e && same && secret_json_next(a, &at_a, &none, &x) &&
           secret_json_next(b, &at_b, &none, &y))
        e = secret_json_equal(&x, &y, &same);
    if (!e)
        *out = same;
    return e;
}

static struct err *equal_member(const struct secret_json *name, const struct secret_json *value,
                                const struct secret_json *other, bool *out)
{
    struct secret_json found;
    CLEANUP_STR char *text = NULL;
    struct err *e = secret_json_text(name, NAME_MAX_BYTES, &text);
    if (e)
        return e;
    if (secret_json_member(other, text, &found))
        return secret_json_equal(value, &found, out);
    *out = false;
    return NULL;
}

static struct err *equal_objects(const struct secret_json *a, const struct secret_json *b,
                                 bool *out)
{
    struct secret_json name, value;
    size_t at = 0;
    struct err *e = NULL;
    bool same = secret_json_count(a) == secret_json_count(b);
    while (!e && same && secret_json_next(a, &at, &name, &value))
        e = equal_member(&name, &value, b, &same);
    if (!e)
        *out = same;
    return e;
}

struct err *secret_json_equal(const struct secret_json *a, const struct secret_json *b, bool *out)
{
    if (a->kind != b->kind) {
        *out = false;
        return NULL;
    }
    switch (a->kind) {
    case SECRET_JSON_NULL:
    case SECRET_JSON_TRUE:
    case SECRET_JSON_FALSE:
    case SECRET_JSON_NUMBER:
        *out = secret_view_equal(a->raw, b->raw);
        return NULL;
    case SECRET_JSON_STRING:
        return equal_strings(a, b, out);
    case SECRET_JSON_ARRAY:
        return equal_lists(a, b, out);
    case SECRET_JSON_OBJECT:
        return equal_objects(a, b, out);
    }
    *out = false;
    return NULL;
}
