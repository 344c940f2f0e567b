/* The lexer is pulled: it keeps a position and whether that is inside an action, and finds one
 * token a call. A token is made by moving a local end forward and then taking source[at..end); only
 * spaces, raw strings, text and comments can hold a newline, so only they count lines. Characters
 * of ASCII are told apart by one table. */
#include "template/lex.h"

#include "base/unicode.h"

/* Classes of ASCII characters; a byte may be in several. */
enum {
    SPACE = 1,
    WORD = 2,       /* letter, digit, underscore */
    TERMINATOR = 4, /* may follow a word, besides the right delimiter */
    DIGIT = 8,
};

static const unsigned char classes[128] = {
    [' '] = SPACE | TERMINATOR,
    ['\t'] = SPACE | TERMINATOR,
    ['\r'] = SPACE | TERMINATOR,
    ['\n'] = SPACE | TERMINATOR,
    ['.'] = TERMINATOR,
    [','] = TERMINATOR,
    ['|'] = TERMINATOR,
    [':'] = TERMINATOR,
    ['('] = TERMINATOR,
    [')'] = TERMINATOR,
    ['_'] = WORD,
    ['0' ... '9'] = WORD | DIGIT,
    ['a' ... 'z'] = WORD,
    ['A' ... 'Z'] = WORD,
};

static const struct {
    const char *word;
    enum token_kind kind;
} keywords[] = {
    {"block", TOKEN_BLOCK},       {"break", TOKEN_BREAK},
    {"continue", TOKEN_CONTINUE}, {"define", TOKEN_DEFINE},
    {"else", TOKEN_ELSE},         {"end", TOKEN_END},
    {"false", TOKEN_BOOL},        {"if", TOKEN_IF},
    {"nil", TOKEN_NIL},           {"range", TOKEN_RANGE},
    {"template", TOKEN_TEMPLATE}, {"true", TOKEN_BOOL},
    {"with", TOKEN_WITH},
};

void lex_init(struct lexer *l, struct text source, struct text left, struct text right)
{
    *l = (struct lexer){.source = source, .left = left, .right = right, .line = 1};
}

static bool is_class(const struct lexer *l, size_t at, unsigned char class)
{
    return at < l->source.n && l->source.p[at] < 128 && classes[l->source.p[at]] & class;
}

static bool is_byte(const struct lexer *l, size_t at, unsigned char c)
{
    return at < l->source.n && l->source.p[at] == c;
}

static bool is_at(const struct lexer *l, size_t at, struct text what)
{
    return at <= l->source.n && l->source.n - at >= what.n &&
           memcmp(l->source.p + at, what.p, what.n) == 0;
}

/* Bytes of the letter, digit or underscore at this place; 0 when it is none. */
static size_t word_bytes(const struct lexer *l, size_t at)
{
    uint32_t rune;

    if (at >= l->source.n)
        return 0;
    if (l->source.p[at] < 128)
        return classes[l->source.p[at]] & WORD ? 1 : 0;
    size_t n = unicode_decode(l->source.p + at, l->source.n - at, &rune);
    return unicode_is_letter(rune) || unicode_is_digit(rune) ? n : 0;
}

static size_t skip_word(const struct lexer *l, size_t at)
{
    for (size_t n; (n = word_bytes(l, at)) > 0;)
        at += n;
    return at;
}

