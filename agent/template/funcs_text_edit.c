/* Parts are seen through the argument. What is made anew has its size counted first, so that it is
 * allocated once and a result over the limit costs nothing. */
#include "base/unicode.h"
#include "template/funcs_text.h"

/* The bytes from start to before end. */
static struct err *part(struct text t, int64_t start, int64_t end, struct datum *out)
{
    if (start < 0 || end < start || end > (int64_t)t.n)
        return err_new(ERR_INVALID, FUNCS_TEXT_BOUNDS);
    *out = datum_string(text_part(t, (size_t)start, (size_t)(end - start)));
    return NULL;
}

struct err *funcs_text_substr(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text t = datum_text(&args[2]);
    int64_t start = args[0].v.i, end = args[1].v.i;

    (void)g;
    (void)n;
    if (start < 0)
        return part(t, 0, end, out);
    return part(t, start, end < 0 || end > (int64_t)t.n ? (int64_t)t.n : end, out);
}

struct err *funcs_text_trunc(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct text t = datum_text(&args[1]);
    int64_t wanted = args[0].v.i, have = (int64_t)t.n;

    (void)g;
    (void)n;
    if (wanted < 0 && have + wanted > 0)
        return part(t, have + wanted, have, out);
    return part(t, 0, wanted >= 0 && wanted < have ? wanted : have, out);
}

/* Doubling what is there takes few copies. */
static void fill(unsigned char *to, size_t n, struct text t)
{
    memcpy(to, t.p, t.n);
    for (size_t done = t.n; done < n;) {
        size_t more = done < n - done ? done : n - done;
        memcpy(to + done, to, more);
        done += more;
    }
}

struct err *funcs_text_repeat(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text t = datum_text(&args[1]);
    int64_t count = args[0].v.i;
    struct text_buf b;
    size_t size;

    (void)n;
    if (count < 0)
        return err_new(ERR_INVALID, FUNCS_TEXT_NEGATIVE);
    if (__builtin_mul_overflow(t.n, (uint64_t)count, &size))
        size = SIZE_MAX;
    unsigned char *to = funcs_text_room(g, &b, size);
    if (to)
        fill(to, size, t);
    return func_give_text(&b, NULL, out);
}

/* Where the next old begins; an empty one stands before each rune and at the end, and so after the
 * first of them never at from itself. */
static ptrdiff_t find_next(struct text t, size_t from, struct text old, bool is_first)
{
    uint32_t rune;

    if (old.n || is_first)
        return text_find(t, from, old);
    if (from == t.n)
        return -1;
    return (ptrdiff_t)(from + unicode_decode(t.p + from, t.n - from, &rune));
}

static size_t count_of(struct text t, struct text old)
{
    size_t count = 0;
    ptrdiff_t at = find_next(t, 0, old, true);

    for (; at >= 0; at = find_next(t, (size_t)at + old.n, old, false))
        count++;
    return count;
}

static void write_replaced(unsigned char *to, struct text t, struct text old, struct text new)
{
    size_t from = 0;
    ptrdiff_t at = find_next(t, 0, old, true);

    for (; at >= 0; at = find_next(t, from, old, false)) {
        to = funcs_text_put(to, text_part(t, from, (size_t)at - from));
        to = funcs_text_put(to, new);
        from = (size_t)at + old.n;
    }
    funcs_text_put(to, text_part(t, from, t.n - from));
}

struct err *funcs_text_replace(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text old = datum_text(&args[0]), new = datum_text(&args[1]), t = datum_text(&args[2]);
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (e)
        return e;
    size_t count = text_equal(old, new) ? 0 : count_of(t, old);
    *out = args[2];
    if (!count)
        return NULL;
    size_t size = t.n - count * old.n + count * new.n;
    e = engine_charge(g, count);
    if (e)
        return e;
    unsigned char *to = funcs_text_room(g, &b, size);
    if (to)
        write_replaced(to, t, old, new);
    return func_give_text(&b, NULL, out);
}
