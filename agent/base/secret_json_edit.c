/* The path is walked down as far as the document goes. Then the text of the value that was reached
 * is replaced by another one, between untouched text before and behind it: by the new string where
 * the path has ended, else by the same container with one more member. Appending goes through a
 * struct that keeps the first failure, so that texts can be put one after the other. */

#include "base/secret_json_edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

#define APPEND "-1"

struct part {
    char *name;
    bool is_name; /* by a colon: not an index */
};

struct path {
    struct part parts[SECRET_JSON_PATH_MAX];
    size_t n;
};

struct editor {
    struct secret_buf *out;
    struct err *e; /* the first failure */
};

static void path_done(struct path *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->parts[i].name);
    p->n = 0;
}

/* The next part of *s, which is moved behind it and its dot. */
static struct err *parse_part(const char **s, struct part *out)
{
    const char *at = *s;
    bool is_name = *at == ':';
    CLEANUP_STR char *name = xcalloc(strlen(at) + 1, 1);
    size_t n = 0;
    if (is_name)
        at++;
    for (; *at && *at != '.'; at++) {
        if (strchr("|#@*?", *at))
            return err_new(ERR_INVALID, "'%c' is not allowed; write '\\%c' for the character", *at,
                           *at);
        if (*at == '\\' && at[1])
            at++;
        name[n++] = *at;
    }
    if (!n)
        return err_new(ERR_INVALID, "has an empty name");
    *s = *at ? at + 1 : NULL;
    *out = (struct part){TAKE(name), is_name};
    return NULL;
}

static struct err *parse_path(const char *text, struct path *out)
{
    struct err *e = NULL;
    out->n = 0;
    while (!e && text && out->n < SECRET_JSON_PATH_MAX) {
        e = parse_part(&text, &out->parts[out->n]);
        out->n += e ? 0 : 1;
    }
    if (!e && text)
        e = err_new(ERR_INVALID, "has more than %d names", SECRET_JSON_PATH_MAX);
    if (e)
        path_done(out);
    return e ? err_wrap(e, "path") : NULL;
}

static bool is_append(const struct part *part)
{
    return !part->is_name && strcmp(part->name, APPEND) == 0;
}

static bool is_number(const char *s)
{
    return s[strspn(s, "0123456789")] == '\0';
}

/* What lists have as index; larger numbers than are allowed count as the first of those. */
static size_t index_of(const char *number)
{
    size_t index = 0;
    for (; *number && index <= SECRET_JSON_INDEX_MAX; number++)
        index = 10 * index + (size_t)(*number - '0');
    return index <= SECRET_JSON_INDEX_MAX ? index : SECRET_JSON_INDEX_MAX + 1;
}

static bool makes_list(const struct part *part)
{
    return is_append(part) || (!part->is_name && is_number(part->name));
}

/* Member or element of container that part names. */
static bool find_child(const struct secret_json *container, const struct part *part,
                       struct secret_json *out)
{
    struct secret_json none;
    size_t at = 0;
    if (container->kind == SECRET_JSON_OBJECT)
        return secret_json_member(container, part->name, out);
    if (container->kind != SECRET_JSON_ARRAY || !is_number(part->name))
        return false;
    size_t index = index_of(part->name);
    while (secret_json_next(container, &at, &none, out)) {
        if (index-- == 0)
            return true;
    }
    return false;
}

static void put(struct editor *ed, struct secret_view v)
{
    if (!ed->e)
        ed->e = secret_buf_append(ed->out, v);
}

static void put_text(struct editor *ed, const char *text)
{
    if (!ed->e)
        ed->e = secret_buf_puts(ed->out, text);
}

/* Go spells '<', '>' and '&' out, but only in strings that need some spelling anyway: so it comes
 * from External Secrets. */
static void put_string(struct editor *ed, struct secret_view v)
{
    bool is_plain = true;
    for (size_t i = 0; i < v.n; i++)
        is_plain &= v.p[i].v >= ' ' && v.p[i].v <= 0x7f && v.p[i].v != '"' && v.p[i].v != '\\';
    if (ed->e)
        return;
    if (!is_plain) {
        ed->e = secret_json_quote_go(v, ed->out);
        return;
    }
    put_text(ed, "\"");
    put(ed, v);
    put_text(ed, "\"");
}

