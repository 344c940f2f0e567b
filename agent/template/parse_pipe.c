/* What stands between the delimiters: declarations, commands, operands. Names, number constants and
 * functions are checked as soon as they are read, as in Go, so that a mistake in a branch that is
 * never taken is one too. */
#include "template/parse_state.h"

#define DECLARES_MAX 2u

static struct err *add_declaration(struct parser *p, struct node *pipe, struct token variable)
{
    struct text name = lex_text(&p->lex, variable);

    if (!pipe->declares) {
        void *memory;
        struct err *e = secret_arena_alloc(p->arena, DECLARES_MAX * sizeof(name), &memory);
        if (e)
            return e;
        pipe->declares = memory;
    }
    pipe->declares[pipe->n_declares++] = name;
    return parse_declare(p, name);
}

/* After the comma of a first variable: another one may follow, which is for the caller to read. */
static struct err *after_comma(struct parser *p, const struct node *pipe, const char *context)
{
    if (strcmp(context, "range") != 0 || pipe->n_declares >= DECLARES_MAX)
        return parse_fail(p, "too many declarations in %s", context);
    enum token_kind next = parse_peek_solid(p).kind;
    if (next != TOKEN_VARIABLE && next != TOKEN_RIGHT_DELIM && next != TOKEN_RIGHT_PAREN)
        return parse_fail(p, "range can only initialize variables");
    return NULL;
}

/* A variable that nothing is assigned to: give it back, and the space that followed it. */
static void unread_variable(struct parser *p, struct token variable, struct token after)
{
    struct parse_level *l = &p->level;
    bool has_space = after.kind == TOKEN_SPACE;

    l->token[1] = has_space ? after : variable;
    l->token[2] = variable;
    l->peeked = has_space ? 3 : 2;
}

/* The variables on the left; *is_more: a comma says that another one should follow. */
static struct err *one_declaration(struct parser *p, struct node *pipe, const char *context,
                                   bool *is_more)
{
    struct token variable = parse_next(p);
    struct token after = parse_peek(p);
    struct token next = parse_peek_solid(p);
    bool is_comma = next.kind == TOKEN_CHAR && text_is(lex_text(&p->lex, next), ",");

    *is_more = false;
    if (!is_comma && next.kind != TOKEN_ASSIGN && next.kind != TOKEN_DECLARE) {
        unread_variable(p, variable, after);
        return NULL;
    }
    parse_next_solid(p);
    pipe->is_assignment = next.kind == TOKEN_ASSIGN;
    *is_more = is_comma;
    struct err *e = add_declaration(p, pipe, variable);
    return e || !is_comma ? e : after_comma(p, pipe, context);
}

static struct err *declarations(struct parser *p, struct node *pipe, const char *context)
{
    bool is_more = true;

    while (is_more && parse_peek_solid(p).kind == TOKEN_VARIABLE) {
        struct err *e = one_declaration(p, pipe, context, &is_more);
        if (e)
            return e;
    }
    return NULL;
}

/* The names of ".a.b" or "$x.a.b". */
static struct err *set_names(struct parser *p, struct node *n, struct text t)
{
    size_t count = 1, at = 0;
    void *memory;

    if (t.p[0] == '.')
        t = text_part(t, 1, t.n - 1);
    for (size_t i = 0; i < t.n; i++)
        count += t.p[i] == '.';
    struct err *e = secret_arena_alloc(p->arena, count * sizeof(struct text), &memory);
    if (e)
        return e;
    n->names = memory;
    for (n->n_names = 0; n->n_names < count; n->n_names++) {
        ptrdiff_t dot = text_find(t, at, TEXT("."));
        size_t end = dot < 0 ? t.n : (size_t)dot;
        n->names[n->n_names] = text_part(t, at, end - at);
        at = end + 1;
    }
    return NULL;
}

static struct err *named_node(struct parser *p, enum node_kind kind, struct token t,
                              struct node **out)
{
    struct err *e = parse_node(p, kind, t, out);

    return e ? e : set_names(p, *out, lex_text(&p->lex, t));
}

