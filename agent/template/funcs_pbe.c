/* Ciphers under a password. PBES2 takes the password as UTF-8, what PKCS#12 itself defines takes it
 * as UTF-16. RC2 is our own: OpenSSL has it where a static program cannot load it from. */
#include "template/pbe.h"

#include <openssl/evp.h>

#include "base/secret_buf.h"
#include "base/unicode.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/pbe_kdf.h"
#include "template/rc2.h"

#define LEGACY_BLOCK_BYTES 8u
#define DES3_KEY_BYTES 24u
#define AES_BLOCK_BYTES 16u
#define AES256_KEY_BYTES 32u

static void cipher_ctx_cleanup(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

struct err *pbe_utf16(struct engine *g, struct text t, struct text *out)
{
    struct text_buf b;
    uint32_t rune;
    struct err *e = engine_charge_bytes(g, t.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t at = 0; at < t.n;) {
        at += unicode_decode(t.p + at, t.n - at, &rune);
        if (rune > 0xffff)
            break;
        text_buf_byte(&b, (unsigned char)(rune >> 8));
        text_buf_byte(&b, (unsigned char)rune);
    }
    e = text_buf_end(&b, out);
    if (!e && t.n && rune > 0xffff)
        e = err_new(ERR_INVALID,
                    "pkcs12: string contains characters that cannot be encoded in UCS-2");
    return e;
}

struct err *pbe_password_make(struct engine *g, struct text t, struct pbe_password *out)
{
    struct text_buf b;
    uint32_t rune;
    struct text utf16;
    struct err *e = pbe_utf16(g, t, &utf16);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_add(&b, utf16);
    text_buf_fill(&b, 0, 2);
    e = text_buf_end(&b, &out->utf16);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t at = 0; at < t.n;) {
        at += unicode_decode(t.p + at, t.n - at, &rune);
        text_buf_rune(&b, rune);
    }
    return text_buf_end(&b, &out->utf8);
}

/* Run a CBC cipher over data in place: whole blocks, without padding. */
static bool run_cipher(const EVP_CIPHER *cipher, bool encrypt, const unsigned char *key,
                       const unsigned char *iv, unsigned char *data, size_t n)
{
    CLEANUP(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0, more = 0;

    return ctx && EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
           EVP_CipherUpdate(ctx, data, &done, data, (int)n) == 1 &&
           EVP_CipherFinal_ex(ctx, data + done, &more) == 1;
}

struct room {
    unsigned char *p;
    size_t n;
};

/* Take the padding away: so many bytes of so much, at most a block. */
static struct err *unpad(struct room padded, size_t block, struct text *out)
{
    size_t n = padded.n ? padded.p[padded.n - 1] : 0;
    bool is_right = n > 0 && n <= block;

    for (size_t i = 0; is_right && i < n; i++)
        is_right = padded.p[padded.n - 1 - i] == n;
    if (!is_right)
        return err_new(ERR_INVALID, "pkcs12: decryption error, incorrect padding");
    *out = (struct text){padded.p, padded.n - n};
    return NULL;
}

/* A copy to be decrypted in place; its size must fit the cipher. */
static struct err *prepare(struct engine *g, struct text sealed, size_t block, struct room *out)
{
    void *p;

    if (!sealed.n)
        return err_new(ERR_INVALID, "pkcs12: empty encrypted data");
    if (sealed.n % block)
        return err_new(ERR_INVALID, "pkcs12: input is not a multiple of the block size");
    struct err *e = engine_charge_bytes(g, sealed.n);
    if (!e)
        e = secret_arena_alloc(g->arena, sealed.n, &p);
    if (e)
        return e;
    memcpy(p, sealed.p, sealed.n);
    *out = (struct room){p, sealed.n};
    return NULL;
}

struct pbes2 {
    struct pbe_pbkdf2 kdf;
    const EVP_CIPHER *cipher;
    size_t key_bytes;
    struct text iv;
};

static struct err *read_pbes2(const struct asn1_algorithm *a, struct pbes2 *out)
{
    static const struct {
        const char *oid;
        const EVP_CIPHER *(*cipher)(void);
        size_t key_bytes;
    } ciphers[] = {{OID_AES256_CBC, EVP_aes_256_cbc, 32},
                   {OID_AES192_CBC, EVP_aes_192_cbc, 24},
                   {OID_AES128_CBC, EVP_aes_128_cbc, 16}};
    struct asn1_algorithm kdf, scheme;
    struct text body;

    if (!pbe_read_params(a->params.whole, &body) || !asn1_take_algorithm(&body, &kdf) ||
        !asn1_take_algorithm(&body, &scheme))
        return pbe_malformed("parameters of PBES2");
    struct err *e = pbe_read_pbkdf2(&kdf, &out->kdf);
    if (e)
        return e;
    out->cipher = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
        if (text_is(scheme.oid, ciphers[i].oid)) {
            out->cipher = ciphers[i].cipher();
            out->key_bytes = ciphers[i].key_bytes;
        }
    }
    if (!out->cipher)
        return pbe_unsupported("encryption");
    out->iv = scheme.params.body;
    return out->iv.n == AES_BLOCK_BYTES ? NULL : pbe_malformed("initial vector");
}

static struct err *decrypt_pbes2(struct engine *g, const struct asn1_algorithm *a,
                                 struct text password, struct text sealed, struct text *out)
{
    unsigned char key[AES256_KEY_BYTES];
    struct room plain = {NULL, 0};
    struct pbes2 s = {.key_bytes = 0};
    struct err *e = read_pbes2(a, &s);

