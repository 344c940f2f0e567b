/* External Secrets' ways in and out of PKCS#12. Files come as raw bytes and go as base64; the
 * functions without a password use an empty one. A PEM text without a block is where Go's own fails
 * at run time, and the words are those. */
#include "template/base64.h"
#include "template/cert_chain.h"
#include "template/funcs.h"
#include "template/pem_block.h"
#include "template/pkcs12.h"

static struct err *read_file(struct engine *g, struct text password, struct text file,
                             const char *what, struct pkcs12 *out)
{
    struct err *e = pkcs12_read(g, file, password, out);

    return e ? err_wrap(e, "unable to decode %s with password", what) : NULL;
}

static struct err *give_key(struct engine *g, struct text password, struct text file,
                            struct datum *out)
{
    struct pkcs12 contents;
    struct text pem;
    struct err *e = read_file(g, password, file, "pkcs12", &contents);

    if (!e)
        e = private_key_pkcs8_pem(g, &contents.key, &pem);
    if (!e)
        *out = datum_string(pem);
    return e;
}

static struct err *give_certs(struct engine *g, struct text password, struct text file,
                              struct datum *out)
{
    struct pkcs12 contents;
    struct cert_chain chain;
    struct text_buf b;
    struct err *e = read_file(g, password, file, "pkcs12 certificate", &contents);

    if (e)
        return e;
    e = cert_chain_order(g, &contents.certs, &chain);
    if (e) { /* no single chain: as they are */
        CLEANUP(err) struct err *disordered = TAKE(e);
        if (err_class(disordered) != ERR_INVALID || engine_is_limit(disordered))
            return TAKE(disordered);
        chain = contents.certs;
    }
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (size_t i = 0; !e && i < chain.n; i++) {
        struct pem_block block = {.type = TEXT("CERTIFICATE"), .bytes = chain.certs[i]->raw};
        e = pem_block_encode(g, &b, &block);
    }
    return func_give_text(&b, e, out);
}

static struct err *pkcs12_key(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    return give_key(g, n > 1 ? datum_text(&args[0]) : (struct text){0}, datum_text(&args[n - 1]),
                    out);
}

static struct err *pkcs12_cert(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    return give_certs(g, n > 1 ? datum_text(&args[0]) : (struct text){0}, datum_text(&args[n - 1]),
                      out);
}

static struct err *give_file(struct engine *g, struct text file, struct datum *out)
{
    struct text_buf b;
    struct err *e = engine_charge_bytes(g, file.n);

    if (e)
        return e;
    text_buf_init(&b, g->arena, TEXT_MAX);
    base64_encode(&b, file);
    return func_give_text(&b, NULL, out);
}

/* Go follows the block that is not there. */
#define NO_BLOCK                                                                                   \
    "runtime error: invalid memory address or nil pointer dereference: no PEM block in the "

static struct err *add_first_cert(struct engine *g, struct text *pem, struct cert_chain *chain)
{
    void *p = NULL;
    struct pem_block block;
    struct err *e = pem_block_first(g, pem, NO_BLOCK "certificate", &block);

    if (!e)
        e = secret_arena_alloc(g->arena, sizeof(struct x509), &p);
    if (!e)
        e = x509_parse(g, block.bytes, p);
    return e ? e : cert_chain_add(g, chain, p);
}

static struct err *add_other_certs(struct engine *g, struct text pem, struct cert_chain *chain)
{
    struct cert_chain others;
    struct err *e = cert_chain_read(g, pem, true, &others);

    for (size_t i = 0; !e && i < others.n; i++)
        e = cert_chain_add(g, chain, others.certs[i]);
    return e;
}

/* Certificate and key, and a password where there is one, into a file. */
static struct err *make_file(struct engine *g, const struct datum *args, size_t n, bool with_others,
                             struct datum *out)
{
    struct pkcs12 contents = {0};
    struct text certs = datum_text(&args[0]), key = datum_text(&args[1]);
    struct pem_block block;
    struct text file;
    struct err *e = add_first_cert(g, &certs, &contents.certs);

