/* External Secrets' helpers around PEM: blocks by type, certificates by their place in the chain,
 * keys of other notations. */
#include "template/cert_chain.h"
#include "template/container.h"
#include "template/fold.h"
#include "template/funcs.h"
#include "template/ip_text.h"
#include "template/jwk.h"
#include "template/pem_block.h"
#include "template/private_key.h"

static struct err *filter_pem(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text type = datum_text(&args[0]), data = pem_block_trim(datum_text(&args[1])), kept;
    struct pem_block block;
    struct text_buf b;
    bool found = true;
    struct err *e = engine_charge_bytes(g, data.n);

    (void)n;
    text_buf_init(&b, g->arena, TEXT_MAX);
    while (!e && found) {
        e = pem_block_next(g, &data, &found, &block);
        if (!e && found && fold_equal(block.type, type))
            e = pem_block_encode(g, &b, &block);
    }
    CLEANUP(err) struct err *failed = text_buf_end(&b, &kept);
    if (e || failed)
        return e ? e : TAKE(failed);
    if (!kept.n && data.n)
        return err_new(ERR_INVALID, "error filtering pem: found junk");
    *out = datum_string(kept);
    return NULL;
}

static struct err *put_cert(struct engine *g, struct text_buf *b, const struct x509 *cert)
{
    struct pem_block block = {.type = TEXT("CERTIFICATE"), .bytes = cert->raw};

    return pem_block_encode(g, b, &block);
}

/* The certificates of one place: [*from, *to) of the chain. */
static void choose(const struct cert_chain *chain, struct text place, size_t *from, size_t *to)
{
    *from = *to = 0;
    if (text_is(place, "leaf")) {
        *to = cert_chain_is_root(chain->certs[0]) ? 0 : 1;
    } else if (text_is(place, "intermediate")) {
        *from = *to = 1;
        while (*to < chain->n && !cert_chain_is_root(chain->certs[*to]))
            ++*to;
    } else if (text_is(place, "root")) {
        *to = chain->n;
        *from = cert_chain_is_root(chain->certs[*to - 1]) ? *to - 1 : *to;
    }
}

static struct err *filter_cert_chain(struct engine *g, const struct datum *args, size_t n,
                                     struct datum *out)
{
    struct cert_chain all, chain;
    struct text_buf b;
    size_t from = 0, to = 0;
    struct err *e = cert_chain_read(g, datum_text(&args[1]), false, &all);

    (void)n;
    if (!e)
        e = cert_chain_order(g, &all, &chain);
    if (e)
        return e;
    choose(&chain, datum_text(&args[0]), &from, &to);
    text_buf_init(&b, g->arena, TEXT_MAX);
    for (; !e && from < to; from++)
        e = put_cert(g, &b, chain.certs[from]);
    return func_give_text(&b, e, out);
}

static struct err *name_text(struct engine *g, const struct x509_name *name, struct datum *out)
{
    struct text_buf b;
    struct text t = name->value;
    struct err *e = NULL;

    if (name->kind == X509_NAME_IP) {
        text_buf_init(&b, g->arena, TEXT_MAX);
        ip_text_print(&b, name->value);
        e = text_buf_end(&b, &t);
    }
    if (!e)
        *out = datum_string(t);
    return e;
}

static struct err *list_names(struct engine *g, const struct x509 *cert, struct datum *out)
{
    struct list *l;
    size_t at = 0;
    struct err *e = list_new(g->arena, ELEMENT_STRING, cert->n_names, &l);

    if (e)
        return e;
    for (enum x509_name_kind kind = X509_NAME_DNS; kind <= X509_NAME_URI; kind++) {
        for (size_t i = 0; !e && i < cert->n_names; i++) {
            if (cert->names[i].kind == kind)
                e = name_text(g, &cert->names[i], &l->items[at++]);
        }
    }
    if (!e)
        *out = datum_list(l);
    return e;
}

static struct err *cert_sans(struct engine *g, const struct datum *args, size_t n,
                             struct datum *out)
{
    struct text data = pem_block_trim(datum_text(&args[0]));
    struct pem_block block;
    struct x509 cert;
    bool found;
    struct err *e = engine_charge_bytes(g, data.n);

    (void)n;
    if (!e)
        e = pem_block_next(g, &data, &found, &block);
    if (e)
        return e;
    if (!found)
        return err_new(ERR_INVALID, "failed to decode PEM block");
    e = x509_parse(g, block.bytes, &cert);
    return e ? err_wrap(e, "failed to parse certificate") : list_names(g, &cert, out);
}

