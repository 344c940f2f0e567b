/* Parsing checks the text once; from then on the reader trusts it and only has to find where a
 * value ends: it counts brackets outside strings. It stays inside the bytes even if the text was
 * never checked. Looking a member up walks the object; nothing is indexed, because a secret is read
 * once or twice. */
#include "base/secret_json.h"

#include <string.h>

#include "base/reader.h"
#include "base/secret_json_check.h"

static void skip_string(struct reader *r)
{
    r->at++;
    while (r->at < r->n && r->s[r->at] != '"')
        r->at += r->s[r->at] == '\\' ? 2 : 1;
    r->at = r->at < r->n ? r->at + 1 : r->n;
}

static void skip_container(struct reader *r)
{
    size_t depth = 0;

    do {
        int c = reader_peek(r);

        if (c == '"') {
            skip_string(r);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        r->at++;
    } while (depth && r->at < r->n);
}

static void skip_scalar(struct reader *r)
{
    while (r->at < r->n && !memchr(",]} \t\r\n", reader_peek(r), 7))
        r->at++;
}

static enum secret_json_kind kind_of(int c)
{
    switch (c) {
    case '{':
        return SECRET_JSON_OBJECT;
    case '[':
        return SECRET_JSON_ARRAY;
    case '"':
        return SECRET_JSON_STRING;
    case 't':
        return SECRET_JSON_TRUE;
    case 'f':
        return SECRET_JSON_FALSE;
    case 'n':
        return SECRET_JSON_NULL;
    default:
        return SECRET_JSON_NUMBER;
    }
}

/* The value at r; false at the end of the text. */
static bool read_value(struct reader *r, struct secret_view text, struct secret_json *out)
{
    size_t start = r->at;

    if (r->at >= r->n)
        return false;
    out->kind = kind_of(reader_peek(r));
    if (out->kind == SECRET_JSON_STRING)
        skip_string(r);
    else if (out->kind == SECRET_JSON_OBJECT || out->kind == SECRET_JSON_ARRAY)
        skip_container(r);
    else
        skip_scalar(r);
    out->raw = secret_view_part(text, start, r->at - start);
    return r->at > start;
}

struct err *secret_json_parse(struct secret_view text, struct secret_json *out)
{
    struct reader r = reader_of(text);
    struct err *e = secret_json_check(text);

    if (e)
        return e;
    reader_skip_space(&r);
    read_value(&r, text, out);
    return NULL;
}

bool secret_json_next(const struct secret_json *container, size_t *at, struct secret_json *name,
                      struct secret_json *value)
{
    struct reader r = reader_of(container->raw);
    bool is_object = container->kind == SECRET_JSON_OBJECT;
    struct secret_json key = {SECRET_JSON_NULL, {NULL, 0}};

    if (!is_object && container->kind != SECRET_JSON_ARRAY)
        return false;
    r.at = *at ? *at : 1;
    reader_skip_space(&r);
    if (reader_take(&r, ','))
        reader_skip_space(&r);
    if (is_object) {
        if (reader_peek(&r) != '"' || !read_value(&r, container->raw, &key))
            return false;
        reader_skip_space(&r);
        reader_take(&r, ':');
        reader_skip_space(&r);
    }
    if (reader_peek(&r) == ']' || !read_value(&r, container->raw, value))
        return false;
    *name = key;
    *at = r.at;
    return true;
}

size_t secret_json_count(const struct secret_json *container)
{
    struct secret_json name, value;
    size_t at = 0, n = 0;

    while (secret_json_next(container, &at, &name, &value))
        n++;
    return n;
}

bool secret_json_member(const struct secret_json *obj, const char *name, struct secret_json *out)
{
    struct secret_view wanted = secret_view_of(name, strlen(name));
    struct secret_json key, value;
    size_t at = 0;
    bool is_found = false;

    if (obj->kind != SECRET_JSON_OBJECT)
        return false;
    while (secret_json_next(obj, &at, &key, &value)) {
        if (!secret_json_is_text(&key, wanted))
            continue;
        *out = value;
        is_found = true;
    }
    return is_found;
}
