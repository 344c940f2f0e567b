/* A value's kind is decided by its first byte and its end by its kind: a string ends at a quote
 * without a backslash, a container at its balanced bracket, a number at a blank, comma or bracket,
 * a word behind its last letter. Numbers print as their digits if they are integers, so that 20
 * digits survive, else as the shortest decimal that reads back as the same double. */
#include "render/jsonpath_node.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"

static enum node_kind kind_at(const struct reader *r)
{
    int c = reader_peek(r);
    int next = r->at + 1 < r->n ? r->s[r->at + 1] : 'u';

    switch (c) {
    case '{':
    case '[':
        return NODE_JSON;
    case '"':
        return NODE_STRING;
    case 't':
        return NODE_TRUE;
    case 'f':
        return NODE_FALSE;
    case 'n':
        return next == 'u' ? NODE_NULL : NODE_NUMBER;
    case '+':
    case '-':
    case 'i':
    case 'I':
    case 'N':
        return NODE_NUMBER;
    default:
        return c >= '0' && c <= '9' ? NODE_NUMBER : NODE_MISSING;
    }
}

/* False if the string has no end: half a secret is none. */
static bool skip_string(struct reader *r)
{
    r->at++;
    while (r->at < r->n && r->s[r->at] != '"')
        r->at += r->s[r->at] == '\\' && reader_left(r) > 1 ? 2 : 1;
    return reader_take(r, '"');
}

