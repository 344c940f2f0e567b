/* The tables of functions are the guide: every row explains itself, and its example shows what it
 * says. Sorted rows are what func_find relies on. */
#include "template/funcs.h"

#include <stdlib.h>
#include <string.h>

#include "template/call.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

/* External Secrets 2.9: 18 of its own, 209 of sprig, 19 of text/template, slice in two of them. */
#define FUNCTIONS 245

static const struct func_table *const method_tables[] = {
    &methods_time,     &methods_duration, &methods_month, &methods_weekday,
    &methods_location, &methods_semver,   &methods_cert,
};

static void example(void **state)
{
    const struct func *f = *state;

    assert_true(f->summary[0] != '\0');
    assert_true(f->summary[strlen(f->summary) - 1] != '.');
    assert_true(f->result[0] != '\0');
    assert_non_null(f->example);
    CLEANUP(template) struct template *t = template_rig_parse(f->example);
    if (!f->shows) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(t, NULL, &out);
        assert_null(e);
        assert_true(template_is_volatile(t));
        return;
    }
    template_rig_check(f->example, f->shows);
}

/* An example calls what it stands for, and the flags of a row are true of it. */
static void example_names_it(void **state)
{
    (void)state;
    for (size_t i = 0; func_tables()[i]; i++) {
        const struct func_table *table = func_tables()[i];
        for (size_t j = 0; j < table->n; j++) {
            if (!strstr(table->rows[j].example, table->rows[j].name))
                fail_msg("%s is not in its example", table->rows[j].name);
        }
    }
}

static void check_sorted(const struct func_table *table)
{
    for (size_t i = 1; i < table->n; i++) {
        if (strcmp(table->rows[i - 1].name, table->rows[i].name) >= 0)
            fail_msg("%s stands before %s", table->rows[i - 1].name, table->rows[i].name);
    }
}

static void rows_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; func_tables()[i]; i++)
        check_sorted(func_tables()[i]);
    for (size_t i = 0; i < ARRAY_SIZE(method_tables); i++)
        check_sorted(method_tables[i]);
}

static void names_are_unique(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t i = 0; func_tables()[i]; i++) {
        const struct func_table *table = func_tables()[i];
        assert_true(table->theme[0] != '\0');
        for (size_t j = 0; j < table->n; j++, n++) {
            if (func_find(text_of(table->rows[j].name)) != &table->rows[j])
                fail_msg("%s stands in two tables", table->rows[j].name);
        }
    }
    assert_int_equal(n, FUNCTIONS);
    assert_null(func_find(TEXT("base64encode")));
    assert_null(func_find(TEXT("")));
}

/* Only the two that decide what is evaluated have no function of their own. */
static void all_can_be_called(void **state)
{
    (void)state;
    for (size_t i = 0; func_tables()[i]; i++) {
        const struct func_table *table = func_tables()[i];
        for (size_t j = 0; j < table->n; j++) {
            const char *name = table->rows[j].name;
            bool is_evaluators = strcmp(name, "and") == 0 || strcmp(name, "or") == 0;
            assert_int_equal(!table->rows[j].fn, is_evaluators);
        }
    }
}

static void check_receiver(const struct func_table *table, char letter)
{
    for (size_t i = 0; i < table->n; i++) {
        assert_non_null(table->rows[i].fn);
        if (call_param(&table->rows[i], 0) != letter)
            fail_msg("%s has parameters %s", table->rows[i].name, table->rows[i].params);
    }
}

static void methods_begin_with_their_receiver(void **state)
{
    (void)state;
    check_receiver(&methods_time, 'T');
    check_receiver(&methods_duration, 'D');
    check_receiver(&methods_location, 'Z');
    check_receiver(&methods_semver, 'V');
    check_receiver(&methods_cert, 'C');
    assert_ptr_equal(func_method(DATUM_CERT, TEXT("Key")), &methods_cert.rows[1]);
    assert_null(func_method(DATUM_CERT, TEXT("key")));
    assert_null(func_method(DATUM_STRING, TEXT("Key")));
}

static int run_examples(void)
{
    int failed = 0;

    for (size_t i = 0; func_tables()[i]; i++) {
        const struct func_table *table = func_tables()[i];
        failed += table_run(table->theme, table->rows, table->n, sizeof(struct func), example);
    }
    return failed;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_names_it),
        cmocka_unit_test(rows_are_sorted),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(all_can_be_called),
        cmocka_unit_test(methods_begin_with_their_receiver),
    };
    return run_examples() + GROUP_RUN("func_tables", tests);
}
