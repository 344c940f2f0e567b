/* What stands inside an action. A command's value is the last argument of the next one; after each
 * command Go looks through the interface, so a nil from a container becomes no value at all. */
#include "template/eval_state.h"

#include "template/call.h"

/* A pipeline in parentheses: one level deeper. */
static struct err *nested(struct eval *s, const struct datum *dot, const struct node *pipe,
                          struct datum *out)
{
    struct err *e = engine_enter(s->g);

    if (!e)
        e = eval_pipe(s, dot, pipe, out);
    engine_leave(s->g);
    return e;
}

static struct err *chain(struct eval *s, const struct node *n, const struct eval_site *site,
                         struct datum *out)
{
    struct datum receiver;

    s->at = n;
    struct err *e = eval_operand(s, site->dot, n->child, &receiver);
    return e ? e : eval_names(s, &receiver, n->names, n->n_names, site, out);
}

static struct err *no_arguments(const struct eval *s, const struct node *n,
                                const struct eval_site *site)
{
    if (!site->n_args && !site->final)
        return NULL;
    return eval_error(s, "can't give argument to non-function %s", eval_node_text(s, n));
}

static struct err *variable(struct eval *s, const struct node *n, const struct eval_site *site,
                            struct datum *out)
{
    struct datum value;

    s->at = n;
    struct err *e = eval_get(s, n->names[0], &value);
    if (e)
        return e;
    if (n->n_names > 1)
        return eval_names(s, &value, n->names + 1, n->n_names - 1, site, out);
    e = no_arguments(s, n, site);
    if (e)
        return e;
    *out = value;
    return NULL;
}

/* What can stand first in a command, and alone as an operand: all but constants. */
static struct err *word(struct eval *s, const struct node *n, const struct eval_site *site,
                        struct datum *out)
{
    switch (n->kind) {
    case NODE_FIELD:
        s->at = n;
        return eval_names(s, site->dot, n->names, n->n_names, site, out);
    case NODE_FUNCTION:
        return eval_function(s, n, site, out);
    case NODE_VARIABLE:
        return variable(s, n, site, out);
    case NODE_CHAIN:
        return chain(s, n, site, out);
    case NODE_PIPE:
        return nested(s, site->dot, n, out);
    case NODE_DOT:
        s->at = n;
        *out = *site->dot;
        return NULL;
    case NODE_LIST:
    case NODE_TEXT:
    case NODE_ACTION:
    case NODE_IF:
    case NODE_WITH:
    case NODE_RANGE:
    case NODE_TEMPLATE:
    case NODE_BREAK:
    case NODE_CONTINUE:
    case NODE_COMMAND:
    case NODE_NIL:
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
        break;
    }
    return err_new(ERR_INTERNAL, "a node of kind %d stands in an action", (int)n->kind);
}

static bool is_constant(const struct node *n)
{
    return n->kind == NODE_STRING || n->kind == NODE_NUMBER || n->kind == NODE_BOOL ||
           n->kind == NODE_NIL;
}

struct err *eval_operand(struct eval *s, const struct datum *dot, const struct node *n,
                         struct datum *out)
{
    const struct eval_site alone = {.node = n, .dot = dot};

    return word(s, n, &alone, out);
}

struct err *eval_arg(struct eval *s, const struct datum *dot, char param, const struct node *n,
                     struct datum *out)
{
    struct datum value;
    struct err *e;

    s->at = n;
    if (is_constant(n)) {
        e = call_adapt_constant(s->g, param, n, out);
        return e ? eval_locate(s, e) : NULL;
    }
    e = eval_operand(s, dot, n, &value);
    if (e)
        return e;
    e = call_check_value(s->g, param, &value, out);
    return e ? eval_locate(s, e) : NULL;
}

static struct err *constant(struct eval *s, const struct node *n, struct datum *out)
{
    s->at = n;
    if (n->kind == NODE_NIL)
        return eval_error(s, "nil is not a command");
    struct err *e = call_adapt_constant(s->g, 'v', n, out);
    return e ? eval_locate(s, e) : NULL;
}

static struct err *command(struct eval *s, const struct datum *dot, const struct node *n,
                           const struct datum *final, struct datum *out)
{
    const struct node *first = n->children[0];
    struct err *e = NULL;

    if (first->kind == NODE_FUNCTION) {
        struct eval_site site = {n, dot, n->children + 1, n->n - 1, final};
        return eval_function(s, first, &site, out);
    }
    struct eval_site site = {first, dot, n->children + 1, n->n - 1, final};
    if (first->kind == NODE_PIPE || first->kind == NODE_DOT || is_constant(first)) {
        if (first->kind != NODE_PIPE)
            s->at = first;
        e = no_arguments(s, first, &site);
    }
    if (e)
        return e;
    return is_constant(first) ? constant(s, first, out) : word(s, first, &site, out);
}

static struct err *declare(struct eval *s, const struct node *pipe, const struct datum *value)
{
    struct err *e = NULL;

    for (size_t i = 0; !e && i < pipe->n_declares; i++)
        e = pipe->is_assignment ? eval_set(s, pipe->declares[i], value)
                                : eval_push(s, pipe->declares[i], value);
    return e;
}

struct err *eval_pipe(struct eval *s, const struct datum *dot, const struct node *pipe,
                      struct datum *out)
{
    struct datum value = datum_none();

    s->at = pipe;
    for (size_t i = 0; i < pipe->n; i++) {
        struct err *e = eval_step(s);
        if (!e)
            e = command(s, dot, pipe->children[i], i ? &value : NULL, &value);
        if (e)
            return e;
        if (value.kind == DATUM_NIL)
            value = datum_none();
    }
    struct err *e = pipe->n_declares ? declare(s, pipe, &value) : NULL;
    if (e)
        return e;
    *out = value;
    return NULL;
}
