/* The first byte tells most texts apart: only a few can begin anything else than text. Numbers are
 * Go's, with underscores anywhere; base 60 is not read, but what looks like it is quoted when it is
 * written. Timestamps stay text and matter only for quoting and for the tag. */
#include "template/go_yaml_resolve.h"

#include <math.h>

#include "base/unicode.h"
#include "template/base64.h"
#include "template/go_yaml_parse.h"
#include "template/go_yaml_time.h"
#include "template/number_text.h"

enum type { TYPE_STRING, TYPE_NULL, TYPE_BOOL, TYPE_INT, TYPE_FLOAT, TYPE_TIMESTAMP };

static const struct {
    const char *tag;
    enum type type;
} tags[] = {
    {GO_YAML_TAG_PREFIX "str", TYPE_STRING},  {GO_YAML_TAG_PREFIX "null", TYPE_NULL},
    {GO_YAML_TAG_PREFIX "bool", TYPE_BOOL},   {GO_YAML_TAG_PREFIX "int", TYPE_INT},
    {GO_YAML_TAG_PREFIX "float", TYPE_FLOAT}, {GO_YAML_TAG_PREFIX "timestamp", TYPE_TIMESTAMP},
};

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Words: three spellings each. */

static bool is_any(struct text t, const char *a, const char *b, const char *c)
{
    return text_is(t, a) || text_is(t, b) || text_is(t, c);
}

static bool is_true(struct text t)
{
    return is_any(t, "true", "True", "TRUE") || is_any(t, "yes", "Yes", "YES") ||
           is_any(t, "on", "On", "ON") || is_any(t, "y", "Y", "y");
}

static bool is_false(struct text t)
{
    return is_any(t, "false", "False", "FALSE") || is_any(t, "no", "No", "NO") ||
           is_any(t, "off", "Off", "OFF") || is_any(t, "n", "N", "n");
}

static enum type resolve_word(struct text t, struct datum *out)
{
    if (is_true(t) || is_false(t)) {
        *out = datum_bool(is_true(t));
        return TYPE_BOOL;
    }
    if (is_any(t, "null", "Null", "NULL") || text_is(t, "~") || !t.n) {
        *out = datum_nil();
        return TYPE_NULL;
    }
    return TYPE_STRING;
}

static enum type resolve_infinity(struct text t, struct datum *out)
{
    if (is_any(t, ".nan", ".NaN", ".NAN"))
        *out = datum_float(NAN);
    else if (is_any(t, ".inf", ".Inf", ".INF") || is_any(t, "+.inf", "+.Inf", "+.INF"))
        *out = datum_float(INFINITY);
    else if (is_any(t, "-.inf", "-.Inf", "-.INF"))
        *out = datum_float(-INFINITY);
    else
        return TYPE_STRING;
    return TYPE_FLOAT;
}

/* Numbers */

static size_t skip_digits(struct text t, size_t at)
{
    while (at < t.n && is_digit(t.p[at]))
        at++;
    return at;
}

/* [-+]? ( .digits | digits (.digits?)? ) ([eE][-+]?digits)? */
static bool is_decimal(struct text t)
{
    size_t at = t.n && (t.p[0] == '-' || t.p[0] == '+') ? 1 : 0;
    size_t whole = skip_digits(t, at);
    bool has_whole = whole > at;

    at = whole;
    if (at < t.n && t.p[at] == '.') {
        size_t end = skip_digits(t, at + 1);

        if (!has_whole && end == at + 1)
            return false;
        at = end;
    } else if (!has_whole) {
        return false;
    }
    if (at < t.n && (t.p[at] | 0x20) == 'e') {
        at += at + 1 < t.n && (t.p[at + 1] == '-' || t.p[at + 1] == '+') ? 2 : 1;
        size_t end = skip_digits(t, at);

        return end > at && end == t.n;
    }
    return at == t.n;
}

/* A number over INT64_MAX that fits 64 bits, with Go's prefixes of base. */
static bool read_unsigned(struct text t, uint64_t *out)
{
    unsigned base = 10;
    size_t at = 0;
    uint64_t v = 0;

    if (t.n >= 3 && t.p[0] == '0') {
        unsigned char letter = t.p[1] | 0x20;

        base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
        at = base != 8 || letter == 'o' ? 2 : 1;
    }
    for (; at < t.n; at++) {
        unsigned char letter = t.p[at] | 0x20;
        unsigned digit = 16;

        if (is_digit(t.p[at]))
            digit = t.p[at] - (unsigned)'0';
        else if (letter >= 'a' && letter <= 'f')
            digit = letter - (unsigned)'a' + 10;
        if (digit >= base || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
            __builtin_add_overflow(v, (uint64_t)digit, &v))
            return false;
    }
    *out = v;
    return true;
}

/* Binary with a sign behind the prefix, which go-yaml takes too. */
static bool read_odd_binary(struct text t, int64_t *out)
{
    bool is_odd = t.n > 3 && t.p[0] == '0' && t.p[1] == 'b' && (t.p[2] == '-' || t.p[2] == '+');

    return is_odd && number_text_int(text_part(t, 2, t.n - 2), 2, out) == NUMBER_OK;
}

/* A number without underscores. */
static enum type resolve_number(struct text t, struct datum *out)
{
    int64_t i;
    uint64_t u;
    double f;
    enum number_fault fault = number_text_int(t, 0, &i);

