/* The ways in which External Secrets' providers read a property that may be a path or a literal
 * name with dots. A literal is tried as the same path with its dots escaped, because that is what
 * the providers do: other special characters keep their meaning. */
#include "render/jsonpath.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "render/gojson.h"

static struct err *get_escaped(struct secret_view json, const char *property,
                               struct secret_buf **out)
{
    CLEANUP_STR char *escaped = NULL;
    size_t n = 0, length = strlen(property);

    if (length > JSONPATH_PATH_MAX)
        return err_new(ERR_INVALID, "path: longer than %d bytes", JSONPATH_PATH_MAX);
    if (!strchr(property, '.')) {
        *out = NULL;
        return NULL;
    }
    escaped = xalloc(2 * length + 1);
    for (const char *c = property; *c; c++) {
        if (*c == '.')
            escaped[n++] = '\\';
        escaped[n++] = *c;
    }
    escaped[n] = '\0';
    return jsonpath_get(json, escaped, out);
}

/* A value at the top level, as text: names sorted and compact below it. */
static struct err *go_text(const struct secret_json *v, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e;

    if (v->kind == SECRET_JSON_STRING)
        return secret_json_string(v, out);
    e = secret_buf_new(v->kind == SECRET_JSON_NULL ? 0 : v->raw.n, &b);
    if (!e && v->kind != SECRET_JSON_NULL)
        e = gojson_append(v, b);
    if (e)
        return e;
    *out = TAKE(b);
    return NULL;
}

static struct err *get_key_first(struct secret_view json, const char *property,
                                 struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *encoded = NULL;
    struct secret_json root, value;
    struct err *e = secret_json_parse(json, &root);

    if (e)
        return e;
    if (secret_json_member(&root, property, &value))
        return go_text(&value, out);
    e = go_text(&root, &encoded);
    return e ? e : jsonpath_get(secret_buf_view(encoded), property, out);
}

struct err *jsonpath_property(struct secret_view json, const char *property,
                              enum property_order order, struct secret_buf **out)
{
    bool is_path_first = order == PROPERTY_PATH_FIRST;
    struct secret_buf *result = NULL;
    struct err *e;

    if (order == PROPERTY_KEY_FIRST)
        return get_key_first(json, property, out);
    if (order == PROPERTY_PATH_ONLY)
        return jsonpath_get(json, property, out);
    e = is_path_first ? jsonpath_get(json, property, &result)
                      : get_escaped(json, property, &result);
    if (!e && !result)
        e = is_path_first ? get_escaped(json, property, &result)
                          : jsonpath_get(json, property, &result);
    if (!e)
        *out = result;
    return e;
}
