/* Every limit is hit by a template or by an engine of its own, soon, and says so. */
#include "template/template.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/secret_arena.h"
#include "tests/support/table.h"
#include "tests/support/template_rig.h"

/* Debug builds and loaded machines included. */
#define SECONDS_MAX 4

/* Sanitizers need more for the same. */
#define SECRET_MEMORY_MAX (512u << 20)

#define DOUBLE(a, b) "{{define \"" a "\"}}{{template \"" b "\"}}{{template \"" b "\"}}{{end}}"
#define DEEPER "{{ $x := list }}{{ range 1000 }}{{ $x = list $x }}{{ end }}"
#define ITSELF "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}"

static const struct template_row rows[] = {
    {"empty loop", "{{ range 100000000 }}{{ end }}", "more than 2000000 steps"},
    {"loop in a loop", "{{ range 5000 }}{{ range 5000 }}{{ $x := 1 }}{{ end }}{{ end }}",
     "more than 2000000 steps"},
    {"templates that double",
     DOUBLE("a", "b") DOUBLE("b", "c") DOUBLE("c", "d") DOUBLE("d", "e") DOUBLE("e", "f")
         DOUBLE("f", "g") DOUBLE("g", "h") DOUBLE("h", "i") DOUBLE("i", "j") DOUBLE("j", "k1")
             DOUBLE("k1", "l") DOUBLE("l", "m") DOUBLE("m", "n") DOUBLE("n", "o") DOUBLE("o", "p")
                 DOUBLE("p", "q") DOUBLE("q", "r") DOUBLE("r", "s") DOUBLE("s", "t")
                     DOUBLE("t", "u") DOUBLE("u", "v") "{{define \"v\"}}{{end}}{{template \"a\"}}",
     "more than 2000000 steps"},
    {"output by text", "{{ range 200000 }}12345678901234567890{{ end }}",
     "text longer than 1048576 bytes"},
    {"output by values", "{{ range 200000 }}{{ $.unicode }}{{ end }}",
     "text longer than 1048576 bytes"},
    {"text that doubles", "{{ $x := \"12345678\" }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}",
     "text longer than 4194304 bytes"},
    {"lists that are dropped", "{{ range 200 }}{{ $x := until 20000 }}{{ end }}",
     "more than 33554432 bytes of memory"},
    {"elements", "{{ until 100001 | len }}", "more than 100000 elements"},
    {"template calls itself", "{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}",
     "more than 100 templates within each other"},
    {"templates call each other",
     "{{ define \"a\" }}{{ template \"b\" }}{{ end }}{{ define \"b\" }}{{ template \"a\" }}{{ end "
     "}}"
     "{{ template \"a\" }}",
     "more than 100 templates within each other"},
    {"blocks in templates",
     "{{ define \"t\" }}{{ if 1 }}{{ with 1 }}{{ range 1 }}{{ if 1 }}{{ if 1 }}{{ template \"t\" }}"
     "{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template \"t\" }}",
     "more than 500 levels of values"},
    {"variables in templates",
     "{{ define \"t\" }}{{ $a := 1 }}{{ $b := 1 }}{{ range $i := 3 }}{{ template \"t\" }}{{ end }}"
     "{{ end }}{{ template \"t\" }}",
     "more than 100 templates within each other"},
    {"printing what is deep", DEEPER "{{ $x }}", "more than 500 levels of values"},
    {"printf of what is deep", DEEPER "{{ printf \"%v\" $x }}", "more than 500 levels of values"},
    {"printing a dict that holds itself", ITSELF "{{ $d }}", "more than 500 levels of values"},
    {"copying a dict that holds itself", ITSELF "{{ deepCopy $d | len }}",
     "more than 500 levels of values"},
    {"comparing dicts that hold themselves",
     ITSELF "{{ $e := dict }}{{ $_ := set $e \"a\" $e }}{{ deepEqual $d $e }}",
     "more than 500 levels of values"},
};

static uint64_t seconds(void)
{
    return clock_mono_ns(clock_system()) / NS_PER_S;
}

static void one_row(void **state)
{
    const struct template_row *r = *state;
    uint64_t begin = seconds();

    template_rig_limit(r->template, r->want);
    assert_true(seconds() - begin <= SECONDS_MAX);
}

/* What is just within: the row above, one less. */
static const struct template_row within[] = {
    {"elements", "{{ until 100000 | len }}", "100000"},
    {"called a hundred deep",
     "{{ define \"t\" }}{{ if lt . 100 }}{{ template \"t\" (int (add 1 .)) }}{{ else }}{{ . }}"
     "{{ end }}{{ end }}{{ template \"t\" 1 }}",
     "100"},
    {"deep value",
     "{{ $x := list }}{{ range 450 }}{{ $x = list $x }}{{ end }}{{ $x | toJson | len }}", "902"},
};

