/* Lists never change once they are handed out, so a part of one is seen through it, and whatever is
 * put together is copied; what the elements hold is shared. */
#include "template/funcs_list.h"

#include <math.h>

#include "template/cast.h"

#define BAD_LENGTH "runtime error: makeslice: len out of range"

static void copy_items(struct list *to, size_t at, const struct datum *items, size_t n)
{
    if (n)
        memcpy(to->items + at, items, n * sizeof(struct datum));
}

struct err *funcs_list_list(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct list *l;
    struct err *e = funcs_list_new(g, ELEMENT_ANY, n, &l);

    if (e)
        return e;
    copy_items(l, 0, args, n);
    *out = datum_list(l);
    return NULL;
}

/* A list of n of the items of l from start on. */
static struct err *see_part(struct engine *g, enum datum_element element, const struct list *l,
                            size_t start, size_t n, struct list **out)
{
    struct err *e = engine_charge(g, 1);

    if (!e)
        e = funcs_list_new(g, element, 0, out);
    if (e)
        return e;
    (*out)->n = n;
    (*out)->items = l->items + start;
    return NULL;
}

/* A copy of l with room for one more. Whoever appends to what was made by appending will do so
 * again, and gets twice the room. */
static struct err *copy_with_room(struct engine *g, const struct list *l, struct list **out)
{
    size_t capacity = l->n + 1 + (l->room ? l->n : 0);
    void *room;

    if (capacity > DATUM_ELEMENTS_MAX && l->n < DATUM_ELEMENTS_MAX)
        capacity = DATUM_ELEMENTS_MAX;
    struct err *e = funcs_list_new(g, ELEMENT_ANY, capacity, out);
    if (!e)
        e = secret_arena_alloc(g->arena, sizeof(struct list_room), &room);
    if (e)
        return e;
    copy_items(*out, 0, l->items, l->n);
    (*out)->n = l->n;
    (*out)->room = room;
    *(*out)->room = (struct list_room){.used = l->n, .capacity = capacity};
    return NULL;
}

/* Nobody sees the items behind the end of l, so the first to append to it may write there. */
struct err *funcs_list_append(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    const struct list *l;
    struct list *longer;
    struct err *e = funcs_list_of(&args[0], "Cannot push on type", &l);

    (void)n;
    if (e)
        return e;
    if (l->room && l->room->used == l->n && l->n < l->room->capacity)
        e = see_part(g, ELEMENT_ANY, l, 0, l->n, &longer);
    else
        e = copy_with_room(g, l, &longer);
    if (e)
        return e;
    if (!longer->room)
        longer->room = l->room;
    longer->items[longer->n++] = args[1];
    longer->room->used = longer->n;
    *out = datum_list(longer);
    return NULL;
}

struct err *funcs_list_prepend(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct list *l;
    struct list *longer;
    struct err *e = funcs_list_of(&args[0], "Cannot prepend on type", &l);

    (void)n;
    if (!e)
        e = funcs_list_new(g, ELEMENT_ANY, l->n + 1, &longer);
    if (e)
        return e;
    longer->items[0] = args[1];
    copy_items(longer, 1, l->items, l->n);
    *out = datum_list(longer);
    return NULL;
}

/* Elements of all arguments together; a text for what is no list. */
static struct err *count_all(const struct datum *args, size_t n, size_t *out)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        if (datum_is_nothing(&args[i]))
            return err_new(ERR_INVALID, FUNCS_LIST_NIL);
        if (args[i].kind != DATUM_LIST)
            return err_new(ERR_INVALID, "Cannot concat type %s as list", datum_kind_name(&args[i]));
        total += args[i].v.list->n;
    }
    *out = total;
    return NULL;
}

struct err *funcs_list_concat(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct list *all;
    size_t total = 0, at = 0;
    struct err *e = count_all(args, n, &total);

    if (e)
        return e;
    if (!total)
        return funcs_list_nil(g, out);
    e = funcs_list_new(g, ELEMENT_ANY, total, &all);
    if (e)
        return e;
    for (size_t i = 0; i < n; i++) {
        copy_items(all, at, args[i].v.list->items, args[i].v.list->n);
        at += args[i].v.list->n;
    }
    *out = datum_list(all);
    return NULL;
}

struct err *funcs_list_first(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    const struct list *l;
    struct err *e = funcs_list_of(&args[0], "Cannot find first on type", &l);

    (void)g;
    (void)n;
    if (e)
        return e;
    *out = l->n ? l->items[0] : datum_nil();
    return NULL;
}

