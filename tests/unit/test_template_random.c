/* Random functions: what they give has the right form, comes from the source that is given, and
 * treats all results alike. */
#include <string.h>

#include "tests/support/table.h"
#include "tests/support/template_rig.h"

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define ASCII ALPHA DIGITS " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
#define BASE64 ALPHA DIGITS "+/="

/* A source that gives the same bytes in every run: all values of a byte, one after the other. */
static void counting(void *ctx, unsigned char *out, size_t n)
{
    unsigned char *next = ctx;

    for (size_t i = 0; i < n; i++)
        out[i] = (*next)++;
}

static void stuck(void *ctx, unsigned char *out, size_t n)
{
    (void)ctx;
    memset(out, 0xff, n);
}

struct call {
    struct template_rig rig;
    struct template_env env;
    unsigned char next;
};

static void begin(struct call *c, void (*source)(void *, unsigned char *, size_t))
{
    template_rig_init(&c->rig);
    c->next = 0;
    c->env = (struct template_env){.random = source, .ctx = &c->next};
    c->rig.g.env = &c->env;
}

/* Result of name(v), which must succeed. */
static struct datum result(struct call *c, const char *name, struct datum v)
{
    struct datum out = datum_none();
    CLEANUP(err) struct err *e = template_rig_call(&c->rig, name, &v, 1, &out);

    if (e)
        fail_msg("%s: %s", name, err_text(e));
    return out;
}

struct row {
    const char *name;
    const char *function;
    const char *set;
    int64_t count;
    size_t want; /* bytes */
};

static const struct row rows[] = {
    {"letters", "randAlpha", ALPHA, 600, 600},
    {"letters and digits", "randAlphaNum", ALPHA DIGITS, 600, 600},
    {"digits", "randNumeric", DIGITS, 600, 600},
    {"printable", "randAscii", ASCII, 600, 600},
    {"one letter", "randAlpha", ALPHA, 1, 1},
    {"no letter", "randAlpha", ALPHA, 0, 0},
    {"fewer than none", "randAscii", ASCII, -5, 0},
    {"bytes", "randBytes", BASE64, 30, 40},
    {"bytes, padded", "randBytes", BASE64, 31, 44},
    {"no bytes", "randBytes", BASE64, 0, 0},
};

static void has_form(void **state)
{
    const struct row *r = *state;
    struct call c;

    begin(&c, counting);
    struct datum got = result(&c, r->function, datum_int(r->count));
    assert_int_equal(got.kind, DATUM_STRING);
    assert_int_equal(got.n, r->want);
    for (size_t i = 0; i < got.n; i++)
        assert_non_null(memchr(r->set, got.v.s[i], strlen(r->set)));
    template_rig_done(&c.rig);
}

/* Over all values of a byte, each member of the set comes out as often as every other. */
static void check_fair(const char *function, const char *set, size_t mask)
{
    size_t each = 256 / (mask + 1), seen[256] = {0};
    struct call c;

    begin(&c, counting);
    struct datum got = result(&c, function, datum_int((int64_t)(strlen(set) * each)));
    for (size_t i = 0; i < got.n; i++)
        seen[got.v.s[i]]++;
    for (const char *p = set; *p; p++)
        assert_int_equal(seen[(unsigned char)*p], each);
    template_rig_done(&c.rig);
}

static void all_are_alike(void **state)
{
    (void)state;
    check_fair("randAlpha", ALPHA, 63);
    check_fair("randAlphaNum", ALPHA DIGITS, 63);
    check_fair("randNumeric", DIGITS, 15);
    check_fair("randAscii", ASCII, 127);
}

static void comes_from_the_source(void **state)
{
    struct call c, d;

    (void)state;
    begin(&c, counting);
    begin(&d, counting);
    struct datum first = result(&c, "randAlphaNum", datum_int(20));
    struct datum again = result(&d, "randAlphaNum", datum_int(20));
    struct datum other = result(&c, "randAlphaNum", datum_int(20));
    assert_true(text_equal(datum_text(&first), datum_text(&again)));
    assert_false(text_equal(datum_text(&first), datum_text(&other)));
    template_rig_done(&c.rig);
    template_rig_done(&d.rig);
}

static void bytes_are_those_of_the_source(void **state)
{
    struct call c;

    (void)state;
    begin(&c, counting);
    struct datum got = result(&c, "randBytes", datum_int(6));
    assert_true(text_is(datum_text(&got), "AAECAwQF"));
    template_rig_done(&c.rig);
}

