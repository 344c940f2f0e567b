/* One allocator for three libraries. A free erases the block's whole usable size first; a realloc
 * that does not fit moves by allocating, copying, erasing and freeing, because realloc(3) would
 * leave the old bytes behind. Blocks are ordinary malloc blocks, so sanitizers still see them. */
#include "base/zero_alloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/secret_buf.h"

static void erase_free(void *p)
{
    if (!p)
        return;
    secret_erase(p, malloc_usable_size(p));
    free(p);
}

static void *erase_realloc(void *p, size_t n)
{
    size_t old = p ? malloc_usable_size(p) : 0;
    void *moved;

    if (p && n == 0) {
        erase_free(p);
        return NULL;
    }
    if (n <= old && n > old / 2)
        return p;
    moved = malloc(n ? n : 1);
    if (moved && p) {
        memcpy(moved, p, old < n ? old : n);
        erase_free(p);
    }
    return moved;
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return n ? malloc(n) : NULL;
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return erase_realloc(p, n);
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    erase_free(p);
}

struct err *zero_alloc_install(void)
{
    cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = erase_free};

    if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free))
        return err_new(ERR_INTERNAL, "OpenSSL allocated before its allocator could be set");
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, erase_free, erase_realloc, strdup,
                             calloc) != CURLE_OK)
        return err_new(ERR_INTERNAL, "libcurl did not start");
    cJSON_InitHooks(&hooks);
    return NULL;
}

struct err *zero_alloc_harden_process(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

    if (setrlimit(RLIMIT_CORE, &none))
        return err_errno(errno, "set the core size to 0");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return err_errno(errno, "make the process not dumpable");
    return NULL;
}
