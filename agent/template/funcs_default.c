/* Emptiness is Go's truth turned round, so datum_is_true answers for all of these. What fail was
 * given may hold a value, so only its length comes out. */
#include "template/equal.h"
#include "template/funcs.h"

static struct err *run_default(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    *out = n > 1 && datum_is_true(&args[1]) ? args[1] : args[0];
    return NULL;
}

static struct err *run_empty(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_bool(!datum_is_true(&args[0]));
    return NULL;
}

/* Position of the first argument whose truth is wanted; n when there is none. */
static size_t first_of(const struct datum *args, size_t n, bool wanted)
{
    size_t i = 0;

    while (i < n && datum_is_true(&args[i]) != wanted)
        i++;
    return i;
}

static struct err *run_coalesce(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    size_t at = first_of(args, n, true);

    (void)g;
    *out = at < n ? args[at] : datum_nil();
    return NULL;
}

static struct err *run_all(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    *out = datum_bool(first_of(args, n, false) == n);
    return NULL;
}

static struct err *run_any(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    *out = datum_bool(first_of(args, n, true) < n);
    return NULL;
}

static struct err *run_ternary(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = args[2].v.b ? args[0] : args[1];
    return NULL;
}

static struct err *run_fail(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)g;
    (void)n;
    (void)out;
    return err_new(ERR_INVALID, "the template gives up, with a message of %u bytes", args[0].n);
}

static struct err *run_type_of(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_string(text_of(datum_type_name(&args[0])));
    return NULL;
}

static struct err *run_kind_of(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_string(text_of(datum_kind_name(&args[0])));
    return NULL;
}

static struct err *run_type_is(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_bool(text_is(datum_text(&args[0]), datum_type_name(&args[1])));
    return NULL;
}

static struct err *run_type_is_like(struct engine *g, const struct datum *args, size_t n,
                                    struct datum *out)
{
    const char *type = datum_type_name(&args[1]);
    struct text target = datum_text(&args[0]);

    (void)g;
    (void)n;
    *out = datum_bool(text_is(target, type) || (type[0] == '*' && text_is(target, type + 1)));
    return NULL;
}

static struct err *run_kind_is(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    (void)g;
    (void)n;
    *out = datum_bool(text_is(datum_text(&args[0]), datum_kind_name(&args[1])));
    return NULL;
}

static struct err *run_deep_equal(struct engine *g, const struct datum *args, size_t n,
                                  struct datum *out)
{
    bool is_equal = false;
    struct err *e = equal_deep(g, &args[0], &args[1], &is_equal);

    (void)n;
    if (e)
        return e;
    *out = datum_bool(is_equal);
    return NULL;
}

static const struct func rows[] = {
    {"all", "a*", "b", run_all, 0, "are all values non-empty", "{{ all 1 \"a\" \"\" }}", "false"},
    {"any", "a*", "b", run_any, 0, "is any value non-empty", "{{ any 0 \"a\" \"\" }}", "true"},
    {"coalesce", "a*", "a", run_coalesce, 0, "the first value that is not empty",
     "{{ coalesce 0 \"\" \"c\" }}", "c"},
    {"deepEqual", "aa", "b", run_deep_equal, 0, "same type and value, all the way down",
     "{{ deepEqual (list 1) (list 1) }}", "true"},
    {"default", "aa*", "a", run_default, 0, "the last value, or the first where that is empty",
     "{{ \"\" | default \"d\" }}", "d"},
    {"empty", "a", "b", run_empty, 0, "is the value false, 0, \"\", nil, or without elements",
     "{{ empty 0 }}", "true"},
    {"fail", "s", "s", run_fail, 0, "ends the render with an error",
     "{{ if false }}{{ fail \"no\" }}{{ end }}", ""},
    {"kindIs", "sa", "b", run_kind_is, 0, "is the value of that kind",
     "{{ kindIs \"slice\" (list) }}", "true"},
    {"kindOf", "a", "s", run_kind_of, 0, "Go's kind of the value", "{{ kindOf (dict) }}", "map"},
    {"ternary", "aab", "a", run_ternary, 0, "the first value if the last is true, else the second",
     "{{ ternary \"y\" \"n\" true }}", "y"},
    {"typeIs", "sa", "b", run_type_is, 0, "is the value of that type", "{{ typeIs \"int\" 1 }}",
     "true"},
    {"typeIsLike", "sa", "b", run_type_is_like, 0, "is the value of that type, or a pointer to it",
     "{{ typeIsLike \"semver.Version\" (semver \"1.2.3\") }}", "true"},
    {"typeOf", "a", "s", run_type_of, 0, "Go's type of the value", "{{ typeOf (list 1) }}",
     "[]interface {}"},
};

const struct func_table funcs_default = {"Defaults and types", rows, ARRAY_SIZE(rows)};
