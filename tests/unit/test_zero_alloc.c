/* After zero_alloc_install, what the libraries free is empty. Freed memory is read through
 * /proc/self/mem, which no sanitizer minds. */
#include "base/zero_alloc.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <openssl/crypto.h>

#include "tests/support/table.h"

#define BLOCK 600

/* malloc keeps its own links in the first bytes of a freed block. */
#define LINKS 32

static bool is_erased(const void *freed)
{
    unsigned char seen[BLOCK];
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ssize_t n = pread(fd, seen, sizeof(seen), (off_t)(uintptr_t)freed);

    close(fd);
    assert_int_equal(n, BLOCK);
    for (size_t i = LINKS; i < BLOCK; i++)
        if (seen[i])
            return false;
    return true;
}

/* In a child, because a late call is only possible before the early one. */
static void late_install_is_refused(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0) {
        void *early = OPENSSL_malloc(1);
        struct err *e = zero_alloc_install();
        bool is_refused = early && e && err_class(e) == ERR_INTERNAL;

        err_free(e);
        OPENSSL_free(early);
        _exit(is_refused ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void install_works(void **state)
{
    (void)state;
    assert_null(zero_alloc_install());
}

static void openssl_free_erases(void **state)
{
    char *p = OPENSSL_malloc(BLOCK);

    (void)state;
    memset(p, 's', BLOCK);
    OPENSSL_free(p);
    assert_true(is_erased(p));
}

static void openssl_realloc_erases(void **state)
{
    char *p = OPENSSL_malloc(BLOCK), *moved;

    (void)state;
    memset(p, 's', BLOCK);
    moved = OPENSSL_realloc(p, 10 * BLOCK);
    assert_ptr_not_equal(moved, p);
    assert_int_equal(moved[BLOCK - 1], 's');
    assert_true(is_erased(p));
    p = OPENSSL_realloc(moved, 10 * BLOCK - 1);
    assert_ptr_equal(p, moved);
    p = OPENSSL_realloc(moved, BLOCK);
    assert_ptr_not_equal(p, moved);
    assert_int_equal(p[BLOCK - 1], 's');
    assert_true(is_erased(moved));
    assert_null(OPENSSL_realloc(p, 0));
    assert_true(is_erased(p));
    assert_null(OPENSSL_malloc(0));
    OPENSSL_free(OPENSSL_realloc(NULL, 5));
}

static void cjson_free_erases(void **state)
{
    char text[BLOCK + 2];
    cJSON *item;
    const char *copy;

    (void)state;
    memset(text, 's', BLOCK + 1);
    text[BLOCK + 1] = '\0';
    item = cJSON_CreateString(text);
    copy = item->valuestring;
    assert_int_equal(copy[BLOCK], 's');
    cJSON_Delete(item);
    assert_true(is_erased(copy));
}

static void process_is_hardened(void **state)
{
    struct rlimit limit;
    int dumpable;

    (void)state;
    assert_null(zero_alloc_harden_process());
    dumpable = prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_DUMPABLE, 1); /* the leak checker has to attach at the end */
    assert_int_equal(dumpable, 0);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_max, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_install_is_refused), cmocka_unit_test(install_works),
        cmocka_unit_test(openssl_free_erases),     cmocka_unit_test(openssl_realloc_erases),
        cmocka_unit_test(cjson_free_erases),       cmocka_unit_test(process_is_hardened),
    };

    return GROUP_RUN("zero_alloc", tests);
}