    if (!e)
        e = pbe_derive_pbkdf2(g, &s.kdf, password, key, s.key_bytes);
    if (!e)
        e = prepare(g, sealed, AES_BLOCK_BYTES, &plain);
    if (!e && !run_cipher(s.cipher, false, key, s.iv.p, plain.p, plain.n))
        e = pbe_broken();
    secret_erase(key, sizeof(key));
    return e ? e : unpad(plain, AES_BLOCK_BYTES, out);
}

/* Key bytes of PKCS#12's own algorithm; 0 for another. */
static size_t legacy_key_bytes(struct text oid)
{
    if (text_is(oid, OID_PBE_SHA_3DES))
        return DES3_KEY_BYTES;
    if (text_is(oid, OID_PBE_SHA_RC2_128))
        return 16;
    return text_is(oid, OID_PBE_SHA_RC2_40) ? 5 : 0;
}

struct legacy {
    unsigned char key[DES3_KEY_BYTES], iv[LEGACY_BLOCK_BYTES];
    size_t key_bytes;
};

static struct err *derive_legacy(struct engine *g, const struct asn1_algorithm *a,
                                 struct text password, struct legacy *out)
{
    struct text body, salt;
    int64_t iterations;

    out->key_bytes = legacy_key_bytes(a->oid);
    if (!out->key_bytes)
        return pbe_unsupported("pbe");
    if (!pbe_read_params(a->params.whole, &body) || !asn1_take_octets(&body, &salt) ||
        !asn1_take_int64(&body, &iterations))
        return pbe_malformed("parameters of encryption");
    const struct pbe_salted from = {password, salt, iterations};
    struct err *e =
        pbe_derive_pkcs12(g, &pbe_sha1, PBE_PURPOSE_KEY, &from, out->key, out->key_bytes);
    return e ? e : pbe_derive_pkcs12(g, &pbe_sha1, PBE_PURPOSE_IV, &from, out->iv, sizeof(out->iv));
}

static struct err *decrypt_legacy(struct engine *g, const struct asn1_algorithm *a,
                                  struct text password, struct text sealed, struct text *out)
{
    struct legacy s;
    struct room plain = {NULL, 0};
    struct err *e = derive_legacy(g, a, password, &s);

    if (!e)
        e = prepare(g, sealed, LEGACY_BLOCK_BYTES, &plain);
    if (!e && s.key_bytes == DES3_KEY_BYTES) {
        if (!run_cipher(EVP_des_ede3_cbc(), false, s.key, s.iv, plain.p, plain.n))
            e = pbe_broken();
    } else if (!e) {
        rc2_decrypt_cbc(s.key, s.key_bytes, s.iv, plain.p, plain.n);
    }
    secret_erase(&s, sizeof(s));
    return e ? e : unpad(plain, LEGACY_BLOCK_BYTES, out);
}

struct err *pbe_decrypt(struct engine *g, const struct asn1_algorithm *algorithm,
                        const struct pbe_password *password, struct text sealed, struct text *out)
{
    if (text_is(algorithm->oid, OID_PBES2))
        return decrypt_pbes2(g, algorithm, password->utf8, sealed, out);
    return decrypt_legacy(g, algorithm, password->utf16, sealed, out);
}

void pbe_put_algorithm(struct text_buf *b, const struct pbe_sealed *sealed)
{
    size_t algorithm = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_PBES2));
    size_t params = der_begin(b, DER_SEQUENCE);
    size_t kdf = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_PBKDF2));
    size_t kdf_params = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OCTET_STRING, (struct text){sealed->salt, sizeof(sealed->salt)});
    der_add_int(b, PBE_ITERATIONS);
    size_t prf = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_HMAC_SHA256));
    der_end(b, prf);
    der_end(b, kdf_params);
    der_end(b, kdf);
    size_t scheme = der_begin(b, DER_SEQUENCE);
    der_add(b, DER_OID, TEXT(OID_AES256_CBC));
    der_add(b, DER_OCTET_STRING, (struct text){sealed->iv, sizeof(sealed->iv)});
    der_end(b, scheme);
    der_end(b, params);
    der_end(b, algorithm);
}

/* A copy of plain with its padding, to be encrypted in place. */
static struct err *pad(struct engine *g, struct text plain, unsigned char **out, size_t *out_n)
{
    size_t n = AES_BLOCK_BYTES - plain.n % AES_BLOCK_BYTES;
    void *p;
    struct err *e = secret_arena_alloc(g->arena, plain.n + n, &p);

    if (e)
        return e;
    if (plain.n)
        memcpy(p, plain.p, plain.n);
    memset((unsigned char *)p + plain.n, (int)n, n);
    *out = p;
    *out_n = plain.n + n;
    return NULL;
}

struct err *pbe_encrypt(struct engine *g, const struct pbe_password *password, struct text plain,
                        struct pbe_sealed *out)
{
    unsigned char key[AES256_KEY_BYTES];
    struct pbe_pbkdf2 kdf = {
        .salt = {out->salt, sizeof(out->salt)}, .iterations = PBE_ITERATIONS, .hash = &pbe_sha256};
    unsigned char *padded = NULL;
    size_t n = 0;
    struct err *e = engine_charge_bytes(g, plain.n);

    engine_random(g, out->salt, sizeof(out->salt));
    engine_random(g, out->iv, sizeof(out->iv));
    if (!e)
        e = pad(g, plain, &padded, &n);
    if (!e)
        e = pbe_derive_pbkdf2(g, &kdf, password->utf8, key, sizeof(key));
    if (!e && !run_cipher(EVP_aes_256_cbc(), true, key, out->iv, padded, n))
        e = pbe_broken();
    secret_erase(key, sizeof(key));
    if (!e)
        out->body = (struct text){padded, n};
    return e;
}
