/* The head of an element is read before it is compared, and its length is held against the input
 * only once it has been taken for the field at hand: an optional field that does not match is no
 * error even when it reaches past the end, as in Go. */
#include "template/asn1.h"

#include "template/der.h"

#define CLASS_UNIVERSAL 0u
#define CLASS_CONTEXT 2u
#define TAG_INTEGER 2u
#define TAG_OCTETS 4u
#define TAG_OID 6u
#define TAG_SEQUENCE 16u
#define TAG_SET 17u
#define HIGH_TAG 0x1fu
#define TAG_BYTES_MAX 5u
#define LENGTH_MAX 0x7fffffffu

struct head {
    unsigned class;
    bool is_constructed;
    uint32_t tag;
    size_t head, body; /* bytes; the body may reach past the input */
};

struct wanted {
    unsigned class;
    bool is_constructed;
    uint32_t tag;
};

static const struct wanted a_sequence = {CLASS_UNIVERSAL, true, TAG_SEQUENCE};
static const struct wanted a_set = {CLASS_UNIVERSAL, true, TAG_SET};
static const struct wanted an_integer = {CLASS_UNIVERSAL, false, TAG_INTEGER};
static const struct wanted an_oid = {CLASS_UNIVERSAL, false, TAG_OID};
static const struct wanted octets = {CLASS_UNIVERSAL, false, TAG_OCTETS};

/* A tag of several bytes behind in.p[0]; bytes taken, 0 where it is malformed. */
static size_t read_high_tag(struct text in, uint32_t *tag)
{
    uint64_t v = 0;

    if (in.n > 1 && in.p[1] == 0x80)
        return 0;
    for (size_t i = 1; i < in.n && i <= TAG_BYTES_MAX; i++) {
        v = v << 7 | (in.p[i] & 0x7fu);
        if (in.p[i] < 0x80) {
            *tag = (uint32_t)v;
            return v > INT32_MAX || v < HIGH_TAG ? 0 : i;
        }
    }
    return 0;
}

static bool read_head(struct text in, struct head *h)
{
    size_t more = 0;

    if (!in.n)
        return false;
    h->class = in.p[0] >> 6;
    h->is_constructed = in.p[0] & 0x20u;
    h->tag = in.p[0] & HIGH_TAG;
    if (h->tag == HIGH_TAG) {
        more = read_high_tag(in, &h->tag);
        if (!more)
            return false;
    }
    if (!der_read_head(text_part(in, more, in.n - more), &h->head, &h->body))
        return false;
    h->head += more;
    return h->body <= LENGTH_MAX;
}

static bool matches(const struct head *h, const struct wanted *w)
{
    return h->class == w->class && h->is_constructed == w->is_constructed && h->tag == w->tag;
}

static bool step(struct text *in, const struct head *h, struct text *body)
{
    struct text t = *in;

    if (h->body > t.n - h->head)
        return false;
    *in = text_part(t, h->head + h->body, t.n - h->head - h->body);
    *body = text_part(t, h->head, h->body);
    return true;
}

static bool take(struct text *in, const struct wanted *w, struct text *body)
{
    struct head h;

    return read_head(*in, &h) && matches(&h, w) && step(in, &h, body);
}

static bool take_optional(struct text *in, const struct wanted *w, bool *is_there,
                          struct text *body)
{
    struct head h;

    *is_there = false;
    if (!in->n)
        return true;
    if (!read_head(*in, &h))
        return false;
    *is_there = matches(&h, w);
    return !*is_there || step(in, &h, body);
}

bool asn1_take_sequence(struct text *in, struct text *body)
{
    return take(in, &a_sequence, body);
}

bool asn1_take_set(struct text *in, struct text *body)
{
    return take(in, &a_set, body);
}

bool asn1_take_octets(struct text *in, struct text *body)
{
    return take(in, &octets, body);
}

bool asn1_take_oid(struct text *in, struct text *body)
{
    return take(in, &an_oid, body) && der_oid_is_valid(*body);
}

