/* The MAC of a file: of PKCS#12's own making, or PBMAC1, which brings a key derivation of its own.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/secret_buf.h"
#include "template/oid.h"
#include "template/pbe.h"
#include "template/pbe_kdf.h"

/* out = HMAC of message; its size. */
static struct err *hmac(const struct pbe_hash *h, struct text key, struct text message,
                        unsigned char out[EVP_MAX_MD_SIZE])
{
    const unsigned char *p = message.n ? message.p : (const unsigned char *)"";

    return HMAC(h->md(), key.p, (int)key.n, p, message.n, out, NULL) ? NULL : pbe_broken();
}

static struct err *mac_pkcs12(struct engine *g, const struct pbe_hash *h, const struct pbe_mac *mac,
                              struct text password, struct text message,
                              unsigned char out[EVP_MAX_MD_SIZE])
{
    unsigned char key[PBE_HASH_BYTES_MAX];
    const struct pbe_salted from = {password, mac->salt, mac->iterations};
    struct err *e = pbe_derive_pkcs12(g, h, PBE_PURPOSE_MAC, &from, key, h->bytes);

    if (!e)
        e = hmac(h, (struct text){key, h->bytes}, message, out);
    secret_erase(key, sizeof(key));
    return e;
}

static struct err *mac_pbmac1(struct engine *g, const struct pbe_mac *mac, struct text password,
                              struct text message, const struct pbe_hash **h,
                              unsigned char out[EVP_MAX_MD_SIZE])
{
    struct asn1_algorithm kdf, scheme;
    struct pbe_pbkdf2 k;
    struct text body;
    void *key;

    if (!pbe_read_params(mac->algorithm.params.whole, &body) || !asn1_take_algorithm(&body, &kdf) ||
        !asn1_take_algorithm(&body, &scheme))
        return pbe_malformed("parameters of PBMAC1");
    struct err *e = pbe_read_pbkdf2(&kdf, &k);
    if (e)
        return e;
    const struct pbe_hash *named = pbe_hash_of_hmac(scheme.oid);
    if (!named)
        return pbe_unsupported("PBMAC1 MAC");
    if (k.key_bytes <= 0)
        return err_new(ERR_INVALID, "pkcs12: PBMAC1 requires explicit KeyLength parameter");
    if (k.key_bytes > TEXT_MAX)
        return err_new(ERR_INVALID, "limit reached: key of more than %u bytes", TEXT_MAX);
    *h = named;
    e = secret_arena_alloc(g->arena, (size_t)k.key_bytes, &key);
    if (!e)
        e = pbe_derive_pbkdf2(g, &k, password, key, (size_t)k.key_bytes);
    return e ? e : hmac(named, (struct text){key, (size_t)k.key_bytes}, message, out);
}

struct err *pbe_mac_verify(struct engine *g, const struct pbe_mac *mac,
                           const struct pbe_password *password, struct text message, bool *is_right)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const struct pbe_hash *h = pbe_hash_of(mac->algorithm.oid);
    struct err *e = engine_charge_bytes(g, message.n);

    if (e)
        return e;
    if (!h && !text_is(mac->algorithm.oid, OID_PBMAC1))
        return pbe_unsupported("MAC digest");
    if (h)
        e = mac_pkcs12(g, h, mac, password->utf16, message, digest);
    else
        e = mac_pbmac1(g, mac, password->utf8, message, &h, digest);
    if (e)
        return e;
    *is_right = h && secret_view_equal(secret_view_of(digest, h->bytes),
                                       secret_view_of(mac->digest.p, mac->digest.n));
    return NULL;
}

struct err *pbe_mac_make(struct engine *g, struct text salt, const struct pbe_password *password,
                         struct text message, unsigned char out[PBE_MAC_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct pbe_mac mac = {.salt = salt, .iterations = PBE_ITERATIONS};
    struct err *e = mac_pkcs12(g, &pbe_sha256, &mac, password->utf16, message, digest);

    if (!e)
        memcpy(out, digest, PBE_MAC_BYTES);
    return e;
}
