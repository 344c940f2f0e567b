/* Each modifier is a row of a table: a function that appends to a fresh buffer. They work on the
 * raw text of the elements, so that numbers, escapes and blanks inside stay as they were written.
 */
#include "render/jsonpath_modifier.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/reader.h"
#include "base/secret_json.h"
#include "base/secret_json_check.h"
#include "render/jsonpath_node.h"

#define FLATTEN_DEPTH_MAX 128
#define REVERSE_ITEMS_MAX 65536

typedef struct err *modifier_fn(struct secret_view json, struct span arg, struct secret_buf *out);

/* Append raw, behind a comma unless it is the first behind the opening bracket. */
static struct err *append_item(struct secret_buf *out, struct secret_view raw)
{
    struct err *e = secret_buf_size(out) > 1 ? secret_buf_puts(out, ",") : NULL;

    return e ? e : secret_buf_append(out, raw);
}

static struct err *modify_this(struct secret_view json, struct span arg, struct secret_buf *out)
{
    (void)arg;
    return secret_buf_append(out, json);
}

static struct err *modify_valid(struct secret_view json, struct span arg, struct secret_buf *out)
{
    CLEANUP(err) struct err *problem = secret_json_check(json);

    (void)arg;
    return problem ? NULL : secret_buf_append(out, json);
}

static struct err *modify_ugly(struct secret_view json, struct span arg, struct secret_buf *out)
{
    const unsigned char *s = secret_view_raw(json);
    bool is_quoted = false;
    struct err *e = NULL;
    size_t start = 0, i = 0;

    (void)arg;
    for (; i < json.n && !e; i++) {
        if (is_quoted && s[i] == '\\') {
            i++;
        } else if (s[i] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && s[i] <= ' ') {
            e = secret_buf_append(out, secret_view_part(json, start, i - start));
            start = i + 1;
        }
    }
    if (e || start >= json.n)
        return e;
    return secret_buf_append(out, secret_view_part(json, start, json.n - start));
}

static struct err *modify_tostr(struct secret_view json, struct span arg, struct secret_buf *out)
{
    (void)arg;
    return secret_json_quote_go(json, out);
}

static struct err *modify_fromstr(struct secret_view json, struct span arg, struct secret_buf *out)
{
    CLEANUP(err) struct err *problem = secret_json_check(json);
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct node whole = jsonpath_whole(json);
    struct err *e;

    (void)arg;
    if (problem)
        return NULL;
    e = jsonpath_text(&whole, &text);
    return e ? e : secret_buf_append(out, secret_buf_view(text));
}

/* Any value as a sequence: a container's members or elements, or the one value itself. */
struct items {
    struct reader r;
    struct node self;
    bool is_object, is_container, is_over;
};

static struct items items_of(struct secret_view json)
{
    struct items it = {.self = jsonpath_whole(json)};

    it.is_container = jsonpath_inside(&it.self, &it.r, &it.is_object);
    it.is_over = it.self.kind == NODE_MISSING;
    return it;
}

static bool items_next(struct items *it, struct node *name, struct node *value)
{
    if (it->is_over)
        return false;
    *name = (struct node){NODE_MISSING, {NULL, 0}};
    if (it->is_object)
        return jsonpath_next_member(&it->r, name, value);
    if (it->is_container)
        return jsonpath_next_element(&it->r, value);
    *value = it->self;
    it->is_over = true;
    return true;
}

static struct err *modify_keys(struct secret_view json, struct span arg, struct secret_buf *out)
{
    struct items it = items_of(json);
    struct node name, value;
    struct err *e = secret_buf_puts(out, "[");

    (void)arg;
    while (!e && items_next(&it, &name, &value))
        e = append_item(out, it.is_object ? name.raw : secret_view_of("null", 4));
    return e ? e : secret_buf_puts(out, "]");
}

static struct err *modify_values(struct secret_view json, struct span arg, struct secret_buf *out)
{
    struct items it = items_of(json);
    struct node name, value;
    struct err *e = NULL;

    if (it.is_container && !it.is_object)
        return modify_this(json, arg, out);
    e = secret_buf_puts(out, "[");
    while (!e && items_next(&it, &name, &value))
        e = append_item(out, value.raw);
    return e ? e : secret_buf_puts(out, "]");
}

struct item {
    struct node name, value;
};

static struct err *append_reversed(const struct item *items, size_t n, struct secret_buf *out)
{
    struct err *e = NULL;

    while (n-- > 0 && !e) {
        bool has_name = items[n].name.kind != NODE_MISSING;

        e = append_item(out, has_name ? items[n].name.raw : items[n].value.raw);
        if (!e && has_name)
            e = secret_buf_puts(out, ":");
        if (!e && has_name)
            e = secret_buf_append(out, items[n].value.raw);
    }
    return e;
}

static struct err *collect(struct items *it, struct item **items, size_t *n)
{
    size_t capacity = 0;
    struct item next;

