/* Two ways from a password to a key: PBKDF2, and the one of PKCS#12, which hashes blocks of the
 * password and salt again and again. Nearly all of the time of a PKCS#12 file is spent here, so
 * that the hashes are OpenSSL's plain ones, whose state is copied where EVP would allocate; they
 * cannot fail. Both ways are charged by their iterations before they start, so that a file cannot
 * ask for more than a render may do. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/secret_buf.h"
#include "template/der.h"
#include "template/oid.h"
#include "template/pbe_kdf.h"

#define HASH_BLOCK_MAX 128u
#define INNER_PAD 0x36u
#define OUTER_PAD 0x5cu

union pbe_state {
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
};

/* The three steps of a hash on its member of the state. */
#define STEPS(name, SHA)                                                                           \
    static void name##_begin(union pbe_state *s)                                                   \
    {                                                                                              \
        SHA##_Init(&s->name);                                                                      \
    }                                                                                              \
    static void name##_add(union pbe_state *s, const void *p, size_t n)                            \
    {                                                                                              \
        SHA##_Update(&s->name, p, n);                                                              \
    }                                                                                              \
    static void name##_end(union pbe_state *s, unsigned char *out)                                 \
    {                                                                                              \
        SHA##_Final(out, &s->name);                                                                \
    }

STEPS(sha1, SHA1)
STEPS(sha256, SHA256)
STEPS(sha512, SHA512)

const struct pbe_hash pbe_sha1 = {OID_SHA1, OID_HMAC_SHA1, EVP_sha1, 20,
                                  64,       sha1_begin,    sha1_add, sha1_end};
const struct pbe_hash pbe_sha256 = {OID_SHA256, OID_HMAC_SHA256, EVP_sha256, 32,
                                    64,         sha256_begin,    sha256_add, sha256_end};
const struct pbe_hash pbe_sha512 = {OID_SHA512, OID_HMAC_SHA512, EVP_sha512, 64,
                                    128,        sha512_begin,    sha512_add, sha512_end};

static const struct pbe_hash *const hashes[] = {&pbe_sha1, &pbe_sha256, &pbe_sha512};

const struct pbe_hash *pbe_hash_of(struct text oid)
{
    for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        if (text_is(oid, hashes[i]->oid))
            return hashes[i];
    }
    return NULL;
}

const struct pbe_hash *pbe_hash_of_hmac(struct text oid)
{
    for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        if (text_is(oid, hashes[i]->hmac_oid))
            return hashes[i];
    }
    return NULL;
}

/* A step for each iteration over each block of output. */
static struct err *charge_iterations(struct engine *g, int64_t iterations, size_t blocks)
{
    uint64_t n = iterations > 1 ? (uint64_t)iterations : 1;

    return engine_charge(g, n > TEMPLATE_STEPS_MAX ? n : n * blocks);
}

/* Append t again and again, to a multiple of block bytes; nothing for an empty t. */
static void put_repeated(struct text_buf *b, struct text t, size_t block)
{
    size_t total = (t.n + block - 1) / block * block;

    for (size_t done = 0; done < total; done += t.n)
        text_buf_add(b, text_part(t, 0, total - done < t.n ? total - done : t.n));
}

/* hash[0..bytes) = hash of purpose, block times, and of input, iterated. */
static void iterate(const struct pbe_hash *h, int purpose, struct text input, int64_t iterations,
                    unsigned char *hash)
{
    union pbe_state s;
    unsigned char diversifier[HASH_BLOCK_MAX];

    memset(diversifier, purpose, sizeof(diversifier));
    h->begin(&s);
    h->add(&s, diversifier, h->block);
    h->add(&s, input.p, input.n);
    h->end(&s, hash);
    for (int64_t i = 1; i < iterations; i++) {
        h->begin(&s);
        h->add(&s, hash, h->bytes);
        h->end(&s, hash);
    }
    secret_erase(&s, sizeof(s));
}

/* Add the hash, repeated to the size of a block, and 1 to each block of the input. */
static void add_to_blocks(const struct pbe_hash *h, const unsigned char *hash, unsigned char *input,
                          size_t n)
{
    for (size_t block = 0; block + h->block <= n; block += h->block) {
        unsigned carry = 1;
        for (size_t i = h->block; i-- > 0;) {
            carry += (unsigned)input[block + i] + hash[i % h->bytes];
            input[block + i] = (unsigned char)carry;
            carry >>= 8;
        }
    }
}

