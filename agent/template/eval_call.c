/* Arguments are evaluated one by one onto a stack in the arena and handed to the function where
 * they stand. The C stack holds none of them, so that a deep nest of parentheses stays small on it.
 */
#include "template/eval_state.h"

#include "template/call.h"

/* The first operand that decides is the result, and what comes after it is not evaluated. */
static struct err *and_or(struct eval *s, bool is_or, const struct eval_site *site,
                          struct datum *out)
{
    struct datum value = datum_none();

    for (size_t i = 0; i < site->n_args; i++) {
        struct err *e = eval_arg(s, site->dot, 'v', site->args[i], &value);
        if (e)
            return e;
        if (datum_is_true(&value) == is_or) {
            *out = value;
            return NULL;
        }
    }
    *out = site->final ? *site->final : value;
    return NULL;
}

/* Fill the arguments from base on; the first are there already. */
static struct err *fill(struct eval *s, const struct func *f, size_t base, size_t first,
                        const struct eval_site *site)
{
    struct datum value;

    for (size_t i = 0; i < site->n_args; i++) {
        struct err *e = eval_arg(s, site->dot, call_param(f, first + i), site->args[i], &value);
        if (e)
            return e;
        s->args[base + first + i] = value;
    }
    if (!site->final)
        return NULL;
    struct datum *last = &s->args[base + first + site->n_args];
    struct err *e = call_check_value(s->g, call_param(f, first + site->n_args), site->final, last);
    return e ? eval_locate(s, e) : NULL;
}

static struct err *call(struct eval *s, const struct func *f, const struct datum *receiver,
                        const struct eval_site *site, struct datum *out)
{
    size_t n = site->n_args + (receiver != NULL) + (site->final != NULL), base;
    struct err *e = eval_args_push(s, n, &base);

    if (e)
        return e;
    if (receiver)
        s->args[base] = *receiver;
    e = fill(s, f, base, receiver != NULL, site);
    if (e)
        return e;
    e = call_make(s->g, f, s->args + base, n, out);
    s->n_args = base;
    if (!e)
        return NULL;
    s->at = site->node;
    return eval_locate(s, e);
}

struct err *eval_function(struct eval *s, const struct node *n, const struct eval_site *site,
                          struct datum *out)
{
    const struct func *f = n->func;

    s->at = n;
    struct err *e = call_check_count(f, false, site->n_args, site->final != NULL);
    if (e)
        return eval_locate(s, e);
    if (!f->fn)
        return and_or(s, f->name[0] == 'o', site, out);
    return call(s, f, NULL, site, out);
}

struct err *eval_method(struct eval *s, const struct func *f, const struct datum *receiver,
                        const struct eval_site *site, struct datum *out)
{
    struct err *e = call_check_count(f, true, site->n_args, site->final != NULL);

    if (e)
        return eval_locate(s, e);
    return call(s, f, receiver, site, out);
}