    if (!e && with_others)
        e = add_other_certs(g, certs, &contents.certs);
    if (!e)
        e = pem_block_first(g, &key, NO_BLOCK "key", &block);
    if (!e)
        e = private_key_parse_any(g, block.bytes, &contents.key);
    if (!e)
        e = pkcs12_write(g, &contents, n > 2 ? datum_text(&args[2]) : (struct text){0}, &file);
    return e ? e : give_file(g, file, out);
}

static struct err *pem_to_pkcs12(struct engine *g, const struct datum *args, size_t n,
                                 struct datum *out)
{
    return make_file(g, args, n, false, out);
}

static struct err *full_pem_to_pkcs12(struct engine *g, const struct datum *args, size_t n,
                                      struct datum *out)
{
    return make_file(g, args, n, true, out);
}

static struct err *truststore(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct cert_chain certs;
    struct text file;
    struct err *e = cert_chain_read(g, datum_text(&args[0]), true, &certs);

    if (!e)
        e = pkcs12_write_trust_store(g, &certs, n > 1 ? datum_text(&args[1]) : (struct text){0},
                                     &file);
    return e ? e : give_file(g, file, out);
}

#define CA "{{ $c := genCAWithKey \"ca\" 1 (genPrivateKey \"ed25519\") }}"
#define KEY_AGAIN " | trunc 27 }}", "-----BEGIN PRIVATE KEY-----"

static const struct func rows[] = {
    {"fullPemToPkcs12", "ss", "s", full_pem_to_pkcs12, FUNC_RANDOM,
     "PKCS#12 file, in base64, of all certificates of a PEM text and the key of the first",
     CA "{{ fullPemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12cert | eq $c.Cert }}", "true"},
    {"fullPemToPkcs12Pass", "sss", "s", full_pem_to_pkcs12, FUNC_RANDOM,
     "the same under a password",
     CA "{{ fullPemToPkcs12Pass $c.Cert $c.Key \"pw\" | b64dec | pkcs12certPass \"pw\" | eq "
        "$c.Cert }}",
     "true"},
    {"pemToPkcs12", "ss", "s", pem_to_pkcs12, FUNC_RANDOM,
     "PKCS#12 file, in base64, of the first certificate and its key in PEM",
     CA "{{ pemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12cert | eq $c.Cert }}", "true"},
    {"pemToPkcs12Pass", "sss", "s", pem_to_pkcs12, FUNC_RANDOM, "the same under a password",
     CA "{{ pemToPkcs12Pass $c.Cert $c.Key \"pw\" | b64dec | pkcs12keyPass \"pw\" | eq $c.Key }}",
     "true"},
    {"pemTruststoreToPKCS12", "s", "s", truststore, FUNC_RANDOM,
     "trust store for Java, PKCS#12 in base64, of the certificates of a PEM text",
     CA "{{ pemTruststoreToPKCS12 $c.Cert | b64dec | len | lt 300 }}", "true"},
    {"pemTruststoreToPKCS12Pass", "ss", "s", truststore, FUNC_RANDOM, "the same under a password",
     CA "{{ pemTruststoreToPKCS12Pass $c.Cert \"pw\" | b64dec | len | lt 300 }}", "true"},
    {"pkcs12cert", "s", "s", pkcs12_cert, 0,
     "certificates of a PKCS#12 file in PEM, leaf first where they are one chain",
     CA "{{ pemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12cert | eq $c.Cert }}", "true"},
    {"pkcs12certPass", "ss", "s", pkcs12_cert, 0, "the same under a password",
     CA "{{ pemToPkcs12Pass $c.Cert $c.Key \"pw\" | b64dec | pkcs12certPass \"pw\" | eq $c.Cert }}",
     "true"},
    {"pkcs12key", "s", "s", pkcs12_key, 0, "private key of a PKCS#12 file in PEM, as PKCS#8",
     CA "{{ pemToPkcs12 $c.Cert $c.Key | b64dec | pkcs12key" KEY_AGAIN},
    {"pkcs12keyPass", "ss", "s", pkcs12_key, 0, "the same under a password",
     CA "{{ pemToPkcs12Pass $c.Cert $c.Key \"pw\" | b64dec | pkcs12keyPass \"pw\"" KEY_AGAIN},
};

const struct func_table funcs_pkcs12 = {"PKCS#12", rows, ARRAY_SIZE(rows)};
