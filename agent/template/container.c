/* Dicts are sorted arrays: templates print and range over them in key order, and they are small.
 * Appending in order, as decoders of sorted text do, costs no search. */
#include "template/container.h"

#include <string.h>

#define DICT_CAPACITY_MIN 8u

static struct err *too_many(void)
{
    return err_new(ERR_INVALID, "limit reached: more than %d elements", DATUM_ELEMENTS_MAX);
}

struct err *list_new(struct secret_arena *a, enum datum_element element, size_t n,
                     struct list **out)
{
    void *p;

    if (n > DATUM_ELEMENTS_MAX)
        return too_many();
    struct err *e = secret_arena_alloc(a, sizeof(struct list) + n * sizeof(struct datum), &p);
    if (e)
        return e;
    struct list *l = p;
    l->element = element;
    l->n = n;
    l->items = (struct datum *)(l + 1);
    *out = l;
    return NULL;
}

static struct err *grow(struct secret_arena *a, struct dict *m, size_t capacity)
{
    void *p;
    struct err *e = secret_arena_alloc(a, capacity * sizeof(struct dict_entry), &p);

    if (e)
        return e;
    if (m->n)
        memcpy(p, m->entries, m->n * sizeof(struct dict_entry));
    m->entries = p;
    m->capacity = capacity;
    return NULL;
}

struct err *dict_new(struct secret_arena *a, enum datum_element element, size_t capacity,
                     struct dict **out)
{
    void *p;

    if (capacity > DATUM_ELEMENTS_MAX)
        return too_many();
    struct err *e =
        secret_arena_alloc(a, sizeof(struct dict) + capacity * sizeof(struct dict_entry), &p);
    if (e)
        return e;
    struct dict *m = p;
    m->element = element;
    m->capacity = capacity;
    m->entries = (struct dict_entry *)(m + 1);
    *out = m;
    return NULL;
}

/* Where key stands, or would stand. The last one is looked at first. */
static size_t find(const struct dict *m, struct text key, bool *is_there)
{
    size_t low = 0, high = m->n;

    for (size_t at = high - 1; low < high; at = low + (high - low) / 2) {
        int c = text_compare(m->entries[at].key, key);

        if (c == 0) {
            *is_there = true;
            return at;
        }
        if (c < 0)
            low = at + 1;
        else
            high = at;
    }
    *is_there = false;
    return low;
}

const struct datum *dict_get(const struct dict *m, struct text key)
{
    bool is_there;
    size_t at = find(m, key, &is_there);

    return is_there ? &m->entries[at].value : NULL;
}

struct err *dict_set(struct secret_arena *a, struct dict *m, struct text key, struct datum value)
{
    bool is_there;
    size_t at = find(m, key, &is_there);

    if (is_there) {
        m->entries[at].value = value;
        return NULL;
    }
    if (m->n == DATUM_ELEMENTS_MAX)
        return too_many();
    if (m->n == m->capacity) {
        size_t wanted = m->n ? 2 * m->n : DICT_CAPACITY_MIN;
        struct err *e = grow(a, m, wanted);
        if (e)
            return e;
    }
    if (at < m->n)
        memmove(m->entries + at + 1, m->entries + at, (m->n - at) * sizeof(struct dict_entry));
    m->entries[at] = (struct dict_entry){key, value};
    m->n++;
    return NULL;
}

void dict_unset(struct dict *m, struct text key)
{
    bool is_there;
    size_t at = find(m, key, &is_there);

    if (!is_there)
        return;
    m->n--;
    memmove(m->entries + at, m->entries + at + 1, (m->n - at) * sizeof(struct dict_entry));
}
