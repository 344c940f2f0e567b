/* Rows to cases: cmocka wants an array of struct CMUnitTest, so one is made for the run. */

#include "tests/support/table.h"

#include <stdlib.h>

int table_run(const char *group, const void *rows, size_t n, size_t row_size,
              CMUnitTestFunction one_row)
{
    struct CMUnitTest *tests = calloc(n, sizeof(*tests));
    if (!tests)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const char *row = (const char *)rows + i * row_size;
        const char *name;
        __builtin_memcpy(&name, row, sizeof(name));
        tests[i].name = name;
        tests[i].test_func = one_row;
        tests[i].initial_state = (void *)(uintptr_t)row;
    }
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    free(tests);
    return failed;
}
