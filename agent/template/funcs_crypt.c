/* AES as sprig has it: the password cut or filled with zeros to a key, CBC with the initial vector
 * in front, all of it in base64. What Go answers with a panic, a text that is no multiple of blocks
 * or whose padding is longer than itself, is refused in Go's words. bcrypt is the C library's,
 * under the older of its two names, which Go writes. */
#include <crypt.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/alloc.h"
#include "template/base64.h"
#include "template/funcs.h"
#include "template/master_password.h"

#define AES_KEY_BYTES 32
#define AES_BLOCK_BYTES 16u
#define BCRYPT_PASSWORD_MAX 72
#define BCRYPT_SALT_BYTES 16
#define BCRYPT_COST "10"
#define SHA1_BYTES 20

static void cipher_ctx_cleanup(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

/* The C library's work space, which holds the password and is erased. */
static void crypt_data_cleanup(struct crypt_data **data)
{
    secret_erase(*data, sizeof(**data));
    free(*data);
}

static struct err *run_aes(struct text password, bool encrypt, const unsigned char *iv,
                           struct text in, unsigned char *out)
{
    unsigned char key[AES_KEY_BYTES] = {0};
    int n = 0, more = 0;
    CLEANUP(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (password.n)
        memcpy(key, password.p, password.n < sizeof(key) ? password.n : sizeof(key));
    bool ok = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_cbc(), key, iv, encrypt, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
              EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1 &&
              EVP_CipherFinal_ex(ctx, out + n, &more) == 1;
    secret_erase(key, sizeof(key));
    return ok ? NULL : err_new(ERR_INTERNAL, "a cipher of OpenSSL failed");
}

static struct err *encrypt_aes(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text plain = datum_text(&args[1]), encoded;
    size_t pad = AES_BLOCK_BYTES - plain.n % AES_BLOCK_BYTES;
    struct text_buf b;

    (void)n;
    *out = datum_string((struct text){0});
    if (!plain.n)
        return NULL;
    struct err *e = engine_charge_bytes(g, plain.n);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    unsigned char *iv = text_buf_room(&b, AES_BLOCK_BYTES);
    text_buf_add(&b, plain);
    text_buf_fill(&b, (unsigned char)pad, pad);
    e = text_buf_end(&b, &encoded);
    if (e)
        return e;
    iv = b.p;
    engine_random(g, iv, AES_BLOCK_BYTES);
    e = run_aes(datum_text(&args[0]), true, iv,
                text_part(encoded, AES_BLOCK_BYTES, encoded.n - AES_BLOCK_BYTES),
                iv + AES_BLOCK_BYTES);
    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    base64_encode(&b, encoded);
    return func_give_text(&b, NULL, out);
}

static struct err *decrypt_aes(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text sealed = datum_text(&args[1]);
    bool is_valid = true;
    void *plain;

    (void)n;
    *out = datum_string((struct text){0});
    if (!sealed.n)
        return NULL;
    struct err *e = engine_charge_bytes(g, sealed.n);
    if (!e)
        e = base64_decode(g->arena, sealed, 0, &is_valid, &sealed);
    if (e)
        return e;
    if (!is_valid)
        return err_new(ERR_INVALID, "illegal base64 data");
    if (sealed.n <= AES_BLOCK_BYTES)
        return err_new(ERR_INVALID, "runtime error: slice bounds out of range");
    size_t size = sealed.n - AES_BLOCK_BYTES;
    if (size % AES_BLOCK_BYTES)
        return err_new(ERR_INVALID, "crypto/cipher: input not full blocks");
    e = secret_arena_alloc(g->arena, size, &plain);
    if (!e)
        e = run_aes(datum_text(&args[0]), false, sealed.p, text_part(sealed, AES_BLOCK_BYTES, size),
                    plain);
    if (e)
        return e;
    size_t pad = ((unsigned char *)plain)[size - 1];
    if (pad > size)
        return err_new(ERR_INVALID, "runtime error: slice bounds out of range");
    *out = datum_string((struct text){plain, size - pad});
    return NULL;
}

/* The setting "$2b$10$" and 16 random bytes in bcrypt's base64: the first two sextets of the last
 * byte's group are enough. */
static void make_setting(struct engine *g, char setting[static 32])
{
    static const char alphabet[] =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char salt[BCRYPT_SALT_BYTES + 2] = {0};
    static const char begin[] = "$2b$" BCRYPT_COST "$";
    size_t at = sizeof(begin) - 1;

    engine_random(g, salt, BCRYPT_SALT_BYTES);
    memcpy(setting, begin, at);
    for (size_t i = 0; i < sizeof(salt); i += 3) {
        uint32_t group = (uint32_t)salt[i] << 16 | (uint32_t)salt[i + 1] << 8 | salt[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            setting[at++] = alphabet[group >> shift & 63u];
    }
    setting[sizeof(begin) - 1 + 22] = 0;
}

/* Append the hash of password, or why there is none. */
static struct err *put_bcrypt(struct engine *g, struct text password, struct text_buf *b)
{
    char setting[32];
    char *key;

    if (password.n > BCRYPT_PASSWORD_MAX) {
        text_buf_puts(b, "failed to encrypt string with bcrypt: "
                         "bcrypt: password length exceeds 72 bytes");
        return NULL;
    }
    struct err *e = engine_charge_heavy(g);
    if (!e)
        e = text_c_string(g->arena, password, BCRYPT_PASSWORD_MAX, &key);
    if (e)
        return e;
    make_setting(g, setting);
    CLEANUP(crypt_data) struct crypt_data *data = xcalloc(1, sizeof(*data));
    /* Not crypt_r: sanitizers take its place, and the linker then leaves the library out. */
    const char *hash = crypt_rn(key, setting, data, (int)sizeof(*data));
    if (!hash || hash[0] != '$')
        return err_new(ERR_INTERNAL, "the C library has no bcrypt");
    text_buf_puts(b, "$2a");
    text_buf_puts(b, hash + strlen("$2b"));
    return NULL;
}

static struct err *bcrypt(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text_buf b;

    (void)n;
    text_buf_init(&b, g->arena, TEXT_MAX);
    struct err *e = put_bcrypt(g, datum_text(&args[0]), &b);
    return func_give_text(&b, e, out);
}

static struct err *put_sha(struct engine *g, struct text password, struct text_buf *b)
{
    unsigned char hash[SHA1_BYTES];
    struct err *e = engine_charge_bytes(g, password.n);

    if (e)
        return e;
    if (EVP_Digest(password.n ? (const void *)password.p : "", password.n, hash, NULL, EVP_sha1(),
                   NULL) != 1)
        return err_new(ERR_INTERNAL, "a hash of OpenSSL failed");
    text_buf_puts(b, "{SHA}");
    base64_encode(b, (struct text){hash, sizeof(hash)});
    return NULL;
}

static struct err *htpasswd(struct engine *g, const struct datum *args, size_t n, struct datum *out)
{
    struct text user = datum_text(&args[0]);
    struct text_buf b;
    struct err *e = NULL;

    (void)n;
    text_buf_init(&b, g->arena, TEXT_MAX);
    if (text_find(user, 0, TEXT(":")) >= 0) {
        text_buf_puts(&b, "invalid username: ");
        text_buf_add(&b, user);
    } else {
        text_buf_add(&b, user);
        text_buf_byte(&b, ':');
        e = text_is(datum_text(&args[2]), "sha") ? put_sha(g, datum_text(&args[1]), &b)
                                                 : put_bcrypt(g, datum_text(&args[1]), &b);
    }
    return func_give_text(&b, e, out);
}

static struct err *derive_password(struct engine *g, const struct datum *args, size_t n,
                                   struct datum *out)
{
    struct master_password m = {
        .counter = (uint32_t)args[0].v.u,
        .type = datum_text(&args[1]),
        .password = datum_text(&args[2]),
        .user = datum_text(&args[3]),
        .site = datum_text(&args[4]),
    };
    struct text password;

    (void)n;
    struct err *e = master_password_derive(g, &m, &password);
    if (!e)
        *out = datum_string(password);
    return e;
}

static const struct func rows[] = {
    {"bcrypt", "s", "s", bcrypt, FUNC_RANDOM, "bcrypt hash of a password of at most 72 bytes",
     "{{ bcrypt \"secret\" | trunc 7 }}", "$2a$10$"},
    {"decryptAES", "ss", "s", decrypt_aes, 0, "what encryptAES encrypted with the same password",
     "{{ encryptAES \"key\" \"text\" | decryptAES \"key\" }}", "text"},
    {"derivePassword", "ussss", "s", derive_password, 0,
     "password from counter, type, password, user and site by the Master Password algorithm",
     "{{ derivePassword 1 \"long\" \"password\" \"user\" \"example.com\" }}", "ZedaFaxcZaso9*"},
    {"encryptAES", "ss", "s", encrypt_aes, FUNC_RANDOM,
     "a text encrypted with a password by AES-256-CBC, in base64",
     "{{ encryptAES \"key\" \"text\" | len }}", "44"},
    {"htpasswd", "ssH", "s", htpasswd, FUNC_RANDOM,
     "line of an htpasswd file; the algorithm is \"bcrypt\" or \"sha\"",
     "{{ htpasswd \"user\" \"secret\" \"sha\" }}", "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
};

const struct func_table funcs_crypt = {"Passwords and encryption", rows, ARRAY_SIZE(rows)};