    if (fault == NUMBER_OK || read_odd_binary(t, &i)) {
        *out = datum_int64(i);
        return TYPE_INT;
    }
    if (fault == NUMBER_RANGE && is_digit(t.p[0]) && read_unsigned(t, &u)) {
        *out = (struct datum){.kind = DATUM_UINT64, .v.u = u};
        return TYPE_INT;
    }
    if (is_decimal(t) && number_text_float(t, &f) == NUMBER_OK) {
        *out = datum_float(f);
        return TYPE_FLOAT;
    }
    return TYPE_STRING;
}

static struct err *drop_underscores(struct engine *g, struct text t, struct text *out)
{
    struct text_buf b;

    if (!memchr(t.p, '_', t.n)) {
        *out = t;
        return NULL;
    }
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] != '_')
            text_buf_byte(&b, t.p[i]);
    }
    return text_buf_end(&b, out);
}

/* *out is set unless the type is one of text. */
static struct err *resolve_plain(struct engine *g, struct text t, bool may_be_time, enum type *type,
                                 struct datum *out)
{
    unsigned char c = t.n ? t.p[0] : '~';
    struct text number;
    double f;

    *type = TYPE_STRING;
    if (strchr("yYnNtTfFoO~", c) && c) {
        *type = resolve_word(t, out);
        return NULL;
    }
    if (!is_digit(c) && c != '+' && c != '-' && c != '.')
        return NULL;
    *type = resolve_infinity(t, out);
    if (*type != TYPE_STRING)
        return NULL;
    if (c == '.') {
        if (number_text_float(t, &f) == NUMBER_OK) {
            *out = datum_float(f);
            *type = TYPE_FLOAT;
        }
        return NULL;
    }
    if (may_be_time && go_yaml_is_time(t)) {
        *type = TYPE_TIMESTAMP;
        return NULL;
    }
    struct err *e = engine_charge_bytes(g, t.n);
    if (!e)
        e = drop_underscores(g, t, &number);
    if (!e)
        *type = resolve_number(number, out);
    return e;
}

/* Tags */

static struct err *resolve_binary(struct engine *g, struct text t, struct datum *out)
{
    struct text decoded;
    bool is_valid;
    struct err *e = base64_decode(g->arena, t, 0, &is_valid, &decoded);

    if (!e && !is_valid)
        e = err_new(ERR_INVALID, "yaml: !!binary value contains invalid base64 data");
    if (!e)
        e = go_yaml_valid_utf8(g, decoded, &decoded);
    if (!e)
        *out = datum_string(decoded);
    return e;
}

static struct err *resolve_tagged(struct engine *g, enum type wanted, struct text t,
                                  struct datum *out)
{
    static const char *const names[] = {
        [TYPE_STRING] = "!!str", [TYPE_NULL] = "!!null",   [TYPE_BOOL] = "!!bool",
        [TYPE_INT] = "!!int",    [TYPE_FLOAT] = "!!float", [TYPE_TIMESTAMP] = "!!timestamp"};
    enum type type;

    *out = datum_string(t);
    if (wanted == TYPE_STRING)
        return NULL;
    struct err *e = resolve_plain(g, t, wanted == TYPE_TIMESTAMP, &type, out);
    if (e || type == wanted)
        return e;
    if (wanted == TYPE_FLOAT && type == TYPE_INT && out->kind == DATUM_INT64) {
        *out = datum_float((double)out->v.i);
        return NULL;
    }
    return err_new(ERR_INVALID, "yaml: cannot decode %s of %zu bytes as a %s", names[type], t.n,
                   names[wanted]);
}

struct err *go_yaml_resolve(struct engine *g, struct text tag, struct text t, struct datum *out)
{
    enum type type;

    *out = datum_string(t);
    if (!tag.n)
        return resolve_plain(g, t, false, &type, out);
    if (text_is(tag, GO_YAML_TAG_PREFIX "binary"))
        return resolve_binary(g, t, out);
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        if (text_is(tag, tags[i].tag))
            return resolve_tagged(g, tags[i].type, t, out);
    }
    return NULL;
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(struct text t)
{
    size_t at = t.n && (t.p[0] == '-' || t.p[0] == '+') ? 1 : 0;
    size_t groups = 0;

    if (at == t.n || !is_digit(t.p[at]))
        return false;
    while (at < t.n && (is_digit(t.p[at]) || t.p[at] == '_'))
        at++;
    for (; at < t.n && t.p[at] == ':'; groups++) {
        size_t end = skip_digits(t, at + 1);
        size_t n = end - at - 1;

        if (n < 1 || n > 2 || (n == 2 && t.p[at + 1] > '5'))
            return false;
        at = end;
    }
    if (at < t.n && t.p[at] == '.')
        at++;
    else if (at < t.n)
        return false;
    while (at < t.n && (is_digit(t.p[at]) || t.p[at] == '_'))
        at++;
    return groups && at == t.n;
}

struct err *go_yaml_needs_quotes(struct engine *g, struct text t, bool *out)
{
    enum type type;
    struct datum value;
    struct err *e = resolve_plain(g, t, true, &type, &value);

    if (!e)
        *out = type != TYPE_STRING || is_base60(t);
    return e;
}

struct err *go_yaml_valid_utf8(struct engine *g, struct text t, struct text *out)
{
    struct text_buf b;
    size_t from = 0;
    uint32_t rune;

    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t at = 0, width; at < t.n; at += width) {
        width = 1;
        if (t.p[at] < 0x80)
            continue;
        width = unicode_decode(t.p + at, t.n - at, &rune);
        if (width > 1)
            continue;
        text_buf_add(&b, text_part(t, from, at - from));
        text_buf_rune(&b, UNICODE_REPLACEMENT);
        from = at + 1;
    }
    if (!from) {
        *out = t;
        return NULL;
    }
    text_buf_add(&b, text_part(t, from, t.n - from));
    return text_buf_end(&b, out);
}
