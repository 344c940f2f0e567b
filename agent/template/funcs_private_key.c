/* What keys do, by OpenSSL: a key is handed over number by number for one operation and dropped.
 * Key pairs are made by OpenSSL's own generator. What OpenSSL allocates is erased when it is freed
 * (base/zero_alloc.h). */
#include "template/private_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "template/curve.h"

#define SIGN_BITS_MIN 1024
#define COST_SHIFT 22 /* as in funcs_rsa.c */
#define SIGNATURE_STEPS 1000
#define DSA_BITS 2048
#define DSA_Q_BITS 256

static void pkey_cleanup(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void pkey_ctx_cleanup(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static void md_ctx_cleanup(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static void params_cleanup(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}

static void number_cleanup(BIGNUM **number)
{
    BN_clear_free(*number);
}

/* Parameters under construction, and the numbers that they borrow. */
struct build {
    OSSL_PARAM_BLD *bld;
    BIGNUM *numbers[8];
    size_t n;
    bool ok;
};

static void build_cleanup(struct build *b)
{
    OSSL_PARAM_BLD_free(b->bld);
    for (size_t i = 0; i < b->n; i++)
        BN_clear_free(b->numbers[i]);
}

static void push(struct build *b, const char *name, struct text magnitude)
{
    BIGNUM *v = BN_bin2bn(magnitude.p, (int)magnitude.n, NULL);

    b->numbers[b->n++] = v;
    b->ok = b->ok && v && OSSL_PARAM_BLD_push_BN(b->bld, name, v);
}

static void push_rsa(struct build *b, const struct private_key *k)
{
    push(b, OSSL_PKEY_PARAM_RSA_N, k->n);
    push(b, OSSL_PKEY_PARAM_RSA_D, k->d);
    b->ok = b->ok && OSSL_PARAM_BLD_push_ulong(b->bld, OSSL_PKEY_PARAM_RSA_E, (unsigned long)k->e);
    if (k->n_more)
        return;
    push(b, OSSL_PKEY_PARAM_RSA_FACTOR1, k->p);
    push(b, OSSL_PKEY_PARAM_RSA_FACTOR2, k->q);
    push(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, k->dp);
    push(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, k->dq);
    push(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, k->qinv);
}

static void push_ec(struct build *b, const struct private_key *k)
{
    b->ok =
        OSSL_PARAM_BLD_push_utf8_string(b->bld, OSSL_PKEY_PARAM_GROUP_NAME, k->curve->name, 0) &&
        OSSL_PARAM_BLD_push_octet_string(b->bld, OSSL_PKEY_PARAM_PUB_KEY, k->point.p, k->point.n);
    push(b, OSSL_PKEY_PARAM_PRIV_KEY, k->secret);
}

/* The key as OpenSSL's; NULL where it does not take it. */
static EVP_PKEY *pkey_of(const struct private_key *k)
{
    CLEANUP(build) struct build b = {.bld = OSSL_PARAM_BLD_new(), .ok = true};
    EVP_PKEY *key = NULL;

    if (k->kind == PRIVATE_KEY_ED25519)
        return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->secret.p, k->secret.n);
    if (!b.bld)
        return NULL;
    if (k->kind == PRIVATE_KEY_RSA)
        push_rsa(&b, k);
    else
        push_ec(&b, k);
    CLEANUP(params) OSSL_PARAM *params = b.ok ? OSSL_PARAM_BLD_to_param(b.bld) : NULL;
    CLEANUP(pkey_ctx)
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(NULL, k->kind == PRIVATE_KEY_RSA ? "RSA" : "EC", NULL);
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        return NULL;
    return key;
}

static unsigned bits_of(struct text magnitude)
{
    unsigned bits = (unsigned)(8 * magnitude.n);

    for (unsigned top = magnitude.n ? magnitude.p[0] : 0x80; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

/* An RSA key must be big enough to be used, and its use costs by its size. */
static struct err *charge_rsa(struct engine *g, const struct private_key *k)
{
    uint64_t bits = bits_of(k->n);

    if (bits < SIGN_BITS_MIN)
        return err_new(ERR_INVALID, "crypto/rsa: keys of less than %d bits are insecure",
                       SIGN_BITS_MIN);
    return engine_charge(g, bits * bits * bits >> COST_SHIFT);
}

static struct err *check_signer(struct engine *g, const struct private_key *k)
{
    switch (k->kind) {
    case PRIVATE_KEY_RSA:
        return charge_rsa(g, k);
    case PRIVATE_KEY_EC:
    case PRIVATE_KEY_ED25519:
        return engine_charge(g, SIGNATURE_STEPS);
    case PRIVATE_KEY_X25519:
    case PRIVATE_KEY_DSA:
        break;
    }
    return err_new(ERR_INVALID, "x509: certificate private key does not implement crypto.Signer");
}

static const char *signing_hash(const struct private_key *k)
{
    if (k->kind == PRIVATE_KEY_ED25519)
        return NULL;
    if (k->kind == PRIVATE_KEY_RSA || k->curve->hash_bits == 256)
        return "SHA256";
    return k->curve->hash_bits == 384 ? "SHA384" : "SHA512";
}

struct err *private_key_sign(struct engine *g, const struct private_key *k, struct text message,
                             struct text *out)
{
    size_t n = 0;
    void *p;
    struct err *e = check_signer(g, k);

    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *key = pkey_of(k);
    CLEANUP(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!key || !ctx ||
        EVP_DigestSignInit_ex(ctx, NULL, signing_hash(k), NULL, NULL, key, NULL) != 1 ||
        EVP_DigestSign(ctx, NULL, &n, message.p, message.n) != 1)
        return err_new(ERR_INTERNAL, "prepare to sign");
    e = secret_arena_alloc(g->arena, n, &p);
    if (e)
        return e;
    if (EVP_DigestSign(ctx, p, &n, message.p, message.n) != 1)
        return err_new(ERR_INTERNAL, "sign");
    *out = (struct text){p, n};
    return NULL;
}

static struct err *not_for_this_key(void)
{
    ERR_clear_error();
    return err_new(ERR_INVALID, "crypto/rsa: decryption error");
}

/* Sealed text may come without its zeros in front. */
static struct err *pad_sealed(struct engine *g, size_t n, struct text sealed, struct text *out)
{
    void *p;
    struct err *e = secret_arena_alloc(g->arena, n, &p);

    if (e)
        return e;
    if (sealed.n)
        memcpy((unsigned char *)p + n - sealed.n, sealed.p, sealed.n);
    *out = (struct text){p, n};
    return NULL;
}

struct err *private_key_decrypt_oaep(struct engine *g, const struct private_key *k,
                                     const char *hash, struct text sealed, struct text *out)
{
    size_t n = k->n.n;
    void *p;
    struct err *e = charge_rsa(g, k);

    if (e)
        return e;
    if (sealed.n > n)
        return not_for_this_key();
    e = pad_sealed(g, n, sealed, &sealed);
    if (!e)
        e = secret_arena_alloc(g->arena, n, &p);
    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *key = pkey_of(k);
    CLEANUP(pkey_ctx)
    EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, hash, NULL) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash, NULL) != 1)
        return err_new(ERR_INTERNAL, "prepare to decrypt");
    if (EVP_PKEY_decrypt(ctx, p, &n, sealed.p, sealed.n) != 1)
        return not_for_this_key();
    *out = (struct text){p, n};
    return NULL;
}

static struct err *get_number(struct secret_arena *a, const EVP_PKEY *key, const char *name,
                              struct text *out)
{
    CLEANUP(number) BIGNUM *v = NULL;
    void *p;

    if (EVP_PKEY_get_bn_param(key, name, &v) != 1)
        return err_new(ERR_INTERNAL, "read a new key");
    size_t n = (size_t)BN_num_bytes(v);
    struct err *e = secret_arena_alloc(a, n, &p);
    if (e)
        return e;
    BN_bn2bin(v, p);
    *out = (struct text){p, n};
    return NULL;
}

struct part {
    const char *name;
    struct text *to;
};

static struct err *get_numbers(struct secret_arena *a, const EVP_PKEY *key,
                               const struct part *parts, size_t n)
{
    struct err *e = NULL;

    for (size_t i = 0; !e && i < n; i++)
        e = get_number(a, key, parts[i].name, parts[i].to);
    return e;
}

static struct err *no_key(void)
{
    return err_new(ERR_INTERNAL, "make a key");
}

struct err *private_key_new_rsa(struct engine *g, unsigned bits, struct private_key *out)
{
    struct private_key *k = out;
    const struct part parts[] = {
        {OSSL_PKEY_PARAM_RSA_N, &k->n},
        {OSSL_PKEY_PARAM_RSA_D, &k->d},
        {OSSL_PKEY_PARAM_RSA_FACTOR1, &k->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, &k->q},
        {OSSL_PKEY_PARAM_RSA_EXPONENT1, &k->dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, &k->dq},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &k->qinv},
    };
    struct err *e = engine_charge_heavy(g);

    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    if (!key)
        return no_key();
    *k = (struct private_key){.kind = PRIVATE_KEY_RSA, .e = RSA_F4};
    return get_numbers(g->arena, key, parts, ARRAY_SIZE(parts));
}

