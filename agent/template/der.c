/* Only lengths in their shortest form, tags of one byte and integers without padding are accepted,
 * so that what was read can be written again with the same bytes. A writer puts the length in when
 * the element is closed and moves the body over for it: elements are small and nested few times. */
#include "template/der.h"

#define LONG_FORM 0x80u
#define LENGTH_BYTES_MAX 4u
#define OID_PART_BYTES_MAX 5u
#define OID_PART_BITS 31

bool der_read_head(struct text in, size_t *head, size_t *body)
{
    if (in.n < 2)
        return false;
    if (in.p[1] < LONG_FORM) {
        *head = 2;
        *body = in.p[1];
        return true;
    }
    size_t count = in.p[1] & 0x7fu;
    size_t length = 0;
    if (count == 0 || count > LENGTH_BYTES_MAX || in.n < 2 + count || in.p[2] == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | in.p[2 + i];
    *head = 2 + count;
    *body = length;
    return length >= LONG_FORM;
}

bool der_is_next(struct text in, unsigned tag)
{
    return in.n > 0 && in.p[0] == tag;
}

bool der_take_any(struct text *in, unsigned *tag, struct text *body, struct text *whole)
{
    struct text t = *in;
    size_t head, length;

    if (!der_read_head(t, &head, &length) || (t.p[0] & 0x1fu) == 0x1fu || length > t.n - head)
        return false;
    *tag = t.p[0];
    *in = text_part(t, head + length, t.n - head - length);
    if (whole)
        *whole = text_part(t, 0, head + length);
    if (body)
        *body = text_part(t, head, length);
    return true;
}

bool der_take(struct text *in, unsigned tag, struct text *body)
{
    unsigned found;

    return der_take_any(in, &found, body, NULL) && found == tag;
}

bool der_take_whole(struct text *in, unsigned tag, struct text *whole)
{
    unsigned found;

    return der_take_any(in, &found, NULL, whole) && found == tag;
}

bool der_take_optional(struct text *in, unsigned tag, bool *is_there, struct text *body)
{
    bool found = der_is_next(*in, tag);

    if (is_there)
        *is_there = found;
    return !found || der_take(in, tag, body);
}

bool der_take_bool(struct text *in, bool *out)
{
    struct text body;

    if (!der_take(in, DER_BOOLEAN, &body) || body.n != 1 || (body.p[0] != 0 && body.p[0] != 0xff))
        return false;
    *out = body.p[0] != 0;
    return true;
}

bool der_read_bits(struct text body, struct der_bits *out)
{
    if (body.n == 0 || body.p[0] > 7)
        return false;
    out->unused = body.p[0];
    out->bytes = text_part(body, 1, body.n - 1);
    if (!out->bytes.n)
        return out->unused == 0;
    return (body.p[body.n - 1] & ((1u << out->unused) - 1)) == 0;
}

bool der_take_bits(struct text *in, struct der_bits *out)
{
    struct text body;

    return der_take(in, DER_BIT_STRING, &body) && der_read_bits(body, out);
}

/* Step over one part of an identifier. */
static bool take_oid_part(struct text *in, uint64_t *part)
{
    uint64_t v = 0;

    if (in->n && in->p[0] == 0x80)
        return false;
    for (size_t i = 0; i < in->n && i < OID_PART_BYTES_MAX; i++) {
        v = v << 7 | (in->p[i] & 0x7fu);
        if (in->p[i] < 0x80) {
            *part = v;
            *in = text_part(*in, i + 1, in->n - i - 1);
            return v >> OID_PART_BITS == 0;
        }
    }
    return false;
}

bool der_oid_is_valid(struct text body)
{
    uint64_t part;

    if (!body.n)
        return false;
    while (body.n) {
        if (!take_oid_part(&body, &part))
            return false;
    }
    return true;
}

void der_oid_print(struct text_buf *b, struct text body)
{
    uint64_t part = 0;

    if (!take_oid_part(&body, &part))
        return;
    text_buf_uint(b, part < 80 ? part / 40 : 2);
    text_buf_byte(b, '.');
    text_buf_uint(b, part < 80 ? part % 40 : part - 80);
    while (body.n && take_oid_part(&body, &part)) {
        text_buf_byte(b, '.');
        text_buf_uint(b, part);
    }
}

bool der_take_oid(struct text *in, struct text *out)
{
    return der_take(in, DER_OID, out) && der_oid_is_valid(*out);
}

bool der_integer_is_valid(struct text body)
{
    if (body.n < 2)
        return body.n == 1;
    return !(body.p[0] == 0 && body.p[1] < 0x80) && !(body.p[0] == 0xff && body.p[1] >= 0x80);
}

bool der_integer_is_negative(struct text body)
{
    return body.n > 0 && body.p[0] >= 0x80;
}

bool der_integer_value(struct text body, int64_t *out)
{
    uint64_t v = der_integer_is_negative(body) ? UINT64_MAX : 0;

    if (body.n > sizeof(v))
        return false;
    for (size_t i = 0; i < body.n; i++)
        v = v << 8 | body.p[i];
    *out = (int64_t)v;
    return true;
}

struct text der_integer_magnitude(struct text body)
{
    while (body.n && body.p[0] == 0)
        body = text_part(body, 1, body.n - 1);
    return body;
}

bool der_take_integer(struct text *in, struct text *out)
{
    return der_take(in, DER_INTEGER, out) && der_integer_is_valid(*out);
}

bool der_take_int64(struct text *in, int64_t *out)
{
    struct text body;

    return der_take_integer(in, &body) && der_integer_value(body, out);
}

struct err *der_bits_align(struct secret_arena *a, const struct der_bits *bits, struct text *out)
{
    void *p;

    if (!bits->unused) {
        *out = bits->bytes;
        return NULL;
    }
    struct err *e = secret_arena_alloc(a, bits->bytes.n, &p);
    if (e)
        return e;
    unsigned char *to = p;
    unsigned carry = 0;
    for (size_t i = 0; i < bits->bytes.n; i++) {
        to[i] = (unsigned char)(carry << (8 - bits->unused) | bits->bytes.p[i] >> bits->unused);
        carry = bits->bytes.p[i];
    }
    *out = (struct text){to, bits->bytes.n};
    return NULL;
}

/* Octets of a length, the shortest form; their number. */
static size_t length_octets(size_t length, unsigned char out[sizeof(size_t) + 1])
{
    size_t count = 0;

    if (length < LONG_FORM) {
        out[0] = (unsigned char)length;
        return 1;
    }
    for (size_t rest = length; rest; rest >>= 8)
        count++;
    out[0] = (unsigned char)(LONG_FORM | count);
    for (size_t i = 0; i < count; i++)
        out[1 + i] = (unsigned char)(length >> 8 * (count - 1 - i));
    return count + 1;
}

size_t der_begin(struct text_buf *b, unsigned tag)
{
    text_buf_byte(b, (unsigned char)tag);
    return b->n;
}

void der_end(struct text_buf *b, size_t begun)
{
    unsigned char octets[sizeof(size_t) + 1];

    if (!text_buf_ok(b))
        return;
    size_t length = b->n - begun;
    size_t count = length_octets(length, octets);
    if (!text_buf_room(b, count))
        return;
    memmove(b->p + begun + count, b->p + begun, length);
    memcpy(b->p + begun, octets, count);
}

void der_add(struct text_buf *b, unsigned tag, struct text body)
{
    unsigned char octets[sizeof(size_t) + 1];

    text_buf_byte(b, (unsigned char)tag);
    text_buf_bytes(b, octets, length_octets(body.n, octets));
    text_buf_add(b, body);
}

void der_add_int(struct text_buf *b, int64_t v)
{
    unsigned char octets[sizeof(v)];
    struct text body = {octets, sizeof(octets)};

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (unsigned char)((uint64_t)v >> 8 * (sizeof(octets) - 1 - i));
    while (!der_integer_is_valid(body))
        body = text_part(body, 1, body.n - 1);
    der_add(b, DER_INTEGER, body);
}

void der_add_magnitude(struct text_buf *b, struct text big_endian)
{
    struct text v = der_integer_magnitude(big_endian);
    size_t begun = der_begin(b, DER_INTEGER);

    if (!v.n || v.p[0] >= 0x80)
        text_buf_byte(b, 0);
    text_buf_add(b, v);
    der_end(b, begun);
}

void der_add_bits(struct text_buf *b, struct text bytes)
{
    size_t begun = der_begin(b, DER_BIT_STRING);

    text_buf_byte(b, 0);
    text_buf_add(b, bytes);
    der_end(b, begun);
}

void der_add_null(struct text_buf *b)
{
    der_add(b, DER_NULL, (struct text){NULL, 0});
}

void der_add_string(struct text_buf *b, struct text t)
{
    static const char marks[] = " '()+,-./:=?";
    bool is_printable = true;

    for (size_t i = 0; i < t.n && is_printable; i++) {
        unsigned char c = t.p[i];
        is_printable = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       (c && strchr(marks, c));
    }
    der_add(b, is_printable ? DER_PRINTABLE_STRING : DER_UTF8_STRING, t);
}
