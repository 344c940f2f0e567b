/* One-shot calls of OpenSSL's EVP layer. They fail only when ordinary memory is gone or the library
 * is broken, which is treated like a failed xalloc: the process aborts. The keyed digest is
 * HMAC-SHA-256 cut to 128 bits: enough to tell values apart, too short-lived a key to matter. */
#include "base/digest.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/alloc.h"
#include "base/codec.h"

#define SHA3_224_BYTES 28
#define KEY_BYTES 32
#define KEYED_BYTES 16

struct digest_key {
    struct secret_buf *bytes;
};

struct digest_keyed {
    EVP_MAC_CTX *ctx;
};

static void must(int is_ok)
{
    if (!is_ok)
        abort();
}

static const void *bytes_of(struct secret_view v)
{
    return v.n ? (const void *)secret_view_raw(v) : "";
}

void digest_sha256(struct secret_view v, unsigned char out[DIGEST_SHA256_BYTES])
{
    must(EVP_Digest(bytes_of(v), v.n, out, NULL, EVP_sha256(), NULL));
}

void digest_sha256_hex(struct secret_view v, char out[DIGEST_SHA256_HEX])
{
    unsigned char raw[DIGEST_SHA256_BYTES];

    digest_sha256(v, raw);
    codec_hex(raw, sizeof(raw), out);
}

void digest_sha3_224_hex(struct secret_view v, char out[DIGEST_SHA3_224_HEX])
{
    unsigned char raw[SHA3_224_BYTES];

    must(EVP_Digest(bytes_of(v), v.n, raw, NULL, EVP_sha3_224(), NULL));
    codec_hex(raw, sizeof(raw), out);
}

void digest_hmac_sha256(struct secret_view key, struct secret_view v,
                        unsigned char out[DIGEST_SHA256_BYTES])
{
    must(HMAC(EVP_sha256(), bytes_of(key), (int)key.n, bytes_of(v), v.n, out, NULL) != NULL);
}

void digest_random(unsigned char *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        must(got > 0);
        out += got;
        n -= (size_t)got;
    }
}

struct err *digest_key_new(struct digest_key **out)
{
    CLEANUP(digest_key) struct digest_key *k = xcalloc(1, sizeof(*k));
    unsigned char bytes[KEY_BYTES];
    struct err *e;

    digest_random(bytes, sizeof(bytes));
    e = secret_buf_copy(secret_view_of(bytes, sizeof(bytes)), &k->bytes);
    secret_erase(bytes, sizeof(bytes));
    if (e)
        return err_wrap(e, "digest key");
    *out = TAKE(k);
    return NULL;
}

void digest_key_free(struct digest_key *k)
{
    if (!k)
        return;
    secret_buf_free(k->bytes);
    free(k);
}

struct digest_keyed *digest_keyed_new(const struct digest_key *k)
{
    struct secret_view key = secret_buf_view(k->bytes);
    struct digest_keyed *d = xcalloc(1, sizeof(*d));
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    char hash[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", hash, 0),
                           OSSL_PARAM_construct_end()};

    must(mac != NULL);
    d->ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    must(d->ctx && EVP_MAC_init(d->ctx, secret_view_raw(key), key.n, params));
    return d;
}

void digest_keyed_add(struct digest_keyed *d, struct secret_view part)
{
    uint64_t n = part.n;
    unsigned char length[sizeof(n)];

    for (size_t i = 0; i < sizeof(length); i++)
        length[i] = (unsigned char)(n >> (8 * i));
    must(EVP_MAC_update(d->ctx, length, sizeof(length)));
    must(EVP_MAC_update(d->ctx, bytes_of(part), part.n));
}

void digest_keyed_end(struct digest_keyed *d, char out[DIGEST_KEYED_HEX])
{
    unsigned char raw[DIGEST_SHA256_BYTES];
    size_t n = 0;

    must(EVP_MAC_final(d->ctx, raw, &n, sizeof(raw)) && n == sizeof(raw));
    codec_hex(raw, KEYED_BYTES, out);
}

void digest_keyed_free(struct digest_keyed *d)
{
    if (!d)
        return;
    EVP_MAC_CTX_free(d->ctx);
    free(d);
}
