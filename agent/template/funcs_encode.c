/* sprig gives what its decoders complain about as the result, so the messages are data here, to the
 * byte. Where base64 goes wrong is looked for only after it has: the decoder itself need not know.
 */
#include "template/funcs_encode.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/unicode.h"
#include "template/base64.h"
#include "template/funcs.h"
#include "template/funcs_text.h"

#define ADLER_BASE 65521u
#define ADLER_BYTES 5552u /* so many can be added up before 32 bits overflow */

static const char hex_digits[] = "0123456789abcdef";

struct err *funcs_encode_illegal(struct engine *g, const char *what, size_t at, struct datum *out)
{
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, "illegal ");
    text_buf_puts(&b, what);
    text_buf_puts(&b, " data at input byte ");
    text_buf_uint(&b, at);
    return func_give_text(&b, NULL, out);
}

static struct err *b64enc(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    base64_encode(&b, datum_text(&args[0]));
    return func_give_text(&b, NULL, out);
}

static bool is_sextet(unsigned char c)
{
    bool is_letter = (unsigned char)((c | 0x20) - 'a') < 26;

    return is_letter || (unsigned char)(c - '0') < 10 || c == '+' || c == '/';
}

static size_t skip_line_ends(struct text t, size_t at)
{
    while (at < t.n && (t.p[at] == '\r' || t.p[at] == '\n'))
        at++;
    return at;
}

/* Where Go says that the padding which begins at at, behind count characters of its group, is
 * wrong. */
static size_t wrong_padding_at(struct text t, size_t at, size_t count)
{
    if (count < 2)
        return at;
    at = skip_line_ends(t, at + 1);
    if (count == 2) {
        if (at == t.n)
            return at;
        if (t.p[at] != '=')
            return at - 1;
        at = skip_line_ends(t, at + 1);
    }
    return at;
}

/* Where Go says that t, which is no base64, goes wrong. */
static size_t wrong_base64_at(struct text t)
{
    size_t count = 0, at = skip_line_ends(t, 0);

    for (; at < t.n && is_sextet(t.p[at]); at = skip_line_ends(t, at + 1))
        count = (count + 1) % 4;
    if (at == t.n)
        return at - count;
    return t.p[at] == '=' ? wrong_padding_at(t, at, count) : at;
}

static struct err *b64dec(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text t = datum_text(&args[0]), decoded;
    bool is_valid;
    struct err *e = engine_charge_bytes(g, t.n);

    (void)n;
    if (!e)
        e = base64_decode(g->arena, t, 0, &is_valid, &decoded);
    if (e)
        return e;
    if (!is_valid)
        return funcs_encode_illegal(g, "base64", wrong_base64_at(t), out);
    *out = datum_string(decoded);
    return NULL;
}

/* Value of a digit; 16 for what is none. */
static unsigned hex_value(unsigned char c)
{
    if ((unsigned char)(c - '0') < 10)
        return c - (unsigned)'0';
    c |= 0x20;
    return (unsigned char)(c - 'a') < 6 ? c - (unsigned)'a' + 10 : 16;
}

/* Go's complaint about a byte that is no digit. */
static struct err *illegal_digit(struct engine *g, unsigned char c, struct datum *out)
{
    char number[16];
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, "encoding/hex: invalid byte: ");
    snprintf(number, sizeof(number), "U+%04X", (unsigned)c);
    text_buf_puts(&b, number);
    if (unicode_is_print(c)) {
        text_buf_puts(&b, " '");
        text_buf_rune(&b, c);
        text_buf_byte(&b, '\'');
    }
    return func_give_text(&b, NULL, out);
}

