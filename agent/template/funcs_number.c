/* Whole numbers wrap as Go's do, so sums are made unsigned. Every argument goes through cast first:
 * texts count, what is no number is 0. */
#include "template/cast.h"
#include "template/fmt.h"
#include "template/funcs.h"
#include "template/number_text.h"

typedef int64_t fold_fn(int64_t a, int64_t b);

static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t product(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* b is not 0. */
static int64_t quotient(int64_t a, int64_t b)
{
    return b == -1 ? difference(0, a) : a / b;
}

static int64_t remainder_of(int64_t a, int64_t b)
{
    return b == -1 ? 0 : a % b;
}

/* The arguments, from left to right, by one operation; 0 without any. */
static struct err *fold(struct engine *g, const struct datum *args, size_t n, fold_fn *operation,
                        struct datum *out)
{
    int64_t total = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t v;
        struct err *e = cast_int64(g, &args[i], &v);

        if (e)
            return e;
        total = i ? operation(total, v) : v;
    }
    *out = datum_int64(total);
    return NULL;
}

static struct err *divide(struct engine *g, const struct datum *args, size_t n, fold_fn *operation,
                          struct datum *out)
{
    int64_t divisor;
    struct err *e = cast_int64(g, &args[1], &divisor);

    if (!e && !divisor)
        e = err_new(ERR_INVALID, "runtime error: integer divide by zero");
    return e ? e : fold(g, args, n, operation, out);
}

static struct err *run_add(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, args, n, sum, out);
}

static struct err *run_add1(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct datum both[] = {args[0], datum_int(1)};

    (void)n;
    return fold(g, both, 2, sum, out);
}

static struct err *run_sub(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, args, n, difference, out);
}

static struct err *run_mul(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, args, n, product, out);
}

static struct err *run_div(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return divide(g, args, n, quotient, out);
}

static struct err *run_mod(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return divide(g, args, n, remainder_of, out);
}

static struct err *run_max(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, args, n, greater, out);
}

static struct err *run_min(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    return fold(g, args, n, smaller, out);
}

static struct err *run_to_int64(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    return fold(g, args, n, sum, out);
}

static struct err *run_to_int(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    int64_t v;
    struct err *e = cast_int64(g, &args[0], &v);

    (void)n;
    return e ? e : func_give(datum_int(v), out);
}

static struct err *run_to_float64(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    double v;
    struct err *e = cast_float64(g, &args[0], &v);

    (void)n;
    return e ? e : func_give(datum_float(v), out);
}

/* What does not fit gives the nearest that does, as Go's Atoi leaves it beside its error. */
static struct err *run_atoi(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct err *e = engine_charge_bytes(g, args[0].n);
    int64_t v;

    (void)n;
    if (e)
        return e;
    (void)number_text_int(datum_text(&args[0]), 10, &v);
    *out = datum_int(v);
    return NULL;
}

/* Only these kinds can print as digits. */
static bool may_be_octal(const struct datum *d)
{
    return d->kind == DATUM_STRING || d->kind == DATUM_FLOAT64 || datum_is_unsigned(d) ||
           datum_is_signed(d);
}

static struct err *run_to_decimal(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    struct text t = TEXT("");
    int64_t v;
    struct err *e = may_be_octal(&args[0]) ? fmt_strval_text(g, &args[0], &t) : NULL;

    (void)n;
    if (!e)
        e = engine_charge_bytes(g, t.n);
    if (e)
        return e;
    *out = datum_int64(number_text_int(t, 8, &v) == NUMBER_OK ? v : 0);
    return NULL;
}

static const struct func rows[] = {
    {"add", "a*", "I", run_add, 0, "the sum of whole numbers", "{{ add 1 \"2\" 3.9 }}", "6"},
    {"add1", "a", "I", run_add1, 0, "one more", "{{ add1 41 }}", "42"},
    {"atoi", "s", "i", run_atoi, 0, "the decimal number in a text; 0 where there is none",
     "{{ atoi \"08\" }}", "8"},
    {"biggest", "aa*", "I", run_max, 0, "the greatest of whole numbers", "{{ biggest 1 3 2 }}",
     "3"},
    {"div", "aa", "I", run_div, 0, "the quotient of whole numbers, cut off", "{{ div -7 2 }}",
     "-3"},
    {"float64", "a", "f", run_to_float64, 0, "the number in any value; 0 where there is none",
     "{{ float64 \"1e3\" }}", "1000"},
    {"int", "a", "i", run_to_int, 0,
     "the whole number in any value, cut off; 0 where there is none", "{{ int \"3.99\" }}", "3"},
    {"int64", "a", "I", run_to_int64, 0, "as int, of type int64", "{{ int64 \"0x1F\" }}", "31"},
    {"max", "aa*", "I", run_max, 0, "the greatest of whole numbers", "{{ max 1 3 2 }}", "3"},
    {"min", "aa*", "I", run_min, 0, "the least of whole numbers", "{{ min 2 1 3 }}", "1"},
    {"mod", "aa", "I", run_mod, 0, "what is left after div", "{{ mod -7 3 }}", "-1"},
    {"mul", "aa*", "I", run_mul, 0, "the product of whole numbers", "{{ mul 2 3 4 }}", "24"},
    {"sub", "aa", "I", run_sub, 0, "the first whole number less the second", "{{ sub 5 2 }}", "3"},
    {"toDecimal", "a", "I", run_to_decimal, 0, "the octal number in a value; 0 where there is none",
     "{{ toDecimal \"777\" }}", "511"},
};

const struct func_table funcs_number = {"Whole numbers", rows, ARRAY_SIZE(rows)};
