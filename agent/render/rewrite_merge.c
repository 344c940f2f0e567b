/* All objects are read into one dict of the template engine, whose JSON is Go's: numbers become
 * doubles, which is what External Secrets makes of them, large integers included. */

#include "render/rewrite_merge.h"

#include <string.h>

#include "base/alloc.h"
#include "base/secret_arena.h"
#include "base/str_buf.h"
#include "template/container.h"
#include "template/engine.h"
#include "template/fmt.h"
#include "template/go_json.h"

#define CONFLICTS_MAX 512 /* bytes of their names in a message */

struct merge {
    const struct rewrite_merge *how;
    struct engine g;
    struct dict *all;
    struct str_buf *conflicts; /* names, as many as fit */
    bool has_conflict;
};

static struct text text_of_buf(const struct secret_buf *b)
{
    struct secret_view v = secret_buf_view(b);
    return v.n ? (struct text){secret_view_raw(v), v.n} : TEXT("");
}

static struct err *copy_text(struct text t, struct secret_buf **out)
{
    return secret_buf_copy(secret_view_of(t.p, t.n), out);
}

/* Remember that name stands in two objects. */
static void add_conflict(struct merge *m, struct text name)
{
    CLEANUP_STR char *label = members_label(secret_view_of(name.p, name.n));
    str_buf_printf(m->conflicts, "%s%s", m->has_conflict ? ", " : "", label);
    m->has_conflict = true;
}

static struct err *merge_object(struct merge *m, const struct dict *object)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < object->n; i++) {
        struct text name = object->entries[i].key;
        if (dict_get(m->all, name))
            add_conflict(m, name);
        e = dict_set(m->g.arena, m->all, name, object->entries[i].value);
    }
    return e;
}

/* null is an object without members: Go reads it so. */
static struct err *merge_member(struct merge *m, const struct member *member)
{
    struct datum object;
    struct err *e = go_json_decode(&m->g, text_of_buf(member->value), &object);
    if (!e && object.kind == DATUM_MAP)
        return merge_object(m, object.v.map);
    if (!e && datum_is_nothing(&object))
        return NULL;
    CLEANUP_STR char *label = members_label(secret_buf_view(member->name));
    if (!e)
        return err_new(ERR_INVALID, "value of key \"%s\" is no JSON object", label);
    return err_wrap(e, "value of key \"%s\" is no JSON object", label);
}

static bool has_priority(const struct rewrite_merge *how, const struct secret_buf *name)
{
    for (size_t i = 0; i < how->n_priority; i++) {
        if (text_is(text_of_buf(name), how->priority[i]))
            return true;
    }
    return false;
}

static struct err *merge_priority(struct merge *m, const struct members *in, const char *name)
{
    const struct member *member = members_find(in, secret_view_of(name, strlen(name)));
    if (member)
        return merge_member(m, member);
    if (m->how->ignores_missing)
        return NULL;
    return err_new(ERR_INVALID, "merge failed with key \"%s\" not found in input map", name);
}

static struct err *merge_all(struct merge *m, const struct members *in)
{
    struct err *e = dict_new(m->g.arena, ELEMENT_ANY, 0, &m->all);
    for (size_t i = 0; !e && i < in->n; i++) {
        if (!has_priority(m->how, in->items[i].name))
            e = merge_member(m, &in->items[i]);
    }
    for (size_t i = 0; !e && i < m->how->n_priority; i++)
        e = merge_priority(m, in, m->how->priority[i]);
    if (!e && m->has_conflict && !m->how->ignores_conflicts)
        e = err_new(ERR_INVALID, "merge failed with conflicts: %s", m->conflicts->s);
    return e;
}

static struct err *print_json(struct merge *m, const struct datum *d, unsigned flags,
                              struct text *out)
{
    struct text_buf b;
    text_buf_init(&b, m->g.arena, TEXT_MAX);
    CLEANUP(err) struct err *e = go_json_encode(&m->g, d, flags, &b);
    struct err *cut = text_buf_end(&b, out);
    return cut ? cut : TAKE(e);
}

static struct err *print_float(struct merge *m, double v, struct text *out)
{
    struct text_buf b;
    text_buf_init(&b, m->g.arena, TEXT_MAX);
    fmt_float(&b, v, 'f', -1);
    return text_buf_end(&b, out);
}

/* A decoded value as the value of a key. */
static struct err *value_text(struct merge *m, const struct datum *d, struct text *out)
{
    if (d->kind == DATUM_MAP || d->kind == DATUM_LIST)
        return print_json(m, d, GO_JSON_ESCAPE_HTML, out);
    if (d->kind == DATUM_FLOAT64)
        return print_float(m, d->v.f, out);
    if (d->kind == DATUM_STRING)
        *out = datum_text(d);
    else if (d->kind == DATUM_BOOL)
        *out = d->v.b ? TEXT("true") : TEXT("false");
    else
        *out = TEXT("");
    return NULL;
}

/* Strategy Extract: the merged names instead of all there was. */
static struct err *put_merged(struct merge *m, struct members *out)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < m->all->n; i++) {
        const struct dict_entry *entry = &m->all->entries[i];
        CLEANUP(secret_buf) struct secret_buf *name = NULL, *value = NULL;
        struct text text;
        e = value_text(m, &entry->value, &text);
        if (!e)
            e = copy_text(text, &value);
        if (!e)
            e = copy_text(entry->key, &name);
        if (!e)
            members_set(out, TAKE(name), TAKE(value));
    }
    return e;
}

/* Strategy JSON: all there was, and the merged object beside it. */
static struct err *put_json(struct merge *m, struct members *in, struct members *out)
{
    CLEANUP(secret_buf) struct secret_buf *name = NULL, *value = NULL;
    struct datum all = datum_map(m->all);
    struct text text;
    struct err *e = print_json(m, &all, 0, &text);
    if (!e)
        e = copy_text(text, &value);
    if (!e)
        e = copy_text(text_of(m->how->into), &name);
    if (e)
        return e;
    for (size_t i = 0; i < in->n; i++)
        members_set(out, TAKE(in->items[i].name), TAKE(in->items[i].value));
    in->n = 0;
    members_set(out, TAKE(name), TAKE(value));
    return NULL;
}

struct err *rewrite_merge(const struct rewrite_merge *how, struct members *in, struct members *out)
{
    CLEANUP(secret_arena) struct secret_arena *arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    CLEANUP_STR_BUF struct str_buf conflicts;
    struct merge m = {.how = how, .conflicts = &conflicts};
    str_buf_init(&conflicts, CONFLICTS_MAX);
    engine_init(&m.g, arena, NULL);
    struct err *e = merge_all(&m, in);
    if (!e)
        e = how->is_json ? put_json(&m, in, out) : put_merged(&m, out);
    return e;
}
