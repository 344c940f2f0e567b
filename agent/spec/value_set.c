/* Raw values of one spec, in the order of its entries. Members are packed as name and value in
 * turn, each behind its length in four bytes. */

#include "spec/value_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct value_set *value_set_new(size_t n_data, size_t n_sources, size_t n_texts)
{
    struct value_set *v = xcalloc(1, sizeof(*v));
    v->data = xcalloc(n_data + 1, sizeof(*v->data));
    v->sources = xcalloc(n_sources + 1, sizeof(*v->sources));
    v->texts = xcalloc(n_texts + 1, sizeof(struct secret_buf *));
    v->n_data = n_data;
    v->n_sources = n_sources;
    v->n_texts = n_texts;
    return v;
}

static void values_free(struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        secret_buf_free(values[i].bytes);
        map_free(values[i].members);
    }
    free(values);
}

void value_set_free(struct value_set *v)
{
    if (!v)
        return;
    values_free(v->data, v->n_data);
    values_free(v->sources, v->n_sources);
    for (size_t i = 0; i < v->n_texts; i++)
        secret_buf_free(v->texts[i]);
    free(v->texts);
    free(v);
}

static void member_free(void *value)
{
    secret_buf_free(value);
}

struct map *value_members_new(void)
{
    return map_new(member_free);
}

static struct err *pack_one(struct secret_view v, struct secret_buf *out)
{
    uint32_t n = (uint32_t)v.n;
    struct err *e = secret_buf_append_raw(out, &n, sizeof(n));
    return e ? e : secret_buf_append(out, v);
}

struct err *value_members_pack(const struct map *members, struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *b = NULL;
    struct err *e = secret_buf_new(0, &b);
    for (size_t i = 0; !e && i < members->n; i++) {
        const struct map_entry *m = &members->entries[i];
        e = pack_one(secret_view_of(m->key, strlen(m->key)), b);
        if (!e)
            e = pack_one(secret_buf_view(m->value), b);
    }
    if (e)
        return err_wrap(e, "all that was found");
    *out = TAKE(b);
    return NULL;
}

/* The next part of packed at *at. */
static struct err *unpack_one(struct secret_view packed, size_t *at, struct secret_view *out)
{
    uint32_t n = 0;
    if (packed.n - *at >= sizeof(n))
        memcpy(&n, packed.p + *at, sizeof(n));
    if (packed.n - *at < sizeof(n) || packed.n - *at - sizeof(n) < n)
        return err_new(ERR_INVALID, "packed members are cut off");
    *out = secret_view_part(packed, *at + sizeof(n), n);
    *at += sizeof(n) + n;
    return NULL;
}

struct err *value_members_unpack(struct secret_view packed, struct map **out)
{
    CLEANUP(map) struct map *members = value_members_new();
    for (size_t at = 0; at < packed.n;) {
        struct secret_view name = {0}, value = {0};
        CLEANUP(secret_buf) struct secret_buf *copy = NULL;
        struct err *e = unpack_one(packed, &at, &name);
        if (!e)
            e = unpack_one(packed, &at, &value);
        if (!e)
            e = secret_buf_copy(value, &copy);
        if (e)
            return e;
        CLEANUP_STR char *key = xstrndup((const char *)name.p, name.n);
        map_set(members, key, TAKE(copy));
    }
    *out = TAKE(members);
    return NULL;
}