static uint32_t newlines(const struct lexer *l, size_t from, size_t to)
{
    const unsigned char *p = l->source.p + from, *end = l->source.p + to;
    uint32_t n = 0;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

/* Go on at this place. */
static void skip_to(struct lexer *l, size_t to)
{
    l->line += newlines(l, l->at, to);
    l->at = (uint32_t)to;
}

/* The token source[at..end), without newlines in it. */
static struct token take(struct lexer *l, enum token_kind kind, size_t end)
{
    struct token t = {kind, l->at, (uint32_t)end, l->line};

    l->at = (uint32_t)end;
    return t;
}

static struct token take_lines(struct lexer *l, enum token_kind kind, size_t end)
{
    struct token t = {kind, l->at, (uint32_t)end, l->line};

    skip_to(l, end);
    return t;
}

static struct token fail(struct lexer *l, const char *message)
{
    l->fault.message = message;
    return (struct token){TOKEN_ERROR, l->at, l->at, l->line};
}

/* The rune at this place is what is wrong. */
static struct token fail_rune(struct lexer *l, const char *message, size_t at)
{
    unicode_decode(l->source.p + at, l->source.n - at, &l->fault.rune);
    l->fault.has_rune = true;
    return fail(l, message);
}

static struct token fail_number(struct lexer *l, size_t end)
{
    l->fault.excerpt = text_part(l->source, l->at, end - l->at);
    return fail(l, "bad number syntax");
}

static bool has_left_trim(const struct lexer *l, size_t at)
{
    return is_byte(l, at, '-') && is_class(l, at + 1, SPACE);
}

/* A trim marker stands between a space and the right delimiter. */
static bool has_right_trim(const struct lexer *l, size_t at)
{
    return is_class(l, at, SPACE) && is_byte(l, at + 1, '-') && is_at(l, at + 2, l->right);
}

/* Past the right delimiter that begins at from, its marker and trimmed space included. */
static void skip_right_delim(struct lexer *l, size_t from)
{
    bool is_trimmed = has_right_trim(l, from);
    size_t at = from + (is_trimmed ? 2u : 0u) + l->right.n;

    while (is_trimmed && is_class(l, at, SPACE))
        at++;
    skip_to(l, at);
}

static struct token right_delim(struct lexer *l)
{
    size_t at = l->at + (has_right_trim(l, l->at) ? 2u : 0u);
    size_t from = l->at;

    skip_to(l, at);
    struct token t = {TOKEN_RIGHT_DELIM, l->at, l->at + (uint32_t)l->right.n, l->line};
    skip_right_delim(l, from);
    l->is_inside = false;
    return t;
}

/* Skip a comment from its first character; false: it is broken, and the fault is set. */
static bool skip_comment(struct lexer *l)
{
    ptrdiff_t close = text_find(l->source, l->at + 2u, TEXT("*/"));

    if (close < 0) {
        l->fault.message = "unclosed comment";
        return false;
    }
    size_t end = (size_t)close + 2;
    if (!has_right_trim(l, end) && !is_at(l, end, l->right)) {
        l->fault.message = "comment ends before closing delimiter";
        return false;
    }
    skip_right_delim(l, end);
    return true;
}

static struct token left_delim(struct lexer *l)
{
    size_t at = l->at + l->left.n;
    struct token t = {TOKEN_LEFT_DELIM, l->at, (uint32_t)at, l->line};

    if (has_left_trim(l, at))
        at += 2;
    skip_to(l, at);
    if (is_at(l, at, TEXT("/*"))) {
        bool is_whole = skip_comment(l);
        t.kind = is_whole ? TOKEN_SPACE : TOKEN_ERROR;
        t.line = l->line;
        return t;
    }
    l->is_inside = true;
    l->parens = 0;
    return t;
}

/* Text up to the next action, less what that trims; empty where there is none. */
static struct token plain_text(struct lexer *l)
{
    ptrdiff_t found = text_find(l->source, l->at, l->left);
    size_t end = found < 0 ? l->source.n : (size_t)found;
    struct token t = {TOKEN_TEXT, l->at, (uint32_t)end, l->line};

    if (found >= 0 && has_left_trim(l, end + l->left.n)) {
        while (t.end > t.at && is_class(l, t.end - 1u, SPACE))
            t.end--;
    }
    skip_to(l, end);
    return t;
}

static struct token outside(struct lexer *l)
{
    while (l->at < l->source.n) {
        struct token t = is_at(l, l->at, l->left) ? left_delim(l) : plain_text(l);

        if (t.kind != TOKEN_SPACE && t.at < t.end)
            return t;
    }
    return take(l, TOKEN_EOF, l->at);
}

static struct token space(struct lexer *l)
{
    size_t end = l->at;

    while (is_class(l, end, SPACE))
        end++;
    if (has_right_trim(l, end - 1)) {
        end--;
        if (end == l->at)
            return right_delim(l);
    }
    return take_lines(l, TOKEN_SPACE, end);
}

static bool is_terminated(const struct lexer *l, size_t at)
{
    return at >= l->source.n || is_class(l, at, TERMINATOR) || is_at(l, at, l->right);
}

static struct token word_end(struct lexer *l, enum token_kind kind, size_t end)
{
    if (!is_terminated(l, end))
        return fail_rune(l, "bad character", end);
    return take(l, kind, end);
}

static struct token identifier(struct lexer *l)
{
    size_t end = skip_word(l, l->at);
    struct token t = word_end(l, TOKEN_IDENTIFIER, end);

    if (t.kind == TOKEN_ERROR)
        return t;
    struct text word = lex_text(l, t);
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (word.p[0] == (unsigned char)keywords[i].word[0] && text_is(word, keywords[i].word))
            t.kind = keywords[i].kind;
    }
    return t;
}

/* ".name" and "$name", and what a dot or dollar alone is. */
static struct token field_or_variable(struct lexer *l, enum token_kind kind, enum token_kind alone)
{
    size_t end = l->at + 1u;

    if (is_terminated(l, end))
        return take(l, alone, end);
    return word_end(l, kind, skip_word(l, end));
}

/* From the opening quote; a backslash takes the next character along. */
static struct token quoted(struct lexer *l, enum token_kind kind, const char *fault)
{
    unsigned char quote = l->source.p[l->at];

    for (size_t at = l->at + 1u; at < l->source.n; at++) {
        unsigned char c = l->source.p[at];

        if (c == quote)
            return take(l, kind, at + 1);
        if (c == '\\')
            at++;
        if (is_byte(l, at, '\n'))
            break;
    }
    return fail(l, fault);
}

