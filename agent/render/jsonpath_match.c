/* A comparison depends on the kind of the value, not of the operand: strings compare by bytes,
 * numbers as doubles, true and false with the words. Null, objects and arrays satisfy no operator,
 * not even "!=". An operand that starts with '~' turns the value into true or false first. */
#include "render/jsonpath_match.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/unicode.h"

static size_t char_bytes(struct secret_view text, size_t at)
{
    uint32_t rune;

    return unicode_decode(secret_view_raw(text) + at, text.n - at, &rune);
}

bool jsonpath_match_pattern(struct secret_view text, struct secret_view pattern)
{
    const unsigned char *t = secret_view_raw(text), *p = secret_view_raw(pattern);
    size_t i = 0, k = 0, star = SIZE_MAX, resume = 0;

    while (i < text.n) {
        bool is_escaped = k + 1 < pattern.n && p[k] == '\\';

        if (k < pattern.n && p[k] == '*') {
            star = ++k;
            resume = i;
        } else if (k < pattern.n && p[k] == '?') {
            i += char_bytes(text, i);
            k++;
        } else if (k < pattern.n && t[i] == p[k + is_escaped]) {
            i++;
            k += 1 + is_escaped;
        } else if (star != SIZE_MAX) {
            resume += char_bytes(text, resume);
            i = resume;
            k = star;
        } else {
            return false;
        }
    }
    while (k < pattern.n && p[k] == '*')
        k++;
    return k == pattern.n;
}

static bool view_is(struct secret_view v, const char *text)
{
    return secret_view_equal(v, secret_view_of(text, strlen(text)));
}

static int compare_bytes(struct secret_view a, struct secret_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(secret_view_raw(a), secret_view_raw(b), n) : 0;

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static bool order_satisfies(enum path_op op, int order)
{
    switch (op) {
    case PATH_EQ:
        return order == 0;
    case PATH_NE:
        return order != 0;
    case PATH_LT:
        return order < 0;
    case PATH_LE:
        return order <= 0;
    case PATH_GT:
        return order > 0;
    case PATH_GE:
        return order >= 0;
    case PATH_OP_NONE:
    case PATH_LIKE:
    case PATH_UNLIKE:
        break;
    }
    return false;
}

static bool match_string(enum path_op op, struct secret_view value, struct secret_view operand)
{
    if (op == PATH_LIKE || op == PATH_UNLIKE)
        return jsonpath_match_pattern(value, operand) == (op == PATH_LIKE);
    return order_satisfies(op, compare_bytes(value, operand));
}

static bool match_number(enum path_op op, double value, double operand)
{
    return order_satisfies(op, (value > operand) - (value < operand));
}

/* Any operand that is neither word is unequal to both, and nothing more. */
static bool match_bool(enum path_op op, bool value, struct secret_view operand)
{
    bool is_true = view_is(operand, "true"), is_false = view_is(operand, "false");

    switch (op) {
    case PATH_EQ:
        return value ? is_true : is_false;
    case PATH_NE:
        return value ? !is_true : !is_false;
    case PATH_GT:
        return value && is_false;
    case PATH_LT:
        return !value && is_true;
    case PATH_GE:
        return value;
    case PATH_LE:
        return !value;
    case PATH_OP_NONE:
    case PATH_LIKE:
    case PATH_UNLIKE:
        break;
    }
    return false;
}

static bool is_word(struct secret_view text, const char *const words[3])
{
    const char *s = (const char *)secret_view_raw(text);

    for (size_t i = 0; i < 3; i++)
        if (text.n == strlen(words[i]) && strncasecmp(s, words[i], text.n) == 0)
            return true;
    return false;
}

static bool is_trueish(const struct node *value, struct secret_view text)
{
    static const char *const words[3] = {"1", "t", "true"};

    return value->kind == NODE_TRUE || (value->kind == NODE_STRING && is_word(text, words)) ||
           (value->kind == NODE_NUMBER && jsonpath_number(value->raw) != 0);
}

static bool is_falseish(const struct node *value, struct secret_view text)
{
    static const char *const words[3] = {"0", "f", "false"};

    return value->kind == NODE_MISSING || value->kind == NODE_NULL || value->kind == NODE_FALSE ||
           (value->kind == NODE_STRING && is_word(text, words)) ||
           (value->kind == NODE_NUMBER && jsonpath_number(value->raw) == 0);
}

/* The value as "~true" and its like see it; false if there is no such word. */
static bool convert(struct secret_view word, const struct node *value, struct secret_view text,
                    bool *out)
{
    if (view_is(word, "*"))
        *out = value->kind != NODE_MISSING;
    else if (view_is(word, "null"))
        *out = value->kind == NODE_MISSING || value->kind == NODE_NULL;
    else if (view_is(word, "true"))
        *out = is_trueish(value, text);
    else if (view_is(word, "false"))
        *out = is_falseish(value, text);
    else
        return false;
    return true;
}

static bool match_tilde(const struct path_query *q, const struct node *value,
                        struct secret_view text, struct secret_view word)
{
    bool is_such;

    if (!convert(word, value, text, &is_such))
        return false;
    return q->op == PATH_OP_NONE || match_bool(q->op, is_such, secret_view_of("true", 4));
}

static bool match_value(const struct path_query *q, const struct node *value,
                        struct secret_view text, struct secret_view operand)
{
    if (operand.n && secret_view_raw(operand)[0] == '~')
        return match_tilde(q, value, text, secret_view_part(operand, 1, operand.n - 1));
    if (value->kind == NODE_MISSING || q->op == PATH_OP_NONE)
        return value->kind != NODE_MISSING;
    switch (value->kind) {
    case NODE_STRING:
        return match_string(q->op, text, operand);
    case NODE_NUMBER:
        return match_number(q->op, jsonpath_number(value->raw), jsonpath_number(operand));
    case NODE_TRUE:
    case NODE_FALSE:
        return match_bool(q->op, value->kind == NODE_TRUE, operand);
    case NODE_NULL:
    case NODE_JSON:
    case NODE_MISSING:
        break;
    }
    return false;
}

struct err *jsonpath_match_query(const struct path_query *q, const struct node *value,
                                 bool *is_match)
{
    CLEANUP(secret_buf) struct secret_buf *text = NULL;
    struct err *e = value->kind == NODE_STRING ? jsonpath_text(value, &text) : NULL;

    if (e)
        return e;
    *is_match = match_value(q, value, secret_buf_view(text), secret_buf_view(q->value));
    return NULL;
}
