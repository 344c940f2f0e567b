/* One pass over the value, straight into the buffer. What fails sticks in the encoder, so that the
 * walk reads as a sequence. */
#include "template/go_json.h"

#include <math.h>

#include "base/float_text.h"
#include "base/unicode.h"
#include "template/base64.h"
#include "template/container.h"
#include "template/go_nesting.h"
#include "template/go_time.h"
#include "template/semver.h"

#define INDENT 2u

struct encoder {
    struct engine *g;
    struct text_buf *b;
    unsigned flags;
    struct go_nesting nesting;
    struct err *failed;
};

static void encode(struct encoder *c, const struct datum *d);

static void fail(struct encoder *c, struct err *e)
{
    if (c->failed)
        err_free(e);
    else
        c->failed = e;
}

static void charge(struct encoder *c, uint64_t n)
{
    if (!c->failed)
        c->failed = engine_charge(c->g, n);
}

static void add_escape(struct text_buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    unsigned char escape[6] = {
        '\\', 'u', '0', '0', (unsigned char)hex[c >> 4], (unsigned char)hex[c & 15]};

    for (size_t i = 0; letters[i]; i += 2) {
        if ((unsigned char)letters[i] == c) {
            escape[1] = (unsigned char)letters[i + 1];
            text_buf_bytes(b, escape, 2);
            return;
        }
    }
    text_buf_bytes(b, escape, sizeof(escape));
}

static bool is_plain(unsigned char c, bool escapes_html)
{
    if (c < 0x20 || c == '"' || c == '\\')
        return false;
    return !escapes_html || (c != '<' && c != '>' && c != '&');
}

/* Add the character at s[0..n), which is beyond ASCII; the bytes it took. */
static size_t add_wide(struct text_buf *b, const unsigned char *s, size_t n)
{
    uint32_t rune;
    size_t width = unicode_decode(s, n, &rune);

    if (rune == UNICODE_REPLACEMENT && width == 1)
        text_buf_puts(b, "\\ufffd");
    else if (rune == 0x2028)
        text_buf_puts(b, "\\u2028");
    else if (rune == 0x2029)
        text_buf_puts(b, "\\u2029");
    else
        text_buf_bytes(b, s, width);
    return width;
}

static void encode_string(struct encoder *c, struct text t)
{
    bool escapes_html = c->flags & GO_JSON_ESCAPE_HTML;

    if (!c->failed)
        c->failed = engine_charge_bytes(c->g, t.n);
    text_buf_byte(c->b, '"');
    for (size_t at = 0; at < t.n && !c->failed;) {
        size_t from = at;

        while (at < t.n && t.p[at] < 0x80 && is_plain(t.p[at], escapes_html))
            at++;
        text_buf_add(c->b, text_part(t, from, at - from));
        if (at < t.n && t.p[at] < 0x80)
            add_escape(c->b, t.p[at++]);
        else if (at < t.n)
            at += add_wide(c->b, t.p + at, t.n - at);
    }
    text_buf_byte(c->b, '"');
}

/* Digits of a number below 1e21, point as in float_text.h. */
static void add_plain_float(struct text_buf *b, const char *digits, size_t n, int point)
{
    if (point <= 0) {
        text_buf_puts(b, "0.");
        text_buf_fill(b, '0', (size_t)-point);
        text_buf_bytes(b, digits, n);
        return;
    }
    size_t whole = (size_t)point < n ? (size_t)point : n;
    text_buf_bytes(b, digits, whole);
    text_buf_fill(b, '0', (size_t)point - whole);
    if (whole < n) {
        text_buf_byte(b, '.');
        text_buf_bytes(b, digits + whole, n - whole);
    }
}

static void encode_float(struct encoder *c, double v)
{
    char digits[FLOAT_TEXT_DIGITS_MAX];
    double magnitude = fabs(v);
    int point;

    if (isnan(v) || isinf(v)) {
        fail(c, err_new(ERR_INVALID, "json: unsupported value: %s",
                        isnan(v) ? "NaN" : (v < 0 ? "-Inf" : "+Inf")));
        return;
    }
    if (signbit(v))
        text_buf_byte(c->b, '-');
    if (magnitude == 0) {
        text_buf_byte(c->b, '0');
        return;
    }
    size_t n = float_text_shortest(v, digits, &point);
    if (magnitude >= 1e-6 && magnitude < 1e21) {
        add_plain_float(c->b, digits, n, point);
        return;
    }
    add_plain_float(c->b, digits, n, 1);
    text_buf_puts(c->b, point > 0 ? "e+" : "e");
    text_buf_int(c->b, point - 1);
}

static void new_line(struct encoder *c)
{
    if (!(c->flags & GO_JSON_PRETTY))
        return;
    text_buf_byte(c->b, '\n');
    text_buf_fill(c->b, ' ', (size_t)c->nesting.level * INDENT);
}

/* Between two things of a container, or before the first. */
static void separate(struct encoder *c, bool is_first)
{
    charge(c, 1);
    if (!is_first)
        text_buf_byte(c->b, ',');
    new_line(c);
}