static struct token raw_quoted(struct lexer *l)
{
    ptrdiff_t close = text_find(l->source, l->at + 1u, TEXT("`"));

    if (close < 0)
        return fail(l, "unterminated raw quoted string");
    return take_lines(l, TOKEN_RAW_STRING, (size_t)close + 1);
}

static size_t skip_any(const struct lexer *l, size_t at, const char *set)
{
    while (at < l->source.n && l->source.p[at] && strchr(set, l->source.p[at]))
        at++;
    return at;
}

static size_t skip_one(const struct lexer *l, size_t at, const char *set)
{
    return at < l->source.n && l->source.p[at] && strchr(set, l->source.p[at]) ? at + 1 : at;
}

/* Digits that may follow a prefix; at is moved past it. */
static const char *digits_of_prefix(const struct lexer *l, size_t *at)
{
    static const struct {
        const char *letters, *digits;
    } bases[] = {{"xX", "0123456789abcdefABCDEF_"}, {"oO", "01234567_"}, {"bB", "01_"}};

    if (!is_byte(l, *at, '0'))
        return "0123456789_";
    ++*at;
    for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
        size_t after = skip_one(l, *at, bases[i].letters);

        if (after == *at)
            continue;
        *at = after;
        return bases[i].digits;
    }
    return "0123456789_";
}

/* The end of the number that begins at this place; false where a letter or digit is glued to it,
 * and the end is past that. Whether the number makes sense shows when it is read. */
static bool scan_number(const struct lexer *l, size_t at, size_t *end)
{
    at = skip_one(l, at, "+-");
    const char *digits = digits_of_prefix(l, &at);
    const char *exponent = strlen(digits) == 11 ? "eE" : strlen(digits) == 23 ? "pP" : "";

    at = skip_any(l, at, digits);
    if (is_byte(l, at, '.'))
        at = skip_any(l, at + 1, digits);
    if (skip_one(l, at, exponent) > at)
        at = skip_any(l, skip_one(l, at + 1, "+-"), "0123456789_");
    at = skip_one(l, at, "i");
    *end = at + word_bytes(l, at);
    return *end == at;
}

static struct token number(struct lexer *l)
{
    size_t end;

    if (!scan_number(l, l->at, &end))
        return fail_number(l, end);
    if (!is_byte(l, end, '+') && !is_byte(l, end, '-'))
        return take(l, TOKEN_NUMBER, end);
    if (!scan_number(l, end, &end) || l->source.p[end - 1] != 'i')
        return fail_number(l, end);
    return take(l, TOKEN_COMPLEX, end);
}

static struct token paren(struct lexer *l, unsigned char c)
{
    if (c == '(') {
        l->parens++;
        return take(l, TOKEN_LEFT_PAREN, l->at + 1u);
    }
    if (!l->parens)
        return fail(l, "unexpected right paren");
    l->parens--;
    return take(l, TOKEN_RIGHT_PAREN, l->at + 1u);
}

static struct token symbol(struct lexer *l)
{
    unsigned char c = l->source.p[l->at];

    switch (c) {
    case '=':
        return take(l, TOKEN_ASSIGN, l->at + 1u);
    case ':':
        if (!is_byte(l, l->at + 1u, '='))
            return fail(l, "expected :=");
        return take(l, TOKEN_DECLARE, l->at + 2u);
    case '|':
        return take(l, TOKEN_PIPE, l->at + 1u);
    case '"':
        return quoted(l, TOKEN_STRING, "unterminated quoted string");
    case '`':
        return raw_quoted(l);
    case '\'':
        return quoted(l, TOKEN_CHAR_CONSTANT, "unterminated character constant");
    case '$':
        return field_or_variable(l, TOKEN_VARIABLE, TOKEN_VARIABLE);
    case '.':
        /* Go takes a dot that ends the source for a number. */
        if (is_class(l, l->at + 1u, DIGIT) || l->at + 1u >= l->source.n)
            return number(l);
        return field_or_variable(l, TOKEN_FIELD, TOKEN_DOT);
    case '+':
    case '-':
        return number(l);
    case '(':
    case ')':
        return paren(l, c);
    default:
        if (c > ' ' && c < 0x7f)
            return take(l, TOKEN_CHAR, l->at + 1u);
        return fail_rune(l, "unrecognized character in action:", l->at);
    }
}

static struct token inside(struct lexer *l)
{
    if (has_right_trim(l, l->at) || is_at(l, l->at, l->right))
        return l->parens ? fail(l, "unclosed left paren") : right_delim(l);
    if (l->at >= l->source.n)
        return fail(l, "unclosed action");
    if (is_class(l, l->at, SPACE))
        return space(l);
    if (is_class(l, l->at, DIGIT))
        return number(l);
    if (word_bytes(l, l->at))
        return identifier(l);
    return symbol(l);
}

struct token lex_next(struct lexer *l)
{
    if (l->fault.message)
        return (struct token){TOKEN_ERROR, l->at, l->at, l->line};
    return l->is_inside ? inside(l) : outside(l);
}
