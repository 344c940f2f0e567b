/* A name is walked in place, attribute by attribute. Go sorts the attributes it knows into fields
 * and prints those in an order of its own, back to front, behind all that it does not know. */
#include "base/codec.h"
#include "base/unicode.h"
#include "template/der.h"
#include "template/x509.h"

struct attribute {
    struct text oid;
    unsigned tag;
    struct text value;
};

/* id-at, 2.5.4, as bytes. */
#define ID_AT "\x55\x04"

/* What Go knows below id-at, in the order in which it prints them. Of the last two it keeps one
 * value each, the last that is not empty. */
static const struct known {
    unsigned char id;
    bool is_single;
    const char *label;
} known[] = {
    {5, true, "SERIALNUMBER"}, {3, true, "CN"},           {11, false, "OU"},
    {10, false, "O"},          {17, false, "POSTALCODE"}, {9, false, "STREET"},
    {7, false, "L"},           {8, false, "ST"},          {6, false, "C"},
};

static const struct known *known_of(struct text oid)
{
    if (oid.n != 3 || !text_has_prefix(oid, TEXT(ID_AT)))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].id == oid.p[2])
            return &known[i];
    }
    return NULL;
}

static bool is_printable(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(" '()+,-./:=?*&", c));
}

static bool is_numeric(unsigned char c)
{
    return c == ' ' || (c >= '0' && c <= '9');
}

static bool is_ascii(unsigned char c)
{
    return c < 0x80;
}

static bool all(struct text t, bool (*is)(unsigned char))
{
    for (size_t i = 0; i < t.n; i++) {
        if (!is(t.p[i]))
            return false;
    }
    return true;
}

/* A BMP string without the zero that may end it. */
static struct text bmp_trim(struct text t)
{
    if (t.n >= 2 && !t.p[t.n - 1] && !t.p[t.n - 2])
        t.n -= 2;
    return t;
}

static bool is_bmp(struct text t)
{
    if (t.n % 2)
        return false;
    t = bmp_trim(t);
    for (size_t i = 0; i < t.n; i += 2) {
        unsigned point = (unsigned)t.p[i] << 8 | t.p[i + 1];
        if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef) ||
            (point >= 0xd800 && point <= 0xdfff))
            return false;
    }
    return true;
}

static bool value_is_valid(const struct attribute *a)
{
    switch (a->tag) {
    case DER_T61_STRING:
        return true;
    case DER_PRINTABLE_STRING:
        return all(a->value, is_printable);
    case DER_UTF8_STRING:
        return codec_is_utf8((const char *)a->value.p, a->value.n);
    case DER_BMP_STRING:
        return is_bmp(a->value);
    case DER_IA5_STRING:
        return all(a->value, is_ascii);
    case DER_NUMERIC_STRING:
        return all(a->value, is_numeric);
    default:
        return false;
    }
}

static struct err *take_attribute(struct text *set, struct attribute *out)
{
    struct text body;

    if (!der_take(set, DER_SEQUENCE, &body))
        return err_new(ERR_INVALID, "x509: invalid RDNSequence: invalid attribute");
    if (!der_take_oid(&body, &out->oid))
        return err_new(ERR_INVALID, "x509: invalid RDNSequence: invalid attribute type");
    if (!der_take_any(&body, &out->tag, &out->value, NULL) || !value_is_valid(out))
        return err_new(ERR_INVALID, "x509: invalid RDNSequence: invalid attribute value");
    return NULL;
}

/* The next attribute of a name, *set holding what is left of the set at hand; *found is false
 * behind the last. */
static struct err *next_attribute(struct text *sets, struct text *set, bool *found,
                                  struct attribute *out)
{
    while (!set->n && sets->n) {
        if (!der_take(sets, DER_SET, set))
            return err_new(ERR_INVALID, "x509: invalid RDNSequence");
    }
    *found = set->n > 0;
    return *found ? take_attribute(set, out) : NULL;
}

struct err *x509_check_name(struct engine *g, struct text whole)
{
    struct text sets, set = {0};
    struct attribute a = {0};
    bool found = true;

    if (!der_take(&whole, DER_SEQUENCE, &sets))
        return err_new(ERR_INVALID, "x509: invalid RDNSequence");
    struct err *e = engine_charge_bytes(g, sets.n);
    while (!e && found)
        e = next_attribute(&sets, &set, &found, &a);
    return e;
}

/* The value as UTF-8. */
static struct err *value_text(struct engine *g, const struct attribute *a, struct text *out)
{
    struct text_buf b;
    struct text v = a->tag == DER_BMP_STRING ? bmp_trim(a->value) : a->value;