/* n times part between before and after. */
static char *repeated(const char *before, const char *part, size_t n, const char *after)
{
    size_t part_n = strlen(part), before_n = strlen(before);
    char *text = xalloc(before_n + n * part_n + strlen(after) + 1);

    memcpy(text, before, before_n);
    for (size_t i = 0; i < n; i++)
        memcpy(text + before_n + i * part_n, part, part_n);
    strcpy(text + before_n + n * part_n, after);
    return text;
}

static void source_is_limited(void **state)
{
    CLEANUP_STR char *most = repeated("", "x", TEMPLATE_SOURCE_MAX, "");
    CLEANUP_STR char *more = repeated("", "x", TEMPLATE_SOURCE_MAX, "y");

    (void)state;
    template_rig_check(most, most);
    template_rig_limit(more, "template longer than 1048576 bytes");
}

static void nodes_are_limited(void **state)
{
    CLEANUP_STR char *text = repeated("", "{{.}}", TEMPLATE_SOURCE_MAX / 5, "");

    (void)state;
    template_rig_limit(text, "more than 33554432 bytes of memory");
}

static void nesting_is_limited(void **state)
{
    CLEANUP_STR char *most = repeated("", "{{if 1}}", TEMPLATE_NESTING_MAX, "x");
    CLEANUP_STR char *ends = repeated(most, "{{end}}", TEMPLATE_NESTING_MAX, "");
    CLEANUP_STR char *blocks = repeated("", "{{if 1}}", TEMPLATE_NESTING_MAX + 1, "");
    CLEANUP_STR char *parens = repeated("{{", "(", TEMPLATE_NESTING_MAX + 1, "1");

    (void)state;
    template_rig_check(ends, "x");
    template_rig_limit(blocks, "");
    template_rig_limit(parens, "");
}

/* Each of 100 templates within each other holds 200 variables. */
static void variables_are_limited(void **state)
{
    CLEANUP_STR char *text = repeated("{{define \"t\"}}", "{{$x := 1}}", 200,
                                      "{{template \"t\"}}{{end}}{{template \"t\"}}");

    (void)state;
    template_rig_limit(text, "more than 10000 variables");
}

static void check_limit(struct err *e, const char *want)
{
    CLEANUP(err) struct err *held = e;

    assert_non_null(held);
    assert_int_equal(err_class(held), ERR_INVALID);
    assert_true(engine_is_limit(held));
    assert_string_equal(err_text(held), want);
}

static void steps_are_counted(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    for (unsigned i = 0; i < TEMPLATE_STEPS_MAX; i++) {
        CLEANUP(err) struct err *e = engine_charge(&rig.g, 1);
        assert_null(e);
    }
    check_limit(engine_charge(&rig.g, 1), "limit reached: more than 2000000 steps");
    check_limit(engine_charge(&rig.g, 1), "limit reached: more than 2000000 steps");
    template_rig_done(&rig);
}

struct charge_row {
    const char *name;
    uint64_t first, then;
    bool fits;
};

static const struct charge_row charge_rows[] = {
    {"all at once", 0, TEMPLATE_STEPS_MAX, true},
    {"one too many at once", 0, TEMPLATE_STEPS_MAX + 1, false},
    {"the rest", 5000, TEMPLATE_STEPS_MAX - 5000, true},
    {"more than the rest", 5000, TEMPLATE_STEPS_MAX - 4999, false},
    {"more than can be counted", 5000, UINT64_MAX, false},
};

static void charge_row(void **state)
{
    const struct charge_row *r = *state;
    struct template_rig rig;

    template_rig_init(&rig);
    CLEANUP(err) struct err *first = engine_charge(&rig.g, r->first);
    CLEANUP(err) struct err *then = engine_charge(&rig.g, r->then);
    assert_null(first);
    assert_int_equal(!then, r->fits);
    template_rig_done(&rig);
}

static void bytes_are_steps(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    CLEANUP(err) struct err *e = engine_charge_bytes(&rig.g, 64 * 1000);
    assert_null(e);
    assert_int_equal(rig.g.steps, 1000);
    check_limit(engine_charge_bytes(&rig.g, UINT64_MAX), "limit reached: more than 2000000 steps");
    template_rig_done(&rig);
}

/* A deadline long ago is seen a few thousand steps later, and at every step from then on. */
static void time_is_limited(void **state)
{
    struct template_rig rig;
    struct err *e = NULL;

    (void)state;
    template_rig_init(&rig);
    rig.g.deadline_ns = 1;
    for (int i = 0; !e && i < 10000; i++)
        e = engine_charge(&rig.g, 1);
    check_limit(e, "limit reached: more than 1500 ms of time");
    check_limit(engine_charge(&rig.g, 1), "limit reached: more than 1500 ms of time");
    template_rig_done(&rig);
}