static void skip_container(struct reader *r)
{
    size_t depth = 0;

    do {
        int c = reader_peek(r);

        if (c == '"') {
            skip_string(r);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        r->at++;
    } while (depth && r->at < r->n);
}

static bool ends_number(int c)
{
    return c <= ' ' || c == ',' || c == ']' || c == '}';
}

static bool skip_value(struct reader *r, enum node_kind kind)
{
    if (kind == NODE_STRING)
        return skip_string(r);
    if (kind == NODE_JSON) {
        skip_container(r);
    } else if (kind == NODE_NUMBER) {
        r->at++;
        while (!ends_number(reader_peek(r)))
            r->at++;
    } else {
        while (reader_peek(r) >= 'a' && reader_peek(r) <= 'z')
            r->at++;
    }
    return true;
}

static struct secret_view view_from(const struct reader *r, size_t start)
{
    return secret_view_of(r->s + start, r->at - start);
}

/* Step to the next value before one of the bytes in stops, and over it. */
static bool next_value(struct reader *r, const char *stops, struct node *out)
{
    for (; r->at < r->n; r->at++) {
        enum node_kind kind = kind_at(r);
        size_t start = r->at;

        if (strchr(stops, reader_peek(r)) && reader_peek(r))
            return false;
        if (kind == NODE_MISSING)
            continue;
        if (!skip_value(r, kind))
            return false;
        *out = (struct node){kind, view_from(r, start)};
        return true;
    }
    return false;
}

bool jsonpath_next_element(struct reader *r, struct node *value)
{
    return next_value(r, "]", value);
}

bool jsonpath_next_member(struct reader *r, struct node *name, struct node *value)
{
    size_t start;

    while (r->at < r->n && reader_peek(r) != '"' && reader_peek(r) != '}')
        r->at++;
    if (reader_peek(r) != '"')
        return false;
    start = r->at;
    if (!skip_string(r))
        return false;
    *name = (struct node){NODE_STRING, view_from(r, start)};
    return next_value(r, "}", value);
}

struct node jsonpath_whole(struct secret_view text)
{
    struct reader r = reader_of(text);
    enum node_kind kind;
    size_t start;

    while (r.at < r.n && reader_peek(&r) <= ' ')
        r.at++;
    start = r.at;
    kind = kind_at(&r);
    if (kind == NODE_MISSING || !skip_value(&r, kind))
        return (struct node){NODE_MISSING, {NULL, 0}};
    if (kind == NODE_JSON)
        r.at = r.n;
    return (struct node){kind, view_from(&r, start)};
}

bool jsonpath_inside(const struct node *n, struct reader *out, bool *is_object)
{
    if (n->kind != NODE_JSON)
        return false;
    *out = reader_of(n->raw);
    *is_object = reader_peek(out) == '{';
    out->at = 1;
    return true;
}

static void skip_digits(struct reader *r)
{
    while (reader_peek(r) >= '0' && reader_peek(r) <= '9')
        r->at++;
}

/* Only digits, perhaps behind a minus sign? */
static bool is_integer(struct secret_view raw)
{
    struct reader r = reader_of(raw);

    reader_take(&r, '-');
    skip_digits(&r);
    return r.at == r.n;
}

static bool is_decimal(struct secret_view raw)
{
    struct reader r = reader_of(raw);
    size_t start;

    if (!reader_take(&r, '-'))
        reader_take(&r, '+');
    start = r.at;
    skip_digits(&r);
    if (reader_take(&r, '.'))
        skip_digits(&r);
    if (r.at == start || (r.at == start + 1 && r.s[start] == '.'))
        return false;
    if (reader_take(&r, 'e') || reader_take(&r, 'E')) {
        if (!reader_take(&r, '-'))
            reader_take(&r, '+');
        start = r.at;
        skip_digits(&r);
        return r.at == r.n && r.at > start;
    }
    return r.at == r.n;
}

double jsonpath_number(struct secret_view raw)
{
    char *copy;
    double value;

    if (!is_decimal(raw))
        return 0;
    copy = xalloc(raw.n + 1);
    memcpy(copy, secret_view_raw(raw), raw.n);
    copy[raw.n] = '\0';
    value = strtod(copy, NULL);
    secret_erase(copy, raw.n);
    free(copy);
    return value;
}

/* Room for the sign, the digits of DBL_MAX or the zeros of its smallest neighbour, and the point.
 */
#define DECIMAL_MAX (DBL_MAX_10_EXP + DBL_DIG + 40)

/* digits is "d.ddde...", exponent the power of ten of its first digit. */
static void print_without_exponent(const char *digits, int exponent, char *out)
{
    char plain[DBL_DECIMAL_DIG + 2] = "";
    size_t at = 0;
    int n = 0;

    for (const char *c = digits; *c && *c != 'e'; c++)
        if (*c != '.')
            plain[n++] = *c;
    while (n > 1 && plain[n - 1] == '0')
        n--;
    for (int place = exponent > 0 ? exponent : 0; place >= 0 || exponent - place < n; place--) {
        int digit = exponent - place;

        if (place == -1)
            out[at++] = '.';
        out[at++] = digit >= 0 && digit < n ? plain[digit] : '0';
    }
    out[at] = '\0';
    secret_erase(plain, sizeof(plain));
}

static void print_shortest(double value, char out[DECIMAL_MAX])
{
    char digits[DBL_DECIMAL_DIG + 16];
    char *exponent;

    if (value > DBL_MAX || value < -DBL_MAX) {
        snprintf(out, DECIMAL_MAX, "%s", value > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int precision = 0; precision < DBL_DECIMAL_DIG; precision++) {
        snprintf(digits, sizeof(digits), "%.*e", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    if (digits[0] == '-')
        *out++ = '-';
    exponent = digits + strcspn(digits, "e");
    print_without_exponent(digits + (digits[0] == '-'), (int)strtol(exponent + 1, NULL, 10), out);
    secret_erase(digits, sizeof(digits));
}

static struct err *number_text(struct secret_view raw, struct secret_buf **out)
{
    char text[DECIMAL_MAX];
    struct err *e;

    if (is_integer(raw))
        return secret_buf_copy(raw, out);
    print_shortest(jsonpath_number(raw), text);
    e = secret_buf_copy(secret_view_of(text, strlen(text)), out);
    secret_erase(text, sizeof(text));
    return e;
}

struct err *jsonpath_text(const struct node *n, struct secret_buf **out)
{
    struct secret_json string = {SECRET_JSON_STRING, n->raw};

    switch (n->kind) {
    case NODE_STRING:
        return secret_json_string(&string, out);
    case NODE_NUMBER:
        return number_text(n->raw, out);
    case NODE_TRUE:
        return secret_buf_copy(secret_view_of("true", 4), out);
    case NODE_FALSE:
        return secret_buf_copy(secret_view_of("false", 5), out);
    case NODE_JSON:
        return secret_buf_copy(n->raw, out);
    case NODE_NULL:
    case NODE_MISSING:
        break;
    }
    return secret_buf_new(0, out);
}
