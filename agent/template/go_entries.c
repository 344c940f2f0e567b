/* Members mostly come sorted or are few: dict_set then costs next to nothing. Many of them in any
 * order are merged, since moving the rest of a large array for each would take its square. */
#include "template/go_entries.h"

#define STACK_FIRST 32u
#define SET_MAX 64u
#define SORT_LOOKS 16u /* at each name, about */

struct err *go_entries_push(struct go_entries *s, struct datum value)
{
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : STACK_FIRST;
        void *p;
        struct err *e = secret_arena_alloc(s->g->arena, capacity * sizeof(*s->values), &p);
        if (e)
            return e;
        if (s->n)
            memcpy(p, s->values, s->n * sizeof(*s->values));
        s->values = p;
        s->capacity = capacity;
    }
    s->values[s->n++] = value;
    return NULL;
}

struct err *go_entries_list(struct go_entries *s, size_t base, struct datum *out)
{
    size_t n = s->n - base;
    struct list *l;
    struct err *e = list_new(s->g->arena, ELEMENT_ANY, n, &l);

    if (e)
        return e;
    if (n)
        memcpy(l->items, s->values + base, n * sizeof(l->items[0]));
    s->n = base;
    *out = datum_list(l);
    return NULL;
}

struct sorting {
    int (*compare)(struct text a, struct text b);
};

/* Merge two sorted runs; of equal names the one of a comes first. */
static void merge_runs(const struct sorting *s, const struct dict_entry *a, size_t a_n,
                       const struct dict_entry *b, size_t b_n, struct dict_entry *out)
{
    while (a_n && b_n) {
        if (s->compare(a->key, b->key) <= 0) {
            *out++ = *a++;
            a_n--;
        } else {
            *out++ = *b++;
            b_n--;
        }
    }
    memcpy(out, a, a_n * sizeof(*a));
    memcpy(out + a_n, b, b_n * sizeof(*b));
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct dict_entry *go_entries_sort(struct dict_entry *entries, struct dict_entry *spare, size_t n,
                                   int (*compare)(struct text a, struct text b))
{
    struct sorting s = {compare};

    for (size_t run = 1; run < n; run *= 2) {
        for (size_t at = 0; at < n; at += 2 * run) {
            size_t a_n = smaller(run, n - at);
            size_t b_n = smaller(run, n - at - a_n);

            merge_runs(&s, entries + at, a_n, entries + at + a_n, b_n, spare + at);
        }
        struct dict_entry *sorted = spare;
        spare = entries;
        entries = sorted;
    }
    return entries;
}

/* Of entries with the same name only the last stays. */
static size_t drop_earlier(struct dict_entry *entries, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || !text_equal(entries[i].key, entries[i + 1].key))
            entries[kept++] = entries[i];
    }
    return kept;
}

struct err *go_entries_charge_sort(struct engine *g, const struct dict_entry *entries, size_t n)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += entries[i].key.n;
    struct err *e = engine_charge(g, n);
    return e ? e : engine_charge_bytes(g, bytes * SORT_LOOKS);
}

static struct err *set_sorted(struct engine *g, const struct datum *values, size_t n,
                              struct dict *m)
{
    void *p;

    for (size_t i = 0; i < n; i++)
        m->entries[i] = (struct dict_entry){datum_text(&values[2 * i]), values[2 * i + 1]};
    struct err *e = go_entries_charge_sort(g, m->entries, n);
    if (!e)
        e = secret_arena_alloc(g->arena, n * sizeof(struct dict_entry), &p);
    if (e)
        return e;
    m->entries = go_entries_sort(m->entries, p, n, text_compare);
    m->n = drop_earlier(m->entries, n);
    return NULL;
}

struct err *go_entries_map(struct go_entries *s, size_t base, struct datum *out)
{
    size_t n = (s->n - base) / 2;
    const struct datum *values = n ? s->values + base : NULL;
    struct dict *m;
    struct err *e = dict_new(s->g->arena, ELEMENT_ANY, n, &m);

    if (!e && n > SET_MAX)
        e = set_sorted(s->g, values, n, m);
    for (size_t i = 0; i < n && n <= SET_MAX && !e; i++)
        e = dict_set(s->g->arena, m, datum_text(&values[2 * i]), values[2 * i + 1]);
    if (e)
        return e;
    s->n = base;
    *out = datum_map(m);
    return NULL;
}