static void enter(struct encoder *c, struct go_frame *f, const struct datum *d)
{
    struct err *e = go_nesting_enter(&c->nesting, f, d);

    if (e)
        fail(c, e);
}

static void leave(struct encoder *c, const struct go_frame *f, bool is_empty)
{
    go_nesting_leave(&c->nesting, f);
    if (!is_empty)
        new_line(c);
}

static void encode_list(struct encoder *c, const struct datum *d)
{
    const struct list *l = d->v.list;
    struct go_frame f;

    text_buf_byte(c->b, '[');
    enter(c, &f, d);
    for (size_t i = 0; i < l->n && !c->failed; i++) {
        separate(c, i == 0);
        encode(c, &l->items[i]);
    }
    leave(c, &f, l->n == 0);
    text_buf_byte(c->b, ']');
}

static void encode_name(struct encoder *c, struct text name)
{
    encode_string(c, name);
    text_buf_puts(c->b, c->flags & GO_JSON_PRETTY ? ": " : ":");
}

static void encode_map(struct encoder *c, const struct datum *d)
{
    const struct dict *m = d->v.map;
    struct go_frame f;

    text_buf_byte(c->b, '{');
    enter(c, &f, d);
    for (size_t i = 0; i < m->n && !c->failed; i++) {
        separate(c, i == 0);
        encode_name(c, m->entries[i].key);
        encode(c, &m->entries[i].value);
    }
    leave(c, &f, m->n == 0);
    text_buf_byte(c->b, '}');
}

/* A []byte is text in base64. */
static void encode_bytes(struct encoder *c, const struct list *l)
{
    struct text_buf bytes;
    struct text t = {.n = 0};

    charge(c, l->n);
    text_buf_init(&bytes, c->g->arena, TEXT_MAX);
    for (size_t i = 0; i < l->n && !c->failed; i++)
        text_buf_byte(&bytes, (unsigned char)l->items[i].v.u);
    struct err *e = text_buf_end(&bytes, &t);
    if (e)
        fail(c, e);
    text_buf_byte(c->b, '"');
    base64_encode(c->b, t);
    text_buf_byte(c->b, '"');
}

static void encode_cert(struct encoder *c, const struct cert *cert)
{
    text_buf_byte(c->b, '{');
    c->nesting.level++;
    separate(c, true);
    encode_name(c, TEXT("Cert"));
    encode_string(c, cert->cert);
    separate(c, false);
    encode_name(c, TEXT("Key"));
    encode_string(c, cert->key);
    c->nesting.level--;
    new_line(c);
    text_buf_byte(c->b, '}');
}

static void encode_time(struct encoder *c, const struct go_time *t)
{
    text_buf_byte(c->b, '"');
    struct err *e = go_time_print_json(c->b, t);
    if (e)
        fail(c, err_wrap(e, "json: error calling MarshalJSON for type time.Time"));
    text_buf_byte(c->b, '"');
}

static void encode_semver(struct encoder *c, const struct semver *v)
{
    text_buf_byte(c->b, '"');
    semver_print(c->b, v);
    text_buf_byte(c->b, '"');
}

static void encode(struct encoder *c, const struct datum *d)
{
    switch (d->kind) {
    case DATUM_NONE:
    case DATUM_NIL:
        text_buf_puts(c->b, "null");
        break;
    case DATUM_BOOL:
        text_buf_puts(c->b, d->v.b ? "true" : "false");
        break;
    case DATUM_INT:
    case DATUM_INT32:
    case DATUM_INT64:
    case DATUM_DURATION:
    case DATUM_MONTH:
    case DATUM_WEEKDAY:
        text_buf_int(c->b, d->v.i);
        break;
    case DATUM_UINT8:
    case DATUM_UINT32:
    case DATUM_UINT64:
        text_buf_uint(c->b, d->v.u);
        break;
    case DATUM_FLOAT64:
        encode_float(c, d->v.f);
        break;
    case DATUM_COMPLEX128:
        fail(c, err_new(ERR_INVALID, "json: unsupported type: complex128"));
        break;
    case DATUM_STRING:
        encode_string(c, datum_text(d));
        break;
    case DATUM_LIST:
        if (d->v.list->is_nil)
            text_buf_puts(c->b, "null");
        else if (d->v.list->element == ELEMENT_UINT8)
            encode_bytes(c, d->v.list);
        else
            encode_list(c, d);
        break;
    case DATUM_MAP:
        if (d->v.map->is_nil)
            text_buf_puts(c->b, "null");
        else
            encode_map(c, d);
        break;
    case DATUM_TIME:
        encode_time(c, d->v.time);
        break;
    case DATUM_LOCATION:
        text_buf_puts(c->b, "{}");
        break;
    case DATUM_SEMVER:
        encode_semver(c, d->v.semver);
        break;
    case DATUM_CERT:
        encode_cert(c, d->v.cert);
        break;
    }
}

struct err *go_json_encode(struct engine *g, const struct datum *d, unsigned flags,
                           struct text_buf *b)
{
    struct encoder c = {.g = g, .b = b, .flags = flags, .nesting = {.g = g}};

    charge(&c, 1);
    encode(&c, d);
    return c.failed;
}
