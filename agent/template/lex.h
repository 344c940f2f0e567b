#pragma once
/* lex.h: the tokens of a template, one at a time.
 *
 * Owns     nothing; tokens are positions in the source.
 * Threads  one at a time.
 * Source   Go 1.26 text/template/parse/lex.go. */

#include <stdbool.h>
#include <stdint.h>

#include "template/text.h"

enum token_kind {
    TOKEN_ERROR, /* the lexer's fault says what; every later token is the same */
    TOKEN_BOOL,
    TOKEN_CHAR, /* any other printable ASCII character */
    TOKEN_CHAR_CONSTANT,
    TOKEN_COMPLEX,
    TOKEN_ASSIGN,
    TOKEN_DECLARE,
    TOKEN_EOF,
    TOKEN_FIELD, /* with its dot */
    TOKEN_IDENTIFIER,
    TOKEN_LEFT_DELIM,
    TOKEN_LEFT_PAREN,
    TOKEN_NUMBER, /* an imaginary one too */
    TOKEN_PIPE,
    TOKEN_RAW_STRING, /* with its quotes */
    TOKEN_RIGHT_DELIM,
    TOKEN_RIGHT_PAREN,
    TOKEN_SPACE,
    TOKEN_STRING,   /* with its quotes */
    TOKEN_TEXT,     /* already trimmed */
    TOKEN_VARIABLE, /* with its dollar */
    /* From here on: key words, "." among them. */
    TOKEN_BLOCK,
    TOKEN_BREAK,
    TOKEN_CONTINUE,
    TOKEN_DOT,
    TOKEN_DEFINE,
    TOKEN_ELSE,
    TOKEN_END,
    TOKEN_IF,
    TOKEN_NIL,
    TOKEN_RANGE,
    TOKEN_TEMPLATE,
    TOKEN_WITH,
};

#define TOKEN_FIRST_KEYWORD TOKEN_BLOCK

/* source[at..end), which begins on line. */
struct token {
    enum token_kind kind;
    uint32_t at, end;
    uint32_t line; /* from 1 */
};

/* What is wrong with the source, in Go's words. */
struct lex_fault {
    const char *message;
    bool has_rune; /* message is followed by rune */
    uint32_t rune;
    struct text excerpt; /* follows too, quoted, when it is not empty: digits, never a string */
};

struct lexer {
    struct text source; /* shorter than 4 GiB */
    struct text left, right;
    uint32_t at;   /* where the next token begins */
    uint32_t line; /* of at */
    unsigned parens;
    bool is_inside; /* an action */
    struct lex_fault fault;
};

/* Begin at the start of source; source and delimiters are borrowed. */
void lex_init(struct lexer *l, struct text source, struct text left, struct text right);

/* The next token; comments give none. At the end TOKEN_EOF, again and again. */
struct token lex_next(struct lexer *l);

/* The text of t. */
static inline struct text lex_text(const struct lexer *l, struct token t)
{
    return text_part(l->source, t.at, t.end - t.at);
}
