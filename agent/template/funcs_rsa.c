/* Go's checks of an RSA key, number by number and in Go's words: neither Go nor this asks whether
 * the factors are prime, only whether all numbers fit each other. What a key lacks of the three CRT
 * numbers is computed as Go computes it, the last by Fermat's little theorem. */
#include <openssl/bn.h>
#include <openssl/err.h>

#include "template/private_key.h"

#define EXPONENT_MAX INT32_MAX
/* Two factors must differ above all but so many bits of the upper half. */
#define CLOSE_BITS 100
/* Bits of the modulus, cubed and shifted so, are about the steps of one private operation. */
#define COST_SHIFT 22

struct numbers {
    BN_CTX *ctx;
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
    BIGNUM *p1, *q1; /* p - 1, q - 1 */
    BIGNUM *t, *u;   /* in passing */
};

static void numbers_cleanup(struct numbers *m)
{
    BN_CTX_end(m->ctx);
    BN_CTX_free(m->ctx);
}

/* From here on a failure of OpenSSL can only be lack of memory; it is kept in ok. */
static BIGNUM *number(struct numbers *m, struct text magnitude, bool *ok)
{
    BIGNUM *v = BN_CTX_get(m->ctx);

    *ok = *ok && v && BN_bin2bn(magnitude.p, (int)magnitude.n, v);
    return v;
}

static bool load(struct numbers *m, const struct private_key *k)
{
    static const struct text zero = {(const unsigned char *)"", 0};
    bool ok = true;

    m->n = number(m, k->n, &ok);
    m->e = number(m, zero, &ok);
    m->d = number(m, k->d, &ok);
    m->p = number(m, k->p, &ok);
    m->q = number(m, k->q, &ok);
    m->dp = number(m, k->dp, &ok);
    m->dq = number(m, k->dq, &ok);
    m->qinv = number(m, k->qinv, &ok);
    m->p1 = number(m, k->p, &ok);
    m->q1 = number(m, k->q, &ok);
    m->t = number(m, zero, &ok);
    m->u = number(m, zero, &ok);
    return ok && BN_set_word(m->e, (BN_ULONG)k->e) &&
           (BN_is_zero(m->p1) || BN_sub_word(m->p1, 1)) &&
           (BN_is_zero(m->q1) || BN_sub_word(m->q1, 1));
}

static const char *check_public(const struct numbers *m, const struct private_key *k)
{
    if (BN_num_bits(m->n) < 2)
        return "modulus must be > 1";
    if (!BN_is_odd(m->n))
        return "crypto/rsa: public modulus is even";
    if (k->e < 2)
        return "crypto/rsa: public exponent too small or negative";
    if (!(k->e & 1))
        return "crypto/rsa: public exponent is even";
    if (k->e > EXPONENT_MAX)
        return "crypto/rsa: public exponent too large";
    return BN_cmp(m->d, m->n) >= 0 ? "crypto/rsa: private exponent is not below the modulus" : NULL;
}

/* dp = d mod p-1, dq = d mod q-1, qinv = q^(p-2) mod p. */
static bool compute_crt(struct numbers *m)
{
    return BN_mod(m->dp, m->d, m->p1, m->ctx) && BN_mod(m->dq, m->d, m->q1, m->ctx) &&
           BN_mod(m->t, m->q, m->p, m->ctx) && BN_copy(m->u, m->p1) && BN_sub_word(m->u, 1) &&
           BN_mod_exp(m->qinv, m->t, m->u, m->p, m->ctx);
}

/* Is e times exponent 1 modulo prime1, and d the same as exponent there? */
static const char *check_exponent(struct numbers *m, const BIGNUM *exponent, const BIGNUM *prime1,
                                  bool *ok)
{
    if (BN_cmp(exponent, prime1) >= 0)
        return "crypto/rsa: invalid CRT exponent";
    *ok = *ok && BN_mod_mul(m->t, m->e, exponent, prime1, m->ctx);
    if (!BN_is_one(m->t))
        return "crypto/rsa: invalid CRT exponent";
    *ok = *ok && BN_mod(m->t, m->d, prime1, m->ctx);
    return BN_cmp(m->t, exponent) ? "crypto/rsa: d does not match its CRT exponents" : NULL;
}

static const char *check_distance(struct numbers *m, bool *ok)
{
    int half = BN_num_bits(m->n) / 2;

    if (BN_cmp(m->p, m->q) == 0)
        return "crypto/rsa: p == q";
    *ok = *ok && BN_sub(m->t, m->p, m->q);
    if (BN_num_bits(m->t) <= half - CLOSE_BITS)
        return "crypto/rsa: |p - q| too small";
    return BN_num_bits(m->d) <= half ? "crypto/rsa: d too small" : NULL;
}

/* A key of two primes. */
static const char *check_pair(struct numbers *m, bool has_crt, bool *ok)
{
    if (BN_num_bits(m->p1) < 2 || BN_num_bits(m->q1) < 2)
        return "modulus must be > 1";
    if (!has_crt && !BN_is_odd(m->p))
        return "crypto/rsa: p is even";
    if (!has_crt)
        *ok = *ok && compute_crt(m);
    if (BN_cmp(m->p, m->n) >= 0 || BN_cmp(m->q, m->n) >= 0)
        return "crypto/rsa: invalid prime";
    *ok = *ok && BN_mod_mul(m->t, m->p, m->q, m->n, m->ctx);
    if (!BN_is_zero(m->t))
        return "crypto/rsa: p * q != n";
    const char *wrong = check_exponent(m, m->dp, m->p1, ok);
    if (!wrong)
        wrong = check_exponent(m, m->dq, m->q1, ok);
    if (wrong)
        return wrong;
    *ok = *ok && BN_mod_mul(m->t, m->q, m->qinv, m->p, m->ctx);
    if (BN_cmp(m->qinv, m->p) >= 0 || !BN_is_one(m->t))
        return "crypto/rsa: invalid CRT coefficient";
    return check_distance(m, ok);
}