    *out = v;
    if (a->tag != DER_BMP_STRING && a->tag != DER_T61_STRING)
        return NULL;
    text_buf_init(&b, g->arena, TEXT_MAX);
    size_t step = a->tag == DER_BMP_STRING ? 2 : 1;
    for (size_t i = 0; i < v.n; i += step)
        text_buf_rune(&b, step == 2 ? (uint32_t)v.p[i] << 8 | v.p[i + 1] : v.p[i]);
    return text_buf_end(&b, out);
}

static void put_escaped(struct text_buf *b, struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char c = t.p[i];
        bool is_edge = i == 0 || i + 1 == t.n;
        if ((c && strchr(",+\"\\<>;", c)) || (c == ' ' && is_edge) || (c == '#' && i == 0))
            text_buf_byte(b, '\\');
        text_buf_byte(b, c);
    }
}

/* OID=#HEX, where the value is encoded anew. */
static struct err *put_unknown(struct engine *g, struct text_buf *b, const struct attribute *a)
{
    static const char digits[] = "0123456789abcdef";
    struct text value, der;
    struct text_buf encoded;
    struct err *e = value_text(g, a, &value);

    if (e)
        return e;
    text_buf_init(&encoded, g->arena, TEXT_MAX);
    der_add_string(&encoded, value);
    e = text_buf_end(&encoded, &der);
    if (e)
        return e;
    der_oid_print(b, a->oid);
    text_buf_puts(b, "=#");
    for (size_t i = 0; i < der.n; i++) {
        text_buf_byte(b, (unsigned char)digits[der.p[i] >> 4]);
        text_buf_byte(b, (unsigned char)digits[der.p[i] & 15u]);
    }
    return NULL;
}

struct printer {
    struct engine *g;
    struct text_buf *b;
    struct text sets; /* of the name */
    size_t start;     /* length of b before the name */
};

static void separate(struct printer *p, const char *with)
{
    if (p->b->n > p->start)
        text_buf_puts(p->b, with);
}

/* All values of one known attribute: joined by "+", or the last where there may be one. */
static struct err *put_known(struct printer *p, const struct known *which)
{
    struct text sets = p->sets, set = {0}, value = {0}, last = {0};
    struct attribute a = {0};
    bool found = true, is_first = true;

    while (found) {
        struct err *e = next_attribute(&sets, &set, &found, &a);
        if (!e && found && known_of(a.oid) == which)
            e = value_text(p->g, &a, &value);
        else if (!e)
            continue;
        if (e)
            return e;
        last = value;
        if (which->is_single)
            continue;
        separate(p, is_first ? "," : "+");
        text_buf_puts(p->b, which->label);
        text_buf_byte(p->b, '=');
        put_escaped(p->b, value);
        is_first = false;
    }
    if (which->is_single && last.n) {
        separate(p, ",");
        text_buf_puts(p->b, which->label);
        text_buf_byte(p->b, '=');
        put_escaped(p->b, last);
    }
    return NULL;
}

/* The n-th attribute that is not known, counted from the front; *found is false behind the last. */
static struct err *find_unknown(const struct printer *p, size_t n, bool *found,
                                struct attribute *out)
{
    struct text sets = p->sets, set = {0};

    do {
        struct err *e = next_attribute(&sets, &set, found, out);
        if (e)
            return e;
    } while (*found && (known_of(out->oid) || n-- > 0));
    return NULL;
}

/* Back to front. */
static struct err *put_all_unknown(struct printer *p)
{
    struct attribute a = {0};
    bool found = true;
    size_t n = 0;

    for (; found; n++) {
        struct err *e = engine_charge(p->g, n + 1);
        if (!e)
            e = find_unknown(p, n, &found, &a);
        if (e)
            return e;
    }
    for (n--; n-- > 0;) {
        struct err *e = engine_charge(p->g, n + 1);
        if (!e)
            e = find_unknown(p, n, &found, &a);
        if (e)
            return e;
        separate(p, ",");
        e = put_unknown(p->g, p->b, &a);
        if (e)
            return e;
    }
    return NULL;
}

struct err *x509_print_subject(struct engine *g, const struct x509 *cert, struct text_buf *b)
{
    struct printer p = {.g = g, .b = b, .start = b->n};
    struct text whole = cert->subject;

    if (!der_take(&whole, DER_SEQUENCE, &p.sets))
        return err_new(ERR_INVALID, "x509: invalid RDNSequence");
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        struct err *e = engine_charge_bytes(g, p.sets.n);
        if (!e)
            e = put_known(&p, &known[i]);
        if (e)
            return e;
    }
    return put_all_unknown(&p);
}