static void uuid_has_version_and_variant(void **state)
{
    struct call c;

    (void)state;
    begin(&c, counting);
    struct datum got = result(&c, "uuidv4", datum_none());
    assert_true(text_is(datum_text(&got), "00010203-0405-4607-8809-0a0b0c0d0e0f"));
    template_rig_done(&c.rig);
}

static void shuffle_keeps_the_characters(void **state)
{
    struct call c;
    size_t sum = 0;

    (void)state;
    begin(&c, counting);
    struct datum got = result(&c, "shuffle", datum_string(TEXT("abcdefgh")));
    assert_int_equal(got.n, 8);
    assert_false(text_is(datum_text(&got), "abcdefgh"));
    for (size_t i = 0; i < got.n; i++) {
        assert_true(got.v.s[i] >= 'a' && got.v.s[i] <= 'h');
        sum |= 1u << (got.v.s[i] - 'a');
    }
    assert_int_equal(sum, 0xff);
    got = result(&c, "shuffle", datum_string(TEXT("\xc3\xa9\xff")));
    assert_true(text_is(datum_text(&got), "\xc3\xa9\xef\xbf\xbd") ||
                text_is(datum_text(&got), "\xef\xbf\xbd\xc3\xa9"));
    got = result(&c, "shuffle", datum_string(TEXT("")));
    assert_int_equal(got.n, 0);
    template_rig_done(&c.rig);
}

static void int_is_in_its_range(void **state)
{
    struct datum args[] = {datum_int(-2), datum_int(3)}, out = datum_none();
    unsigned seen = 0;
    struct call c;

    (void)state;
    begin(&c, counting);
    for (int i = 0; i < 100; i++) {
        CLEANUP(err) struct err *e = template_rig_call(&c.rig, "randInt", args, 2, &out);
        assert_null(e);
        assert_int_equal(out.kind, DATUM_INT);
        assert_true(out.v.i >= -2 && out.v.i < 3);
        seen |= 1u << (out.v.i + 2);
    }
    assert_int_equal(seen, 0x1f);
    template_rig_done(&c.rig);
}

/* Rejecting for ever would hang. */
static void bad_source_meets_a_limit(void **state)
{
    struct datum ten = datum_int(10), out = datum_none();
    struct call c;

    (void)state;
    begin(&c, stuck);
    CLEANUP(err) struct err *e = template_rig_call(&c.rig, "randNumeric", &ten, 1, &out);
    assert_non_null(e);
    assert_non_null(strstr(err_text(e), "limit reached: "));
    template_rig_done(&c.rig);
}

static void can_be_switched_off(void **state)
{
    static const char *const templates[] = {
        "{{ randAlpha 1 }}", "{{ randAlphaNum 1 }}", "{{ randAscii 1 }}",    "{{ randBytes 1 }}",
        "{{ randInt 1 2 }}", "{{ randNumeric 1 }}",  "{{ shuffle \"ab\" }}", "{{ uuidv4 }}",
    };
    const struct template_env env = {.refuse_random = true};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(templates); i++) {
        CLEANUP(template) struct template *t = template_rig_parse(templates[i]);
        CLEANUP(secret_buf) struct secret_buf *out = NULL;
        CLEANUP(err) struct err *e = template_rig_render(t, &env, &out);
        assert_true(template_is_volatile(t));
        assert_non_null(e);
        assert_int_equal(err_class(e), ERR_INVALID);
    }
}

static void wrong_arguments(void **state)
{
    (void)state;
    template_rig_refuse("{{ randInt 1 1 }}", "randInt: invalid argument to Intn");
    template_rig_refuse("{{ randInt 2 1 }}", "randInt: invalid argument to Intn");
    template_rig_refuse("{{ randInt -9223372036854775808 9223372036854775807 }}",
                        "randInt: invalid argument to Intn");
    template_rig_refuse("{{ randBytes -1 }}",
                        "randBytes: runtime error: makeslice: len out of range");
    template_rig_refuse("{{ randAlpha \"1\" }}", "expected integer; found \"...\"");
    template_rig_limit("{{ randAlpha 100000000 }}", "text longer than");
    template_rig_limit("{{ randBytes 1000000000000 }}", "text longer than");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_alike),
        cmocka_unit_test(comes_from_the_source),
        cmocka_unit_test(bytes_are_those_of_the_source),
        cmocka_unit_test(uuid_has_version_and_variant),
        cmocka_unit_test(shuffle_keeps_the_characters),
        cmocka_unit_test(int_is_in_its_range),
        cmocka_unit_test(bad_source_meets_a_limit),
        cmocka_unit_test(can_be_switched_off),
        cmocka_unit_test(wrong_arguments),
    };
    return TABLE_RUN("template random", rows, has_form) + GROUP_RUN("template random", tests);
}