static struct err *keep(struct secret_arena *a, const BIGNUM *v, struct text *out)
{
    size_t n = (size_t)BN_num_bytes(v);
    void *p;
    struct err *e = secret_arena_alloc(a, n, &p);

    if (e)
        return e;
    BN_bn2bin(v, p);
    *out = (struct text){p, n};
    return NULL;
}

static struct err *keep_crt(struct secret_arena *a, const struct numbers *m, struct private_key *k)
{
    struct err *e = keep(a, m->dp, &k->dp);

    if (!e)
        e = keep(a, m->dq, &k->dq);
    return e ? e : keep(a, m->qinv, &k->qinv);
}

/* out = inverse of a modulo prime; false where it has none. */
static bool invert(struct numbers *m, BIGNUM *out, const BIGNUM *a, const BIGNUM *prime)
{
    BN_set_flags(out, BN_FLG_CONSTTIME);
    bool has_one = BN_mod_inverse(out, a, prime, m->ctx) != NULL;
    ERR_clear_error();
    return has_one;
}

/* The numbers of a prime besides the first two; u is the product of those before. */
static struct err *complete_prime(struct engine *g, struct numbers *m, struct rsa_prime *prime)
{
    bool ok = true;
    BIGNUM *r = number(m, prime->prime, &ok);
    BIGNUM *r1 = number(m, prime->prime, &ok);

    if (!ok || !BN_sub_word(r1, 1))
        return err_new(ERR_INTERNAL, "complete an RSA key");
    if (BN_num_bits(r) < 2)
        return err_new(ERR_INVALID, "crypto/rsa: prime factor is <= 1");
    if (BN_is_zero(r1) || !BN_mod(m->t, m->d, r1, m->ctx))
        return err_new(ERR_INTERNAL, "complete an RSA key");
    struct err *e = keep(g->arena, m->t, &prime->exponent);
    if (e)
        return e;
    if (!invert(m, m->t, m->u, r))
        return err_new(ERR_INVALID, "crypto/rsa: prime factors are not relatively prime");
    e = keep(g->arena, m->t, &prime->coefficient);
    if (e)
        return e;
    return BN_mul(m->u, m->u, r, m->ctx) ? NULL : err_new(ERR_INTERNAL, "complete an RSA key");
}

/* A key of more primes: Go looks at little more than its public half. */
static struct err *complete_many(struct engine *g, struct numbers *m, struct private_key *k)
{
    struct err *e = NULL;

    if (BN_num_bits(m->p) < 2 || BN_num_bits(m->q) < 2)
        return err_new(ERR_INVALID, "crypto/rsa: prime factor is <= 1");
    if (!BN_mod(m->dp, m->d, m->p1, m->ctx) || !BN_mod(m->dq, m->d, m->q1, m->ctx))
        return err_new(ERR_INTERNAL, "complete an RSA key");
    if (!invert(m, m->qinv, m->q, m->p))
        return err_new(ERR_INVALID, "crypto/rsa: prime factors are not relatively prime");
    if (!BN_mul(m->u, m->p, m->q, m->ctx))
        return err_new(ERR_INTERNAL, "complete an RSA key");
    for (size_t i = 0; !e && i < k->n_more; i++)
        e = complete_prime(g, m, &k->more[i]);
    return e ? e : keep_crt(g->arena, m, k);
}

static struct err *check_size(struct engine *g, const struct private_key *k)
{
    const struct text *all[] = {&k->n, &k->d, &k->p, &k->q, &k->dp, &k->dq, &k->qinv};
    uint64_t bits = 8 * k->n.n;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (8 * all[i]->n > PRIVATE_KEY_BITS_MAX)
            return err_new(ERR_INVALID, "limit reached: RSA key of more than %d bits",
                           PRIVATE_KEY_BITS_MAX);
    }
    for (size_t i = 0; i < k->n_more; i++) {
        if (8 * k->more[i].prime.n > PRIVATE_KEY_BITS_MAX)
            return err_new(ERR_INVALID, "limit reached: RSA key of more than %d bits",
                           PRIVATE_KEY_BITS_MAX);
    }
    return engine_charge(g, (bits * bits * bits >> COST_SHIFT) + 1);
}

struct err *private_key_check_rsa(struct engine *g, struct private_key *k)
{
    CLEANUP(numbers) struct numbers m = {.ctx = NULL};
    bool ok = true;
    struct err *e = check_size(g, k);

    if (e)
        return e;
    m.ctx = BN_CTX_new();
    if (!m.ctx)
        return err_new(ERR_INTERNAL, "check an RSA key");
    BN_CTX_start(m.ctx);
    if (!load(&m, k))
        return err_new(ERR_INTERNAL, "check an RSA key");
    const char *wrong = check_public(&m, k);
    if (!wrong && !k->n_more)
        wrong = check_pair(&m, k->has_crt, &ok);
    if (!ok)
        return err_new(ERR_INTERNAL, "check an RSA key");
    if (wrong)
        return err_new(ERR_INVALID, "%s", wrong);
    if (k->n_more)
        return complete_many(g, &m, k);
    return k->has_crt ? NULL : keep_crt(g->arena, &m, k);
}
