/* Variables are found by name from the newest on, as in Go: there are few, and which one a name
 * means may depend on the way that was taken. Both stacks grow by moving within the arena. */
#include "template/eval_state.h"

#define NAMES_PER_STEP 16u
#define GROWTH_MIN 16u

static struct err *grow(const struct eval *s, void **stack, size_t n, size_t need, size_t size,
                        size_t *max)
{
    size_t wanted = 2 * *max > GROWTH_MIN ? 2 * *max : GROWTH_MIN;
    void *p;

    if (wanted < need)
        wanted = need;
    struct err *e = secret_arena_alloc(s->g->arena, wanted * size, &p);
    if (e)
        return eval_locate(s, e);
    if (*stack)
        memcpy(p, *stack, n * size);
    *stack = p;
    *max = wanted;
    return NULL;
}

struct err *eval_push(struct eval *s, struct text name, const struct datum *value)
{
    if (s->n_vars == EVAL_VARIABLES_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u variables", EVAL_VARIABLES_MAX);
    if (s->n_vars == s->max_vars) {
        void *stack = s->vars;
        struct err *e = grow(s, &stack, s->n_vars, s->n_vars + 1, sizeof(*s->vars), &s->max_vars);
        if (e)
            return e;
        s->vars = stack;
    }
    s->vars[s->n_vars++] = (struct variable){name, *value};
    return NULL;
}

/* The newest of that name in this template, or NULL. */
static struct variable *find(struct eval *s, struct text name)
{
    for (size_t i = s->n_vars; i > s->vars_base; i--) {
        if (text_equal(s->vars[i - 1].name, name))
            return &s->vars[i - 1];
    }
    return NULL;
}

/* What was passed over on the way costs too; v NULL: there is none. */
static struct err *charge_find(const struct eval *s, struct text name, const struct variable *v)
{
    if (!v)
        return eval_error(s, "undefined variable: %.*s", (int)name.n, (const char *)name.p);
    return engine_charge(s->g, (size_t)(s->vars + s->n_vars - v) / NAMES_PER_STEP);
}

struct err *eval_set(struct eval *s, struct text name, const struct datum *value)
{
    struct variable *v = find(s, name);

    if (v)
        v->value = *value;
    return charge_find(s, name, v);
}

struct err *eval_get(struct eval *s, struct text name, struct datum *out)
{
    const struct variable *v = find(s, name);

    if (v)
        *out = v->value;
    return charge_find(s, name, v);
}

void eval_pop(struct eval *s, size_t n_vars)
{
    s->n_vars = n_vars;
}

struct err *eval_args_push(struct eval *s, size_t n, size_t *base)
{
    if (!s->args || n > s->max_args - s->n_args) {
        void *stack = s->args;
        struct err *e = grow(s, &stack, s->n_args, s->n_args + n, sizeof(*s->args), &s->max_args);
        if (e)
            return e;
        s->args = stack;
    }
    *base = s->n_args;
    s->n_args += n;
    return NULL;
}