static EVP_PKEY *new_dsa_params(void)
{
    EVP_PKEY *params = NULL;
    CLEANUP(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    size_t bits = DSA_BITS, q_bits = DSA_Q_BITS;
    const OSSL_PARAM sizes[] = {OSSL_PARAM_size_t(OSSL_PKEY_PARAM_FFC_PBITS, &bits),
                                OSSL_PARAM_size_t(OSSL_PKEY_PARAM_FFC_QBITS, &q_bits),
                                OSSL_PARAM_END};

    if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 || EVP_PKEY_CTX_set_params(ctx, sizes) != 1 ||
        EVP_PKEY_paramgen(ctx, &params) != 1)
        return NULL;
    return params;
}

struct err *private_key_new_dsa(struct engine *g, struct private_key *out)
{
    struct private_key *k = out;
    const struct part parts[] = {
        {OSSL_PKEY_PARAM_FFC_P, &k->dsa_p}, {OSSL_PKEY_PARAM_FFC_Q, &k->dsa_q},
        {OSSL_PKEY_PARAM_FFC_G, &k->dsa_g}, {OSSL_PKEY_PARAM_PUB_KEY, &k->dsa_y},
        {OSSL_PKEY_PARAM_PRIV_KEY, &k->d},
    };
    CLEANUP(pkey) EVP_PKEY *key = NULL;
    struct err *e = engine_charge_heavy(g);

    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *params = new_dsa_params();
    CLEANUP(pkey_ctx)
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL) : NULL;
    if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_keygen(ctx, &key) != 1)
        return no_key();
    *k = (struct private_key){.kind = PRIVATE_KEY_DSA};
    return get_numbers(g->arena, key, parts, ARRAY_SIZE(parts));
}