    while (items_next(it, &next.name, &next.value)) {
        if (*n == REVERSE_ITEMS_MAX)
            return err_new(ERR_INVALID, "path: @reverse of more than %d values", REVERSE_ITEMS_MAX);
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            *items = xrealloc(*items, capacity, sizeof(**items));
        }
        (*items)[(*n)++] = next;
    }
    return NULL;
}

static struct err *modify_reverse(struct secret_view json, struct span arg, struct secret_buf *out)
{
    struct items it = items_of(json);
    struct item *items = NULL;
    size_t n = 0;
    struct err *e;

    if (!it.is_container)
        return modify_this(json, arg, out);
    e = collect(&it, &items, &n);
    if (!e)
        e = secret_buf_puts(out, it.is_object ? "{" : "[");
    if (!e)
        e = append_reversed(items, n, out);
    free(items);
    return e ? e : secret_buf_puts(out, it.is_object ? "}" : "]");
}

static bool is_array(const struct node *n)
{
    return n->kind == NODE_JSON && secret_view_raw(n->raw)[0] == '[';
}

/* What stands between the brackets of an array, if it is not blank. */
static struct err *append_unwrapped(struct secret_view array, struct secret_buf *out)
{
    const unsigned char *s = secret_view_raw(array);
    size_t start = 1, end = array.n - 1;

    while (start < end && s[start] <= ' ')
        start++;
    while (end > start && s[end - 1] <= ' ')
        end--;
    if (start >= end)
        return NULL;
    return append_item(out, secret_view_part(array, start, end - start));
}

/* depth: how many levels are still to be taken apart. */
static struct err *flatten_elements(struct secret_view array, size_t depth, struct secret_buf *out)
{
    struct items it = items_of(array);
    struct node name, value;
    struct err *e = NULL;

    while (!e && items_next(&it, &name, &value)) {
        if (!is_array(&value))
            e = append_item(out, value.raw);
        else if (depth == 0)
            e = append_unwrapped(value.raw, out);
        else if (depth == 1)
            e = err_new(ERR_INVALID, "path: @flatten of more than %d levels", FLATTEN_DEPTH_MAX);
        else
            e = flatten_elements(value.raw, depth - 1, out);
    }
    return e;
}

/* Does arg say {"deep":true}? */
static bool is_deep(struct span arg)
{
    struct items it = items_of(secret_view_of(arg.p, arg.n));
    struct node name, value;
    bool is_deep = false;

    while (it.is_object && items_next(&it, &name, &value)) {
        struct secret_json key = {SECRET_JSON_STRING, name.raw};

        if (secret_json_is_text(&key, secret_view_of("deep", 4)))
            is_deep = value.kind == NODE_TRUE;
    }
    return is_deep;
}

static struct err *modify_flatten(struct secret_view json, struct span arg, struct secret_buf *out)
{
    struct node whole = jsonpath_whole(json);
    struct err *e;

    if (!is_array(&whole))
        return modify_this(json, arg, out);
    e = secret_buf_puts(out, "[");
    if (!e)
        e = flatten_elements(json, is_deep(arg) ? FLATTEN_DEPTH_MAX : 0, out);
    return e ? e : secret_buf_puts(out, "]");
}

static const struct {
    const char *name;
    modifier_fn *apply;
} modifiers[] = {
    {"this", modify_this},     {"reverse", modify_reverse}, {"keys", modify_keys},
    {"values", modify_values}, {"flatten", modify_flatten}, {"valid", modify_valid},
    {"ugly", modify_ugly},     {"tostr", modify_tostr},     {"fromstr", modify_fromstr},
};

struct err *jsonpath_modifier_apply(struct span name, struct span arg, struct secret_view json,
                                    struct secret_buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++)
        if (name.n == strlen(modifiers[i].name) && memcmp(name.p, modifiers[i].name, name.n) == 0)
            return modifiers[i].apply(json, arg, out);
    return err_new(ERR_INVALID, "path: modifier @%.*s is not supported", (int)name.n, name.p);
}

/* A plain argument ends at a pipe outside brackets; JSON ends where it ends. */
static size_t argument_length(struct span s)
{
    size_t i = 0;

    if (s.n && strchr("{[\"", s.p[0]))
        return jsonpath_bracketed(s);
    while (i < s.n && s.p[i] != '|')
        i += s.p[i] && strchr("{[\"(", s.p[i]) ? jsonpath_bracketed(span_from(s, i)) : 1;
    return i;
}

bool jsonpath_modifier_take(struct span *path, struct span *name, struct span *arg)
{
    struct span rest;

    if (!jsonpath_modifier_name(*path, name))
        return false;
    rest = span_from(*path, name->n + 1);
    *arg = (struct span){rest.p, 0};
    if (rest.n && rest.p[0] == ':') {
        rest = span_from(rest, 1);
        *arg = (struct span){rest.p, argument_length(rest)};
        rest = span_from(rest, arg->n);
    }
    *path = rest;
    return true;
}
