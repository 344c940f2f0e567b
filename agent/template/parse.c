/* Recursive descent over tokens, after Go's own parser: the same grammar in the same order, so that
 * the same mistake is found first. The parser's state is on the C stack, what it makes is in the
 * arena. Templates inside templates are parsed where they stand, each as a tree of its own. */
#include "template/parse.h"

#include "base/alloc.h"
#include "base/unicode.h"
#include "template/parse_state.h"

#define TREES_FIRST 2u

/* Nothing but white space and definitions. */
static bool is_empty_tree(const struct node *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct node *n = list->children[i];
        uint32_t rune;

        if (n->kind != NODE_TEXT)
            return false;
        for (size_t at = 0; at < n->text.n;) {
            at += unicode_decode(n->text.p + at, n->text.n - at, &rune);
            if (!unicode_is_space(rune))
                return false;
        }
    }
    return true;
}

static struct err *grow_trees(struct parser *p)
{
    struct forest *f = &p->forest;
    size_t capacity = p->trees_capacity ? 2 * p->trees_capacity : TREES_FIRST;
    void *memory;

    if (f->n == PARSE_TREES_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u templates in one on line %u",
                       PARSE_TREES_MAX, p->level.token[0].line);
    struct err *e = secret_arena_alloc(p->arena, capacity * sizeof(struct tree), &memory);
    if (e)
        return e;
    if (f->n)
        memcpy(memory, f->trees, f->n * sizeof(struct tree));
    f->trees = memory;
    p->trees_capacity = capacity;
    return NULL;
}

struct err *parse_add_tree(struct parser *p, struct text name, const struct node *body)
{
    struct forest *f = &p->forest;
    size_t i = 0;

    while (i < f->n && !text_equal(f->trees[i].name, name))
        i++;
    if (i < f->n && !is_empty_tree(f->trees[i].body)) {
        if (is_empty_tree(body))
            return NULL;
        return parse_fail_quoted(p, "template: multiple definition of template ", name, "");
    }
    if (i == f->n && (i == p->trees_capacity || i == PARSE_TREES_MAX)) {
        struct err *e = grow_trees(p);
        if (e)
            return e;
    }
    f->trees[i] = (struct tree){name, body};
    f->n += i == f->n;
    return NULL;
}

struct parse_level parse_begin_tree(struct parser *p)
{
    struct parse_level outer = p->level;

    p->level = (struct parse_level){.first_variable = p->variables_n};
    return outer;
}

void parse_end_tree(struct parser *p, struct parse_level outer)
{
    p->variables_n = p->level.first_variable;
    p->level = outer;
}

struct err *parse_string(struct parser *p, struct token t, struct text *out)
{
    bool is_valid;
    struct err *e = parse_unquote(p->arena, lex_text(&p->lex, t), &is_valid, out);

    if (!e && !is_valid)
        return parse_fail(p, "invalid syntax");
    return e;
}

struct err *parse_text_or_action(struct parser *p, struct node **out, struct parse_stop *stop)
{
    struct token t = parse_next_solid(p);

    if (t.kind == TOKEN_TEXT) {
        struct err *e = parse_node(p, NODE_TEXT, t, out);
        if (!e)
            (*out)->text = lex_text(&p->lex, t);
        return e;
    }
    if (t.kind != TOKEN_LEFT_DELIM)
        return parse_unexpected(p, t, "input");
    p->level.action_line = t.line;
    struct err *e = parse_action(p, out, stop);
    p->level.action_line = 0;
    return e;
}

struct err *parse_list(struct parser *p, struct node **out, struct parse_stop *stop)
{
    size_t mark = p->stack_n;
    struct node *n, *list;
    struct err *e = parse_node(p, NODE_LIST, parse_peek_solid(p), &list);

    *stop = (struct parse_stop){.kind = STOP_NONE};
    while (!e && parse_peek_solid(p).kind != TOKEN_EOF) {
        e = parse_text_or_action(p, &n, stop);
        if (!e && stop->kind != STOP_NONE) {
            *out = list;
            return parse_adopt(p, list, mark);
        }
        if (!e)
            parse_push(p, n);
    }
    return e ? e : parse_fail(p, "unexpected EOF");
}

/* A definition after its key word. */
static struct err *definition(struct parser *p)
{
    static const char context[] = "define clause";
    struct parse_level outer = parse_begin_tree(p);
    struct token t = parse_next_solid(p);
    struct text name;
    struct node *body;
    struct parse_stop stop;

    if (t.kind != TOKEN_STRING && t.kind != TOKEN_RAW_STRING)
        return parse_unexpected(p, t, context);
    struct err *e = parse_string(p, t, &name);
    if (!e)
        e = parse_expect(p, TOKEN_RIGHT_DELIM, context, &t);
    if (!e)
        e = parse_list(p, &body, &stop);
    if (e)
        return e;
    if (stop.kind != STOP_END)
        return parse_fail(p, "unexpected {{else}} in %s", context);
    e = parse_add_tree(p, name, body);
    parse_end_tree(p, outer);
    return e;
}

/* One definition, text or action of the main tree; *out is NULL after a definition. */
static struct err *top_level_item(struct parser *p, struct node **out)
{
    struct parse_stop stop = {.kind = STOP_NONE};

    *out = NULL;
    if (parse_peek(p).kind == TOKEN_LEFT_DELIM) {
        struct token delim = parse_next(p);
        if (parse_next_solid(p).kind == TOKEN_DEFINE)
            return definition(p);
        p->level.token[1] = delim;
        p->level.peeked = 2;
    }
    struct err *e = parse_text_or_action(p, out, &stop);
    if (!e && stop.kind != STOP_NONE)
        e = parse_fail(p, "unexpected %s", stop.kind == STOP_END ? "{{end}}" : "{{else}}");
    return e;
}

static struct err *main_tree(struct parser *p)
{
    struct node *n, *list;
    struct err *e = parse_node(p, NODE_LIST, parse_peek(p), &list);

    while (!e && parse_peek(p).kind != TOKEN_EOF) {
        e = top_level_item(p, &n);
        if (!e && n)
            parse_push(p, n);
    }
    if (!e)
        e = parse_adopt(p, list, 0);
    return e ? e : parse_add_tree(p, p->forest.name, list);
}

static struct text delimiter(const char *given, const char *usual)
{
    return text_of(given && *given ? given : usual);
}

struct err *parse_forest(struct secret_arena *arena, struct text name, struct text source,
                         const struct template_options *options, struct forest *out)
{
    struct parser p;

    if (source.n > TEMPLATE_SOURCE_MAX)
        return err_new(ERR_INVALID, "limit reached: template longer than %u bytes",
                       TEMPLATE_SOURCE_MAX);
    p.arena = arena;
    p.forest = (struct forest){.n = 0};
    p.trees_capacity = p.stack_n = p.stack_capacity = p.variables_n = 0;
    p.nesting = 0;
    p.stack = NULL;
    p.level = (struct parse_level){.peeked = 0};
    struct err *e = text_copy(arena, name, &p.forest.name);
    if (!e)
        e = text_copy(arena, source, &p.forest.source);
    if (e)
        return e;
    lex_init(&p.lex, p.forest.source, delimiter(options->left, "{{"),
             delimiter(options->right, "}}"));
    e = main_tree(&p);
    free(p.stack);
    if (!e)
        *out = p.forest;
    return e;
}

const struct tree *forest_find(const struct forest *f, struct text name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (text_equal(f->trees[i].name, name))
            return &f->trees[i];
    }
    return NULL;
}
