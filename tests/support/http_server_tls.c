/* A P-256 key and a self-signed certificate made in memory: nothing to check in, nothing that
 * expires. */
#include "tests/support/http_server_tls.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"

#define VALID_S 86400L

static void must(int ok)
{
    if (!ok)
        abort();
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL);
    must(X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    must(X509_set_version(cert, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
    must(X509_gmtime_adj(X509_getm_notBefore(cert), -VALID_S) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S) != NULL);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                                    0));
    must(X509_set_issuer_name(cert, name));
    must(X509_set_pubkey(cert, key));
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert, NID_subject_alt_name, "IP:127.0.0.1");
    must(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

static char *to_pem(X509 *cert)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    char *pem;
    long n;

    must(PEM_write_bio_X509(memory, cert));
    n = BIO_get_mem_data(memory, &bytes);
    pem = xstrndup(bytes, (size_t)n);
    BIO_free(memory);
    return pem;
}

struct http_server_tls *http_server_tls_new(void)
{
    struct http_server_tls *t = xcalloc(1, sizeof(*t));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_certificate(key);

    t->context = SSL_CTX_new(TLS_server_method());
    t->ca_pem = to_pem(cert);
    must(SSL_CTX_use_certificate(t->context, cert));
    must(SSL_CTX_use_PrivateKey(t->context, key));
    X509_free(cert);
    EVP_PKEY_free(key);
    return t;
}

void http_server_tls_free(struct http_server_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->context);
    free(t->ca_pem);
    free(t);
}