static struct err *hexdec(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text t = datum_text(&args[0]);
    struct text_buf b;
    unsigned char *to = funcs_text_room(g, &b, t.n / 2);

    (void)n;
    for (size_t i = 0; i < t.n && text_buf_ok(&b); i++) {
        unsigned v = hex_value(t.p[i]);
        if (v > 15)
            return illegal_digit(g, t.p[i], out);
        if (i / 2 < t.n / 2)
            to[i / 2] = (unsigned char)(i & 1 ? to[i / 2] | v : v << 4);
    }
    if (t.n % 2 == 0 || !text_buf_ok(&b))
        return func_give_text(&b, NULL, out);
    *out = datum_string(TEXT("encoding/hex: odd length hex string"));
    return NULL;
}

/* Digest in hex. Hashing is slower than copying, hence the second charge. */
static struct err *digest(struct engine *g, struct text t, const EVP_MD *md, struct datum *out)
{
    unsigned char sum[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, 2 * t.n);

    if (e)
        return e;
    if (EVP_Digest(t.n ? t.p : sum, t.n, sum, &size, md, NULL) != 1)
        return err_new(ERR_INTERNAL, "digest failed");
    unsigned char *to = funcs_text_room(g, &b, 2 * (size_t)size);
    for (size_t i = 0; to && i < size; i++) {
        to[2 * i] = (unsigned char)hex_digits[sum[i] >> 4];
        to[2 * i + 1] = (unsigned char)hex_digits[sum[i] & 15];
    }
    return func_give_text(&b, NULL, out);
}

static struct err *sha1sum(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    (void)n;
    return digest(g, datum_text(&args[0]), EVP_sha1(), out);
}

static struct err *sha256sum(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    return digest(g, datum_text(&args[0]), EVP_sha256(), out);
}

static struct err *sha512sum(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    (void)n;
    return digest(g, datum_text(&args[0]), EVP_sha512(), out);
}

static uint32_t adler32(struct text t)
{
    uint32_t a = 1, b = 0;

    for (size_t at = 0; at < t.n;) {
        size_t end = t.n - at < ADLER_BYTES ? t.n : at + ADLER_BYTES;

        for (; at < end; at++) {
            a += t.p[at];
            b += a;
        }
        a %= ADLER_BASE;
        b %= ADLER_BASE;
    }
    return b << 16 | a;
}

static struct err *adler32sum(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, args[0].n);

    (void)n;
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_uint(&b, adler32(datum_text(&args[0])));
    return func_give_text(&b, NULL, out);
}

static const struct func rows[] = {
    {"adler32sum", "s", "s", adler32sum, 0, "the Adler-32 checksum, in decimal",
     "{{ adler32sum \"Wikipedia\" }}", "300286872"},
    {"b32dec", "s", "s", funcs_encode_b32dec, 0,
     "what the base32 text stands for; a message where it is none", "{{ b32dec \"NBUQ====\" }}",
     "hi"},
    {"b32enc", "s", "s", funcs_encode_b32enc, 0, "the text in base32", "{{ b32enc \"hi\" }}",
     "NBUQ===="},
    {"b64dec", "s", "s", b64dec, 0, "what the base64 text stands for; a message where it is none",
     "{{ b64dec \"aGk=\" }}", "hi"},
    {"b64enc", "s", "s", b64enc, 0, "the text in base64", "{{ b64enc \"hi\" }}", "aGk="},
    {"hexdec", "s", "s", hexdec, 0, "what the hex text stands for; a message where it is none",
     "{{ hexdec \"6869\" }}", "hi"},
    {"sha1sum", "s", "s", sha1sum, 0, "the SHA-1 digest, in hex", "{{ sha1sum \"hi\" }}",
     "c22b5f9178342609428d6f51b2c5af4c0bde6a42"},
    {"sha256sum", "s", "s", sha256sum, 0, "the SHA-256 digest, in hex", "{{ sha256sum \"hi\" }}",
     "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"},
    {"sha512sum", "s", "s", sha512sum, 0, "the SHA-512 digest, in hex",
     "{{ sha512sum \"hi\" | trunc 16 }}", "150a14ed5bea6cc7"},
};

const struct func_table funcs_encode = {"Encodings and digests", rows, ARRAY_SIZE(rows)};
