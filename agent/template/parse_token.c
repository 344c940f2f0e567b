/* What the grammar stands on: errors with their place, nodes, the stack of children, and the
 * variables that can be seen. A message quotes names and numbers of the template, never the
 * contents of its string constants. */
#include "template/parse_state.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/unicode.h"
#include "template/fmt.h"

#define MESSAGE_MAX 512u
#define STACK_FIRST 64u
#define TOKEN_RUNES_MAX 10u

static struct err *at_line(struct parser *p, struct err *e)
{
    struct text name = p->forest.name;

    return err_wrap(e, "template: %.*s:%u", (int)name.n, (const char *)name.p,
                    p->level.token[0].line);
}

struct err *parse_fail(struct parser *p, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return at_line(p, err_new(ERR_INVALID, "%s", message));
}

struct err *parse_fail_quoted(struct parser *p, const char *before, struct text quoted,
                              const char *after)
{
    struct text_buf b;
    struct text t;

    text_buf_init(&b, p->arena, TEXT_MAX);
    fmt_quote(&b, quoted);
    struct err *e = text_buf_end(&b, &t);
    if (e)
        return e;
    return at_line(p, err_new(ERR_INVALID, "%s%.*s%s", before, (int)t.n, (const char *)t.p, after));
}

/* The lexer's fault; an action over several lines is named by its first one. */
static struct err *lexer_failed(struct parser *p, struct token t)
{
    const struct lex_fault *f = &p->lex.fault;
    char origin[MESSAGE_MAX] = "";
    struct text name = p->forest.name;
    uint32_t line = p->level.action_line;

    if (line && line != t.line) {
        size_t n = strlen(f->message);
        bool says_action = n >= 7 && strcmp(f->message + n - 7, " action") == 0;
        snprintf(origin, sizeof(origin), "%s started at %.*s:%u", says_action ? "" : " in action",
                 (int)name.n, (const char *)name.p, line);
    }
    if (f->excerpt.n) {
        char before[MESSAGE_MAX];
        snprintf(before, sizeof(before), "%s: ", f->message);
        return parse_fail_quoted(p, before, f->excerpt, origin);
    }
    if (!f->has_rune)
        return parse_fail(p, "%s%s", f->message, origin);
    if (!unicode_is_print(f->rune))
        return parse_fail(p, "%s U+%04X%s", f->message, f->rune, origin);
    unsigned char utf8[4];
    int n = (int)unicode_encode(f->rune, utf8);
    return parse_fail(p, "%s U+%04X '%.*s'%s", f->message, f->rune, n, (const char *)utf8, origin);
}

/* The first runes of a token, as many as a message shows. */
static struct text token_excerpt(struct text t)
{
    size_t end = 0;
    uint32_t rune;

    if (t.n <= TOKEN_RUNES_MAX)
        return t;
    for (unsigned i = 0; i < TOKEN_RUNES_MAX && end < t.n; i++)
        end += unicode_decode(t.p + end, t.n - end, &rune);
    return text_part(t, 0, end);
}

struct err *parse_unexpected(struct parser *p, struct token t, const char *context)
{
    char after[MESSAGE_MAX];
    struct text text = lex_text(&p->lex, t);

    if (t.kind == TOKEN_ERROR)
        return lexer_failed(p, t);
    if (t.kind == TOKEN_EOF)
        return parse_fail(p, "unexpected EOF in %s", context);
    if (t.kind >= TOKEN_FIRST_KEYWORD)
        return parse_fail(p, "unexpected <%.*s> in %s", (int)text.n, (const char *)text.p, context);
    if (t.kind == TOKEN_STRING || t.kind == TOKEN_RAW_STRING || t.kind == TOKEN_CHAR_CONSTANT)
        return parse_fail(p, "unexpected \"...\" in %s", context);
    snprintf(after, sizeof(after), "%s in %s", text.n > TOKEN_RUNES_MAX ? "..." : "", context);
    return parse_fail_quoted(p, "unexpected ", token_excerpt(text), after);
}

struct err *parse_expect(struct parser *p, enum token_kind kind, const char *context,
                         struct token *out)
{
    struct token t = parse_next_solid(p);

    if (t.kind != kind)
        return parse_unexpected(p, t, context);
    *out = t;
    return NULL;
}

struct err *parse_enter(struct parser *p)
{
    if (p->nesting >= TEMPLATE_NESTING_MAX)
        return err_new(ERR_INVALID,
                       "limit reached: blocks and parentheses more than %u deep on line %u",
                       TEMPLATE_NESTING_MAX, p->level.token[0].line);
    p->nesting++;
    return NULL;
}

struct err *parse_node(struct parser *p, enum node_kind kind, struct token at, struct node **out)
{
    void *memory;
    struct err *e = secret_arena_alloc(p->arena, sizeof(struct node), &memory);

    if (e)
        return e;
    *out = memory;
    (*out)->kind = kind;
    (*out)->at = at.at;
    (*out)->end = at.end;
    (*out)->line = at.line;
    return NULL;
}

void parse_push(struct parser *p, struct node *n)
{
    if (p->stack_n == p->stack_capacity) {
        p->stack_capacity = p->stack_capacity ? 2 * p->stack_capacity : STACK_FIRST;
        p->stack = xrealloc(p->stack, p->stack_capacity, sizeof(struct node *));
    }
    p->stack[p->stack_n++] = n;
}

struct err *parse_adopt(struct parser *p, struct node *n, size_t mark)
{
    size_t count = p->stack_n - mark;
    void *memory;

    if (!count)
        return NULL;
    struct err *e = secret_arena_alloc(p->arena, count * sizeof(struct node *), &memory);
    if (e)
        return e;
    memcpy(memory, p->stack + mark, count * sizeof(struct node *));
    p->stack_n = mark;
    n->children = memory;
    n->n = count;
    return NULL;
}

bool parse_is_declared(const struct parser *p, struct text name)
{
    if (text_is(name, "$"))
        return true;
    for (size_t i = p->variables_n; i-- > p->level.first_variable;) {
        if (text_equal(p->variables[i], name))
            return true;
    }
    return false;
}

struct err *parse_declare(struct parser *p, struct text name)
{
    if (parse_is_declared(p, name))
        return NULL;
    if (p->variables_n == PARSE_VARIABLES_MAX)
        return err_new(ERR_INVALID, "limit reached: more than %u variables at once on line %u",
                       PARSE_VARIABLES_MAX, p->level.token[0].line);
    p->variables[p->variables_n++] = name;
    return NULL;
}