static struct err *variable_term(struct parser *p, struct token t, struct node **out)
{
    struct text name = lex_text(&p->lex, t);

    if (!parse_is_declared(p, name))
        return parse_fail_quoted(p, "undefined variable ", name, "");
    return named_node(p, NODE_VARIABLE, t, out);
}

static struct err *function_term(struct parser *p, struct token t, struct node **out)
{
    struct text name = lex_text(&p->lex, t);
    const struct func *f = func_find(name);

    if (!f)
        return parse_fail_quoted(p, "function ", name, " not defined");
    struct err *e = parse_node(p, NODE_FUNCTION, t, out);
    if (e)
        return e;
    (*out)->text = name;
    (*out)->func = f;
    p->forest.flags |= f->flags;
    return NULL;
}

static struct err *parenthesis(struct parser *p, struct node **out)
{
    struct err *e = parse_enter(p);

    if (e)
        return e;
    e = parse_pipeline(p, "parenthesized pipeline", TOKEN_RIGHT_PAREN, out);
    p->nesting--;
    return e;
}

static struct err *constant(struct parser *p, struct token t, struct node **out)
{
    bool is_string = t.kind == TOKEN_STRING || t.kind == TOKEN_RAW_STRING;
    struct err *e = parse_node(p, is_string ? NODE_STRING : NODE_NUMBER, t, out);

    if (e)
        return e;
    return is_string ? parse_string(p, t, &(*out)->text) : parse_number(p, t, *out);
}

/* A term, or NULL in *out where the next token begins none. */
static struct err *term(struct parser *p, struct node **out)
{
    struct token t = parse_next_solid(p);

    if (t.kind == TOKEN_IDENTIFIER)
        return function_term(p, t, out);
    if (t.kind == TOKEN_DOT)
        return parse_node(p, NODE_DOT, t, out);
    if (t.kind == TOKEN_NIL)
        return parse_node(p, NODE_NIL, t, out);
    if (t.kind == TOKEN_VARIABLE)
        return variable_term(p, t, out);
    if (t.kind == TOKEN_FIELD)
        return named_node(p, NODE_FIELD, t, out);
    if (t.kind == TOKEN_LEFT_PAREN)
        return parenthesis(p, out);
    if (t.kind == TOKEN_CHAR_CONSTANT || t.kind == TOKEN_COMPLEX || t.kind == TOKEN_NUMBER ||
        t.kind == TOKEN_STRING || t.kind == TOKEN_RAW_STRING)
        return constant(p, t, out);
    if (t.kind == TOKEN_BOOL) {
        struct err *e = parse_node(p, NODE_BOOL, t, out);
        if (!e)
            (*out)->is_true = text_is(lex_text(&p->lex, t), "true");
        return e;
    }
    parse_backup(p);
    *out = NULL;
    return NULL;
}

/* "unexpected . after term": the term as node_print has it. */
static struct err *no_fields(struct parser *p, const struct node *n)
{
    struct text_buf b;
    struct text shown;

    text_buf_init(&b, p->arena, TEXT_MAX);
    node_print(&b, n);
    struct err *e = text_buf_end(&b, &shown);
    return e ? e : parse_fail_quoted(p, "unexpected . after term ", shown, "");
}

/* The fields after a term. Those of a field or variable go to it; it then stands, for Go's
 * messages, where the first of them does. */
static struct err *chain(struct parser *p, struct node **inout)
{
    struct node *n = *inout, *made;
    struct token first = parse_peek(p), last = first;
    struct err *e;

    while (parse_peek(p).kind == TOKEN_FIELD)
        last = parse_next(p);
    if (n->kind == NODE_FIELD || n->kind == NODE_VARIABLE) {
        uint32_t from = n->at;
        n->at = first.at;
        n->end = last.end;
        return set_names(p, n, text_part(p->lex.source, from, last.end - from));
    }
    if (n->kind != NODE_FUNCTION && n->kind != NODE_PIPE)
        return no_fields(p, n);
    e = parse_node(p, NODE_CHAIN, first, &made);
    if (!e)
        e = set_names(p, made, text_part(p->lex.source, first.at, last.end - first.at));
    if (e)
        return e;
    made->end = last.end;
    made->child = n;
    *inout = made;
    return NULL;
}