struct err *pbe_derive_pkcs12(struct engine *g, const struct pbe_hash *h, int purpose,
                              const struct pbe_salted *from, unsigned char *out, size_t n)
{
    unsigned char hash[PBE_HASH_BYTES_MAX] = {0};
    struct text_buf b;
    struct text input = {0};
    struct err *e = charge_iterations(g, from->iterations, (n + h->bytes - 1) / h->bytes);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    put_repeated(&b, from->salt, h->block);
    put_repeated(&b, from->password, h->block);
    e = text_buf_end(&b, &input);
    for (size_t done = 0; !e && done < n; done += h->bytes) {
        iterate(h, purpose, input, from->iterations, hash);
        memcpy(out + done, hash, n - done < h->bytes ? n - done : h->bytes);
        add_to_blocks(h, hash, b.p, b.n);
    }
    secret_erase(hash, sizeof(hash));
    return e;
}

bool pbe_read_params(struct text whole, struct text *body)
{
    return asn1_take_sequence(&whole, body) && !whole.n;
}

struct err *pbe_read_pbkdf2(const struct asn1_algorithm *a, struct pbe_pbkdf2 *out)
{
    struct asn1_raw salt;
    struct asn1_algorithm prf;
    struct text body, number;
    bool has_length, has_prf;

    if (!text_is(a->oid, OID_PBKDF2))
        return pbe_unsupported("key derivation");
    out->key_bytes = 0;
    if (!pbe_read_params(a->params.whole, &body) || !asn1_take_any(&body, &salt) ||
        !asn1_take_int64(&body, &out->iterations) ||
        !asn1_take_optional_integer(&body, &has_length, &number) ||
        (has_length && !der_integer_value(number, &out->key_bytes)) ||
        !asn1_take_optional_algorithm(&body, &has_prf, &prf))
        return pbe_malformed("parameters of PBKDF2");
    if (salt.tag != DER_OCTET_STRING)
        return pbe_unsupported("salt");
    out->salt = salt.body;
    out->hash = has_prf ? pbe_hash_of_hmac(prf.oid) : &pbe_sha1;
    return out->hash ? NULL : pbe_unsupported("pseudorandom function");
}

/* HMAC under one key: the states behind its two pads. */
struct keyed {
    const struct pbe_hash *h;
    union pbe_state inner, outer;
};

static void set_key(struct keyed *k, const struct pbe_hash *h, struct text key)
{
    unsigned char pad[HASH_BLOCK_MAX] = {0};

    k->h = h;
    if (key.n > h->block) {
        h->begin(&k->inner);
        h->add(&k->inner, key.p, key.n);
        h->end(&k->inner, pad);
    } else if (key.n) {
        memcpy(pad, key.p, key.n);
    }
    for (size_t i = 0; i < h->block; i++)
        pad[i] ^= INNER_PAD;
    h->begin(&k->inner);
    h->add(&k->inner, pad, h->block);
    for (size_t i = 0; i < h->block; i++)
        pad[i] ^= INNER_PAD ^ OUTER_PAD;
    h->begin(&k->outer);
    h->add(&k->outer, pad, h->block);
    secret_erase(pad, sizeof(pad));
}

/* out = HMAC of two parts. */
static void authenticate(const struct keyed *k, struct text first, struct text second,
                         unsigned char *out)
{
    union pbe_state s = k->inner;

    k->h->add(&s, first.p, first.n);
    k->h->add(&s, second.p, second.n);
    k->h->end(&s, out);
    s = k->outer;
    k->h->add(&s, out, k->h->bytes);
    k->h->end(&s, out);
}

/* One block of PBKDF2: all links of the chain, one added to the other. */
static void derive_block(const struct keyed *k, const struct pbe_pbkdf2 *from, uint32_t number,
                         unsigned char *sum)
{
    unsigned char link[PBE_HASH_BYTES_MAX];
    const unsigned char be[] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                (unsigned char)(number >> 8), (unsigned char)number};

    authenticate(k, from->salt, (struct text){be, sizeof(be)}, link);
    memcpy(sum, link, k->h->bytes);
    for (int64_t i = 1; i < from->iterations; i++) {
        authenticate(k, (struct text){link, k->h->bytes}, (struct text){link, 0}, link);
        for (size_t j = 0; j < k->h->bytes; j++)
            sum[j] ^= link[j];
    }
    secret_erase(link, sizeof(link));
}

struct err *pbe_derive_pbkdf2(struct engine *g, const struct pbe_pbkdf2 *from, struct text password,
                              unsigned char *out, size_t n)
{
    size_t bytes = from->hash->bytes;
    unsigned char sum[PBE_HASH_BYTES_MAX];
    struct keyed k;
    uint32_t number = 1;
    struct err *e = charge_iterations(g, from->iterations, (n + bytes - 1) / bytes);

    if (e)
        return e;
    set_key(&k, from->hash, password);
    for (size_t done = 0; done < n; done += bytes, number++) {
        derive_block(&k, from, number, sum);
        memcpy(out + done, sum, n - done < bytes ? n - done : bytes);
    }
    secret_erase(&k, sizeof(k));
    secret_erase(sum, sizeof(sum));
    return NULL;
}
