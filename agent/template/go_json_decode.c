/* Checking and building are one pass; Go makes two, but nothing of a text with bad syntax is kept
 * either way. What fails sticks in the decoder. Text without escapes is not copied: it lies in the
 * document, which lives as long as the render. Containers nest in the C stack, as deep as the
 * engine allows. */
#include "template/go_json.h"

#include "base/unicode.h"
#include "template/go_entries.h"
#include "template/number_text.h"

/* Digits that any double holds exactly. */
#define EXACT_DIGITS_MAX 15u

struct decoder {
    struct engine *g;
    struct text t;
    size_t at;
    struct go_entries entries;
    struct err *failed;
    struct err *out_of_range; /* the first number that no double can hold */
};

static void decode_value(struct decoder *c, struct datum *out);

static void fail(struct decoder *c, struct err *e)
{
    if (c->failed)
        err_free(e);
    else
        c->failed = e;
}

/* The byte at c->at cannot stand there. */
static void fail_at(struct decoder *c, const char *context)
{
    if (c->failed)
        return;
    if (c->at >= c->t.n)
        c->failed = err_new(ERR_INVALID, "unexpected end of JSON input");
    else
        c->failed = err_new(ERR_INVALID, "invalid character %s (byte %zu)", context, c->at + 1);
}

/* The byte k after the current one; 0, which is nowhere legal, after the end. */
static unsigned char peek(const struct decoder *c, size_t k)
{
    return c->at + k < c->t.n ? c->t.p[c->at + k] : 0;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blank(struct decoder *c)
{
    while (c->at < c->t.n && (c->t.p[c->at] == ' ' || c->t.p[c->at] == '\n' ||
                              c->t.p[c->at] == '\t' || c->t.p[c->at] == '\r'))
        c->at++;
}

/* What comes next must be word. */
static void decode_word(struct decoder *c, const char *word)
{
    for (const char *p = word; *p && !c->failed; p++) {
        if (peek(c, 0) == (unsigned char)*p)
            c->at++;
        else
            fail_at(c, word[0] == 'n'   ? "in literal null"
                       : word[0] == 't' ? "in literal true"
                                        : "in literal false");
    }
}

static void skip_digits(struct decoder *c, const char *context)
{
    if (!is_digit(peek(c, 0)))
        fail_at(c, context);
    while (is_digit(peek(c, 0)))
        c->at++;
}

static void skip_fraction_and_exponent(struct decoder *c)
{
    if (peek(c, 0) == '.') {
        c->at++;
        skip_digits(c, "after decimal point in numeric literal");
    }
    if (!c->failed && (peek(c, 0) | 0x20) == 'e') {
        c->at++;
        if (peek(c, 0) == '+' || peek(c, 0) == '-')
            c->at++;
        skip_digits(c, "in exponent of numeric literal");
    }
}

static double exact_value(struct text digits)
{
    uint64_t v = 0;

    for (size_t i = 0; i < digits.n; i++)
        v = 10 * v + (digits.p[i] - '0');
    return (double)v;
}

static void decode_number(struct decoder *c, struct datum *out)
{
    size_t start = c->at;
    bool is_negative = peek(c, 0) == '-';
    double v;

    c->at += is_negative;
    size_t digits_at = c->at;
    if (peek(c, 0) == '0')
        c->at++;
    else
        skip_digits(c, "in numeric literal");
    size_t digits_n = c->at - digits_at;
    skip_fraction_and_exponent(c);
    if (c->failed)
        return;
    if (digits_at + digits_n == c->at && digits_n <= EXACT_DIGITS_MAX) {
        v = exact_value(text_part(c->t, digits_at, digits_n));
        *out = datum_float(is_negative ? -v : v);
        return;
    }
    if (number_text_float(text_part(c->t, start, c->at - start), &v) == NUMBER_OK) {
        *out = datum_float(v);
        return;
    }
    *out = datum_nil();
    if (!c->out_of_range)
        c->out_of_range = err_new(ERR_INVALID,
                                  "json: cannot unmarshal number into Go value of type float64 "
                                  "(byte %zu)",
                                  start + 1);
}

/* Four hexadecimal digits from k after the current byte on; -1 where there are none. */
static int32_t peek_hex4(const struct decoder *c, size_t k)
{
    int32_t v = 0;

    for (size_t i = k; i < k + 4; i++) {
        unsigned char d = peek(c, i);
        unsigned char letter = d | 0x20;

        if (!is_digit(d) && (letter < 'a' || letter > 'f'))
            return -1;
        v = v << 4 | (is_digit(d) ? d - '0' : letter - 'a' + 10);
    }
    return v;
}

/* The code point of an escape, whose u is the current byte. Half a surrogate pair is none. */
static void decode_unicode_escape(struct decoder *c, struct text_buf *b)
{
    int32_t high = peek_hex4(c, 1);
    int32_t low = -1;

    if (high < 0) {
        fail_at(c, "in \\u hexadecimal character escape");
        return;
    }
    c->at += 5;
    if ((high & 0xfc00) == 0xd800 && peek(c, 0) == '\\' && peek(c, 1) == 'u')
        low = peek_hex4(c, 2);
    if (low >= 0 && (low & 0xfc00) == 0xdc00) {
        c->at += 6;
        text_buf_rune(b, 0x10000u + ((uint32_t)(high & 0x3ff) << 10) + (uint32_t)(low & 0x3ff));
        return;
    }
    text_buf_rune(b, (uint32_t)high);
}

/* What stands after a backslash. */
static void decode_escape(struct decoder *c, struct text_buf *b)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    unsigned char letter = peek(c, 0);

    for (size_t i = 0; letters[i]; i += 2) {
        if ((unsigned char)letters[i] == letter) {
            text_buf_byte(b, (unsigned char)letters[i + 1]);
            c->at++;
            return;
        }
    }
    if (letter == 'u')
        decode_unicode_escape(c, b);
    else
        fail_at(c, "in string escape code");
}