static struct err *jwk_public(struct engine *g, const struct datum *args, size_t n,
                              struct datum *out)
{
    struct text pem;
    struct err *e = jwk_public_pem(g, datum_text(&args[0]), &pem);

    (void)n;
    if (!e)
        *out = datum_string(pem);
    return e;
}

static struct err *jwk_private(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text pem;
    struct err *e = jwk_private_pem(g, datum_text(&args[0]), &pem);

    (void)n;
    return e ? e : func_give(datum_string(pem), out);
}

static struct err *read_rsa_key(struct engine *g, struct text pem, struct private_key *out)
{
    struct pem_block block;
    struct err *e = pem_block_first(g, &pem, "failed to decode PEM block", &block);

    if (e)
        return e;
    e = private_key_parse_any(g, block.bytes, out);
    if (e)
        return err_wrap(e, "could not parse private key");
    return out->kind == PRIVATE_KEY_RSA ? NULL
                                        : err_new(ERR_INVALID, "could not parse RSA private key");
}

static struct err *rsa_decrypt(struct engine *g, const struct datum *args, size_t n,
                               struct datum *out)
{
    struct text scheme = datum_text(&args[0]), hash = datum_text(&args[1]), plain;
    const char *name = text_is(hash, "SHA1")     ? "SHA1"
                       : text_is(hash, "SHA512") ? "SHA512"
                                                 : "SHA256";
    struct private_key key;

    (void)n;
    if (text_is(scheme, "None")) {
        *out = args[2];
        return NULL;
    }
    if (!text_is(scheme, "RSA-OAEP"))
        return err_new(ERR_INVALID, "decryption scheme is not supported");
    struct err *e = read_rsa_key(g, datum_text(&args[3]), &key);
    if (e)
        return e;
    e = private_key_decrypt_oaep(g, &key, name, datum_text(&args[2]), &plain);
    if (e)
        return err_wrap(e, "error decrypting data with RSA");
    *out = datum_string(plain);
    return NULL;
}

#define BLOCK(type) "-----BEGIN " type "-----\\nYQ==\\n-----END " type "-----\\n"
#define CA "(genCAWithKey \"ca\" 1 (genPrivateKey \"ed25519\"))"
/* RFC 8037 appendix A. */
#define JWK_X "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define JWK_D "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\""
#define JWK "\"kty\":\"OKP\",\"crv\":\"Ed25519\","

static const struct func rows[] = {
    {"certSANs", "s", "S", cert_sans, 0,
     "DNS names, addresses, mail addresses and URIs of the first certificate",
     "{{ (genSelfSignedCert \"a\" (list \"10.0.0.1\") (list \"a.example\") 1).Cert | certSANs }}",
     "[a.example 10.0.0.1]"},
    {"filterCertChain", "ss", "s", filter_cert_chain, 0,
     "certificates of one place in the chain: \"leaf\", \"intermediate\" or \"root\"",
     "{{ $c := " CA " }}{{ filterCertChain \"root\" $c.Cert | eq $c.Cert }}", "true"},
    {"filterPEM", "ss", "s", filter_pem, 0, "blocks of that type of a PEM text",
     "{{ filterPEM \"b\" \"" BLOCK("A") BLOCK("B") "\" }}",
     "-----BEGIN B-----\nYQ==\n-----END B-----\n"},
    {"jwkPrivateKeyPem", "s", "s", jwk_private, 0, "private key of a JSON Web Key, as PKCS#8",
     "{{ jwkPrivateKeyPem `{" JWK JWK_X "," JWK_D "}` }}",
     "-----BEGIN PRIVATE KEY-----\n"
     "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
     "-----END PRIVATE KEY-----\n"},
    {"jwkPublicKeyPem", "s", "s", jwk_public, 0, "public key of a JSON Web Key, as PKIX",
     "{{ jwkPublicKeyPem `{" JWK JWK_X "}` }}",
     "-----BEGIN PUBLIC KEY-----\n"
     "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
     "-----END PUBLIC KEY-----\n"},
    {"rsaDecrypt", "ssss", "s", rsa_decrypt, 0,
     "a text decrypted by scheme (\"RSA-OAEP\" or \"None\"), hash and private key in PEM",
     "{{ rsaDecrypt \"None\" \"\" \"as it is\" \"\" }}", "as it is"},
};

const struct func_table funcs_pem = {"PEM", rows, ARRAY_SIZE(rows)};
