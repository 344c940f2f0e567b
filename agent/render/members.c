/* A sorted array, as base/map.c, whose names are bytes of known length: the order is the one in
 * which External Secrets' results are deterministic, and where it is not, ours is. */

#include "render/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "spec/output_set.h"

struct members *members_new(void)
{
    return xcalloc(1, sizeof(struct members));
}

void members_free(struct members *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        secret_buf_free(m->items[i].name);
        secret_buf_free(m->items[i].value);
    }
    free(m->items);
    free(m);
}

static int compare(struct secret_view a, struct secret_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        if (a.p[i].v != b.p[i].v)
            return a.p[i].v < b.p[i].v ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Position of name, or where it belongs. */
static size_t lower_bound(const struct members *m, struct secret_view name)
{
    size_t low = 0;
    size_t high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(secret_buf_view(m->items[middle].name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct members *m, size_t at, struct secret_view name)
{
    return at < m->n && compare(secret_buf_view(m->items[at].name), name) == 0;
}

const struct member *members_find(const struct members *m, struct secret_view name)
{
    size_t at = lower_bound(m, name);
    return is_at(m, at, name) ? &m->items[at] : NULL;
}

void members_set(struct members *m, struct secret_buf *name, struct secret_buf *value)
{
    size_t at = lower_bound(m, secret_buf_view(name));
    if (is_at(m, at, secret_buf_view(name))) {
        secret_buf_free(m->items[at].name);
        secret_buf_free(m->items[at].value);
        m->items[at] = (struct member){name, value};
        return;
    }
    if (m->n == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : 8;
        m->items = xrealloc(m->items, m->capacity, sizeof(*m->items));
    }
    memmove(m->items + at + 1, m->items + at, (m->n - at) * sizeof(*m->items));
    m->items[at] = (struct member){name, value};
    m->n++;
}

size_t members_bytes(const struct members *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += secret_buf_size(m->items[i].name) + secret_buf_size(m->items[i].value);
    return n;
}

char *members_label(struct secret_view name)
{
    size_t n = name.n < OUTPUT_KEY_MAX ? name.n : OUTPUT_KEY_MAX;
    char *text = xcalloc(n + 1, 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(name.p[i].v ? name.p[i].v : '?');
    return text;
}

struct err *members_text(struct secret_view bytes, char **out)
{
    CLEANUP_STR char *text = xcalloc(bytes.n + 1, 1);
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i].v == 0)
            return err_new(ERR_INVALID, "a zero byte in what must be text");
        text[i] = (char)bytes.p[i].v;
    }
    *out = TAKE(text);
    return NULL;
}
