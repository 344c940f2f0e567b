/* Eight characters carry five bytes. Line ends are taken out first, and the places in messages
 * count without them. Go looks at no more of the padding than completes the group: what follows it
 * in the same eight characters is not seen, which is kept. */
#include "template/funcs_encode.h"

#include "template/funcs_text.h"

#define GROUP 8u
#define GROUP_BYTES 5u

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

struct err *funcs_encode_b32enc(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    unsigned char *to = funcs_text_room(g, &b, (t.n + GROUP_BYTES - 1) / GROUP_BYTES * GROUP);

    (void)n;
    for (size_t at = 0; to && at < t.n; at += GROUP_BYTES, to += GROUP) {
        uint64_t group = 0;
        size_t have = t.n - at < GROUP_BYTES ? t.n - at : GROUP_BYTES;

        for (size_t i = 0; i < GROUP_BYTES; i++)
            group = group << 8 | (i < have ? t.p[at + i] : 0);
        for (size_t i = 0; i < GROUP; i++)
            to[i] = (unsigned char)(5 * i < 8 * have ? alphabet[group >> (35 - 5 * i) & 31] : '=');
    }
    return func_give_text(&b, NULL, out);
}

/* Value of a character; 32 for what is none. */
static unsigned value_of(unsigned char c)
{
    if ((unsigned char)(c - 'A') < 26)
        return c - (unsigned)'A';
    return (unsigned char)(c - '2') < 6 ? c - (unsigned)'2' + 26 : 32;
}

struct decoding {
    struct text t; /* without line ends */
    size_t at;     /* in t */
    unsigned char *to;
    size_t n;     /* bytes in to */
    bool is_done; /* padding was read */
};

/* The padding at d->at behind count characters. False, and the place, where it is wrong. */
static bool read_padding(struct decoding *d, size_t count, size_t *wrong_at)
{
    size_t after = d->at + 1, left = d->t.n - after;

    *wrong_at = d->t.n;
    if (left + count < GROUP - 1)
        return false;
    for (size_t i = 0; i < GROUP - 1 - count && i < left; i++) {
        *wrong_at = after + i - 1;
        if (d->t.p[after + i] != '=')
            return false;
    }
    *wrong_at = d->at;
    d->is_done = true;
    return count != 1 && count != 3 && count != 6;
}

static void write_group(struct decoding *d, uint64_t group, size_t count)
{
    group <<= 5 * (GROUP - count);
    for (size_t i = 0; i < 5 * count / 8; i++)
        d->to[d->n++] = (unsigned char)(group >> (32 - 8 * i));
}

static bool read_group(struct decoding *d, size_t *wrong_at)
{
    uint64_t group = 0;
    size_t count = 0;

    for (; count < GROUP; count++, d->at++) {
        *wrong_at = d->at;
        if (d->at == d->t.n) {
            *wrong_at -= count;
            return false;
        }
        unsigned char c = d->t.p[d->at];
        if (c == '=' && count >= 2 && d->t.n - d->at - 1 < GROUP) {
            if (!read_padding(d, count, wrong_at))
                return false;
            break;
        }
        if (value_of(c) > 31)
            return false;
        group = group << 5 | value_of(c);
    }
    write_group(d, group, count);
    return true;
}

static struct text without_line_ends(struct text t, unsigned char *to)
{
    size_t n = 0;

    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] != '\r' && t.p[i] != '\n')
            to[n++] = t.p[i];
    }
    return (struct text){to, n};
}

struct err *funcs_encode_b32dec(struct engine *g, const struct datum *args, size_t n,
                                struct datum *out)
{
    void *room;
    size_t wrong_at;
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (!e)
        e = secret_arena_alloc(g->arena, args[0].n, &room);
    if (e)
        return e;
    /* A group is written where it and those before it were read. */
    struct decoding d = {.t = without_line_ends(datum_text(&args[0]), room), .to = room};
    while (d.at < d.t.n && !d.is_done) {
        if (!read_group(&d, &wrong_at))
            return funcs_encode_illegal(g, "base32", wrong_at, out);
    }
    *out = datum_string((struct text){d.to, d.n});
    return NULL;
}
