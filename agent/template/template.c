/* The data become a dict whose texts are the caller's bytes, so a render copies none of them. Two
 * arenas: the parsed template's, and that of a render, which is erased with all it made. The last
 * one stays with the template for the next render; of renders at the same time each has its own. */
#include "template/template.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/regex_cache.h"
#include "base/secret_arena.h"
#include "template/engine.h"
#include "template/eval.h"
#include "template/parse.h"

/* So few entries are sorted while they are put in. */
#define UNSORTED_MAX 32u

struct template
{
    struct secret_arena *arena;
    struct forest forest;
    bool missing_key_is_error;
    struct regex_cache *regexes;          /* NULL where no function needs it */
    _Atomic(struct secret_arena *) spare; /* reset; whoever takes it leaves NULL */
};

static struct text text_of_view(struct secret_view v)
{
    return v.n ? (struct text){secret_view_raw(v), v.n} : TEXT("");
}

struct err *template_parse(const char *name, struct secret_view text,
                           const struct template_options *options, struct template **out)
{
    static const struct template_options defaults;
    CLEANUP(template) struct template *t = xcalloc(1, sizeof(*t));

    t->arena = secret_arena_new(TEMPLATE_MEMORY_MAX);
    options = options ? options : &defaults;
    t->missing_key_is_error = options->missing_key_is_error;
    struct err *e = parse_forest(t->arena, text_of(name), text_of_view(text), options, &t->forest);
    if (e)
        return e;
    if (t->forest.flags & FUNC_REGEX)
        t->regexes = regex_cache_new();
    *out = TAKE(t);
    return NULL;
}

/* Order of two entries by key; of equal keys the later one comes last. */
static int compare_entries(const void *a, const void *b)
{
    const struct template_entry *left = *(const struct template_entry *const *)a;
    const struct template_entry *right = *(const struct template_entry *const *)b;
    int order = text_compare(text_of_view(left->key), text_of_view(right->key));

    return order ? order : (left > right) - (left < right);
}

static struct err *sort(struct secret_arena *a, const struct template_entry *entries, size_t n,
                        const struct template_entry ***out)
{
    void *p;
    struct err *e = secret_arena_alloc(a, n * sizeof(const struct template_entry *), &p);

    if (e)
        return e;
    const struct template_entry **order = p;
    for (size_t i = 0; i < n; i++)
        order[i] = &entries[i];
    qsort(order, n, sizeof(*order), compare_entries);
    *out = order;
    return NULL;
}

static struct err *make_data(struct secret_arena *a, const struct template_entry *entries, size_t n,
                             struct datum *out)
{
    const struct template_entry **order = NULL;
    struct dict *m;
    struct err *e = dict_new(a, ELEMENT_STRING, n, &m);

    if (!e && n > UNSORTED_MAX)
        e = sort(a, entries, n, &order);
    for (size_t i = 0; !e && i < n; i++) {
        const struct template_entry *entry = order ? order[i] : &entries[i];
        if (entry->value.n > TEXT_MAX)
            return err_new(ERR_INVALID, "limit reached: a value longer than %u bytes", TEXT_MAX);
        e = dict_set(a, m, text_of_view(entry->key), datum_string(text_of_view(entry->value)));
    }
    if (e)
        return e;
    *out = datum_map(m);
    return NULL;
}

static struct err *render_in(struct secret_arena *arena, const struct template *t,
                             const struct template_entry *entries, size_t n,
                             const struct template_env *env, struct secret_buf **out)
{
    struct datum data;
    struct engine g;
    struct text text;
    struct err *e = make_data(arena, entries, n, &data);

    if (e)
        return e;
    engine_init(&g, arena, env);
    g.regexes = t->regexes;
    e = eval_forest(&g, &t->forest, t->missing_key_is_error, &data, &text);
    return e ? e : secret_buf_copy(secret_view_of(text.p, text.n), out);
}

struct err *template_render(struct template *t, const struct template_entry *entries, size_t n,
                            const struct template_env *env, struct secret_buf **out)
{
    struct secret_arena *spare = atomic_exchange(&t->spare, NULL);
    struct secret_arena *arena = spare ? spare : secret_arena_new(TEMPLATE_MEMORY_MAX);

    secret_arena_charge(arena, secret_arena_used(t->arena));
    struct err *e = render_in(arena, t, entries, n, env, out);

    secret_arena_reset(arena);
    secret_arena_free(atomic_exchange(&t->spare, arena));
    return e;
}

bool template_is_volatile(const struct template *t)
{
    return (t->forest.flags & (FUNC_RANDOM | FUNC_CLOCK | FUNC_CLOCK_AT_TIMES)) != 0;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    secret_arena_free(t->arena);
    secret_arena_free(t->spare);
    regex_cache_free(t->regexes);
    free(t);
}
