/* The same input signs the same, and no line break of the input changes the canonical shape. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "net/sigv4.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct sigv4_signature *sign(const char *path, const char *query, const char *value)
{
    const struct sigv4_credentials credentials = {"AK", secret_view_of("sk", 2), {NULL, 0}};
    const struct http_header headers[] = {{.name = "Host", .value = "a"},
                                          {.name = "X-A", .value = value}};
    const struct sigv4_request rq = {"GET", path,         query, headers, 2,
                                     {0},   &credentials, "r",   "s",     .unix_s = 1};
    struct sigv4_signature *s = NULL;

    err_free(sigv4_sign(&rq, &s));
    return s;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    CLEANUP_STR char *path = xstrndup((const char *)data, size);
    char *query = strchr(path, '?') ? strchr(path, '?') : path + strlen(path);
    char *value = strchr(query, '\n') ? strchr(query, '\n') : query + strlen(query);
    CLEANUP_STR char *text = xstrdup(value);
    CLEANUP_STR char *tail = xstrndup(query, (size_t)(value - query));
    *query = '\0';
    CLEANUP(sigv4_signature) struct sigv4_signature *a = sign(path, tail, text);
    CLEANUP(sigv4_signature) struct sigv4_signature *b = sign(path, tail, text);
    assert(!a == !b && (!a || strcmp(a->string_to_sign, b->string_to_sign) == 0));
    struct secret_view v = a ? secret_buf_view(a->canonical) : (struct secret_view){NULL, 0};
    size_t breaks = 0;
    for (size_t i = 0; i < v.n; i++)
        breaks += v.p[i].v == '\n';
    assert(!a || breaks == 8);
    return 0;
}
