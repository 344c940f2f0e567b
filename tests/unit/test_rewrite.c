/* Names in, names out, by the steps of a dataFrom's rewrite. */

#include "render/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str_buf.h"
#include "tests/support/render_rig.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    const char *rewrite; /* YAML */
    const char *in;      /* "name=value" lines; "\1" in a name stands for a zero byte */
    const char *want;    /* the same, sorted; or the beginning of the error */
    bool fails;
};

#define REGEXP(source, target) "[{regexp: {source: '" source "', target: '" target "'}}]"
#define TRANSFORM(text) "[{transform: {template: '" text "'}}]"
#define MERGE(rest) "[{merge: {" rest "}}]"
#define AT_REGEXP "rewrite[0].regexp: "
#define AT_TRANSFORM "rewrite[0].transform: "
#define AT_MERGE "rewrite[0].merge: "

static const struct row regexp_rows[] = {
    {"a prefix goes", REGEXP("^/app/", ""), "/app/a=1\nb=2\n", "a=1\nb=2\n", false},
    {"every match", REGEXP("[^a-z]", "_"), "a/b/c=1\n", "a_b_c=1\n", false},
    {"anywhere", REGEXP("b", "x"), "abc=1\n", "axc=1\n", false},
    {"all of it once", REGEXP("(.*)", "X_$1"), "abc=1\n", "X_abc=1\n", false},
    {"a group's name is greedy", REGEXP("(.*)", "$1_x"), "abc=1\n", "=1\n", false},
    {"a group in braces", REGEXP("(.*)", "${1}_x"), "abc=1\n", "abc_x=1\n", false},
    {"a named group", REGEXP("(?P<n>b)", "<${n}>"), "abc=1\n", "a<b>c=1\n", false},
    {"a dollar", REGEXP("b", "$$"), "abc=1\n", "a$c=1\n", false},
    {"empty matches", REGEXP("a*", "x"), "baaac=1\n", "xbxcx=1\n", false},
    {"no match", REGEXP("z", "x"), "a=1\n", "a=1\n", false},
    {"no members", REGEXP("a", "x"), "", "", false},
    {"a zero byte in a name", REGEXP("[^a-z]", "_"), "a\1b=1\n", "a_b=1\n", false},
    {"of two that become one the last", REGEXP(".", "x"), "a=1\nc=3\nb=2\n", "x=3\n", false},
    {"step after step", "[{regexp: {source: a, target: b}}, {regexp: {source: b, target: c}}]",
     "ab=1\n", "cc=1\n", false},
    {"a bad pattern", REGEXP("(", ""), "a=1\n", AT_REGEXP "error parsing regexp: ", true},
    {"a bad pattern, and no members", REGEXP("(", ""), "",
     AT_REGEXP "error parsing regexp: ", true},
    {"the second step fails",
     "[{regexp: {source: a, target: b}}, {regexp: {source: '[', target: c}}]", "ab=1\n",
     "rewrite[1].regexp: error parsing regexp: ", true},
};

static const struct row transform_rows[] = {
    {"upper", TRANSFORM("{{ .value | upper }}_KEY"), "a=1\nb=2\n", "A_KEY=1\nB_KEY=2\n", false},
    {"a missing name prints", TRANSFORM("{{ .other }}"), "a=1\n", "<no value>=1\n", false},
    {"of two that become one the last", TRANSFORM("x"), "b=2\na=1\n", "x=2\n", false},
    {"a zero byte in a name", TRANSFORM("{{ .value | len }}"), "a\1b=1\n", "3=1\n", false},
    {"no members", TRANSFORM("x"), "", "", false},
    {"a bad template", TRANSFORM("{{"), "a=1\n", AT_TRANSFORM "template: transform:1: ", true},
    {"a template that fails", TRANSFORM("{{ fail .value }}"), "a=secret\n",
     AT_TRANSFORM "key \"a\": template: transform:1:3: executing \"transform\" at ", true},
};