/* Nulls for the places of a list from n up to the one that part names; each with a comma. */
static void put_nulls(struct editor *ed, const struct part *part, size_t n)
{
    size_t index = is_append(part) ? n : index_of(part->name);
    if (!ed->e && index > SECRET_JSON_INDEX_MAX)
        ed->e = err_new(ERR_INVALID, "path: an index above %d; write ':' in front of a name",
                        SECRET_JSON_INDEX_MAX);
    for (; !ed->e && n < index; n++)
        put_text(ed, "null,");
}

/* Parts i and further, down to the string. */
static void put_parts(struct editor *ed, const struct path *p, size_t i, bool is_in_list,
                      struct secret_view text)
{
    const char *closers[SECRET_JSON_PATH_MAX];
    size_t n = 0;
    for (; i < p->n; i++) {
        const char *name = p->parts[i].name;
        if (!is_in_list) {
            put_string(ed, secret_view_of(name, strlen(name)));
            put_text(ed, ":");
        }
        if (i + 1 == p->n)
            break;
        is_in_list = makes_list(&p->parts[i + 1]);
        put_text(ed, is_in_list ? "[" : "{");
        if (is_in_list)
            put_nulls(ed, &p->parts[i + 1], 0);
        closers[n++] = is_in_list ? "]" : "}";
    }
    put_string(ed, text);
    while (n)
        put_text(ed, closers[--n]);
}

/* A container for parts i and further, instead of nothing or of a value that is none. */
static void put_container(struct editor *ed, const struct path *p, size_t i,
                          struct secret_view text)
{
    bool is_list = makes_list(&p->parts[i]);
    put_text(ed, is_list ? "[" : "{");
    if (is_list)
        put_nulls(ed, &p->parts[i], 0);
    put_parts(ed, p, i, is_list, text);
    put_text(ed, is_list ? "]" : "}");
}

static void put_longer_list(struct editor *ed, const struct secret_json *list, const struct path *p,
                            size_t i, struct secret_view text)
{
    struct secret_json none, element;
    size_t at = 0, n = 0;
    if (!makes_list(&p->parts[i])) {
        ed->e = err_new(ERR_INVALID, "path: \"%s\" is no index of a list", p->parts[i].name);
        return;
    }
    put_text(ed, "[");
    for (; secret_json_next(list, &at, &none, &element); n++) {
        put(ed, element.raw);
        put_text(ed, ",");
    }
    put_nulls(ed, &p->parts[i], n);
    put_parts(ed, p, i, true, text);
    put_text(ed, "]");
}

/* at, in which part i was not found, with that part in it. */
static void put_with_part(struct editor *ed, const struct secret_json *at, const struct path *p,
                          size_t i, struct secret_view text)
{
    if (at->kind == SECRET_JSON_ARRAY) {
        put_longer_list(ed, at, p, i, text);
        return;
    }
    if (at->kind != SECRET_JSON_OBJECT) {
        put_container(ed, p, i, text);
        return;
    }
    put(ed, secret_view_part(at->raw, 0, at->raw.n - 1));
    put_text(ed, secret_json_count(at) ? "," : "");
    put_parts(ed, p, i, false, text);
    put_text(ed, "}");
}

static void put_document(struct editor *ed, struct secret_view doc, const struct secret_json *root,
                         const struct path *p, struct secret_view text)
{
    struct secret_json at = *root;
    struct secret_json child;
    size_t i = 0;
    for (; i < p->n && find_child(&at, &p->parts[i], &child); i++)
        at = child;
    size_t start = (size_t)(at.raw.p - doc.p);
    size_t end = start + at.raw.n;
    put(ed, secret_view_part(doc, 0, start));
    if (i == p->n)
        put_string(ed, text);
    else
        put_with_part(ed, &at, p, i, text);
    put(ed, secret_view_part(doc, end, doc.n - end));
}

static bool is_blank(struct secret_view doc)
{
    for (size_t i = 0; i < doc.n; i++) {
        if (doc.p[i].v > ' ')
            return false;
    }
    return true;
}

