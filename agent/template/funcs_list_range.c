/* A row of numbers is counted before it is made, so that a long one meets its limit at once. */
#include "template/funcs_list.h"

/* More than any list or text may have. */
#define MANY (1u << 30)

struct row {
    int64_t start, step;
    size_t n; /* at most MANY */
};

static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t number_at(const struct row *row, size_t i)
{
    return (int64_t)((uint64_t)row->start + i * (uint64_t)row->step);
}

/* From start to before stop. A step that does not lead there gives none. Where the last step would
 * pass the end of int64, Go's loop starts again from the other end: that has no end at all. */
static struct row row_of(int64_t start, int64_t stop, int64_t step)
{
    struct row row = {start, step, 0};
    bool is_down = stop < start;
    uint64_t span = is_down ? (uint64_t)start - (uint64_t)stop : (uint64_t)stop - (uint64_t)start;
    uint64_t room =
        is_down ? (uint64_t)start - (uint64_t)INT64_MIN : (uint64_t)INT64_MAX - (uint64_t)start;
    uint64_t size = is_down ? 0 - (uint64_t)step : (uint64_t)step;
    uint64_t reach;

    if (!span || (is_down ? step >= 0 : step <= 0))
        return row;
    uint64_t n = (span - 1) / size + 1;
    bool wraps = __builtin_mul_overflow(n, size, &reach) || reach > room;
    row.n = wraps || n > MANY ? MANY : (size_t)n;
    return row;
}

static struct err *make_list(struct engine *g, struct row row, struct datum *out)
{
    struct list *l;
    struct err *e = funcs_list_new(g, ELEMENT_INT, row.n, &l);

    if (e)
        return e;
    for (size_t i = 0; i < row.n; i++)
        l->items[i] = datum_int(number_at(&row, i));
    *out = datum_list(l);
    return NULL;
}

struct err *funcs_list_until(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    int64_t stop = args[0].v.i;

    (void)n;
    return make_list(g, row_of(0, stop, stop < 0 ? -1 : 1), out);
}

struct err *funcs_list_until_step(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    (void)n;
    return make_list(g, row_of(args[0].v.i, args[1].v.i, args[2].v.i), out);
}

/* One number ends the row, two begin and end it, three have the step in between; the end belongs to
 * the row. Another count of numbers gives an empty one. */
static struct row row_of_seq(const struct datum *args, size_t n)
{
    int64_t start = n > 1 ? args[0].v.i : 1;
    int64_t end = n ? args[n - 1].v.i : 0;
    int64_t towards = end < start ? -1 : 1;
    int64_t step = n == 3 ? args[1].v.i : towards;

    if (n < 1 || n > 3)
        return (struct row){.n = 0};
    return row_of(start, wrapping_add(end, towards), step);
}

struct err *funcs_list_seq(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct row row = row_of_seq(args, n);
    struct text_buf b;
    struct err *e = engine_charge(g, row.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < row.n; i++) {
        if (i)
            text_buf_byte(&b, ' ');
        text_buf_int(&b, number_at(&row, i));
    }
    return func_give_text(&b, NULL, out);
}
