#pragma once
/* parse_state.h: what the parts of the parser share; for parse*.c alone.
 *
 * The grammar reads at most three tokens ahead. Every tree (the main one, and each that is defined
 * inside it) has its own look-ahead, as in Go: it shows in the line that an error names.
 *
 * Owns     the stack of nodes; everything else is in the arena.
 * Threads  one at a time.
 * Source   Go 1.26 text/template/parse. */

#include "template/lex.h"
#include "template/parse.h"

/* Variables that can be seen at one place, and templates that one text defines. */
#define PARSE_VARIABLES_MAX 256u
#define PARSE_TREES_MAX 1000u

struct parse_level {
    struct token token[3]; /* the first is the last that the lexer gave */
    unsigned peeked;       /* of these, how many are still to come */
    uint32_t action_line;  /* where the action begins that is being read; 0 */
    unsigned range_depth;
    size_t first_variable; /* variables of outer trees are not seen */
};

struct parser {
    struct secret_arena *arena;
    struct forest forest;
    size_t trees_capacity;
    struct lexer lex;
    struct parse_level level;
    unsigned nesting;
    struct node **stack; /* children of lists that are not finished */
    size_t stack_n, stack_capacity;
    size_t variables_n;
    struct text variables[PARSE_VARIABLES_MAX];
};

/* What ended a list, besides the end of the source. */
struct parse_stop {
    enum { STOP_NONE, STOP_END, STOP_ELSE } kind;
    struct token token;
};

/* Tokens. */
static inline struct token parse_next(struct parser *p)
{
    if (p->level.peeked)
        return p->level.token[--p->level.peeked];
    return p->level.token[0] = lex_next(&p->lex);
}

static inline void parse_backup(struct parser *p)
{
    p->level.peeked++;
}

static inline struct token parse_peek(struct parser *p)
{
    struct token t = parse_next(p);

    parse_backup(p);
    return t;
}

static inline struct token parse_next_solid(struct parser *p)
{
    struct token t = parse_next(p);

    while (t.kind == TOKEN_SPACE)
        t = parse_next(p);
    return t;
}

static inline struct token parse_peek_solid(struct parser *p)
{
    struct token t = parse_next_solid(p);

    parse_backup(p);
    return t;
}

/* The next token that is no space, which must be of that kind. Errors: INVALID ("unexpected ...").
 */
NODISCARD struct err *parse_expect(struct parser *p, enum token_kind kind, const char *context,
                                   struct token *out);

/* Errors: "template: NAME:LINE: " and the message; quoted is put after it as Go's %q does when it
 * is not NULL, and then the rest. */
struct err *parse_fail(struct parser *p, const char *format, ...)
    PRINTF_LIKE(2, 3) NODISCARD RETURNS_NONNULL;
struct err *parse_fail_quoted(struct parser *p, const char *before, struct text quoted,
                              const char *after) NODISCARD RETURNS_NONNULL;
struct err *parse_unexpected(struct parser *p, struct token t,
                             const char *context) NODISCARD RETURNS_NONNULL;

/* One block or parenthesis deeper; counted down by the caller. Errors: INVALID (the limit). */
NODISCARD struct err *parse_enter(struct parser *p);

/* Nodes. Errors as secret_arena_alloc. */
NODISCARD struct err *parse_node(struct parser *p, enum node_kind kind, struct token at,
                                 struct node **out);
void parse_push(struct parser *p, struct node *n);

/* Make what was pushed since the stack had mark nodes the children of n. */
NODISCARD struct err *parse_adopt(struct parser *p, struct node *n, size_t mark);

/* Variables. Errors: INVALID (too many). */
NODISCARD struct err *parse_declare(struct parser *p, struct text name);
bool parse_is_declared(const struct parser *p, struct text name);

/* The string constant of a token. Errors: INVALID ("invalid syntax"), as secret_arena_alloc. */
NODISCARD struct err *parse_string(struct parser *p, struct token t, struct text *out);

/* One character of a constant at t.p[*at], which is moved past it; quote is what must be escaped.
 * is_byte: it stands for one byte, not for the UTF-8 of a rune. False where Go refuses. */
bool parse_unquote_char(struct text t, size_t *at, unsigned char quote, uint32_t *rune,
                        bool *is_byte);

/* Grammar. */
NODISCARD struct err *parse_list(struct parser *p, struct node **out, struct parse_stop *stop);
NODISCARD struct err *parse_text_or_action(struct parser *p, struct node **out,
                                           struct parse_stop *stop);

/* What follows the left delimiter: a node, or a stop. */
NODISCARD struct err *parse_action(struct parser *p, struct node **out, struct parse_stop *stop);

/* Begin a tree inside another; what is given back ends it. */
struct parse_level parse_begin_tree(struct parser *p);
void parse_end_tree(struct parser *p, struct parse_level outer);

/* Add a tree to the forest; of two with one name, one must be empty. Errors: INVALID ("multiple
 * definition", too many). */
NODISCARD struct err *parse_add_tree(struct parser *p, struct text name, const struct node *body);

/* Up to and with the token end. */
NODISCARD struct err *parse_pipeline(struct parser *p, const char *context, enum token_kind end,
                                     struct node **out);

/* The value of a number or character constant: n->text and n->number. Errors: INVALID ("illegal
 * number syntax" and its kin). */
NODISCARD struct err *parse_number(struct parser *p, struct token t, struct node *n);