static struct err *set_parts(struct secret_view doc, const struct path *p, struct secret_view text,
                             struct secret_buf **out)
{
    struct secret_json root;
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    bool is_new = is_blank(doc);
    struct err *e = is_new ? NULL : secret_json_parse(doc, &root);
    if (!e)
        e = secret_buf_new(doc.n + text.n, &b);
    if (e)
        return e;
    struct editor ed = {.out = b};
    if (is_new)
        put_container(&ed, p, 0, text);
    else
        put_document(&ed, doc, &root, p, text);
    if (ed.e)
        return ed.e;
    *out = TAKE(b);
    return NULL;
}

struct err *secret_json_set(struct secret_view doc, const char *path, struct secret_view text,
                            struct secret_buf **out)
{
    struct path p = {.n = 0};
    struct err *e = parse_path(path, &p);
    if (e)
        return e;
    e = set_parts(doc, &p, text, out);
    path_done(&p);
    return e;
}

/* object without its members called name. */
static void put_without(struct editor *ed, const struct secret_json *object, const char *name)
{
    struct secret_json key, value;
    size_t at = 0;
    bool is_first = true;
    put_text(ed, "{");
    while (secret_json_next(object, &at, &key, &value)) {
        if (secret_json_is_text(&key, secret_view_of(name, strlen(name))))
            continue;
        put_text(ed, is_first ? "" : ",");
        put(ed, key.raw);
        put_text(ed, ":");
        put(ed, value.raw);
        is_first = false;
    }
    put_text(ed, "}");
}

/* Has container more than what part names? A name may stand in it twice. */
static bool has_others(const struct secret_json *container, const struct part *part)
{
    struct secret_json key, value;
    size_t at = 0;
    if (container->kind == SECRET_JSON_ARRAY)
        return secret_json_count(container) > 1;
    while (secret_json_next(container, &at, &key, &value)) {
        if (!secret_json_is_text(&key, secret_view_of(part->name, strlen(part->name))))
            return true;
    }
    return false;
}

static struct err *remove_from(struct secret_view doc, const struct secret_json *container,
                               const struct part *part, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    if (container->kind == SECRET_JSON_ARRAY)
        return err_new(ERR_INVALID, "path: one of several elements of a list cannot be removed");
    struct err *e = secret_buf_new(doc.n, &b);
    if (e)
        return e;
    struct editor ed = {.out = b};
    size_t start = (size_t)(container->raw.p - doc.p);
    size_t end = start + container->raw.n;
    put(&ed, secret_view_part(doc, 0, start));
    put_without(&ed, container, part->name);
    put(&ed, secret_view_part(doc, end, doc.n - end));
    if (ed.e)
        return ed.e;
    *out = TAKE(b);
    return NULL;
}

static struct err *remove_parts(struct secret_view doc, const struct path *p,
                                enum secret_json_removal *removal, struct secret_buf **out)
{
    struct secret_json containers[SECRET_JSON_PATH_MAX + 1];
    struct secret_buf *rest = NULL;
    size_t i = 0;
    struct err *e = secret_json_parse(doc, &containers[0]);
    if (e)
        return e;
    while (i < p->n && find_child(&containers[i], &p->parts[i], &containers[i + 1]))
        i++;
    bool is_there = i == p->n;
    while (is_there && i > 0 && !has_others(&containers[i - 1], &p->parts[i - 1]))
        i--;
    if (is_there && i > 0)
        e = remove_from(doc, &containers[i - 1], &p->parts[i - 1], &rest);
    if (e)
        return e;
    *out = rest;
    if (!is_there)
        *removal = SECRET_JSON_ABSENT;
    else
        *removal = rest ? SECRET_JSON_REMOVED : SECRET_JSON_NONE_LEFT;
    return NULL;
}

struct err *secret_json_remove(struct secret_view doc, const char *path,
                               enum secret_json_removal *removal, struct secret_buf **out)
{
    struct path p = {.n = 0};
    struct err *e = parse_path(path, &p);
    if (e)
        return e;
    e = remove_parts(doc, &p, removal, out);
    path_done(&p);
    return e;
}
