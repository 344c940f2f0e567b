/* A walk over the tree. Break and continue set a mark that every list of nodes on the way up looks
 * at; an error ends everything. A template that is called sees no variables but $. */
#include "template/eval.h"

#include "template/eval_state.h"
#include "template/fmt.h"

static struct err *print(struct eval *s, const struct datum *dot, const struct node *n)
{
    struct datum value;
    struct err *e = eval_pipe(s, dot, n->pipe, &value);

    if (e || n->pipe->n_declares)
        return e;
    s->at = n;
    if (value.kind == DATUM_STRING)
        text_buf_add(s->out, datum_text(&value));
    else
        fmt_action(s->g, s->out, &value);
    return NULL;
}

static struct err *branch(struct eval *s, const struct datum *dot, const struct node *n)
{
    size_t n_vars = s->n_vars;
    struct datum value;
    struct err *e = eval_pipe(s, dot, n->pipe, &value);

    if (e)
        return e;
    bool is_true = datum_is_true(&value);
    const struct node *list = is_true ? n->body : n->other;
    if (list)
        e = eval_walk(s, is_true && n->kind == NODE_WITH ? &value : dot, list);
    eval_pop(s, n_vars);
    return e;
}

static struct err *run_tree(struct eval *s, const struct tree *tree, const struct datum *dot)
{
    const struct tree *caller = s->tree;
    size_t n_vars = s->n_vars, base = s->vars_base;
    struct err *e = eval_push(s, TEXT("$"), dot);

    if (e)
        return e;
    s->vars_base = n_vars;
    s->tree = tree;
    e = eval_walk(s, dot, tree->body);
    if (e)
        return e;
    s->tree = caller;
    s->vars_base = base;
    eval_pop(s, n_vars);
    return NULL;
}

static struct err *call_template(struct eval *s, const struct datum *dot, const struct node *n)
{
    const struct tree *tree = forest_find(s->forest, n->text);
    struct datum argument = datum_none();

    if (!tree)
        return eval_error(s, "template %s not defined", eval_quoted(s, n->text));
    if (s->calls == TEMPLATE_CALL_DEPTH_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u templates within each other",
                       TEMPLATE_CALL_DEPTH_MAX);
    struct err *e = n->pipe ? eval_pipe(s, dot, n->pipe, &argument) : NULL;
    if (e)
        return e;
    s->calls++;
    e = run_tree(s, tree, &argument);
    s->calls--;
    return e;
}

static struct err *deeper(struct eval *s, const struct datum *dot, const struct node *n)
{
    struct err *e = engine_enter(s->g);

    if (e)
        return e;
    if (n->kind == NODE_RANGE)
        e = eval_range(s, dot, n);
    else if (n->kind == NODE_TEMPLATE)
        e = call_template(s, dot, n);
    else
        e = branch(s, dot, n);
    engine_leave(s->g);
    return e;
}

static struct err *one_node(struct eval *s, const struct datum *dot, const struct node *n)
{
    s->at = n;
    switch (n->kind) {
    case NODE_TEXT:
        text_buf_add(s->out, n->text);
        return NULL;
    case NODE_ACTION:
        return print(s, dot, n);
    case NODE_BREAK:
        s->jump = JUMP_BREAK;
        return NULL;
    case NODE_CONTINUE:
        s->jump = JUMP_CONTINUE;
        return NULL;
    case NODE_IF:
    case NODE_WITH:
    case NODE_RANGE:
    case NODE_TEMPLATE:
        return deeper(s, dot, n);
    case NODE_LIST:
        return eval_walk(s, dot, n);
    case NODE_PIPE:
    case NODE_COMMAND:
    case NODE_FIELD:
    case NODE_CHAIN:
    case NODE_VARIABLE:
    case NODE_FUNCTION:
    case NODE_DOT:
    case NODE_NIL:
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
        break;
    }
    return err_new(ERR_INTERNAL, "a node of kind %d stands in the text", (int)n->kind);
}

struct err *eval_walk(struct eval *s, const struct datum *dot, const struct node *list)
{
    struct err *e = NULL;

    for (size_t i = 0; !e && !s->jump && i < list->n; i++) {
        e = eval_step(s);
        if (!e)
            e = one_node(s, dot, list->children[i]);
        if (!e && !text_buf_ok(s->out))
            e = eval_locate(s, TAKE(s->out->failed));
    }
    return e;
}

struct err *eval_forest(struct engine *g, const struct forest *forest, bool missing_key_is_error,
                        const struct datum *data, struct text *out)
{
    const struct tree *tree = forest_find(forest, forest->name);
    struct text_buf b;
    struct eval s = {
        .g = g,
        .forest = forest,
        .missing_key_is_error = missing_key_is_error,
        .out = &b,
    };

    text_buf_init(&b, g->arena, TEMPLATE_OUTPUT_MAX);
    struct err *e = tree ? run_tree(&s, tree, data) : NULL;
    return e ? e : text_buf_end(&b, out);
}
