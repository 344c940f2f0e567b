/* Lists, maps in the order of their keys, and whole numbers. The entries of a map are copied first:
 * the body may change it, and Go goes over what was there at the beginning. */
#include "template/eval_state.h"

/* What one loop goes over, and where its variables end. */
struct loop {
    const struct node *node;
    size_t n_vars;
};

/* One variable is the element; two are the index and the element. */
static struct err *set_variables(struct eval *s, const struct loop *l, const struct datum *index,
                                 const struct datum *element)
{
    const struct node *pipe = l->node->pipe;
    size_t n = pipe->n_declares;
    struct err *e = NULL;

    if (!pipe->is_assignment) {
        if (n > 0)
            s->vars[s->n_vars - 1].value = *element;
        if (n > 1)
            s->vars[s->n_vars - 2].value = *index;
        return NULL;
    }
    if (n > 0)
        e = eval_set(s, pipe->declares[0], n > 1 ? index : element);
    if (!e && n > 1)
        e = eval_set(s, pipe->declares[1], element);
    return e;
}

static struct err *once(struct eval *s, const struct loop *l, const struct datum *index,
                        const struct datum *element)
{
    struct err *e = eval_step(s);

    if (!e)
        e = set_variables(s, l, index, element);
    if (!e)
        e = eval_walk(s, element, l->node->body);
    eval_pop(s, l->n_vars);
    if (s->jump == JUMP_CONTINUE)
        s->jump = JUMP_NONE;
    return e;
}

static struct err *over_list(struct eval *s, const struct loop *l, const struct list *list)
{
    struct err *e = NULL;

    for (size_t i = 0; !e && !s->jump && i < list->n; i++) {
        struct datum index = datum_int((int64_t)i);
        e = once(s, l, &index, &list->items[i]);
    }
    return e;
}

static struct err *copy_entries(struct eval *s, const struct dict *m, struct dict_entry **out)
{
    size_t bytes = m->n * sizeof(struct dict_entry);
    void *p;
    struct err *e = engine_charge_bytes(s->g, bytes);

    if (!e)
        e = secret_arena_alloc(s->g->arena, bytes, &p);
    if (e)
        return eval_locate(s, e);
    memcpy(p, m->entries, bytes);
    *out = p;
    return NULL;
}

/* A map of strings cannot be changed by any function. */
static struct err *over_map(struct eval *s, const struct loop *l, const struct dict *m)
{
    struct dict_entry *entries = m->entries;
    size_t n = m->n;
    struct err *e = m->element == ELEMENT_STRING ? NULL : copy_entries(s, m, &entries);

    for (size_t i = 0; !e && !s->jump && i < n; i++) {
        struct datum key = datum_string(entries[i].key);
        e = once(s, l, &key, &entries[i].value);
    }
    return e;
}

/* The element has the number's own type. */
static struct err *over_number(struct eval *s, const struct loop *l, const struct datum *number)
{
    bool is_signed = datum_is_signed(number);
    uint64_t n = is_signed && number->v.i < 0 ? 0 : number->v.u;
    struct err *e = NULL;

    if (l->node->pipe->n_declares > 1)
        return eval_error(s, "can't use %s to iterate over more than one variable",
                          datum_type_name(number));
    for (uint64_t i = 0; !e && !s->jump && i < n; i++) {
        struct datum element = {.kind = number->kind, .v.u = i};
        e = once(s, l, &element, &element);
    }
    return e;
}

/* Nothing to go over? Then the else branch is taken. */
static bool is_empty(const struct datum *value)
{
    if (datum_is_signed(value))
        return value->v.i <= 0;
    return !datum_is_true(value);
}

static struct err *over(struct eval *s, const struct datum *dot, const struct loop *l,
                        const struct datum *value)
{
    bool is_number = datum_is_signed(value) || datum_is_unsigned(value);

    if (value->kind != DATUM_LIST && value->kind != DATUM_MAP && !is_number &&
        !datum_is_nothing(value))
        return eval_error(s, "range can't iterate over %s", datum_type_name(value));
    if (is_number && l->node->pipe->n_declares > 1)
        return over_number(s, l, value);
    if (is_empty(value))
        return l->node->other ? eval_walk(s, dot, l->node->other) : NULL;
    if (value->kind == DATUM_LIST)
        return over_list(s, l, value->v.list);
    if (value->kind == DATUM_MAP)
        return over_map(s, l, value->v.map);
    return over_number(s, l, value);
}

/* A break in the else branch ends here too, as in Go; a continue there is for the loop around. */
struct err *eval_range(struct eval *s, const struct datum *dot, const struct node *n)
{
    size_t n_vars = s->n_vars;
    struct datum value;
    struct err *e = eval_pipe(s, dot, n->pipe, &value);

    if (e)
        return e;
    struct loop l = {n, s->n_vars};
    e = over(s, dot, &l, &value);
    eval_pop(s, n_vars);
    if (s->jump == JUMP_BREAK)
        s->jump = JUMP_NONE;
    return e;
}
