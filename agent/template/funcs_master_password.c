/* The user's key is stretched by scrypt; the site's seed is an HMAC under it. The first byte of the
 * seed chooses a pattern of the type, each further one a character of the pattern's class. */
#include "template/master_password.h"

#include <openssl/evp.h>

#include "base/digest.h"

#define SEED "com.lyndir.masterpassword"
#define SCRYPT_N 32768
#define SCRYPT_R 8
#define SCRYPT_P 2
#define SCRYPT_MEMORY_MAX (64u << 20)

struct type {
    const char *name;
    const char *const *patterns;
    size_t n;
};

static const char *const maximum[] = {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"};
static const char *const longs[] = {
    "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv",
    "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc",
    "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
    "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
    "CvccCvcvCvccno"};
static const char *const medium[] = {"CvcnoCvc", "CvcCvcno"};
static const char *const shorts[] = {"Cvcn"};
static const char *const basic[] = {"aaanaaan", "aannaaan", "aaannaaa"};
static const char *const pin[] = {"nnnn"};

static const struct type types[] = {
    {"maximum", maximum, ARRAY_SIZE(maximum)}, {"long", longs, ARRAY_SIZE(longs)},
    {"medium", medium, ARRAY_SIZE(medium)},    {"short", shorts, ARRAY_SIZE(shorts)},
    {"basic", basic, ARRAY_SIZE(basic)},       {"pin", pin, ARRAY_SIZE(pin)},
};

static const struct {
    char class;
    const char *characters;
} classes[] = {
    {'V', "AEIOU"},
    {'C', "BCDFGHJKLMNPQRSTVWXYZ"},
    {'v', "aeiou"},
    {'c', "bcdfghjklmnpqrstvwxyz"},
    {'a', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"},
    {'n', "0123456789"},
    {'o', "@&%?,=[]_:-+*$#!'^~;()/."},
    {'x', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()"},
};

static const struct type *type_of(struct text name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (text_is(name, types[i].name))
            return &types[i];
    }
    return NULL;
}

static char pick(char class, unsigned char random)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (classes[i].class == class)
            return classes[i].characters[random % strlen(classes[i].characters)];
    }
    return 0;
}

static void put_u32(struct text_buf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        text_buf_byte(b, (unsigned char)(v >> shift));
}

static struct err *stretch(struct engine *g, const struct master_password *m, struct text *key)
{
    struct text_buf b;
    struct text salt;
    void *p;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, SEED);
    put_u32(&b, (uint32_t)m->user.n);
    text_buf_add(&b, m->user);
    struct err *e = text_buf_end(&b, &salt);
    if (!e)
        e = engine_charge_heavy(g);
    if (!e)
        e = secret_arena_alloc(g->arena, MASTER_PASSWORD_KEY_BYTES, &p);
    if (e)
        return e;
    const char *password = m->password.n ? (const char *)m->password.p : "";
    if (EVP_PBE_scrypt(password, m->password.n, salt.p, salt.n, SCRYPT_N, SCRYPT_R, SCRYPT_P,
                       SCRYPT_MEMORY_MAX, p, MASTER_PASSWORD_KEY_BYTES) != 1)
        return err_new(ERR_INTERNAL, "stretch a password");
    *key = (struct text){p, MASTER_PASSWORD_KEY_BYTES};
    return NULL;
}

static struct err *make_seed(struct engine *g, const struct master_password *m, struct text key,
                             unsigned char seed[DIGEST_SHA256_BYTES])
{
    struct text_buf b;
    struct text message;

    text_buf_init(&b, g->arena, TEXT_MAX);
    text_buf_puts(&b, SEED);
    put_u32(&b, (uint32_t)m->site.n);
    text_buf_add(&b, m->site);
    put_u32(&b, m->counter);
    struct err *e = text_buf_end(&b, &message);
    if (!e)
        digest_hmac_sha256(secret_view_of(key.p, key.n), secret_view_of(message.p, message.n),
                           seed);
    return e;
}

struct err *master_password_derive(struct engine *g, const struct master_password *m,
                                   struct text *out)
{
    unsigned char seed[DIGEST_SHA256_BYTES];
    const struct type *type = type_of(m->type);
    struct text key = {0};
    struct text_buf b;

    text_buf_init(&b, g->arena, TEXT_MAX);
    if (!type) {
        text_buf_puts(&b, "cannot find password template ");
        text_buf_add(&b, m->type);
        return text_buf_end(&b, out);
    }
    struct err *e = stretch(g, m, &key);
    if (!e)
        e = make_seed(g, m, key, seed);
    if (e)
        return e;
    const char *pattern = type->patterns[seed[0] % type->n];
    for (size_t i = 0; pattern[i]; i++)
        text_buf_byte(&b, (unsigned char)pick(pattern[i], seed[i + 1]));
    secret_erase(seed, sizeof(seed));
    return text_buf_end(&b, out);
}
