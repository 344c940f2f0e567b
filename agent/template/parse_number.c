/* A number constant is kept in every form that holds it exactly, since what it is depends on where
 * it stands: 1.0 will do for an int. Integers are read first, then floats; an integer that is read
 * as a float only is too large and refused. */
#include "template/parse_state.h"

#include <math.h>
#include <stdlib.h>

#define INT64_LIMIT 9223372036854775808.0
#define UINT64_LIMIT 18446744073709551616.0

static unsigned char lower(unsigned char c)
{
    return c | 0x20;
}

static int digit_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'z' ? lower(c) - 'a' + 10 : -1;
}

static bool has_any(struct text t, const char *set)
{
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] && strchr(set, t.p[i]))
            return true;
    }
    return false;
}

static struct text skip_sign(struct text t)
{
    return t.n && (t.p[0] == '+' || t.p[0] == '-') ? text_part(t, 1, t.n - 1) : t;
}

/* The base that a prefix names and where digits begin; 10 where there is none. A lone "0x" names
 * base 8, and fails on its x. */
static unsigned prefix_base(struct text t, size_t *at)
{
    *at = 0;
    if (!t.n || t.p[0] != '0')
        return 10;
    unsigned char c = t.n >= 3 ? lower(t.p[1]) : 0;
    *at = c == 'x' || c == 'o' || c == 'b' ? 2 : 1;
    return c == 'x' ? 16 : c == 'b' ? 2 : 8;
}

/* Underscores stand between digits only, of which a prefix is one. */
static bool underscores_fit(struct text t)
{
    bool after_digit = false, after_underscore = false;
    size_t at = 0;

    t = skip_sign(t);
    bool is_hex = t.n >= 2 && t.p[0] == '0' && lower(t.p[1]) == 'x';
    if (is_hex || (t.n >= 2 && t.p[0] == '0' && (lower(t.p[1]) == 'o' || lower(t.p[1]) == 'b'))) {
        at = 2;
        after_digit = true;
    }
    for (; at < t.n; at++) {
        int d = digit_value(t.p[at]);
        bool is_digit = d >= 0 && d < (is_hex ? 16 : 10);

        if ((t.p[at] == '_' && !after_digit) || (t.p[at] != '_' && !is_digit && after_underscore))
            return false;
        after_digit = is_digit;
        after_underscore = t.p[at] == '_';
    }
    return !after_underscore;
}

/* An unsigned integer in Go's syntax; false where it is none or does not fit. */
static bool read_uint(struct text t, uint64_t *out)
{
    size_t at;
    unsigned base = prefix_base(t, &at);
    uint64_t v = 0;

    if (!t.n)
        return false;
    for (; at < t.n; at++) {
        int d = digit_value(t.p[at]);

        if (t.p[at] == '_')
            continue;
        if (d < 0 || (unsigned)d >= base || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
            __builtin_add_overflow(v, (uint64_t)d, &v))
            return false;
    }
    *out = v;
    return underscores_fit(t);
}

static bool read_int(struct text t, int64_t *out)
{
    uint64_t v;
    bool is_negative = t.n && t.p[0] == '-';
    const uint64_t limit = (uint64_t)INT64_MAX + is_negative;

    if (!read_uint(skip_sign(t), &v) || v > limit)
        return false;
    *out = is_negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

/* Past the digits and the one point of a mantissa; the number of digits. */
static size_t skip_mantissa(struct text t, size_t *at, int base)
{
    bool has_point = false;
    size_t n = 0;

    for (; *at < t.n; ++*at) {
        int d = digit_value(t.p[*at]);

        if (t.p[*at] == '.' && !has_point)
            has_point = true;
        else if (d >= 0 && d < base)
            n++;
        else if (t.p[*at] != '_')
            break;
    }
    return n;
}

/* Is this a float in Go's syntax? A hexadecimal one needs its exponent. */
static bool is_float(struct text t)
{
    struct text rest = skip_sign(t);
    bool is_hex = rest.n > 2 && rest.p[0] == '0' && lower(rest.p[1]) == 'x';
    size_t at = is_hex ? 2 : 0;

    if (!skip_mantissa(rest, &at, is_hex ? 16 : 10))
        return false;
    if (at == rest.n)
        return !is_hex && underscores_fit(t);
    if (lower(rest.p[at++]) != (is_hex ? 'p' : 'e'))
        return false;
    at += at < rest.n && (rest.p[at] == '+' || rest.p[at] == '-');
    if (at == rest.n || rest.p[at] == '_')
        return false;
    while (at < rest.n && ((rest.p[at] >= '0' && rest.p[at] <= '9') || rest.p[at] == '_'))
        at++;
    return at == rest.n && underscores_fit(t);
}

enum float_reading { FLOAT_FINE, FLOAT_NO_SYNTAX, FLOAT_TOO_LARGE };

static struct err *read_float(struct parser *p, struct text t, double *out,
                              enum float_reading *reading)
{
    void *memory;
    size_t n = 0;

    *reading = FLOAT_NO_SYNTAX;
    if (!is_float(t))
        return NULL;
    struct err *e = secret_arena_alloc(p->arena, t.n + 1, &memory);
    if (e)
        return e;
    char *plain = memory;
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] != '_')
            plain[n++] = (char)t.p[i];
    }
    *out = strtod(plain, NULL);
    *reading = isinf(*out) ? FLOAT_TOO_LARGE : FLOAT_FINE;
    return NULL;
}

