/* Both directions work through a small batch on the stack, which is erased, so that the arena is
 * asked seldom. Decoding follows Go's encoding/base64, because External Secrets and the Kubernetes
 * API decode with it: CR and LF are skipped anywhere, padding is required, and the unused low bits
 * of the last symbol are not looked at. */
#include "base/codec.h"

#include <string.h>

#include "base/unicode.h"

static const char digits[2][65] = {
    [CODEC_BASE64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    [CODEC_BASE64URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

#define BATCH_BYTES 192u

struct batch {
    struct secret_buf *out;
    size_t n;
    unsigned char bytes[BATCH_BYTES];
};

static struct err *batch_flush(struct batch *b)
{
    struct err *e = secret_buf_append_raw(b->out, b->bytes, b->n);

    b->n = 0;
    return e;
}

static struct err *batch_add(struct batch *b, const unsigned char *bytes, size_t n)
{
    struct err *e = b->n + n > BATCH_BYTES ? batch_flush(b) : NULL;

    if (e)
        return e;
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
    return NULL;
}

static struct err *batch_end(struct batch *b, struct err *e)
{
    if (!e)
        e = batch_flush(b);
    secret_erase(b->bytes, sizeof(b->bytes));
    return e;
}

static int symbol_of(const char *alphabet, unsigned char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

static bool is_line_break(unsigned char c)
{
    return c == '\r' || c == '\n';
}

struct quantum {
    unsigned symbols[4];
    size_t n;        /* symbols and padding so far */
    size_t n_padded; /* of these, padding */
};

static struct err *quantum_add(struct quantum *q, const char *alphabet, unsigned char c, size_t at)
{
    int symbol = symbol_of(alphabet, c);

    if (c == '=' && q->n >= 2) {
        q->symbols[q->n++] = 0;
        q->n_padded++;
        return NULL;
    }
    if (symbol < 0 || q->n_padded)
        return err_new(ERR_INVALID, "no base64 at byte %zu", at);
    q->symbols[q->n++] = (unsigned)symbol;
    return NULL;
}

static struct err *quantum_end(struct quantum *q, struct batch *b)
{
    unsigned bits = q->symbols[0] << 18 | q->symbols[1] << 12 | q->symbols[2] << 6 | q->symbols[3];
    unsigned char bytes[3] = {(unsigned char)(bits >> 16), (unsigned char)(bits >> 8),
                              (unsigned char)bits};
    struct err *e = batch_add(b, bytes, 3 - q->n_padded);

    secret_erase(bytes, sizeof(bytes));
    q->n = 0;
    return e;
}

static struct err *decode_into(const char *alphabet, struct secret_view in, struct batch *b)
{
    const unsigned char *s = secret_view_raw(in);
    struct quantum q = {0};
    struct err *e = NULL;

    for (size_t i = 0; i < in.n && !e; i++) {
        if (is_line_break(s[i]))
            continue;
        if (q.n == 0 && q.n_padded)
            e = err_new(ERR_INVALID, "base64 goes on after its padding at byte %zu", i);
        else
            e = quantum_add(&q, alphabet, s[i], i);
        if (!e && q.n == 4)
            e = quantum_end(&q, b);
    }
    if (!e && q.n)
        e = err_new(ERR_INVALID, "base64 is cut off at byte %zu", in.n);
    secret_erase(&q, sizeof(q));
    return e;
}

struct err *codec_base64_decode(enum codec_alphabet alphabet, struct secret_view in,
                                struct secret_buf **out)
{
    CLEANUP(secret_buf) struct secret_buf *result = NULL;
    struct err *e = secret_buf_new(in.n / 4 * 3, &result);
    struct batch b = {.out = result};

    if (e)
        return e;
    e = batch_end(&b, decode_into(digits[alphabet], in, &b));
    if (e)
        return e;
    *out = TAKE(result);
    return NULL;
}

static void encode_group(const char *alphabet, const unsigned char *s, size_t n,
                         unsigned char out[4])
{
    unsigned second = n > 1 ? s[1] : 0, third = n > 2 ? s[2] : 0;

    out[0] = (unsigned char)alphabet[s[0] >> 2];
    out[1] = (unsigned char)alphabet[(s[0] & 3u) << 4 | second >> 4];
    out[2] = (unsigned char)(n > 1 ? alphabet[(second & 15u) << 2 | third >> 6] : '=');
    out[3] = (unsigned char)(n > 2 ? alphabet[third & 63u] : '=');
}

struct err *codec_base64_encode(enum codec_alphabet alphabet, struct secret_view in,
                                struct secret_buf *out)
{
    const unsigned char *s = secret_view_raw(in);
    size_t before = secret_buf_size(out);
    struct batch b = {.out = out};
    struct err *e = NULL;

    for (size_t i = 0; i < in.n && !e; i += 3) {
        unsigned char group[4];

        encode_group(digits[alphabet], s + i, in.n - i, group);
        e = batch_add(&b, group, sizeof(group));
        secret_erase(group, sizeof(group));
    }
    e = batch_end(&b, e);
    if (e)
        secret_buf_truncate(out, before);
    return e;
}

void codec_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

bool codec_is_utf8(const char *s, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)s;
    uint32_t rune;

    for (size_t at = 0, step; at < n; at += step) {
        step = unicode_decode(bytes + at, n - at, &rune);
        if (step == 1 && rune == UNICODE_REPLACEMENT)
            return false;
    }
    return true;
}