/* Move over what a string may hold as it is. */
static void skip_plain(struct decoder *c)
{
    while (c->at < c->t.n) {
        unsigned char byte = c->t.p[c->at];
        uint32_t rune;
        size_t width = 1;

        if (byte < 0x20 || byte == '"' || byte == '\\')
            return;
        if (byte >= 0x80) {
            width = unicode_decode(c->t.p + c->at, c->t.n - c->at, &rune);
            if (width == 1)
                return;
        }
        c->at += width;
    }
}

/* The rest of a string whose first part, from start on, could stay as it is. */
static void decode_mixed(struct decoder *c, size_t start, struct text *out)
{
    struct text_buf b;

    text_buf_init(&b, c->g->arena, TEXT_MAX);
    text_buf_add(&b, text_part(c->t, start, c->at - start));
    while (!c->failed && peek(c, 0) != '"') {
        size_t from = c->at;

        skip_plain(c);
        text_buf_add(&b, text_part(c->t, from, c->at - from));
        if (peek(c, 0) == '\\') {
            c->at++;
            decode_escape(c, &b);
        } else if (peek(c, 0) >= 0x80) {
            c->at++;
            text_buf_rune(&b, UNICODE_REPLACEMENT);
        } else if (peek(c, 0) != '"') {
            fail_at(c, "in string literal");
        }
    }
    struct err *e = text_buf_end(&b, out);
    if (e)
        fail(c, e);
}

static void decode_string(struct decoder *c, struct text *out)
{
    size_t start = ++c->at;

    skip_plain(c);
    if (peek(c, 0) == '"')
        *out = text_part(c->t, start, c->at - start);
    else
        decode_mixed(c, start, out);
    c->at++;
}

static void push(struct decoder *c, struct datum value)
{
    if (!c->failed)
        c->failed = go_entries_push(&c->entries, value);
}

static void decode_name(struct decoder *c)
{
    struct text name = {.n = 0};

    skip_blank(c);
    if (peek(c, 0) != '"') {
        fail_at(c, "looking for beginning of object key string");
        return;
    }
    decode_string(c, &name);
    push(c, datum_string(name));
    skip_blank(c);
    if (!c->failed && peek(c, 0) != ':')
        fail_at(c, "after object key");
    c->at++;
}

/* Elements of a list, or members of an object, to the end of it. */
static void decode_elements(struct decoder *c, bool is_object)
{
    unsigned char end = is_object ? '}' : ']';

    while (!c->failed) {
        struct datum value = datum_nil();

        if (is_object)
            decode_name(c);
        if (!c->failed)
            decode_value(c, &value);
        push(c, value);
        skip_blank(c);
        if (c->failed || peek(c, 0) == end)
            return;
        if (peek(c, 0) != ',')
            fail_at(c, is_object ? "after object key:value pair" : "after array element");
        c->at++;
    }
}

static void decode_container(struct decoder *c, struct datum *out)
{
    bool is_object = peek(c, 0) == '{';
    size_t base = c->entries.n;
    struct err *e = engine_enter(c->g);

    if (e)
        fail(c, e);
    c->at++;
    skip_blank(c);
    if (peek(c, 0) != (is_object ? '}' : ']'))
        decode_elements(c, is_object);
    c->at++;
    engine_leave(c->g);
    if (!c->failed)
        c->failed = is_object ? go_entries_map(&c->entries, base, out)
                              : go_entries_list(&c->entries, base, out);
}

static void decode_value(struct decoder *c, struct datum *out)
{
    struct text string = {.n = 0};

    skip_blank(c);
    if (!c->failed)
        c->failed = engine_charge(c->g, 1);
    switch (peek(c, 0)) {
    case '{':
    case '[':
        decode_container(c, out);
        break;
    case '"':
        decode_string(c, &string);
        *out = datum_string(string);
        break;
    case 't':
        decode_word(c, "true");
        *out = datum_bool(true);
        break;
    case 'f':
        decode_word(c, "false");
        *out = datum_bool(false);
        break;
    case 'n':
        decode_word(c, "null");
        *out = datum_nil();
        break;
    default:
        if (peek(c, 0) == '-' || is_digit(peek(c, 0)))
            decode_number(c, out);
        else
            fail_at(c, "looking for beginning of value");
    }
}

struct err *go_json_decode(struct engine *g, struct text t, struct datum *out)
{
    struct decoder c = {.g = g, .t = t, .entries = {.g = g}};

    *out = datum_nil();
    c.failed = engine_charge_bytes(g, t.n);
    if (!c.failed)
        decode_value(&c, out);
    if (!c.failed) {
        skip_blank(&c);
        if (c.at < t.n)
            fail_at(&c, "after top-level value");
    }
    if (!c.failed)
        return c.out_of_range;
    if (c.out_of_range)
        err_free(c.out_of_range);
    *out = datum_nil();
    return c.failed;
}
