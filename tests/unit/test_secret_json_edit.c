/* One member changed in the text of a document, and all the rest left alone. */

#include "base/secret_json_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret_json.h"
#include "tests/support/table.h"

static struct secret_view view(const char *s)
{
    return secret_view_of(s, strlen(s));
}

static bool is_text(const struct secret_buf *b, const char *want)
{
    return b && secret_view_equal(secret_buf_view(b), view(want));
}

#define TEN "a.a.a.a.a.a.a.a.a.a."

struct set_row {
    const char *name, *doc, *path, *text;
    const char *want; /* NULL: INVALID, in the words of want_error */
    const char *want_error;
};

static const struct set_row set_rows[] = {
    {"no document", "", "a", "v", "{\"a\":\"v\"}", NULL},
    {"a blank document", " \n", "a", "v", "{\"a\":\"v\"}", NULL},
    {"empty object", "{}", "a", "v", "{\"a\":\"v\"}", NULL},
    {"empty object with a blank", "{ }", "a", "v", "{ \"a\":\"v\"}", NULL},
    {"one more", "{\"b\": 1.10 }", "a", "v", "{\"b\": 1.10 ,\"a\":\"v\"}", NULL},
    {"in its place", "{\"b\":1, \"a\" : {\"c\":2}, \"d\":3}", "a", "v",
     "{\"b\":1, \"a\" : \"v\", \"d\":3}", NULL},
    {"text around it", " {\"a\":1}\n", "a", "v", " {\"a\":\"v\"}\n", NULL},
    {"the last of two", "{\"a\":1,\"a\":2}", "a", "v", "{\"a\":1,\"a\":\"v\"}", NULL},
    {"nested", "{\"a\":{\"b\":1},\"c\":2}", "a.b", "v", "{\"a\":{\"b\":\"v\"},\"c\":2}", NULL},
    {"nested and new", "{\"a\":{\"b\":1}}", "a.c", "v", "{\"a\":{\"b\":1,\"c\":\"v\"}}", NULL},
    {"made on the way", "{\"x\":1}", "a.b.c", "v", "{\"x\":1,\"a\":{\"b\":{\"c\":\"v\"}}}", NULL},
    {"a string gives way", "{\"a\":\"s\"}", "a.b", "v", "{\"a\":{\"b\":\"v\"}}", NULL},
    {"a document that is a number", "5", "a", "v", "{\"a\":\"v\"}", NULL},
    {"a name with a dot", "{\"a.b\":1}", "a\\.b", "v", "{\"a.b\":\"v\"}", NULL},
    {"any character", "{}", "a\\*\\\\b", "v", "{\"a*\\\\b\":\"v\"}", NULL},
    {"a backslash at the end", "{}", "a\\", "v", "{\"a\\\\\":\"v\"}", NULL},
    {"digits as a name", "{\"a\":1}", "12", "v", "{\"a\":1,\"12\":\"v\"}", NULL},
    {"digits that make a list", "{}", "a.2", "v", "{\"a\":[null,null,\"v\"]}", NULL},
    {"digits after a colon", "{}", "a.:2", "v", "{\"a\":{\"2\":\"v\"}}", NULL},
    {"a list as document", "", "1", "v", "[null,\"v\"]", NULL},
    {"an element", "{\"a\":[1, {\"b\":2},3]}", "a.1.b", "v", "{\"a\":[1, {\"b\":\"v\"},3]}", NULL},
    {"behind the list", "[1, 2]", "3", "v", "[1,2,null,\"v\"]", NULL},
    {"the end of the list", "[1, 2]", "-1", "v", "[1,2,\"v\"]", NULL},
    {"the end of an empty list", "[]", "-1.x", "v", "[{\"x\":\"v\"}]", NULL},
    {"the end of a new list", "{}", "a.-1", "v", "{\"a\":[\"v\"]}", NULL},
    {"spelled as it is", "{}", "a", "<&> \x7f", "{\"a\":\"<&> \x7f\"}", NULL},
    {"spelled as Go does", "{}", "a", "<\"", "{\"a\":\"\\u003c\\\"\"}", NULL},
    {"not UTF-8", "{}", "a", "\xff", "{\"a\":\"\\ufffd\"}", NULL},
    {"empty text", "{}", "a", "", "{\"a\":\"\"}", NULL},
    {"no JSON", "{\"a\":", "a", "v", NULL, NULL},
    {"no path", "{}", "", "v", NULL, "path: has an empty name"},
    {"two dots", "{}", "a..b", "v", NULL, "path: has an empty name"},
    {"a dot at the end", "{}", "a.", "v", NULL, "path: has an empty name"},
    {"a colon alone", "{}", ":", "v", NULL, "path: has an empty name"},
    {"a wildcard", "{}", "a*", "v", NULL,
     "path: '*' is not allowed; write '\\*' for the character"},
    {"a query", "[]", "#.a", "v", NULL, "path: '#' is not allowed; write '\\#' for the character"},
    {"a name in a list", "{\"a\":[1]}", "a.b", "v", NULL, "path: \"b\" is no index of a list"},
    {"a far index", "[]", "1025", "v", NULL,
     "path: an index above 1024; write ':' in front of a name"},
    {"a farther index", "{}", "a.99999999999999999999999", "v", NULL,
     "path: an index above 1024; write ':' in front of a name"},
    {"too long a path", "{}", TEN TEN TEN "b.c.d", "v", NULL, "path: has more than 32 names"},
};

