#pragma once
/* table.h: a test is a table; each row becomes its own named cmocka case.
 *
 *     struct row { const char *name, *input; int want; };
 *     static const struct row rows[] = { { "empty", "", 0 } };
 *     static void one_row(void **state) { const struct row *r = *state; ... }
 *     int main(void) { return TABLE_RUN("text_len", rows, one_row); }
 *
 * The first member of a row must be its name.
 *
 * Owns     nothing that outlives the run.
 * Threads  the test thread. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"

/* Run group's n rows of row_size bytes through one_row; the number of failed cases. */
int table_run(const char *group, const void *rows, size_t n, size_t row_size,
              CMUnitTestFunction one_row);

#define TABLE_RUN(group, rows, one_row)                                                            \
    table_run(group, rows, ARRAY_SIZE(rows), sizeof((rows)[0]), one_row)

/* Run an ordinary list of CMUnitTest under a group name. */
#define GROUP_RUN(group, tests) _cmocka_run_group_tests(group, tests, ARRAY_SIZE(tests), NULL, NULL)
