/* Parts of a text are counted first and then seen through it. A map of parts is filled in the order
 * of its keys, _0 _1 _10 _11 ... _2, so that each goes to the end. sortAlpha sorts a list of
 * strings in its place, as sprig does: whoever holds it sees that. */
#include <stdio.h>
#include <stdlib.h>

#include "base/unicode.h"
#include "template/fmt.h"
#include "template/funcs_text.h"

#define KEY_BYTES 24 /* "_99999" and more */

/* Length of the part that t begins with; -1 when nothing separates it from more. An empty separator
 * stands behind each rune. */
static ptrdiff_t part_length(struct text t, struct text separator)
{
    uint32_t rune;

    if (separator.n)
        return text_find(t, 0, separator);
    return t.n ? (ptrdiff_t)unicode_decode(t.p, t.n, &rune) : -1;
}

/* The number of parts, at most max. */
static size_t count_parts(struct text t, struct text separator, uint64_t max)
{
    size_t count = separator.n ? 1 : 0;

    for (ptrdiff_t length; count < max; count++) {
        length = part_length(t, separator);
        if (length < 0)
            break;
        size_t taken = (size_t)length + separator.n;
        t = text_part(t, taken, t.n - taken);
    }
    return count;
}

/* At most max parts; the last takes the rest. */
static struct err *split(struct engine *g, struct text separator, struct text t, uint64_t max,
                         struct list **out)
{
    struct err *e = engine_charge_bytes(g, t.n);

    if (e)
        return e;
    size_t count = max ? count_parts(t, separator, max) : 0;
    e = engine_charge(g, count);
    if (!e)
        e = list_new(g->arena, ELEMENT_STRING, count, out);
    if (e)
        return e;
    for (size_t i = 0; i + 1 < count; i++) {
        size_t length = (size_t)part_length(t, separator), taken = length + separator.n;
        (*out)->items[i] = datum_string(text_part(t, 0, length));
        t = text_part(t, taken, t.n - taken);
    }
    if (count)
        (*out)->items[count - 1] = datum_string(t);
    return NULL;
}

/* The number that follows i among those below n, by their digits as text. */
static size_t next_by_digits(size_t i, size_t n)
{
    if (i == 0)
        return 1;
    if (10 * i < n)
        return 10 * i;
    if (i + 1 >= n)
        i /= 10;
    i++;
    while (i % 10 == 0)
        i /= 10;
    return i;
}

static struct err *add_part(struct engine *g, struct dict *m, const struct list *parts, size_t i)
{
    char digits[KEY_BYTES];
    struct text key;

    snprintf(digits, sizeof(digits), "_%zu", i);
    struct err *e = text_copy(g->arena, text_of(digits), &key);
    return e ? e : dict_set(g->arena, m, key, parts->items[i]);
}

static struct err *split_to_map(struct engine *g, const struct datum *separator,
                                const struct datum *t, uint64_t max, struct datum *out)
{
    struct list *parts;
    struct dict *m;
    struct err *e = split(g, datum_text(separator), datum_text(t), max, &parts);

    if (!e)
        e = dict_new(g->arena, ELEMENT_STRING, parts->n, &m);
    for (size_t i = 0, done = 0; !e && done < parts->n; done++) {
        e = add_part(g, m, parts, i);
        i = next_by_digits(i, parts->n);
    }
    if (!e)
        *out = datum_map(m);
    return e;
}

struct err *funcs_text_split(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    return split_to_map(g, &args[0], &args[1], UINT64_MAX, out);
}

struct err *funcs_text_splitn(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    int64_t max = args[1].v.i;

    (void)n;
    return split_to_map(g, &args[0], &args[2], max < 0 ? UINT64_MAX : (uint64_t)max, out);
}

struct err *funcs_text_split_list(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    struct list *parts;
    struct err *e = split(g, datum_text(&args[0]), datum_text(&args[1]), UINT64_MAX, &parts);

    (void)n;
    if (!e)
        *out = datum_list(parts);
    return e;
}

/* Fill l, which has room, with the items that are something, as texts. */
static struct err *add_strings(struct engine *g, const struct datum *items, size_t n,
                               struct list *l)
{
    struct text t;
    size_t filled = 0;

    for (size_t i = 0; i < n; i++) {
        if (datum_is_nothing(&items[i]))
            continue;
        struct err *e = fmt_strval_text(g, &items[i], &t);
        if (e)
            return e;
        l->items[filled++] = datum_string(t);
    }
    l->n = filled;
    return NULL;
}

/* The items as texts, in a new list. */
static struct err *strings_of(struct engine *g, const struct datum *items, size_t n,
                              struct list **out)
{
    struct list *l;
    struct err *e = engine_charge(g, n);

    if (!e)
        e = list_new(g->arena, ELEMENT_STRING, n, &l);
    if (!e)
        e = add_strings(g, items, n, l);
    if (!e)
        *out = l;
    return e;
}

/* sprig's strslice: a list of strings is itself, and what is no list is its only element. */
static struct err *to_strings(struct engine *g, const struct datum *d, struct list **out)
{
    if (d->kind != DATUM_LIST)
        return strings_of(g, d, 1, out);
    if (d->v.list->element != ELEMENT_STRING)
        return strings_of(g, d->v.list->items, d->v.list->n, out);
    *out = d->v.list;
    return NULL;
}

struct err *funcs_text_to_strings(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    struct list *l;
    struct err *e = to_strings(g, &args[0], &l);

    (void)n;
    if (!e)
        *out = datum_list(l);
    return e;
}

struct err *funcs_text_join(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text separator = datum_text(&args[0]);
    struct list *l;
    struct text_buf b;
    size_t size = 0;
    struct err *e = to_strings(g, &args[1], &l);

    (void)n;
    if (!e)
        e = engine_charge(g, l->n);
    if (e)
        return e;
    for (size_t i = 0; i < l->n; i++)
        size += l->items[i].n + (i ? separator.n : 0);
    unsigned char *to = funcs_text_room(g, &b, size);
    for (size_t i = 0; to && i < l->n; i++) {
        if (i)
            to = funcs_text_put(to, separator);
        to = funcs_text_put(to, datum_text(&l->items[i]));
    }
    return func_give_text(&b, NULL, out);
}

static int compare_strings(const void *a, const void *b)
{
    return text_compare(datum_text(a), datum_text(b));
}

/* Comparisons may read all bytes of all items, once for each doubling of their number. */
static struct err *charge_sort(struct engine *g, const struct list *l)
{
    uint64_t rounds = 1, bytes = 0;

    while (l->n >> rounds)
        rounds++;
    for (size_t i = 0; i < l->n; i++)
        bytes += l->items[i].n;
    struct err *e = engine_charge(g, rounds * l->n);
    return e ? e : engine_charge_bytes(g, rounds * bytes);
}

struct err *funcs_text_sort_alpha(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    struct list *l;
    struct text t;
    struct err *e = NULL;

    (void)n;
    if (args[0].kind == DATUM_LIST) {
        e = to_strings(g, &args[0], &l);
        if (!e)
            e = charge_sort(g, l);
        if (!e && l->n)
            qsort(l->items, l->n, sizeof(l->items[0]), compare_strings);
    } else {
        e = fmt_strval_text(g, &args[0], &t);
        if (!e)
            e = list_new(g->arena, ELEMENT_STRING, 1, &l);
        if (!e)
            l->items[0] = datum_string(t);
    }
    if (!e)
        *out = datum_list(l);
    return e;
}
