/* A search follows the document once and parses the next step of the path when it knows whether it
 * stands in an object or an array. A search that runs into a dead end goes on with the next member
 * that matches, so duplicates and wildcards are tried in order. Lists and counts are put together
 * in scratch buffers; what was needed for one element only is freed before the next. */
#include "render/jsonpath_eval.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "base/secret_json.h"
#include "render/jsonpath_match.h"

struct search {
    struct jsonpath_eval *ev;
    struct jsonpath_found found;
    bool is_found;
};

static const struct secret_view nothing = {NULL, 0};

static struct err *search_container(struct search *s, struct node container, struct span path);

static void follow_pipe(struct search *s, struct path_rest rest)
{
    if (rest.link != PATH_PIPE)
        return;
    s->found.has_pipe = true;
    s->found.pipe = rest.path;
}

static void found(struct search *s, struct node value)
{
    s->found.value = value;
    s->is_found = true;
}

/* The value that a step leads to: the end, or the way on into it. */
static struct err *step_into(struct search *s, struct node value, struct path_rest rest)
{
    if (rest.link == PATH_DOT)
        return value.kind == NODE_JSON ? search_container(s, value, rest.path) : NULL;
    found(s, value);
    return NULL;
}

static bool key_matches(const struct path_key *k, const struct node *name, struct err **e)
{
    struct secret_view wanted = secret_view_of(k->name, k->n);
    struct secret_json string = {SECRET_JSON_STRING, name->raw};
    CLEANUP(secret_buf) struct secret_buf *text = NULL;

    if (!k->has_wildcard)
        return secret_json_is_text(&string, wanted);
    *e = secret_json_string(&string, &text);
    return !*e && jsonpath_match_pattern(secret_buf_view(text), wanted);
}

static struct err *search_members(struct search *s, struct reader *r, const struct path_key *k)
{
    struct node name, value;
    struct err *e = NULL;

    follow_pipe(s, k->rest);
    while (!e && !s->is_found && jsonpath_next_member(r, &name, &value))
        if (key_matches(k, &name, &e))
            e = step_into(s, value, k->rest);
    return e;
}

static struct err *search_object(struct search *s, struct reader *r, struct span path)
{
    struct path_key k;
    struct err *e;

    jsonpath_key_init(&k, path);
    e = search_members(s, r, &k);
    jsonpath_key_done(&k);
    return e;
}

static struct err *search_index(struct search *s, struct reader *r, const struct path_array *a)
{
    struct node value;
    size_t i = 0;

    while (jsonpath_next_element(r, &value))
        if (i++ == a->index)
            return step_into(s, value, a->rest);
    return NULL;
}

static struct err *count_elements(struct search *s, struct reader *r)
{
    struct secret_buf *text = NULL;
    struct node value;
    char digits[24];
    size_t n = 0;
    struct err *e = jsonpath_scratch_new(s->ev, &text);

    while (!e && jsonpath_next_element(r, &value))
        n++;
    snprintf(digits, sizeof(digits), "%zu", n);
    if (!e)
        e = secret_buf_puts(text, digits);
    if (!e)
        found(s, (struct node){NODE_NUMBER, secret_buf_view(text)});
    return e;
}

/* Append value to a list that is being made, unless there is none. */
static struct err *list_add(struct secret_buf *list, const struct node *value)
{
    struct err *e = NULL;

    if (value->kind == NODE_MISSING)
        return NULL;
    if (secret_buf_size(list) > 1)
        e = secret_buf_puts(list, ",");
    return e ? e : secret_buf_append(list, value->raw);
}

static struct err *list_end(struct search *s, struct secret_buf *list, struct err *e)
{
    if (!e)
        e = secret_buf_puts(list, "]");
    if (!e)
        found(s, (struct node){NODE_JSON, secret_buf_view(list)});
    return e;
}

/* The rest of the step, applied to each element; a pipe in it is for the list as a whole. */
static struct err *map_elements(struct search *s, struct reader *r, struct span path)
{
    struct secret_buf *list = NULL;
    struct node value, result;
    struct err *e = jsonpath_scratch_new(s->ev, &list);
    size_t mark = s->ev->n;

    if (!e)
        e = secret_buf_puts(list, "[");
    if (jsonpath_split_pipe(&path, &s->found.pipe))
        s->found.has_pipe = true;
    while (!e && jsonpath_next_element(r, &value)) {
        e = jsonpath_eval(s->ev, value.raw, path, &result);
        if (!e)
            e = list_add(list, &result);
        jsonpath_scratch_release(s->ev, mark, nothing);
    }
    return list_end(s, list, e);
}