static const struct row merge_rows[] = {
    {"two objects", MERGE(""), "a={\"x\":\"1\"}\nb={\"y\":\"2\"}\n", "x=1\ny=2\n", false},
    {"values as External Secrets prints them", MERGE("strategy: Extract"),
     "a={\"a\":1.0,\"b\":1e21,\"c\":12345678901234567890,\"d\":1e-7,\"e\":true,\"f\":null,"
     "\"g\":\"x<y\",\"h\":{\"z\":\"<\",\"a\":[1,\"&\",1e21]},\"i\":[],\"j\":false,\"k\":-0}\n",
     "a=1\nb=1000000000000000000000\nc=12345678901234567000\nd=0.0000001\ne=true\nf=\ng=x<y\n"
     "h={\"a\":[1,\"\\u0026\",1e+21],\"z\":\"\\u003c\"}\ni=[]\nj=false\nk=-0\n",
     false},
    {"one name twice in one object", MERGE(""), "a={\"x\":1,\"x\":2}\n", "x=2\n", false},
    {"null has no members", MERGE(""), "a=null\nb={\"x\":1}\n", "x=1\n", false},
    {"nothing to merge", MERGE(""), "", "", false},
    {"a zero byte in a name", MERGE(""), "a={\"x\\u0000\":1}\n", "x\1=1\n", false},
    {"a conflict", MERGE(""), "a={\"x\":1,\"y\":1}\nb={\"y\":2,\"x\":2}\n",
     AT_MERGE "merge failed with conflicts: x, y", true},
    {"a conflict of the empty name", MERGE(""), "a={\"\":1}\nb={\"\":2}\n",
     AT_MERGE "merge failed with conflicts: ", true},
    {"the later one wins", MERGE("conflictPolicy: Ignore"), "a={\"x\":1}\nb={\"x\":2}\n", "x=2\n",
     false},
    {"priority wins", MERGE("conflictPolicy: Ignore, priority: [a]"),
     "a={\"x\":1}\nb={\"x\":2}\nc={\"x\":3}\n", "x=1\n", false},
    {"of priorities the last", MERGE("conflictPolicy: Ignore, priority: [c, a, b]"),
     "a={\"x\":1}\nb={\"x\":2}\nc={\"x\":3}\n", "x=2\n", false},
    {"priority is no excuse", MERGE("priority: [a]"), "a={\"x\":1}\nb={\"x\":2}\n",
     AT_MERGE "merge failed with conflicts: x", true},
    {"a priority twice conflicts with itself", MERGE("priority: [a, a]"), "a={\"x\":1}\n",
     AT_MERGE "merge failed with conflicts: x", true},
    {"a priority that is not there", MERGE("priority: [z]"), "a={\"x\":1}\n",
     AT_MERGE "merge failed with key \"z\" not found in input map", true},
    {"a priority that need not be there", MERGE("priority: [z, a], priorityPolicy: IgnoreNotFound"),
     "a={\"x\":1}\n", "x=1\n", false},
    {"no JSON", MERGE(""), "a=pa$$word\n", AT_MERGE "value of key \"a\" is no JSON object: ", true},
    {"an empty value", MERGE(""), "a=\n", AT_MERGE "value of key \"a\" is no JSON object: ", true},
    {"no object", MERGE(""), "a=[1]\n", AT_MERGE "value of key \"a\" is no JSON object", true},
    {"a text", MERGE(""), "a=\"x\"\n", AT_MERGE "value of key \"a\" is no JSON object", true},
    {"a number that no double holds", MERGE(""), "a={\"x\":1e400}\n",
     AT_MERGE "value of key \"a\" is no JSON object: ", true},
    {"as JSON", MERGE("strategy: JSON, into: m"),
     "a={\"y\":\"<&>\",\"x\":1e6}\nb={\"z\":[true, null]}\n",
     "a={\"y\":\"<&>\",\"x\":1e6}\nb={\"z\":[true, null]}\n"
     "m={\"x\":1000000,\"y\":\"<&>\",\"z\":[true,null]}\n",
     false},
    {"as JSON, a line separator is escaped", MERGE("strategy: JSON, into: a"),
     "a={\"x\":\"\xe2\x80\xa8\"}\n", "a={\"x\":\"\\u2028\"}\n", false},
    {"nothing as JSON", MERGE("strategy: JSON, into: m"), "", "m={}\n", false},
    {"as JSON, then the rest",
     "[{merge: {strategy: JSON, into: a, conflictPolicy: Ignore}},"
     " {merge: {conflictPolicy: Ignore, priority: [a]}}]",
     "a={\"x\":1}\nb={\"x\":2,\"y\":3}\n", "x=2\ny=3\n", false},
    {"a name, then a merge",
     "[{regexp: {source: '^', target: 'z-'}}, {merge: {priority: [z-a], conflictPolicy: Ignore}}]",
     "a={\"x\":1}\nb={\"x\":2}\n", "x=1\n", false},
};

static struct secret_buf *buf_of(const char *text, size_t n)
{
    CLEANUP_STR char *copy = xstrndup(text, n);
    struct secret_buf *b = NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = (char)(copy[i] == '\1' ? 0 : copy[i]);
    assert_null(secret_buf_copy(secret_view_of(copy, n), &b));
    return b;
}

static struct members *members_of(const char *lines)
{
    struct members *m = members_new();
    while (*lines) {
        size_t n = strcspn(lines, "\n"), name = strcspn(lines, "=");
        members_set(m, buf_of(lines, name), buf_of(lines + name + 1, n - name - 1));
        lines += n + 1;
    }
    return m;
}

static void print_bytes(struct str_buf *b, const struct secret_buf *bytes, const char *end)
{
    struct secret_view v = secret_buf_view(bytes);
    for (size_t i = 0; i < v.n; i++)
        str_buf_append(b, v.p[i].v ? (const char[]){(char)v.p[i].v} : "\1", 1);
    str_buf_puts(b, end);
}

