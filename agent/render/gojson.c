/* Recursion follows the document, whose depth secret_json_parse has limited. The names of an object
 * are decoded once, sorted with their positions, and written; of equal names the last one counts.
 */
#include "render/gojson.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct member {
    struct secret_buf *name;
    struct secret_json value;
    size_t place;
};

struct members {
    struct member *list;
    size_t n;
};

static void members_cleanup(struct members *m)
{
    for (size_t i = 0; i < m->n; i++)
        secret_buf_free(m->list[i].name);
    free(m->list);
}

static int compare_names(struct secret_view a, struct secret_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(secret_view_raw(a), secret_view_raw(b), n) : 0;

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_members(const void *a, const void *b)
{
    const struct member *one = a, *two = b;
    int order = compare_names(secret_buf_view(one->name), secret_buf_view(two->name));

    return order ? order : (one->place > two->place) - (one->place < two->place);
}

static struct err *collect(const struct secret_json *object, struct members *m)
{
    size_t count = secret_json_count(object), at = 0;
    struct secret_json name;

    if (count > GOJSON_MEMBERS_MAX)
        return err_new(ERR_INVALID, "JSON: an object with more than %d members",
                       GOJSON_MEMBERS_MAX);
    m->list = xcalloc(count + 1, sizeof(*m->list));
    while (secret_json_next(object, &at, &name, &m->list[m->n].value)) {
        struct err *e = secret_json_string(&name, &m->list[m->n].name);

        if (e)
            return e;
        m->list[m->n].place = m->n;
        m->n++;
    }
    qsort(m->list, m->n, sizeof(*m->list), compare_members);
    return NULL;
}

static bool is_overwritten(const struct members *m, size_t i)
{
    return i + 1 < m->n && secret_view_equal(secret_buf_view(m->list[i].name),
                                             secret_buf_view(m->list[i + 1].name));
}

static struct err *append_object(const struct secret_json *v, struct secret_buf *out)
{
    __attribute__((cleanup(members_cleanup))) struct members m = {NULL, 0};
    struct err *e = collect(v, &m);
    const char *before = "{";

    for (size_t i = 0; i < m.n && !e; i++) {
        if (is_overwritten(&m, i))
            continue;
        e = secret_buf_puts(out, before);
        if (!e)
            e = secret_json_quote_go(secret_buf_view(m.list[i].name), out);
        if (!e)
            e = secret_buf_puts(out, ":");
        if (!e)
            e = gojson_append(&m.list[i].value, out);
        before = ",";
    }
    return e ? e : secret_buf_puts(out, m.n ? "}" : "{}");
}

static struct err *append_array(const struct secret_json *v, struct secret_buf *out)
{
    struct secret_json name, value;
    size_t at = 0;
    struct err *e = secret_buf_puts(out, "[");
    bool is_first = true;

    while (!e && secret_json_next(v, &at, &name, &value)) {
        e = is_first ? NULL : secret_buf_puts(out, ",");
        is_first = false;
        if (!e)
            e = gojson_append(&value, out);
    }
    return e ? e : secret_buf_puts(out, "]");
}

static struct err *append_string(const struct secret_json *v, struct secret_buf *out)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct err *e = secret_json_string(v, &text);

    return e ? e : secret_json_quote_go(secret_buf_view(text), out);
}

struct err *gojson_append(const struct secret_json *v, struct secret_buf *out)
{
    switch (v->kind) {
    case SECRET_JSON_OBJECT:
        return append_object(v, out);
    case SECRET_JSON_ARRAY:
        return append_array(v, out);
    case SECRET_JSON_STRING:
        return append_string(v, out);
    case SECRET_JSON_NULL:
    case SECRET_JSON_TRUE:
    case SECRET_JSON_FALSE:
    case SECRET_JSON_NUMBER:
        break;
    }
    return secret_buf_append(out, v->raw);
}
