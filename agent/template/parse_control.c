/* The actions that are more than a pipeline: conditions, loops, and templates inside templates. An
 * "else if" becomes an if node alone in the list of the else, and shares the one end. */
#include "template/parse_state.h"

static const char *keyword(enum node_kind kind)
{
    return kind == NODE_IF ? "if" : kind == NODE_WITH ? "with" : "range";
}

static struct err *branch(struct parser *p, enum node_kind kind, struct node **out);

/* "else if" after if, "else with" after with: the key word is still to come. */
static bool is_chained(struct parser *p, enum node_kind kind)
{
    enum token_kind next = parse_peek(p).kind;

    return (kind == NODE_IF && next == TOKEN_IF) || (kind == NODE_WITH && next == TOKEN_WITH);
}

static struct err *chained(struct parser *p, enum node_kind kind, struct parse_stop stop,
                           struct node **out)
{
    size_t mark = p->stack_n;
    struct node *n;
    struct err *e = parse_node(p, NODE_LIST, stop.token, out);

    parse_next(p);
    if (!e)
        e = branch(p, kind, &n);
    if (e)
        return e;
    parse_push(p, n);
    return parse_adopt(p, *out, mark);
}

static struct err *else_part(struct parser *p, enum node_kind kind, struct parse_stop stop,
                             struct node **out)
{
    if (is_chained(p, kind))
        return chained(p, kind, stop, out);
    struct err *e = parse_list(p, out, &stop);
    if (!e && stop.kind != STOP_END)
        e = parse_fail(p, "expected end; found {{else}}");
    return e;
}

static struct err *branch_parts(struct parser *p, struct node *n)
{
    struct parse_stop stop;
    struct err *e = parse_pipeline(p, keyword(n->kind), TOKEN_RIGHT_DELIM, &n->pipe);

    if (e)
        return e;
    n->at = n->pipe->at;
    n->line = n->pipe->line;
    p->level.range_depth += n->kind == NODE_RANGE;
    e = parse_list(p, &n->body, &stop);
    p->level.range_depth -= n->kind == NODE_RANGE;
    if (!e && stop.kind == STOP_ELSE)
        e = else_part(p, n->kind, stop, &n->other);
    n->end = p->level.token[0].end;
    return e;
}

/* if, with or range after its key word, up to its end. */
static struct err *branch(struct parser *p, enum node_kind kind, struct node **out)
{
    size_t variables_n = p->variables_n;
    struct err *e = parse_enter(p);

    if (e)
        return e;
    e = parse_node(p, kind, p->level.token[0], out);
    if (!e)
        e = branch_parts(p, *out);
    p->variables_n = variables_n;
    p->nesting--;
    return e;
}

static struct err *leave_loop(struct parser *p, enum node_kind kind, struct token keyword_token,
                              struct node **out)
{
    const char *shown = kind == NODE_BREAK ? "{{break}}" : "{{continue}}";
    struct token t;
    struct err *e = parse_expect(p, TOKEN_RIGHT_DELIM, shown, &t);

    if (!e && !p->level.range_depth)
        e = parse_fail(p, "%s outside {{range}}", shown);
    return e ? e : parse_node(p, kind, keyword_token, out);
}

static struct err *else_action(struct parser *p, struct parse_stop *stop)
{
    struct token t = parse_peek_solid(p);

    stop->kind = STOP_ELSE;
    stop->token = t;
    if (t.kind == TOKEN_IF || t.kind == TOKEN_WITH)
        return NULL;
    return parse_expect(p, TOKEN_RIGHT_DELIM, "else", &stop->token);
}

static struct err *end_action(struct parser *p, struct parse_stop *stop)
{
    stop->kind = STOP_END;
    return parse_expect(p, TOKEN_RIGHT_DELIM, "end", &stop->token);
}

/* The name after "block" or "template"; n is the node of its call. */
static struct err *call_of_template(struct parser *p, const char *context, struct node **out)
{
    struct token t = parse_next_solid(p);

    if (t.kind != TOKEN_STRING && t.kind != TOKEN_RAW_STRING)
        return parse_unexpected(p, t, context);
    struct err *e = parse_node(p, NODE_TEMPLATE, t, out);
    return e ? e : parse_string(p, t, &(*out)->text);
}

static struct err *template_action(struct parser *p, struct node **out)
{
    static const char context[] = "template clause";
    struct err *e = call_of_template(p, context, out);

    if (e || parse_next_solid(p).kind == TOKEN_RIGHT_DELIM)
        return e;
    parse_backup(p);
    return parse_pipeline(p, context, TOKEN_RIGHT_DELIM, &(*out)->pipe);
}

/* The body of a block is a tree; the block itself is the call of it. */
static struct err *block_body(struct parser *p, struct text name, const char *context)
{
    struct parse_level outer = parse_begin_tree(p);
    struct parse_stop stop;
    struct node *body;
    struct err *e = parse_list(p, &body, &stop);

    if (!e && stop.kind == STOP_END)
        e = parse_add_tree(p, name, body);
    parse_end_tree(p, outer);
    if (!e && stop.kind != STOP_END)
        e = parse_fail(p, "unexpected {{else}} in %s", context);
    return e;
}

static struct err *block_action(struct parser *p, struct node **out)
{
    static const char context[] = "block clause";
    struct err *e = call_of_template(p, context, out);

    if (!e)
        e = parse_pipeline(p, context, TOKEN_RIGHT_DELIM, &(*out)->pipe);
    if (!e)
        e = parse_enter(p);
    if (e)
        return e;
    e = block_body(p, (*out)->text, context);
    p->nesting--;
    return e;
}

static struct err *pipeline_action(struct parser *p, struct node **out)
{
    struct node *n;
    struct err *e = parse_node(p, NODE_ACTION, parse_peek(p), &n);

    if (!e)
        e = parse_pipeline(p, "command", TOKEN_RIGHT_DELIM, &n->pipe);
    if (e)
        return e;
    n->end = n->pipe->end;
    *out = n;
    return NULL;
}

struct err *parse_action(struct parser *p, struct node **out, struct parse_stop *stop)
{
    struct token t = parse_next_solid(p);

    if (t.kind == TOKEN_IF || t.kind == TOKEN_WITH || t.kind == TOKEN_RANGE)
        return branch(p,
                      t.kind == TOKEN_IF     ? NODE_IF
                      : t.kind == TOKEN_WITH ? NODE_WITH
                                             : NODE_RANGE,
                      out);
    if (t.kind == TOKEN_BREAK || t.kind == TOKEN_CONTINUE)
        return leave_loop(p, t.kind == TOKEN_BREAK ? NODE_BREAK : NODE_CONTINUE, t, out);
    if (t.kind == TOKEN_ELSE)
        return else_action(p, stop);
    if (t.kind == TOKEN_END)
        return end_action(p, stop);
    if (t.kind == TOKEN_TEMPLATE)
        return template_action(p, out);
    if (t.kind == TOKEN_BLOCK)
        return block_action(p, out);
    parse_backup(p);
    return pipeline_action(p, out);
}