static void one_set(void **state)
{
    const struct set_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    CLEANUP(err) struct err *e = secret_json_set(view(r->doc), r->path, view(r->text), &out);
    if (r->want) {
        assert_null(e);
        assert_true(is_text(out, r->want));
        return;
    }
    assert_int_equal(err_class(e), ERR_INVALID);
    assert_null(out);
    if (r->want_error)
        assert_string_equal(err_text(e), r->want_error);
}

struct remove_row {
    const char *name, *doc, *path;
    int want; /* enum secret_json_removal, or -1: INVALID */
    const char *want_rest;
};

static const struct remove_row remove_rows[] = {
    {"the only one", "{\"a\":1}", "a", SECRET_JSON_NONE_LEFT, NULL},
    {"the first", "{\"a\":1, \"b\" : 2.0}", "a", SECRET_JSON_REMOVED, "{\"b\":2.0}"},
    {"the last", "{\"a\":1, \"b\" : 2.0}", "b", SECRET_JSON_REMOVED, "{\"a\":1}"},
    {"twice there", "{\"a\":1,\"b\":2,\"a\":3}", "a", SECRET_JSON_REMOVED, "{\"b\":2}"},
    {"twice and alone", "{\"a\":1,\"a\":3}", "a", SECRET_JSON_NONE_LEFT, NULL},
    {"nested", " {\"a\":{\"b\":1,\"c\":2},\"d\":3} ", "a.b", SECRET_JSON_REMOVED,
     " {\"a\":{\"c\":2},\"d\":3} "},
    {"what is empty then goes too", "{\"a\":{\"b\":{\"c\":1}},\"d\":3}", "a.b.c",
     SECRET_JSON_REMOVED, "{\"d\":3}"},
    {"all of it", "{\"a\":{\"b\":{\"c\":1}}}", "a.b.c", SECRET_JSON_NONE_LEFT, NULL},
    {"an only element", "{\"a\":[1],\"d\":3}", "a.0", SECRET_JSON_REMOVED, "{\"d\":3}"},
    {"one of several elements", "{\"a\":[1,2]}", "a.0", -1, NULL},
    {"absent", "{\"a\":1}", "b", SECRET_JSON_ABSENT, NULL},
    {"absent on the way", "{\"a\":1}", "a.b", SECRET_JSON_ABSENT, NULL},
    {"absent in a list", "[1]", "1", SECRET_JSON_ABSENT, NULL},
    {"no object", "\"text\"", "a", SECRET_JSON_ABSENT, NULL},
    {"no JSON", "text", "a", -1, NULL},
    {"no document", "", "a", -1, NULL},
    {"a wildcard", "{\"a\":1}", "*", -1, NULL},
};

static void one_remove(void **state)
{
    const struct remove_row *r = *state;
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    enum secret_json_removal removal = SECRET_JSON_ABSENT;
    CLEANUP(err) struct err *e = secret_json_remove(view(r->doc), r->path, &removal, &out);
    if (r->want < 0) {
        assert_int_equal(err_class(e), ERR_INVALID);
        return;
    }
    assert_null(e);
    assert_int_equal(removal, r->want);
    assert_int_equal(out != NULL, r->want_rest != NULL);
    if (out)
        assert_true(is_text(out, r->want_rest));
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    bool has_worked = false;
    for (size_t n = 1; n < 10 && !has_worked; n++) {
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        secret_arena_fail_after(n);
        CLEANUP(err) struct err *e = secret_json_set(view("[]"), "200", view("v"), &out);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_int_equal(err_class(e), ERR_INTERNAL);
        assert_int_equal(out != NULL, has_worked);
    }
    assert_true(has_worked);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("secret_json_set", set_rows, one_set) +
           TABLE_RUN("secret_json_remove", remove_rows, one_remove) +
           GROUP_RUN("secret_json_edit", tests);
}