struct err *funcs_list_last(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct list *l;
    struct err *e = funcs_list_of(&args[0], "Cannot find last on type", &l);

    (void)g;
    (void)n;
    if (e)
        return e;
    *out = l->n ? l->items[l->n - 1] : datum_nil();
    return NULL;
}

/* All items of l but one, at its start or at its end; nil where there is none. */
static struct err *all_but_one(struct engine *g, const struct list *l, size_t start,
                               struct datum *out)
{
    struct list *part;

    if (!l->n)
        return funcs_list_nil(g, out);
    struct err *e = see_part(g, ELEMENT_ANY, l, start, l->n - 1, &part);
    if (e)
        return e;
    *out = datum_list(part);
    return NULL;
}

struct err *funcs_list_rest(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    const struct list *l;
    struct err *e = funcs_list_of(&args[0], "Cannot find rest on type", &l);

    (void)n;
    return e ? e : all_but_one(g, l, 1, out);
}

struct err *funcs_list_initial(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct list *l;
    struct err *e = funcs_list_of(&args[0], "Cannot find initial on type", &l);

    (void)n;
    return e ? e : all_but_one(g, l, 0, out);
}

struct err *funcs_list_reverse(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    const struct list *l;
    struct list *turned;
    struct err *e = funcs_list_of(&args[0], "Cannot find reverse on type", &l);

    (void)n;
    if (!e)
        e = funcs_list_new(g, ELEMENT_ANY, l->n, &turned);
    if (e)
        return e;
    for (size_t i = 0; i < l->n; i++)
        turned->items[l->n - 1 - i] = l->items[i];
    *out = datum_list(turned);
    return NULL;
}

struct err *funcs_list_slice(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    const struct list *l;
    struct err *e = funcs_list_of(&args[0], "list should be type of slice or array but", &l);

    if (e)
        return e;
    if (!l->n) {
        *out = datum_nil();
        return NULL;
    }
    int64_t start = 0, end = (int64_t)l->n;
    e = n > 1 ? cast_int64(g, &args[1], &start) : NULL;
    if (!e && n > 2)
        e = cast_int64(g, &args[2], &end);
    if (e)
        return e;
    int64_t all = (int64_t)(l->n + l->hidden);
    struct list *part;
    if (start < 0 || end < start || end > all)
        return err_new(ERR_INVALID, "reflect.Value.Slice: slice index out of bounds");
    e = see_part(g, l->element, l, (size_t)start, (size_t)(end - start), &part);
    if (e)
        return e;
    part->hidden = (size_t)(all - end);
    *out = datum_list(part);
    return NULL;
}

/* How many chunks sprig makes of n elements, and how long the last one is. The sums are its own,
 * in doubles, because they also say what becomes of a size below 1. */
static struct err *count_chunks(size_t n, int64_t size, size_t *chunks, size_t *last)
{
    double count = floor(((double)n - 1) / (double)size) + 1;

    if (!(count >= 0 && count <= (double)n + 1))
        return err_new(ERR_INVALID, BAD_LENGTH);
    int64_t length = (int64_t)(size ? floor(fmod((double)n, (double)size)) : 0);
    if (!length)
        length = size;
    if (count > 0 && length < 0)
        return err_new(ERR_INVALID, BAD_LENGTH);
    *chunks = (size_t)count;
    *last = (size_t)length;
    return NULL;
}

static struct err *cut(struct engine *g, const struct list *l, size_t size, size_t last,
                       struct list *chunks)
{
    for (size_t i = 0; i < chunks->n; i++) {
        size_t length = i + 1 == chunks->n ? last : size;
        struct list *part;
        struct err *e = see_part(g, ELEMENT_ANY, l, i * size, length, &part);

        if (e)
            return e;
        chunks->items[i] = datum_list(part);
    }
    return NULL;
}

struct err *funcs_list_chunk(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    const struct list *l;
    struct list *chunks;
    size_t count = 0, last = 0;
    struct err *e = funcs_list_of(&args[1], "Cannot chunk type", &l);

    (void)n;
    if (!e)
        e = count_chunks(l->n, args[0].v.i, &count, &last);
    if (!e)
        e = funcs_list_new(g, ELEMENT_LIST, count, &chunks);
    if (!e)
        e = cut(g, l, (size_t)args[0].v.i, last, chunks);
    if (e)
        return e;
    *out = datum_list(chunks);
    return NULL;
}