static void heavy_operations_are_limited(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    for (unsigned i = 0; i < TEMPLATE_HEAVY_MAX; i++) {
        CLEANUP(err) struct err *e = engine_charge_heavy(&rig.g);
        assert_null(e);
        engine_end_heavy(&rig.g);
    }
    check_limit(engine_charge_heavy(&rig.g), "limit reached: more than 16 expensive operations");
    template_rig_done(&rig);
}

/* While one is under way the deadline does not count, and it moves by the time that was spent. */
static void heavy_time_does_not_count(void **state)
{
    struct template_rig rig;
    uint64_t now_ns = clock_mono_ns(clock_system());

    (void)state;
    template_rig_init(&rig);
    rig.g.deadline_ns = now_ns - 1;
    rig.g.heavy_since_ns = now_ns - 3600 * NS_PER_S;
    CLEANUP(err) struct err *during = engine_charge(&rig.g, 10000);
    assert_null(during);
    engine_end_heavy(&rig.g);
    assert_true(rig.g.deadline_ns >= now_ns - 1 + 3600 * NS_PER_S);
    CLEANUP(err) struct err *after = engine_charge(&rig.g, 10000);
    assert_null(after);
    template_rig_done(&rig);
}

static void levels_are_counted(void **state)
{
    struct template_rig rig;

    (void)state;
    template_rig_init(&rig);
    for (unsigned i = 0; i < TEMPLATE_EVAL_DEPTH_MAX; i++) {
        CLEANUP(err) struct err *e = engine_enter(&rig.g);
        assert_null(e);
    }
    check_limit(engine_enter(&rig.g), "limit reached: more than 500 levels of values");
    engine_leave(&rig.g);
    engine_leave(&rig.g);
    CLEANUP(err) struct err *e = engine_enter(&rig.g);
    assert_null(e);
    template_rig_done(&rig);
}

/* Renders at once share what there is: a large one waits for the others, a small one does not. */
static void others_use_the_memory(void **state)
{
    CLEANUP(template)
    struct template *large = template_rig_parse("{{ range 50 }}{{ $_ := until 5000 }}{{ end }}");
    CLEANUP(template) struct template *small = template_rig_parse("{{ .user }}");
    CLEANUP(secret_buf) struct secret_buf *out = NULL;
    struct secret_arena *others = secret_arena_new(TEMPLATE_MEMORY_MAX);
    void *p;

    (void)state;
    secret_arena_limit(8u << 20);
    CLEANUP(err) struct err *e = secret_arena_alloc(others, 5u << 20, &p);
    assert_null(e);
    CLEANUP(err) struct err *refused = template_rig_render(large, NULL, &out);
    assert_non_null(refused);
    assert_int_equal(err_class(refused), ERR_UNAVAILABLE);
    assert_non_null(strstr(err_text(refused), "memory for templates is in use by others"));
    e = template_rig_render(small, NULL, &out);
    assert_null(e);
    secret_buf_free(TAKE(out));
    secret_arena_free(others);
    e = template_rig_render(large, NULL, &out);
    assert_null(e);
    secret_arena_limit(SECRET_MEMORY_MAX);
}

static void other_errors_are_no_limits(void **state)
{
    CLEANUP(err) struct err *other = err_new(ERR_INVALID, "no limit reached: here");
    CLEANUP(err) struct err *internal = err_new(ERR_INTERNAL, "limit reached: no");

    (void)state;
    assert_false(engine_is_limit(other));
    assert_false(engine_is_limit(internal));
}

static void clocks_go_on(void **state)
{
    struct template_rig rig;
    unsigned char a[16], b[16];

    (void)state;
    template_rig_init(&rig);
    assert_true(engine_now_ns(&rig.g) / 1000000000 - time(NULL) <= 1);
    int64_t first_ns = engine_monotonic_ns(&rig.g);
    assert_true(first_ns >= 0 && first_ns < 3600 * (int64_t)NS_PER_S);
    assert_true(engine_monotonic_ns(&rig.g) >= first_ns);
    engine_random(&rig.g, a, sizeof(a));
    engine_random(&rig.g, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    template_rig_done(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_is_limited),
        cmocka_unit_test(nodes_are_limited),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(variables_are_limited),
        cmocka_unit_test(steps_are_counted),
        cmocka_unit_test(bytes_are_steps),
        cmocka_unit_test(time_is_limited),
        cmocka_unit_test(heavy_operations_are_limited),
        cmocka_unit_test(heavy_time_does_not_count),
        cmocka_unit_test(levels_are_counted),
        cmocka_unit_test(others_use_the_memory),
        cmocka_unit_test(other_errors_are_no_limits),
        cmocka_unit_test(clocks_go_on),
    };

    secret_arena_limit(SECRET_MEMORY_MAX);
    return TABLE_RUN("limits", rows, one_row) +
           TABLE_RUN("within limits", within, template_rig_check_row) +
           TABLE_RUN("engine_charge", charge_rows, charge_row) + GROUP_RUN("engine", tests);
}