static void check_members(const struct members *m, const char *want)
{
    CLEANUP_STR_BUF struct str_buf b;
    str_buf_init(&b, 1 << 16);
    for (size_t i = 0; i < m->n; i++) {
        print_bytes(&b, m->items[i].name, "=");
        print_bytes(&b, m->items[i].value, "\n");
    }
    assert_string_equal(b.s, want);
}

static void one_row(void **state)
{
    const struct row *r = *state;
    static const struct template_env env = {.refuse_random = true};
    CLEANUP_STR char *rest =
        xasprintf("  dataFrom:\n  - find: {name: {regexp: .}}\n    rewrite: %s\n", r->rewrite);
    CLEANUP(spec) struct spec *spec = render_rig_spec(rest);
    CLEANUP(members) struct members *m = members_of(r->in);
    const struct spec_source *source = &spec->sources[0];
    CLEANUP(err) struct err *e = rewrite_apply(source->rewrites, source->n_rewrites, &env, &m);
    if (!r->fails) {
        if (e)
            fail_msg("%s", err_text(e));
        check_members(m, r->want);
        return;
    }
    assert_non_null(e);
    assert_int_equal(err_class(e), ERR_INVALID);
    if (strncmp(err_text(e), r->want, strlen(r->want)) != 0)
        assert_string_equal(err_text(e), r->want);
}

/* Rewrite the one name "a" to n bytes; the class, or -1. */
static int rewrite_to(size_t n)
{
    CLEANUP_STR char *target = xcalloc(n + 1, 1);
    CLEANUP(members) struct members *m = members_of("a=1\n");
    memset(target, 'x', n);
    struct spec_rewrite r = {.kind = REWRITE_REGEXP, .source = (char[]){"a"}, .target = target};
    CLEANUP(err) struct err *e = rewrite_apply(&r, 1, NULL, &m);
    return e ? (int)err_class(e) : -1;
}

static void a_name_has_a_limit(void **state)
{
    (void)state;
    assert_int_equal(rewrite_to(REWRITE_NAME_MAX), -1);
    assert_int_equal(rewrite_to(REWRITE_NAME_MAX + 1), ERR_INVALID);
}

/* Steps that each add the same object under another name. */
static int merge_times(size_t n, size_t size)
{
    static char names[][2] = {"b", "c", "d", "e", "f", "g", "h", "i"};
    struct spec_rewrite steps[ARRAY_SIZE(names)];
    CLEANUP_STR char *lines = xcalloc(size + 16, 1);
    memcpy(lines, "a={\"x\":\"", 8);
    memset(lines + 8, 'x', size);
    memcpy(lines + 8 + size, "\"}\n", 3);
    CLEANUP(members) struct members *m = members_of(lines);
    assert_true(n <= ARRAY_SIZE(names));
    for (size_t i = 0; i < n; i++)
        steps[i] = (struct spec_rewrite){
            .kind = REWRITE_MERGE,
            .merge = {.into = names[i], .ignores_conflicts = true, .is_json = true}};
    CLEANUP(err) struct err *e = rewrite_apply(steps, n, NULL, &m);
    return e ? (int)err_class(e) : -1;
}

static void all_members_have_a_limit(void **state)
{
    (void)state;
    assert_int_equal(merge_times(4, 3u << 20), -1);
    assert_int_equal(merge_times(5, 3u << 20), ERR_INVALID);
}

static void secret_memory_may_run_out(void **state)
{
    (void)state;
    CLEANUP(spec)
    struct spec *spec =
        render_rig_spec("  dataFrom:\n  - find: {name: {regexp: .}}\n"
                        "    rewrite: [{regexp: {source: a, target: b}},"
                        " {transform: {template: '{{ upper .value }}'}},"
                        " {merge: {strategy: JSON, into: c}}, {merge: {priority: [c],"
                        " conflictPolicy: Ignore}}]\n");
    bool has_worked = false;
    size_t n = 1;
    for (; n < 200 && !has_worked; n++) {
        CLEANUP(members) struct members *m = members_of("a={\"x\":[1.5]}\n");
        secret_arena_fail_after(n);
        CLEANUP(err)
        struct err *e =
            rewrite_apply(spec->sources[0].rewrites, spec->sources[0].n_rewrites, NULL, &m);
        secret_arena_fail_after(0);
        has_worked = !e;
        if (e)
            assert_true(err_class(e) == ERR_INTERNAL || err_class(e) == ERR_UNAVAILABLE);
        else
            check_members(m, "x=[1.5]\n");
    }
    assert_true(has_worked);
    assert_true(n > 10);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_name_has_a_limit),
    cmocka_unit_test(all_members_have_a_limit),
    cmocka_unit_test(secret_memory_may_run_out),
};

int main(void)
{
    return TABLE_RUN("regexp", regexp_rows, one_row) +
           TABLE_RUN("transform", transform_rows, one_row) +
           TABLE_RUN("merge", merge_rows, one_row) + GROUP_RUN("rewrite", tests);
}