/* Does q hold for an element? Only objects and arrays have something under q's path. */
static struct err *element_matches(struct jsonpath_eval *ev, const struct path_query *q,
                                   const struct node *element, bool *is_match)
{
    struct node value = *element;
    size_t mark = ev->n;
    struct err *e = NULL;

    *is_match = false;
    if (element->kind == NODE_JSON)
        e = jsonpath_eval(ev, element->raw, q->path, &value);
    else if (q->path.n)
        return NULL;
    if (!e)
        e = jsonpath_match_query(q, &value, is_match);
    jsonpath_scratch_release(ev, mark, nothing);
    return e;
}

/* The next element for which the query holds, and what the rest selects in it; false in *is_any at
 * the end. A pipe in the rest counts from the first match on, as it does in gjson. */
static struct err *next_match(struct search *s, struct reader *r, struct path_array *a,
                              struct node *out, bool *is_any)
{
    struct node element;
    struct err *e = NULL;

    *is_any = false;
    while (!e && !*is_any && jsonpath_next_element(r, &element))
        e = element_matches(s->ev, &a->query, &element, is_any);
    if (e || !*is_any)
        return e;
    *out = element;
    if (a->rest.link != PATH_DOT)
        return NULL;
    if (jsonpath_split_pipe(&a->rest.path, &s->found.pipe))
        s->found.has_pipe = true;
    return jsonpath_eval(s->ev, element.raw, a->rest.path, out);
}

static struct err *search_first(struct search *s, struct reader *r, struct path_array *a)
{
    struct node value;
    bool is_any;
    struct err *e = next_match(s, r, a, &value, &is_any);

    if (!e && is_any)
        found(s, value);
    return e;
}

static struct err *search_all(struct search *s, struct reader *r, struct path_array *a)
{
    struct secret_buf *list = NULL;
    struct node value;
    bool is_any = true;
    struct err *e = jsonpath_scratch_new(s->ev, &list);
    size_t mark = s->ev->n;

    if (!e)
        e = secret_buf_puts(list, "[");
    while (!e && is_any) {
        e = next_match(s, r, a, &value, &is_any);
        if (!e && is_any)
            e = list_add(list, &value);
        jsonpath_scratch_release(s->ev, mark, nothing);
    }
    return list_end(s, list, e);
}

static struct err *search_query(struct search *s, struct reader *r, struct path_array *a)
{
    return a->query.is_all ? search_all(s, r, a) : search_first(s, r, a);
}

static struct err *search_elements(struct search *s, struct reader *r, struct path_array *a)
{
    follow_pipe(s, a->rest);
    switch (a->kind) {
    case PATH_INDEX:
        return search_index(s, r, a);
    case PATH_COUNT:
        return count_elements(s, r);
    case PATH_EACH:
        return map_elements(s, r, a->rest.path);
    case PATH_QUERY:
        return search_query(s, r, a);
    case PATH_NO_ELEMENT:
        break;
    }
    return NULL;
}

static struct err *search_array(struct search *s, struct reader *r, struct span path)
{
    struct path_array a;
    struct err *e = jsonpath_array_init(&a, path);

    if (e)
        return e;
    e = search_elements(s, r, &a);
    jsonpath_array_done(&a);
    return e;
}

static struct err *search_container(struct search *s, struct node container, struct span path)
{
    struct reader r;
    bool is_object;
    struct err *e;

    if (!jsonpath_inside(&container, &r, &is_object))
        return NULL;
    e = jsonpath_deeper(s->ev);
    if (e)
        return e;
    e = is_object ? search_object(s, &r, path) : search_array(s, &r, path);
    s->ev->depth--;
    return e;
}

/* Search the first object or array in text, whatever stands before it; with "..", text is the
 * inside of an array. */
static struct err *search_text(struct search *s, struct secret_view text, struct span path)
{
    struct reader r = reader_of(text);
    struct node container = {NODE_JSON, {NULL, 0}};

    if (path.n >= 2 && path.p[0] == '.' && path.p[1] == '.')
        return search_array(s, &r, span_from(path, 2));
    while (r.at < r.n && reader_peek(&r) != '{' && reader_peek(&r) != '[')
        r.at++;
    container.raw = secret_view_part(text, r.at, r.n - r.at);
    return container.raw.n ? search_container(s, container, path) : NULL;
}

struct err *jsonpath_search(struct jsonpath_eval *ev, struct secret_view text, struct span path,
                            struct jsonpath_found *out)
{
    struct search s = {.ev = ev, .found = {.value = {NODE_MISSING, {NULL, 0}}}};
    struct err *e = search_text(&s, text, path);

    if (e)
        return e;
    *out = s.found;
    return NULL;
}