bool asn1_take_integer(struct text *in, struct text *body)
{
    return take(in, &an_integer, body) && der_integer_is_valid(*body);
}

bool asn1_take_int64(struct text *in, int64_t *out)
{
    struct text body;

    return asn1_take_integer(in, &body) && der_integer_value(body, out);
}

bool asn1_take_any(struct text *in, struct asn1_raw *out)
{
    struct text start = *in;
    struct head h;

    if (!read_head(*in, &h) || !step(in, &h, &out->body))
        return false;
    out->class = h.class;
    out->is_constructed = h.is_constructed;
    out->tag = h.tag;
    out->whole = text_part(start, 0, h.head + h.body);
    return true;
}

bool asn1_take_optional_integer(struct text *in, bool *is_there, struct text *body)
{
    return take_optional(in, &an_integer, is_there, body) &&
           (!*is_there || der_integer_is_valid(*body));
}

bool asn1_take_optional_sequence(struct text *in, bool *is_there, struct text *body)
{
    return take_optional(in, &a_sequence, is_there, body);
}

bool asn1_take_optional_set(struct text *in, bool *is_there, struct text *body)
{
    return take_optional(in, &a_set, is_there, body);
}

bool asn1_take_optional_context_octets(struct text *in, uint32_t tag, struct text *body)
{
    bool is_there;

    return take_optional(in, &(struct wanted){CLASS_CONTEXT, false, tag}, &is_there, body);
}

/* Head of an explicit [tag]; an element with nothing behind its head is refused whatever it is. */
static bool read_explicit(struct text in, uint32_t tag, bool *is_there, struct head *h)
{
    *is_there = false;
    if (!in.n)
        return true;
    if (!read_head(in, h) || h->head == in.n)
        return false;
    *is_there = h->class == CLASS_CONTEXT && h->tag == tag && (h->is_constructed || h->body == 0);
    return true;
}

bool asn1_take_explicit_any(struct text *in, uint32_t tag, bool *is_there, struct text *body)
{
    struct head h;

    if (!read_explicit(*in, tag, is_there, &h))
        return false;
    return !*is_there || step(in, &h, body);
}

/* Step over the head of an explicit [tag], so that its content is next. */
static bool enter_explicit(struct text *in, uint32_t tag, bool *is_there)
{
    struct head h;

    if (!read_explicit(*in, tag, is_there, &h))
        return false;
    if (!*is_there)
        return true;
    *in = text_part(*in, h.head, in->n - h.head);
    return h.body > 0;
}

bool asn1_take_optional_explicit(struct text *in, uint32_t tag, uint32_t type, bool *is_there,
                                 struct text *body)
{
    struct text inner = *in;

    if (!enter_explicit(&inner, tag, is_there))
        return false;
    if (!*is_there)
        return true;
    if (!take_optional(&inner, &(struct wanted){CLASS_UNIVERSAL, false, type}, is_there, body))
        return false;
    if (*is_there)
        *in = inner;
    return true;
}

bool asn1_take_explicit_octets(struct text *in, uint32_t tag, struct text *body)
{
    bool is_there;

    return enter_explicit(in, tag, &is_there) && is_there && asn1_take_octets(in, body);
}

static bool read_algorithm(struct text body, struct asn1_algorithm *out)
{
    *out = (struct asn1_algorithm){0};
    return asn1_take_oid(&body, &out->oid) && (!body.n || asn1_take_any(&body, &out->params));
}

bool asn1_take_algorithm(struct text *in, struct asn1_algorithm *out)
{
    struct text body;

    return asn1_take_sequence(in, &body) && read_algorithm(body, out);
}

bool asn1_take_optional_algorithm(struct text *in, bool *is_there, struct asn1_algorithm *out)
{
    struct text body = {0};

    if (!asn1_take_optional_sequence(in, is_there, &body))
        return false;
    return !*is_there || read_algorithm(body, out);
}