struct err *private_key_new_ec(struct engine *g, struct private_key *out)
{
    const struct curve *c = curve_of_name(TEXT("P-256"));
    struct text secret = {0};
    void *p;
    struct err *e = engine_charge_heavy(g);

    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->name);
    if (!key)
        return no_key();
    e = get_number(g->arena, key, OSSL_PKEY_PARAM_PRIV_KEY, &secret);
    if (!e)
        e = secret_arena_alloc(g->arena, c->bytes, &p);
    if (e)
        return e;
    if (!secret.p || secret.n > c->bytes)
        return no_key();
    memcpy((unsigned char *)p + c->bytes - secret.n, secret.p, secret.n);
    *out = (struct private_key){.kind = PRIVATE_KEY_EC, .curve = c, .secret = {p, c->bytes}};
    return curve_point_of(g->arena, c, out->secret, &out->point);
}

struct err *private_key_new_ed25519(struct engine *g, struct private_key *out)
{
    size_t n = CURVE_25519_BYTES, public_n = n;
    void *p, *public;
    struct err *e = engine_charge_heavy(g);

    if (!e)
        e = secret_arena_alloc(g->arena, n, &p);
    if (!e)
        e = secret_arena_alloc(g->arena, public_n, &public);
    if (e)
        return e;
    CLEANUP(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key || EVP_PKEY_get_raw_private_key(key, p, &n) != 1 ||
        EVP_PKEY_get_raw_public_key(key, public, &public_n) != 1)
        return no_key();
    *out = (struct private_key){
        .kind = PRIVATE_KEY_ED25519, .secret = {p, n}, .point = {public, public_n}};
    return NULL;
}