/* The integers that equal f, where they are not known already. */
static void add_integers(struct node_number *n, double f)
{
    if (trunc(f) != f)
        return;
    if (!n->is_int && f >= -INT64_LIMIT && f < INT64_LIMIT) {
        n->is_int = true;
        n->i = (int64_t)f;
    }
    if (!n->is_uint && f >= 0 && f < UINT64_LIMIT) {
        n->is_uint = true;
        n->u = (uint64_t)f;
    }
}

static void set_complex(struct node_number *n, double re, double im)
{
    n->is_complex = true;
    n->complex = (struct complex128){re, im};
    n->is_float = im == 0;
    if (!n->is_float)
        return;
    n->f = re;
    add_integers(n, re);
}

/* The end of one part of a complex constant. */
static size_t part_end(struct text t, size_t at)
{
    at += at < t.n && (t.p[at] == '+' || t.p[at] == '-');
    bool is_hex = t.n - at >= 2 && t.p[at] == '0' && lower(t.p[at + 1]) == 'x';
    at += is_hex ? 2 : 0;
    skip_mantissa(t, &at, is_hex ? 16 : 10);
    if (at == t.n || lower(t.p[at]) != (is_hex ? 'p' : 'e'))
        return at;
    at++;
    at += at < t.n && (t.p[at] == '+' || t.p[at] == '-');
    while (at < t.n && ((t.p[at] >= '0' && t.p[at] <= '9') || t.p[at] == '_'))
        at++;
    return at;
}

static struct err *complex_part(struct parser *p, struct text t, double *out)
{
    enum float_reading reading;
    struct err *e = read_float(p, t, out, &reading);

    if (e || reading == FLOAT_FINE)
        return e;
    return parse_fail_quoted(p, "strconv.ParseFloat: parsing ", t,
                             reading == FLOAT_TOO_LARGE ? ": value out of range"
                                                        : ": invalid syntax");
}

/* "1+2i". */
static struct err *read_complex(struct parser *p, struct text t, struct node_number *n)
{
    size_t middle = part_end(t, 0), end;
    double re = 0, im = 0;

    bool is_whole = middle < t.n && (t.p[middle] == '+' || t.p[middle] == '-');
    end = is_whole ? part_end(t, middle) : middle;
    if (!is_whole || end >= t.n || t.p[end] != 'i')
        return parse_fail(p, "syntax error scanning complex number");
    struct err *e = complex_part(p, text_part(t, 0, middle), &re);
    if (!e)
        e = complex_part(p, text_part(t, middle, end - middle), &im);
    if (!e)
        set_complex(n, re, im);
    return e;
}

static struct err *read_char(struct parser *p, struct text t, struct node_number *n)
{
    size_t at = 1;
    uint32_t rune;
    bool is_byte;

    if (!parse_unquote_char(t, &at, '\'', &rune, &is_byte))
        return parse_fail(p, "invalid syntax");
    if (at != t.n - 1)
        return parse_fail(p, "malformed character constant");
    n->is_int = n->is_uint = n->is_float = true;
    n->i = rune;
    n->u = rune;
    n->f = rune;
    return NULL;
}

static bool read_integers(struct text t, struct node_number *n)
{
    n->is_uint = read_uint(t, &n->u);
    n->is_int = read_int(t, &n->i);
    if (n->is_int && n->i == 0)
        n->is_uint = true;
    n->is_float = n->is_int || n->is_uint;
    n->f = n->is_int ? (double)n->i : (double)n->u;
    return n->is_float;
}

/* Integer, float or imaginary. */
static struct err *read_real(struct parser *p, struct text t, struct node_number *n)
{
    enum float_reading reading;
    double f;
    bool is_imaginary = t.p[t.n - 1] == 'i';

    if (!is_imaginary && read_integers(t, n))
        return NULL;
    struct text mantissa = text_part(t, 0, t.n - is_imaginary);
    struct err *e = read_float(p, mantissa, &f, &reading);
    if (e)
        return e;
    if (reading != FLOAT_FINE)
        return parse_fail_quoted(p, "illegal number syntax: ", t, "");
    if (is_imaginary) {
        set_complex(n, 0, f);
        return NULL;
    }
    if (!has_any(t, ".eEpP"))
        return parse_fail_quoted(p, "integer overflow: ", t, "");
    n->is_float = true;
    n->f = f;
    add_integers(n, f);
    return NULL;
}

/* What the constant is where nothing says what it should be. */
static struct datum ideal(const struct node_number *n, struct text t)
{
    bool is_hex = t.n > 2 && t.p[0] == '0' && lower(t.p[1]) == 'x' && !has_any(t, "pP");

    if (n->is_complex)
        return (struct datum){.kind = DATUM_COMPLEX128, .v.complex = &n->complex};
    if (n->is_float && !is_hex && t.p[0] != '\'' && has_any(t, ".eEpP"))
        return datum_float(n->f);
    return n->is_int ? datum_int(n->i) : datum_none();
}

struct err *parse_number(struct parser *p, struct token token, struct node *n)
{
    void *memory;
    struct err *e = secret_arena_alloc(p->arena, sizeof(struct node_number), &memory);

    if (e)
        return e;
    struct node_number *number = memory;
    n->text = lex_text(&p->lex, token);
    if (token.kind == TOKEN_CHAR_CONSTANT)
        e = read_char(p, n->text, number);
    else if (token.kind == TOKEN_COMPLEX)
        e = read_complex(p, n->text, number);
    else
        e = read_real(p, n->text, number);
    if (e)
        return e;
    number->ideal = ideal(number, n->text);
    n->number = number;
    return NULL;
}