static struct err *operand(struct parser *p, struct node **out)
{
    struct err *e = term(p, out);

    if (e || !*out || parse_peek(p).kind != TOKEN_FIELD)
        return e;
    return chain(p, out);
}

/* Operands up to what ends the command; a pipe sign is taken, other ends are left. */
static struct err *operands(struct parser *p, struct node *command)
{
    for (;;) {
        struct node *n;

        parse_peek_solid(p);
        struct err *e = operand(p, &n);
        if (e)
            return e;
        if (n) {
            parse_push(p, n);
            command->end = n->end;
        }
        struct token t = parse_next(p);
        if (t.kind == TOKEN_SPACE)
            continue;
        if (t.kind == TOKEN_RIGHT_DELIM || t.kind == TOKEN_RIGHT_PAREN)
            parse_backup(p);
        else if (t.kind != TOKEN_PIPE)
            return parse_unexpected(p, t, "operand");
        return NULL;
    }
}

static struct err *command(struct parser *p, struct node **out)
{
    size_t mark = p->stack_n;
    struct err *e = parse_node(p, NODE_COMMAND, parse_peek_solid(p), out);

    if (!e)
        e = operands(p, *out);
    if (!e)
        e = parse_adopt(p, *out, mark);
    if (!e && !(*out)->n)
        e = parse_fail(p, "empty command");
    return e;
}

static bool is_constant(const struct node *n)
{
    return n->kind == NODE_BOOL || n->kind == NODE_DOT || n->kind == NODE_NIL ||
           n->kind == NODE_NUMBER || n->kind == NODE_STRING;
}

/* Something can be executed, and everything after the first command can be. */
static struct err *check_pipeline(struct parser *p, const struct node *pipe, const char *context)
{
    if (!pipe->n)
        return parse_fail(p, "missing value for %s", context);
    for (size_t i = 1; i < pipe->n; i++) {
        if (is_constant(pipe->children[i]->children[0]))
            return parse_fail(p, "non executable command in pipeline stage %zu", i + 1);
    }
    return NULL;
}

#define BIT(kind) (UINT64_C(1) << (kind))

static bool begins_command(enum token_kind kind)
{
    static const uint64_t beginners =
        BIT(TOKEN_BOOL) | BIT(TOKEN_CHAR_CONSTANT) | BIT(TOKEN_COMPLEX) | BIT(TOKEN_DOT) |
        BIT(TOKEN_FIELD) | BIT(TOKEN_IDENTIFIER) | BIT(TOKEN_NUMBER) | BIT(TOKEN_NIL) |
        BIT(TOKEN_RAW_STRING) | BIT(TOKEN_STRING) | BIT(TOKEN_VARIABLE) | BIT(TOKEN_LEFT_PAREN);

    return beginners & BIT(kind);
}

static struct err *commands(struct parser *p, struct node *pipe, const char *context,
                            enum token_kind end)
{
    struct node *n;

    for (;;) {
        struct token t = parse_next_solid(p);

        if (t.kind == end) {
            pipe->end = end == TOKEN_RIGHT_PAREN ? t.end : t.at;
            return NULL;
        }
        if (!begins_command(t.kind))
            return parse_unexpected(p, t, context);
        parse_backup(p);
        struct err *e = command(p, &n);
        if (e)
            return e;
        parse_push(p, n);
    }
}

struct err *parse_pipeline(struct parser *p, const char *context, enum token_kind end,
                           struct node **out)
{
    size_t mark = p->stack_n;
    struct err *e = parse_node(p, NODE_PIPE, parse_peek_solid(p), out);

    if (!e)
        e = declarations(p, *out, context);
    if (!e)
        e = commands(p, *out, context, end);
    if (!e)
        e = parse_adopt(p, *out, mark);
    return e ? e : check_pipeline(p, *out, context);
}
