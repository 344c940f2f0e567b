/* The Pod's attributes: what they mean, and what of them is refused by name. */

#include "project/project_items.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/table.h"

struct row {
    const char *name, *items, *mode;
    const char *error; /* NULL: fine */
};
static const struct row rows[] = {
    {"nothing", NULL, NULL, NULL},
    {"octal mode", NULL, "0440", NULL},
    {"decimal mode", NULL, "288", NULL},
    {"mode too large", NULL, "01000", "defaultMode"},
    {"no mode", NULL, "rw", "defaultMode"},
    {"empty mode", NULL, "", "defaultMode"},
    {"negative mode", NULL, "-1", "defaultMode"},
    {"mode with a sign", NULL, "+440", "defaultMode"},
    {"mode behind a blank", NULL, " 0440", "defaultMode"},
    {"hexadecimal mode", NULL, "0x1ff", "defaultMode"},
    {"one item", "[{key: a, path: b/c, mode: '0400'}]", NULL, NULL},
    {"decimal item mode", "[{key: a, path: b, mode: 256}]", NULL, NULL},
    {"no list", "key: a", NULL, "items: must be a YAML list"},
    {"empty list", "[]", NULL, "items: must have 1 to"},
    {"no YAML", "[{", NULL, "items"},
    {"no key", "[{path: b}]", NULL, "items[0].key is missing"},
    {"no path", "[{key: b}]", NULL, "items[0].path is missing"},
    {"unknown member", "[{key: a, path: b, owner: root}]", NULL, "items[0].owner is not supported"},
    {"path leaves", "[{key: a, path: ../b}]", NULL, "items[0].path"},
    {"path is absolute", "[{key: a, path: /b}]", NULL, "items[0].path"},
    {"path is reserved", "[{key: a, path: ..data}]", NULL, "items[0].path"},
    {"bad item mode", "[{key: a, path: b, mode: x}]", NULL, "items[0].mode"},
    {"item mode too large", "[{key: a, path: b, mode: 4096}]", NULL, "items[0].mode"},
    {"same path twice", "[{key: a, path: x}, {key: b, path: x}]", NULL, "collide"},
    {"file and folder", "[{key: a, path: x}, {key: b, path: x/y}]", NULL, "collide"},
    {"neighbours", "[{key: a, path: x}, {key: b, path: xy}]", NULL, NULL},
};

static void one_row(void **state)
{
    const struct row *r = *state;
    CLEANUP(project_items) struct project_items *p = NULL;
    CLEANUP(err) struct err *e = project_items_parse(r->items, r->mode, &p);
    if (!r->error) {
        assert_null(e);
        assert_non_null(p);
        return;
    }
    assert_non_null(e);
    assert_null(p);
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), r->error));
}

static struct output_set *two_keys(void)
{
    struct output_set *o = output_set_new();
    struct secret_buf *a;
    struct secret_buf *b;
    assert_null(secret_buf_copy(secret_view_of("1", 1), &a));
    assert_null(secret_buf_copy(secret_view_of("2", 1), &b));
    assert_null(output_set_put(o, "a", a));
    assert_null(output_set_put(o, "b", b));
    return o;
}

static void every_key_by_default(void **state)
{
    struct project_file *files;
    size_t n;
    (void)state;
    CLEANUP(output_set) struct output_set *o = two_keys();
    CLEANUP(project_items) struct project_items *p = NULL;
    assert_null(project_items_parse(NULL, "0440", &p));
    assert_null(project_items_select(p, o, false, &files, &n));
    assert_int_equal(n, 2);
    assert_string_equal(files[1].path, "b");
    assert_int_equal(files[1].mode, 0440);
    free(files);
}

static void listed_keys_only(void **state)
{
    struct project_file *files;
    size_t n;
    (void)state;
    CLEANUP(output_set) struct output_set *o = two_keys();
    CLEANUP(project_items) struct project_items *p = NULL;
    assert_null(
        project_items_parse("[{key: b, path: x/y, mode: '0400'}, {key: b, path: z}]", NULL, &p));
    assert_null(project_items_select(p, o, false, &files, &n));
    assert_int_equal(n, 2);
    assert_string_equal(files[0].path, "x/y");
    assert_int_equal(files[0].mode, 0400);
    assert_int_equal(files[1].mode, PROJECT_MODE_DEFAULT);
    free(files);
}

static void missing_key_is_named_unless_optional(void **state)
{
    struct project_file *files = NULL;
    size_t n = 0;
    (void)state;
    CLEANUP(output_set) struct output_set *o = two_keys();
    CLEANUP(project_items) struct project_items *p = NULL;
    assert_null(project_items_parse("[{key: c, path: x}, {key: a, path: y}]", NULL, &p));
    CLEANUP(err) struct err *e = project_items_select(p, o, false, &files, &n);
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_NOT_FOUND);
    assert_string_equal(err_text(e), "items[0].key \"c\" is not among the keys");
    assert_null(project_items_select(p, o, true, &files, &n));
    assert_int_equal(n, 1);
    assert_string_equal(files[0].path, "y");
    free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_by_default),
        cmocka_unit_test(listed_keys_only),
        cmocka_unit_test(missing_key_is_named_unless_optional),
    };
    return TABLE_RUN("project_items_parse", rows, one_row) + GROUP_RUN("project_items", tests);
}
